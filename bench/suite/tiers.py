"""How long clients wait for new names before five upstreams of unequal speed, healthy and with the two fastest dark,
how many queries leave at once, and what the cache holds afterwards."""

import functools
import json
import math

from suite import comparison, peers, plot, report
from suite.open_loop import PATIENCE
from suite.ours import BUILD, ROOT, Pacedns
from suite.rounds import in_turn
from suite.trial import ADDRESSES, AT_ONCE, DELAYS, FASTEST, RATE, WARM_UP, run

PHASE = 10  # seconds, whatever --seconds says: of fewer queries, one in a hundred says little
SHORTEST_PHASE = 2  # seconds, to see that everything works

PACED = Pacedns()
ALL_AT_ONCE = Pacedns("pacedns, all at once", active_tier_size=len(DELAYS))
ONE_AT_A_TIME = Pacedns("pacedns, one at a time", active_tier_size=1, batch_size=1)
ALL_SERVERS = peers.DnsmasqAllServers()

FALLBACK_TIMEOUT = 300  # ms; the default
NEXT_DELAY = min(delay for name, delay in DELAYS.items() if name not in FASTEST)  # ms

PICTURE = "latency-two-upstreams-dark.svg"
DATA = "latency-two-upstreams-dark.json"

HEALTHY_CAPTION = f"""\
Five upstreams at {", ".join(map(str, sorted(DELAYS.values())))} ms, configured out of order; {RATE} new names a second
from a client that does not wait for answers (open loop), {WARM_UP} s of warming up not counted. "All at once" is
`active_tier_size: {len(DELAYS)}`, "one at a time" `active_tier_size: 1` and `batch_size: 1`. Launches are the queries
for one name that reached the upstreams within {AT_ONCE * 1000:.0f} ms. The last reply comes so long after the first
query for the name: a client that waited for all replies would wait until then. Each upstream gives two addresses of
its own, {ADDRESSES} are all."""
DARK_CAPTION = f"""\
Then the two fastest upstreams stop answering. A query is lost if no answer with addresses comes within
{PATIENCE:.0f} s; percentiles count it as slower than any other."""


def measure(options):
    """The sections of this part; the picture and its data are left behind."""
    first_round = {}
    seconds = max(PHASE * options.scale, SHORTEST_PHASE)

    def take_round(server):
        trial = run(server, seconds, options.folder)
        first_round.setdefault(server.name, trial)
        yield "tiers", trial
    results = in_turn("tiers", _servers(options), options.rounds, take_round)
    if not first_round:
        return []
    entries = [_entry(name, trial) for name, trial in first_round.items()]
    (BUILD / DATA).write_text(json.dumps(entries), encoding="utf-8")
    folder = ROOT / "docs" if options.record else BUILD
    (folder / PICTURE).write_text(plot.draw(entries), encoding="utf-8")
    return [_healthy(results, seconds), _dark(results), f"![{plot.TITLE}]({PICTURE})", _gains(results)]


def _entry(name, trial):
    """One panel's data for the plot."""
    lookups = [[round(lookup.asked - trial.dark_since, 4), None if lookup.lost else round(lookup.latency, 4)]
               for lookup in trial.healthy + trial.dark]
    return {"name": name, "lookups": lookups}


def _servers(options):
    """The wanted programs that have a choice of upstreams, each in all its ways."""
    kinds = tuple(type(server) for server in options.servers)
    return [server for server in (PACED, ALL_AT_ONCE, ONE_AT_A_TIME, *peers.TIER_PEERS) if isinstance(server, kinds)]


def _healthy(results, seconds):
    return _section("Upstreams healthy", f"{HEALTHY_CAPTION} Each phase lasts {seconds:g} s.", results, [
        ("p50 ms", "healthy_p50", _spread),
        ("p99 ms", "healthy_p99", _spread),
        ("launches", "at_once", _middle),
        ("at the most", "most_at_once", _greatest),
        ("queries a name", "queries", lambda values: report.plain(report.median(values), 1)),
        ("last reply after ms", "last_reply", _middle),
        ("addresses cached", "addresses", _middle),
    ])


def _dark(results):
    return _section("Two fastest upstreams dark", DARK_CAPTION, results, [
        ("first second: p99 ms", "first_p99", _spread),
        ("later: p50 ms", "later_p50", _spread),
        ("later: p99 ms", "later_p99", _spread),
        ("slowest answer ms", "slowest", _greatest),
        ("lost", "lost", lambda values: report.plain(sum(values))),
        ("of", "dark", lambda values: report.plain(sum(map(len, values)))),
    ])


def _section(title, caption, results, columns):
    """`columns` are (header, field of a Trial, text for its values in all rounds)."""
    def cells(field, text):
        def cell(server):
            values = _values(results, server, field)
            return text(values) if values else report.NOTHING
        return cell
    return comparison.section(title, caption, results, ["tiers"],
                              [(header, cells(field, text)) for header, field, text in columns])


def _values(results, server, field):
    return results.of("tiers", server, field)


def _spread(values):
    if min(values) == math.inf:
        return "lost"
    return report.spread(values, 1).replace("inf", "lost")


def _middle(values):
    return report.plain(report.median(values))


def _greatest(values):
    return report.plain(max(values))


def _median(results, server, field):
    return report.median(_values(results, server, field))


def _gains(results):
    """What the plan is there for, in the figures of this run."""
    measured = {server.name for server in results.servers if _values(results, server, "lost")}
    if PACED.name not in measured:
        return ""
    ours, at_once, rival = (functools.partial(_median, results, server)
                            for server in (PACED, ALL_AT_ONCE, ALL_SERVERS))
    lines = [f"The first second in the dark has a p99 of {ours('first_p99'):.0f} ms; `fallback_timeout` and the next "
             f"upstream make {FALLBACK_TIMEOUT + NEXT_DELAY} ms."]
    if ALL_AT_ONCE.name in measured:
        lines += [
            f"A client waits {ours('healthy_p50'):.0f} ms for the first answer. With all upstreams asked at once, it "
            f"would wait {at_once('last_reply'):.0f} ms for the last.",
            f"A name makes {ours('at_once'):.0f} queries within {AT_ONCE * 1000:.0f} ms instead of "
            f"{at_once('at_once'):.0f}.",
        ]
    if ALL_SERVERS.name in measured:
        p50, p99, dark = (ours(field) - rival(field) for field in ("healthy_p50", "healthy_p99", "later_p99"))
        lines.append(f"Against {ALL_SERVERS.name}: p50 {p50:+.1f} ms and p99 {p99:+.1f} ms while all are healthy, p99 "
                     f"{dark:+.1f} ms in the dark from the second second on.")
    return "\n".join(f"- {line}" for line in lines)
