"""The wall clock steps by a day, for the daemon alone (libfaketime); its steady clock goes on as it should."""

import contextlib
import datetime
import glob
import os
import tempfile
import time

import pacedns
import watching
from asking import asked_for
from faults import stand
from faults.registry import Fault
from faults.row import Row, counted, row_of

LIBRARIES = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
DAY = datetime.timedelta(days=1)
KEPT = [f"kept-{number}.pool.example." for number in range(20)]  # TTL 300
SHORT = "short.example."
SHORT_TTL = 2


@contextlib.contextmanager
def _clock():
    """(the environment for a daemon, what sets its clock to so much from now)."""
    with tempfile.TemporaryDirectory(prefix="pacedns-faults-") as folder:
        path = os.path.join(folder, "clock")

        def step(offset):
            with open(f"{path}.new", "w", encoding="ascii") as file:
                file.write(f"{offset.total_seconds():+.0f}\n")
            os.replace(f"{path}.new", path)
        step(datetime.timedelta())
        yield {**os.environ, "LD_PRELOAD": LIBRARIES[0], "FAKETIME_TIMESTAMP_FILE": path, "FAKETIME_NO_CACHE": "1",
               "FAKETIME_DONT_FAKE_MONOTONIC": "1"}, step


def _log_time(server):
    """How far the last line of the log is from now."""
    stamp = datetime.datetime.strptime(server.log("statistics")[-1]["time"], "%Y-%m-%dT%H:%M:%S.%f%z")
    return stamp - datetime.datetime.now(datetime.timezone.utc)


def _stepped(name, offset):
    if not LIBRARIES:
        return Row(name, skipped="libfaketime is missing")
    script = stand.script()
    for each in script["upstreams"]:
        each["answer"] = [f"{SHORT} {SHORT_TTL} IN A {stand.EVERYTHING[0]}"]
    with _clock() as (environment, step), pacedns.Upstreams(script) as upstreams, \
            stand.forwarder(upstreams, environment=environment, status={"listen": "127.0.0.1:0"}) as (_, server):
        for each in (*KEPT, SHORT):
            server.query(each)
        before = server.statistics()
        step(offset)
        kept = asked_for(server.address, "kept", 1, cached=KEPT)
        middle = server.statistics()
        fresh = asked_for(server.address, "fresh", SHORT_TTL + 0.5)
        row = row_of(name, kept + fresh, stand.is_answered, counted(before, server.statistics()))
        hits = middle["cache_hits"] - before["cache_hits"]
        row.counted.append(f"hits {hits} of {len(kept)}")
        row.require(hits == len(kept), "cached answers expired")
        ttls = [pacedns.lowest_ttl(lookup.reply()) for lookup in kept if not lookup.lost]
        row.require(all(290 <= ttl <= 300 for ttl in ttls), f"TTLs from {min(ttls)} to {max(ttls)}, not just below 300")
        _require_that_it_expires(row, server)
        _require_that_all_goes_on(row, server, offset)
        return row


def _require_that_it_expires(row, server):
    before = server.statistics()["cache_misses"]
    server.query(SHORT)
    row.require(server.statistics()["cache_misses"] == before + 1, "a cached answer outlived its TTL")


def _require_that_all_goes_on(row, server, offset):
    """The log has the new time, and page and metrics count on."""
    server.statistics()
    row.require(abs(_log_time(server) - offset) < DAY / 24, f"the clock of the log is off by {_log_time(server)}")
    row.require(watching.api(server, "/api/status"), "no status")
    first = watching.metrics(server)
    for number in range(3):
        server.query(f"page-{number}.pool.example.")
    time.sleep(1)
    second = watching.metrics(server)
    misses = second["pacedns_cache_misses_total"] - first["pacedns_cache_misses_total"]
    row.require(misses == 3, f"the metrics counted {misses:.0f} misses instead of 3")
    uptime = second["pacedns_uptime_seconds"]
    row.require(0 < uptime < 60, f"an uptime of {uptime} s")


def faults():
    for name, offset in (("clock/a day ahead", DAY), ("clock/a day back", -DAY)):
        yield Fault(name, lambda name=name, offset=offset: _stepped(name, offset))
