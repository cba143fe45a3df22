"""What a fault is, and how it is run: here, or in namespaces of its own."""

import dataclasses
import fnmatch
import os
import subprocess
import sys
import typing

from faults.row import Row

LIMIT = 120  # seconds; no fault takes nearly as long


@dataclasses.dataclass(frozen=True)
class Fault:
    """`run()` gives a Row. `namespaces` are options of unshare(1): the fault then runs in a process of its own."""

    name: str
    run: typing.Callable[[], Row]
    namespaces: tuple = ()

    def matches(self, pattern):
        """By its name, the part of it before the slash, or a pattern as the shell has them."""
        return pattern in (self.name, self.name.split("/")[0]) or fnmatch.fnmatchcase(self.name, pattern)


def outcome(fault):
    """The row of a fault."""
    return _outcome_inside(fault) if fault.namespaces else outcome_here(fault)


def outcome_here(fault):
    """The row of a fault that needs no further namespaces; what went wrong with the machinery is a problem of it."""
    try:
        return fault.run()
    except (AssertionError, OSError, subprocess.SubprocessError) as problem:
        return Row(fault.name, problems=[f"{type(problem).__name__}: {problem}".rstrip()])


def _outcome_inside(fault):
    if os.geteuid() != 0:
        return Row(fault.name, skipped="namespaces need root")
    try:
        done = subprocess.run(["unshare", *fault.namespaces, "--kill-child", "--fork", sys.executable, "-P",
                               "-m", "faults", "--inside", fault.name],
                              capture_output=True, text=True, check=False, timeout=LIMIT, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as problem:
        return Row(fault.name, problems=[str(problem)])
    if done.returncode != 0:
        return Row(fault.name, problems=[(done.stdout + done.stderr).strip() or f"exit code {done.returncode}"])
    return Row.from_json(done.stdout.splitlines()[-1])
