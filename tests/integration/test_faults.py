"""The fault matrix (scripts/faults.sh): that it works, with some of its faults, and says so when something is wrong."""

import os
import pathlib
import signal
import subprocess
import sys

import pytest
from pacedns import BUILD, ROOT

LIMIT = 200  # seconds, on a slow machine
SOME = ["dark/ms20+ms30", "servfail/ms20", "dark/all, and back"]
IN_NAMESPACES = ["queue full (ENOBUFS)", "interface/some upstreams"]
# Too slow with sanitizers. Without descriptors these even take good objects for bad ones: they look at memory through a
# pipe.
OPTIMIZED = ["truncated/ms20", "SIGHUP storm", "EMFILE/TCP clients"]
OPTIMIZED_IN_NAMESPACES = ["full disk"]
SANITIZED = BUILD.name in ("dev", "tsan")


def faults(*arguments, **environment):
    paths = os.pathsep.join(str(ROOT / "tests" / name) for name in ("faults", "integration"))
    command = [sys.executable, "-B", "-P", "-m", "faults", *arguments]
    settings = {**os.environ, "PYTHONPATH": paths, "PACEDNS_BUILD_DIR": str(BUILD), **environment}
    with subprocess.Popen(command, env=settings, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as run:
        try:
            out, err = run.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGINT)  # it stops what it has started
            out, err = run.communicate()
        return subprocess.CompletedProcess(command, run.returncode, out, err)


def only(names):
    return [word for name in names for word in ("--only", name)]


def test_no_query_is_lost_to_some_of_the_faults():
    root = os.geteuid() == 0
    names = SOME + (IN_NAMESPACES if root else [])
    if not SANITIZED:
        names += OPTIMIZED + (OPTIMIZED_IN_NAMESPACES if root else [])
    done = faults(*only(names))
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(names)} faults in " in done.stdout and " 0 lost, 0 wrong; 0 failed, 0 skipped" in done.stdout


def test_every_fault_has_a_name_of_its_own():
    done = faults("--list")
    names = done.stdout.splitlines()
    assert done.returncode == 0 and len(names) > 60 and len(set(names)) == len(names)
    assert set(SOME + IN_NAMESPACES + OPTIMIZED + OPTIMIZED_IN_NAMESPACES) <= set(names)


def test_a_fault_that_is_none_is_named():
    done = faults("--only", "lightning")
    assert done.returncode == 1 and "lightning" in done.stderr


def test_what_goes_wrong_is_a_failure_of_its_row(tmp_path):
    """Here the daemon is missing, and the simulator is there."""
    (pathlib.Path(tmp_path) / "pacedns-upstream").symlink_to(BUILD / "pacedns-upstream")
    done = faults("--only", "dark/ms20", PACEDNS_BUILD_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "FAILED" in done.stdout and "1 failed" in done.stdout


@pytest.mark.parametrize("lost, wrong, problems", [(1, 0, []), (0, 1, []), (0, 0, ["it did not start"])])
def test_a_row_fails_by_what_is_lost_or_wrong(monkeypatch, lost, wrong, problems):
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "faults"))
    from faults.row import Row, line_of  # pylint: disable=import-outside-toplevel
    row = Row("dark", 100, lost, wrong, problems=problems)
    assert row.failed and not Row("dark", 100).failed
    assert all(problem in line_of(row) for problem in problems)
