"""The package as a service under Debian's systemd, booted in a container (container.sh).

The tests themselves are in inside/ and run there, all of them on one system that is booted once; here each of them
has its name, and its outcome. The package is the one that PACEDNS_PACKAGE names, or what scripts/package.sh makes.
Where the machine has no means to boot a container, all are skipped, and say why.
"""

import ast
import os
import pathlib
import shutil
import signal
import subprocess
import xml.etree.ElementTree

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = ROOT / os.environ.get("PACEDNS_BUILD_DIR", "build/release")
UNIT = HERE / "system-test.service"
PLACE = "/srv/system-test"
LIMIT = 300  # seconds
PROGRAMS = ["systemd-nspawn", "unshare", "setpriv", "timeout", "dig"]


def names_inside():
    """FILE::NAME of each test, in the order in which the unit runs them."""
    files = [word for word in UNIT.read_text(encoding="ascii").split() if word.startswith("test_")]
    return [f"{pathlib.Path(file).stem}::{statement.name}" for file in files
            for statement in ast.parse((HERE / "inside" / file).read_text(encoding="ascii")).body
            if isinstance(statement, ast.FunctionDef) and statement.name.startswith("test_")]


def obstacle():
    """Why no container can be booted here; None when nothing speaks against it."""
    if os.geteuid() != 0:
        return "it needs root"
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    if missing:
        return f"{', '.join(missing)} missing"
    if not pathlib.Path("/lib/systemd/systemd").exists():
        return "this machine has no systemd to boot"
    return None


def package():
    """The package under test."""
    named = os.environ.get("PACEDNS_PACKAGE")
    if not named:
        named = subprocess.run([ROOT / "scripts/package.sh"], check=True, stdout=subprocess.PIPE,
                               text=True).stdout.splitlines()[-1]
    return pathlib.Path(ROOT, named)


def boot(results, deb):
    """Boots the container and waits for its end: what it said. Whatever ends this process ends the container."""
    def ended(*_):
        raise KeyboardInterrupt
    former = signal.signal(signal.SIGTERM, ended)
    command = ["setpriv", "--pdeathsig", "TERM", HERE / "container.sh", str(LIMIT), UNIT,
               f"{HERE / 'inside'}={PLACE}/inside", f"{HERE.parent / 'integration'}={PLACE}/integration",
               f"{BUILD}={PLACE}/build", f"{deb}={PLACE}/package.deb", f"{results}={PLACE}/results:rw"]
    console = results / "console.txt"  # a pipe would break, and the script with it, when this process ends first
    with open(console, "wb") as file, subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file,
                                                       stderr=subprocess.STDOUT) as container:
        try:
            container.wait(LIMIT + 30)
        finally:
            container.terminate()
            signal.signal(signal.SIGTERM, former)
    said = console.read_text(encoding="utf-8", errors="replace").strip()
    return f"{said}\ncontainer.sh ended with {container.returncode}"


@pytest.fixture(scope="module", name="outcomes")
def _outcomes(tmp_path_factory):
    """The <testcase> of each test inside, by FILE::NAME, and what else there is to show."""
    reason = obstacle()
    if reason:
        pytest.skip(f"THE SYSTEMD TEST DID NOT RUN: {reason}")
    results = tmp_path_factory.mktemp("results")
    console = boot(results, package())
    output = results / "output.txt"
    if not output.exists():
        pytest.skip("THE SYSTEMD TEST DID NOT RUN: no container boots on this machine: " + " | ".join(
            console.splitlines()[-5:]))
    report = results / "junit.xml"
    cases = xml.etree.ElementTree.parse(report).iter("testcase") if report.exists() else []
    return ({f"{case.get('classname')}::{case.get('name')}": case for case in cases},
            output.read_text(encoding="utf-8", errors="replace")[-8000:] + "\n" + console[-2000:])


@pytest.mark.parametrize("name", names_inside())
def test_inside(name, outcomes):
    cases, text = outcomes
    if name not in cases:
        pytest.fail(f"it did not run, or not to its end, in {LIMIT} s:\n{text}", pytrace=False)
    for problem in cases[name]:
        if problem.tag in ("failure", "error"):
            pytest.fail(problem.text, pytrace=False)
        if problem.tag == "skipped":
            pytest.skip(problem.get("message"))
