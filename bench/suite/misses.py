"""What a name costs that is in no cache: with one upstream, and with five of which pacedns collects every answer."""

import contextlib
import time

from suite import comparison, load, ours
from suite.rounds import in_turn
from suite.stand import ONE_UPSTREAM, Stand

OUTSTANDING = 100
MOST = 250_000  # queries a second that there are names for
WARM_UP = 1_000  # names
FIVE_UPSTREAMS = {name: {} for name in "ABCDE"}  # without delay
COLLECTION = 1  # seconds in which the work in the background ends

CAPTION = f"""
Every name is new, {OUTSTANDING} queries are outstanding, upstreams answer without delay; they share their core with
the load generator."""


def measure(options):
    """The sections of this part."""
    servers = comparison.forwarders(options.servers)
    results = in_turn("misses", servers, options.rounds, lambda server: _round(server, options))
    one, five = (comparison.Scenario(results, name) for name in ("one", "five"))
    return [
        comparison.section("Misses, one upstream", CAPTION, results, ["one"], [
            ("CPU µs/query", one.spread),
            ("× dnsdist", lambda server: one.to(server, "dnsdist")),
            ("× best peer", one.to_best_peer),
            *one.throughput()]),
        comparison.section(
            "Misses, five upstreams",
            f"{CAPTION} The second after the load counts too, so that all that was collected is in the CPU time.",
            results, ["five"], [
                ("CPU µs/query", five.spread),
                ("exchanges/query", lambda server: five.middle(server, "exchanges", digits=2)),
                ("CPU µs/exchange", lambda server: five.spread(server, "cpu_per_exchange")),
                *five.throughput()]),
    ]


def _round(server, options):
    count = int(options.scaled(MOST) * options.seconds)
    asked = load.names(options.folder, count, first=WARM_UP)
    how = {"once": True, "outstanding": OUTSTANDING, "seconds": options.seconds}
    with _primed(server, options, count, ONE_UPSTREAM) as stand:
        yield "one", stand.measure(asked, expected=1, **how)
    with _primed(server, options, count, FIVE_UPSTREAMS) as stand:
        collects_all = isinstance(server, ours.Pacedns)
        yield "five", stand.measure(asked, expected=len(FIVE_UPSTREAMS) if collects_all else None,
                                    settle=COLLECTION, **how)


@contextlib.contextmanager
def _primed(server, options, count, upstreams):
    with Stand(server, options.folder, names=WARM_UP + count, upstreams=upstreams) as stand:
        stand.prime(load.names(options.folder, WARM_UP))
        time.sleep(COLLECTION)
        yield stand
