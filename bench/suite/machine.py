"""What stands above the results: the machine, the programs' versions, and how the figures were made."""

import datetime
import os
import pathlib
import platform
import re
import shlex
import subprocess

from suite import report
from suite.server import LOAD_CORE, SERVER_CORE


def header(options, left_out, arguments):
    """A Markdown block; `left_out` are the servers that are not installed."""
    rows = [
        ["date", datetime.date.today().isoformat()],
        ["CPU", f"{_cpu_model()}, {os.cpu_count()} cores; servers on core {SERVER_CORE}, load on core {LOAD_CORE}"],
        ["kernel", f"{platform.system()} {platform.release()}"],
        *([server.name, server.version()] for server in options.servers),
        ["dnsperf", _dnsperf_version()],
        ["left out", ", ".join(server.name for server in left_out) or "none"],
        ["rounds", f"{options.rounds}, each measurement of {options.seconds:g} s where nothing else is said; "
                   "figures are medians (least–greatest)"],
        ["made with", f"`{shlex.join(['bench/run.sh', *arguments])}`"],
    ]
    return report.table(["", ""], rows, numbers=False)


def _cpu_model():
    found = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    return found[1] if found else platform.machine()


def _dnsperf_version():
    said = subprocess.run(["dnsperf", "-h"], capture_output=True, text=True, check=False)
    found = re.search(r"Version (\S+)", said.stdout + said.stderr)
    return found[1] if found else "unknown"
