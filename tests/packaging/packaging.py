"""Where things are, and how programs are run."""

import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
DAEMON = ROOT / os.environ.get("PACEDNS_BUILD_DIR", "build/release") / "pacedns"


def run(program: str, *arguments, **options) -> subprocess.CompletedProcess:
    """Runs it to its end, whatever that is; its messages are in English."""
    assert shutil.which(program), f"{program} is missing: run scripts/dependencies.sh test"
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=60,
                          env={**os.environ, "LC_ALL": "C.UTF-8"}, **options)
