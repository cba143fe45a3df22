"""One run of one server before five upstreams of unequal speed, and the figures that it gives."""

import collections
import dataclasses
import itertools
import math
import pathlib
import statistics
import tempfile
import time

from suite.open_loop import OpenLoop
from suite.server import Running, Task
from suite.stand import free_port
from suite.upstreams import Upstreams

DELAYS = {"ms200": 200, "ms80": 80, "ms50": 50, "ms160": 160, "ms120": 120}  # as configured: out of order
FASTEST = ("ms50", "ms80")
ADDRESSES = 2 * len(DELAYS)  # of a name: each upstream gives two of its own

RATE = 50  # new names a second
WARM_UP = 3  # seconds, in which servers measure their upstreams
SETTLE = 1  # second that collecting a name takes at the most, all upstreams healthy
ASKED_AGAIN = 50  # names
AT_ONCE = 0.02  # seconds


@dataclasses.dataclass
class Traffic:
    """What the upstreams saw of one name, at times of time.monotonic()."""

    queries: list[float] = dataclasses.field(default_factory=list)
    replies: list[float] = dataclasses.field(default_factory=list)

    def at_once(self):
        """The most queries within `AT_ONCE`."""
        return max((sum(1 for other in self.queries if 0 <= other - first < AT_ONCE) for first in self.queries),
                   default=0)

    def duration(self):
        """From the first query to the last reply, in seconds."""
        return max(self.replies, default=math.inf) - min(self.queries, default=0)


@dataclasses.dataclass
class Trial:
    """What was seen; times and latencies of lookups are seconds, the figures milliseconds."""

    healthy: list
    dark: list
    dark_since: float
    traffic: list  # of the healthy names that were collected before the upstreams went dark
    cached: list  # so many addresses of each name that was asked again

    healthy_p50 = property(lambda self: percentile(self.healthy, 0.5))
    healthy_p99 = property(lambda self: percentile(self.healthy, 0.99))
    first_p99 = property(lambda self: percentile(self._dark(0, 1), 0.99))
    later_p50 = property(lambda self: percentile(self._dark(1), 0.5))
    later_p99 = property(lambda self: percentile(self._dark(1), 0.99))
    slowest = property(lambda self: max((each.latency for each in self.dark if not each.lost), default=0) * 1000)
    lost = property(lambda self: _lost(self.dark))
    at_once = property(lambda self: statistics.median(traffic.at_once() for traffic in self.traffic))
    most_at_once = property(lambda self: max(traffic.at_once() for traffic in self.traffic))
    queries = property(lambda self: statistics.mean(len(traffic.queries) for traffic in self.traffic))
    last_reply = property(lambda self: statistics.median(traffic.duration() for traffic in self.traffic) * 1000)
    addresses = property(lambda self: statistics.median(self.cached))

    @property
    def remarks(self):
        """The reasons, if any, not to take the figures at face value."""
        if lost := _lost(self.healthy):
            yield f"{lost} of {len(self.healthy)} queries were lost while all upstreams were healthy"
        if missed := self.cached.count(0):
            yield f"{missed} of {len(self.cached)} names were not in the cache when asked again"

    def _dark(self, begin, end=math.inf):
        """Lookups asked from `begin` to `end` seconds after the upstreams went dark."""
        return [lookup for lookup in self.dark if begin <= lookup.asked - self.dark_since < end]


def run(server, seconds, parent):
    """A Trial with phases of so many seconds, more than `SETTLE`, in a folder of its own below `parent`."""
    with tempfile.TemporaryDirectory(dir=parent) as path:
        folder = pathlib.Path(path)
        log = folder / "events"
        (folder / "server").mkdir()
        with Upstreams(folder, {name: {"delay": f"{delay}ms"} for name, delay in DELAYS.items()}, log) as upstreams:
            task = Task(free_port(), tuple(upstreams.addresses.values()), folder / "server",
                        names=round(RATE * (WARM_UP + 2 * seconds)))
            with Running(server, task), OpenLoop(task.port, RATE) as client:
                healthy, dark, dark_since = _two_phases(client, upstreams, seconds)
                end = time.monotonic()
                settled = [lookup.name for lookup in healthy if lookup.asked < dark_since - SETTLE]
                again = client.ask_for(ASKED_AGAIN / RATE, settled)
                client.finish()
        before, after = _read_traffic(log, end)
    # What had to be fetched once more was not in the cache, whatever the answer held.
    cached = [0 if lookup.name in after else lookup.addresses for lookup in again]
    return Trial(healthy, dark, dark_since, [before[name] for name in settled], cached)


def _two_phases(client, upstreams, seconds):
    """(lookups before, lookups after, when) the fastest upstreams went dark, all finished."""
    client.ask_for(WARM_UP, _names("warm"))
    healthy = client.ask_for(seconds, _names("healthy"))
    for name in FASTEST:
        upstreams.command(f"set {name} dark on")
    dark_since = time.monotonic()
    dark = client.ask_for(seconds, _names("dark"))
    client.finish()
    return healthy, dark, dark_since


def percentile(lookups, share):
    """Of the latencies in ms, by nearest rank. Lost lookups count as the slowest: it may be infinite."""
    ordered = sorted(lookup.latency for lookup in lookups)
    return ordered[math.ceil(share * len(ordered)) - 1] * 1000


def _lost(lookups):
    return sum(lookup.lost for lookup in lookups)


def _names(prefix):
    return (f"{prefix}{number}.pool.example" for number in itertools.count())


def _read_traffic(log, end):
    """Traffic by name from the simulator's event log, until `end` and from then on. Letter case is of no account:
    some servers vary it (0x20)."""
    before, after = collections.defaultdict(Traffic), collections.defaultdict(Traffic)
    with open(log, encoding="ascii") as lines:
        for line in lines:
            fields = dict(field.split("=", 1) for field in line.split())
            now = float(fields["t"])
            traffic = (before if now < end else after)[fields["qname"].lower().removesuffix(".")]
            if fields["event"] == "query":
                traffic.queries.append(now)
            elif fields["event"] == "reply":
                traffic.replies.append(now)
    return before, after
