"""One server on the test stand: before its simulated upstreams, its cache filled, its CPU time read around a load."""

import contextlib
import dataclasses
import pathlib
import random
import socket
import tempfile
import time

from suite import load
from suite.server import SERVER_CORE, Running, Task
from suite.upstreams import Upstreams

ONE_UPSTREAM = {"A": {}}  # without delay; see suite.upstreams.Upstreams

PRIMING_SECONDS = 120
PRIMING_OUTSTANDING = 100

TOLERATED_LOSS = 0.01
TOLERATED_FAILURES = 0.001  # RCODEs
TOLERATED_MISSES = 0.001  # where all should be hits
TOLERATED_DEVIATION = 0.02  # from a number of exchanges, from a fixed rate

# Below the ports that the kernel gives to clients.
PORTS = range(20001, 32000)


@dataclasses.dataclass(frozen=True)
class Sample:
    """One measurement. `remarks` are the reasons, if any, not to take it at face value."""

    cpu_per_query: float  # microseconds
    rate: float  # queries a second
    busy: float  # share of the time that the server's threads ran, of one core
    exchanges: float  # with upstreams, a query
    remarks: tuple[str, ...] = ()

    @property
    def cpu_per_exchange(self):
        return self.cpu_per_query / self.exchanges if self.exchanges else float("nan")


class Stand:
    """A running server, for the length of a `with`, with room for so many `names` in its cache."""

    def __init__(self, server, folder, *, names, upstreams=ONE_UPSTREAM, workers=1, cores=(SERVER_CORE,)):
        self._server = server
        self._folder = folder
        self._settings = {"names": names, "workers": workers}
        self._script = upstreams
        self._cores = cores

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(dir=self._folder)))
            (folder / "server").mkdir()
            self.upstreams = stack.enter_context(Upstreams(folder, self._script))
            task = Task(port=free_port(), upstreams=tuple(self.upstreams.addresses.values()),
                        folder=folder / "server", **self._settings)
            self.running = stack.enter_context(Running(self._server, task, self._cores))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._stack.close()

    def prime(self, asked, transport="udp"):
        """Has the server ask for each of these names once; raises RuntimeError if it does not get them all."""
        outcome = load.run(self.running.task.port, asked, outstanding=PRIMING_OUTSTANDING, once=True,
                           seconds=PRIMING_SECONDS, transport=transport)
        if outcome.noerror < asked.count:
            raise RuntimeError(f"answered {outcome.noerror:,} of {asked.count:,} names within {outcome.seconds:.0f} s "
                               "while its cache was filled")

    def measure(self, asked, *, expected=None, settle=0.0, rate=None, **how):
        """Puts a load on the server (see `load.run`); its work of `settle` seconds afterwards counts too. So many
        exchanges with upstreams a query are `expected`: none for hits."""
        asked_before, cpu_before = self.upstreams.queries(), self.running.cpu_seconds()
        outcome = load.run(self.running.task.port, asked, rate=rate, **how)
        time.sleep(settle)
        cpu = self.running.cpu_seconds() - cpu_before
        asked_after = self.upstreams.queries()
        if not outcome.completed:
            raise RuntimeError(f"answered none of {outcome.sent:,} queries")
        exchanges = (asked_after - asked_before) / outcome.completed
        return Sample(cpu_per_query=cpu / outcome.completed * 1e6, rate=outcome.completed / outcome.seconds,
                      busy=cpu / outcome.seconds, exchanges=exchanges,
                      remarks=(*_deviations(outcome, rate), *_other_exchanges(exchanges, expected)))


def _deviations(outcome, rate):
    if outcome.lost_share > TOLERATED_LOSS:
        yield f"{outcome.lost_share:.1%} of the queries were lost"
    if outcome.failed_share > TOLERATED_FAILURES:
        yield f"{outcome.failed_share:.1%} of the replies were failures"
    if rate and outcome.completed / outcome.seconds < (1 - TOLERATED_DEVIATION) * rate:
        yield f"{outcome.completed / outcome.seconds:,.0f} queries/s instead of {rate:,.0f}"


def _other_exchanges(exchanges, expected):
    if expected == 0 and exchanges > TOLERATED_MISSES:
        yield f"{exchanges:.1%} of the queries were no hits"
    elif expected and abs(exchanges - expected) > TOLERATED_DEVIATION * expected:
        yield f"{exchanges:.2f} exchanges a query instead of {expected}"


def free_port():
    """A port that is free for UDP and TCP on 127.0.0.1."""
    while True:
        port = random.choice(PORTS)
        with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, \
                socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
            udp.bind(("127.0.0.1", port))
            tcp.bind(("127.0.0.1", port))
            return port
