"""How many instructions a hit takes, as callgrind counts them: from the event loop's wake-up with a full batch in
the socket until the replies have been given to the kernel, whose own instructions do not count. They hardly vary
from run to run, unlike times."""

import os
import pathlib
import platform
import re
import shutil
import subprocess

import pytest

BUILD = pathlib.Path(os.environ["PACEDNS_BUILD_DIR"])

# About a tenth above what was measured with Debian 12's compiler and libraries on x86-64. A change that makes hits
# cheaper shall lower it. One that has to make them dearer may raise it, and says in its commit what for:
#     callgrind_annotate --inclusive=yes FILE
# shows where the instructions go (FILE as valgrind leaves it with the command below).
MOST_INSTRUCTIONS = 1960


def instructions(tmp_path: pathlib.Path) -> float:
    profile = tmp_path / "callgrind.out"
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--toggle-collect=serve_hits", f"--callgrind-out-file={profile}",
         BUILD / "pacedns-hits"],
        capture_output=True, text=True, check=False, timeout=200)
    assert run.returncode == 0, run.stderr
    total = re.search(r"^totals: (\d+)", profile.read_text(encoding="utf-8"), re.MULTILINE)
    assert total, "callgrind's file has no totals"
    return int(total.group(1)) / int(run.stdout)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="measured on x86-64")
def test_a_hit_takes_no_more_instructions_than_it_did(tmp_path):
    assert shutil.which("valgrind"), "valgrind is missing: run scripts/dependencies.sh test"
    each = instructions(tmp_path)
    print(f"{each:.0f} instructions a hit, {MOST_INSTRUCTIONS} allowed")
    assert each <= MOST_INSTRUCTIONS
    assert each > MOST_INSTRUCTIONS / 2, "lower MOST_INSTRUCTIONS, or mend the measurement: this is hard to believe"
