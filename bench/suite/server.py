"""A server under test: how it is described, started on a core of its own, measured and stopped."""

import contextlib
import ctypes
import dataclasses
import os
import pathlib
import signal
import socket
import struct
import subprocess
import time

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE = CORES[0]
LOAD_CORE = CORES[-1]

START_PATIENCE = 30.0  # seconds
STOP_PATIENCE = 10.0
PR_SET_PDEATHSIG = 1  # prctl(2)
LIBC = ctypes.CDLL(None)
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def prepared(cores):
    """What a new process does first (a `preexec_fn`): it binds itself to these cores, and to die with this process,
    which may be ended at a moment when it cannot see to that."""
    def prepare():
        os.sched_setaffinity(0, cores)
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    return prepare


@dataclasses.dataclass(frozen=True)
class Task:
    """What a server is to be for one measurement: a caching forwarder on 127.0.0.1:`port`, UDP and TCP."""

    port: int
    upstreams: tuple[str, ...]  # "127.0.0.1:40001"
    folder: pathlib.Path  # for its files; empty, and gone afterwards
    names: int = 1000  # so many must fit into its cache, with ten addresses each
    workers: int = 1


class Server:
    """One program in one configuration. `name` stands in the tables."""

    name = ""

    def version(self):
        """What stands in the report, for instance "1.17.1"; None if it is not installed."""
        raise NotImplementedError

    def command(self, task):
        """Writes what the program reads into `task.folder` and returns its command line; it must stay in the
        foreground."""
        raise NotImplementedError


class Running:
    """A server from its first answer on; stopped, with all its processes, at the end of the `with`."""

    def __init__(self, server, task, cores=(SERVER_CORE,)):
        self.server = server
        self.task = task
        self.cores = cores

    def __enter__(self):
        # pylint: disable=consider-using-with
        self.output = open(self.task.folder / "output", "w+", encoding="utf-8", errors="replace")
        self.process = subprocess.Popen(
            self.server.command(self.task), cwd=self.task.folder, stdin=subprocess.DEVNULL, stdout=self.output,
            stderr=subprocess.STDOUT, start_new_session=True,
            preexec_fn=prepared(self.cores))
        try:
            self._wait_for_answer()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, number)
                self.process.wait(STOP_PATIENCE)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
        self.output.close()

    def processes(self):
        """The ids of the process and of its children."""
        session = str(self.process.pid)
        found = []
        for folder in pathlib.Path("/proc").iterdir():
            if folder.name.isdigit() and (fields := _stat(folder)) and fields[3] == session:
                found.append(int(folder.name))
        return found

    def cpu_seconds(self):
        """User and system time so far, in seconds: to the nanosecond that of the threads there are, in clock ticks
        that of children that have ended."""
        total = 0.0
        for process in self.processes():
            folder = pathlib.Path(f"/proc/{process}")
            if fields := _stat(folder):
                total += (int(fields[13]) + int(fields[14])) / CLOCK_TICKS
            for schedule in folder.glob("task/*/schedstat"):
                with contextlib.suppress(OSError):
                    total += int(schedule.read_text(encoding="ascii").split()[0]) / 1e9
        return total

    def resident_bytes(self):
        total = 0
        for process in self.processes():
            with open(f"/proc/{process}/status", encoding="ascii", errors="replace") as status:
                total += sum(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))
        return total

    def _wait_for_answer(self):
        query = struct.pack("!6H", 1, 0x0100, 1, 0, 0, 0) + b"\5ready\4pool\7example\0\0\1\0\1"
        deadline = time.monotonic() + START_PATIENCE
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(0.2)
            client.connect(("127.0.0.1", self.task.port))
            while time.monotonic() < deadline and self.process.poll() is None:
                try:
                    client.send(query)
                    if client.recv(65535)[3] & 15 == 0:
                        return
                except TimeoutError:
                    continue
                except ConnectionRefusedError:
                    time.sleep(0.05)
        self.output.seek(0)
        raise RuntimeError(f"{self.server.name} did not answer within {START_PATIENCE:.0f} s. It said:\n"
                           + self.output.read()[-4000:])


def _stat(folder):
    """The fields of /proc/PID/stat from the state on (proc(5): field 3); None if the process has gone."""
    try:
        return (folder / "stat").read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()
    except OSError:
        return None
