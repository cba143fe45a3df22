"""clang-format has nothing to change."""

import subprocess

import tree


def test_everything_is_formatted():
    result = subprocess.run([tree.ROOT / "scripts/format.sh", "--check"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
