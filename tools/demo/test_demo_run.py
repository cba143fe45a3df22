"""The demo as a whole, as scripts/run.sh runs it."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("PACEDNS_BUILD_DIR", HERE.parents[1] / "build/release"))


def start(tmp_path, build=BUILD, **options) -> subprocess.Popen:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen([sys.executable, HERE / "demo.py", "--build-dir", build], env=environment, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def processes_using(folder) -> list[int]:
    """By the path of their configuration, which lies in the demo's temporary folder."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if os.fsencode(folder) in entry.read_bytes():
                found.append(int(entry.parent.name))
    return found


def wait_until(condition, timeout: float = 10) -> bool:
    deadline = time.monotonic() + timeout
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_it_shows_what_it_should(tmp_path):
    demo = start(tmp_path)
    output, errors = demo.communicate(timeout=30)
    assert (demo.returncode, errors) == (0, ""), output + errors
    lines = output.splitlines()
    assert max(map(len, lines)) <= 80
    assert output.isascii() and "\033" not in output
    assert sum(" tier 1 |" in line for line in lines) == 5 * 2  # five charts
    assert sum(" tier 2 " in line and "|" in line for line in lines) == 5 * 3
    assert wait_until(lambda: not processes_using(tmp_path)) and not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_nothing_behind(tmp_path, number):
    demo = start(tmp_path)
    assert wait_until(lambda: len(processes_using(tmp_path)) == 2)
    demo.send_signal(number)
    _, errors = demo.communicate(timeout=10)
    assert (demo.returncode, errors) == (128 + number, "")
    assert wait_until(lambda: not processes_using(tmp_path)) and not list(tmp_path.iterdir())


def test_killed_it_takes_its_children_along(tmp_path):
    demo = start(tmp_path)
    assert wait_until(lambda: len(processes_using(tmp_path)) == 2)
    demo.kill()
    demo.communicate()
    assert wait_until(lambda: not processes_using(tmp_path))


def test_output_may_be_cut_off(tmp_path):
    demo = start(tmp_path)
    demo.stdout.readline()
    demo.stdout.close()
    assert demo.stderr.read() == "" and demo.wait(10) == 0
    assert wait_until(lambda: not processes_using(tmp_path))


def test_missing_executables_are_named(tmp_path):
    demo = start(tmp_path, build=tmp_path)
    _, errors = demo.communicate(timeout=10)
    assert demo.returncode == 1
    assert errors == f"demo: {tmp_path}/pacedns is missing; scripts/run.sh --demo builds it\n"


def test_a_daemon_that_does_not_start_is_shown(tmp_path):
    build = tmp_path / "build"
    build.mkdir()
    (build / "pacedns-upstream").symlink_to(BUILD.resolve() / "pacedns-upstream")
    (build / "pacedns").write_text("#!/bin/sh\necho cannot bind\nexit 1\n", encoding="ascii")
    (build / "pacedns").chmod(0o755)
    demo = start(tmp_path, build=build)
    output, errors = demo.communicate(timeout=10)
    assert (demo.returncode, errors) == (1, "demo: the daemon did not start; its last lines:\n  cannot bind\n")
    assert wait_until(lambda: not processes_using(build))
