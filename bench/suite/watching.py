"""What it costs to be watched: a cached name with nothing to see, with the status page and the metrics read each
second, and with the query log beside them. Always these three, whichever servers were chosen for the comparisons."""

import contextlib
import threading
import time
import urllib.request

from suite import comparison, load, ours
from suite.rounds import in_turn
from suite.stand import Stand, free_port

NAMES = 1_000
OUTSTANDING = 200
RATE = 50_000  # queries a second
EVERY = 1.0  # second
PATHS = ("/metrics", "/api/status", "/api/history", "/api/flights")  # a scraper and a page that is open


class Watched(ours.Pacedns):
    """pacedns with its status served, and perhaps with a query log at its defaults."""

    def __init__(self, name, queries):
        super().__init__(name)
        self.queries = queries

    def observed(self, task):
        self.port = free_port()
        log = f"log: {{ level: {'info' if self.queries else 'warning'}, target: stderr, queries: {str(self.queries).lower()} }}\n"
        return f'{log}status: {{ listen: "127.0.0.1:{self.port}", privacy: full }}\ncontrol: {{ socket: off }}\n'


UNSEEN = ours.Pacedns("nothing to see")
READ = Watched("page and metrics", False)
LOGGED = Watched("and the query log", True)
SERVERS = (UNSEEN, READ, LOGGED)


def measure(options):
    """The section of this part."""
    names, rate = options.scaled(NAMES), options.scaled(RATE)
    results = in_turn("watching", SERVERS, options.rounds, lambda server: _round(server, names, rate, options))
    busy, fixed = comparison.Scenario(results, "busy"), comparison.Scenario(results, "fixed")
    return [comparison.section(
        f"Being watched, hits over UDP, {names:,} names",
        f"Closed loop, {OUTSTANDING} queries outstanding, and {rate:,} queries/s. Each second somebody reads "
        f"{', '.join(PATHS)}; the query log has its default rate of 1,000 lines a second and goes to a file. The work "
        "of the daemon's other threads counts.", results, ["busy", "fixed"], [
            ("CPU µs/query", busy.spread),
            (f"× {UNSEEN.name}", lambda server: busy.to(server, UNSEEN.name)),
            (f"CPU µs/query at {rate:,}/s", fixed.spread),
            (f"× {UNSEEN.name}", lambda server: fixed.to(server, UNSEEN.name))])]


def _round(server, names, rate, options):
    how = {"expected": 0, "outstanding": OUTSTANDING, "seconds": options.seconds}
    with Stand(server, options.folder, names=names) as stand:
        stand.prime(load.names(options.folder, names))
        asked = load.names(options.folder, names, shuffled=True)
        with _reader(getattr(server, "port", None)):
            yield "busy", stand.measure(asked, **how)
            yield "fixed", stand.measure(asked, rate=rate, **how)


@contextlib.contextmanager
def _reader(port):
    """Reads what a scraper and the page read, once each `EVERY`, until the end of the `with`; raises there if that
    failed or never happened."""
    if port is None:
        yield
        return
    over, failures, readings = threading.Event(), [], []

    def read():
        while True:
            begin = time.monotonic()
            try:
                for path in PATHS:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
                        response.read()
                readings.append(begin)
            except OSError as failure:
                failures.append(failure)
                return
            if over.wait(max(EVERY - (time.monotonic() - begin), 0)):
                return

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if failures or not readings:
        raise RuntimeError(f"the status could not be read: {failures}")
