"""How the costs of pacedns grow: with names, upstreams, open flights and workers. Always these servers, whichever
were chosen for the comparisons."""

import time

from suite import comparison, load, ours, report
from suite.rounds import in_turn
from suite.server import LOAD_CORE, SERVER_CORE
from suite.stand import Stand

FLOOR = ours.Floor()
PACEDNS = ours.Pacedns()
OUTSTANDING = 200

NAMES = (1_000, 10_000, 100_000, 1_000_000)

UPSTREAMS = (2, 4, 8, 16, 32, 64)
EXCHANGES = 80_000  # a second, whatever the number of upstreams
COLLECTION = 0.025  # seconds for each upstream: after the first two, two are asked every 50 ms

DELAYS = (20, 200, 2_000)  # milliseconds
FLIGHTS = 5_000  # started a second

WORKERS = (1, 2)
BOTH_CORES = (SERVER_CORE, LOAD_CORE)
HIT_RATE = 40_000  # queries a second
MISS_RATE = 10_000
NEW_NAMES = 400_000  # a second, more than can be asked for


def measure(options):
    """The sections of this part."""
    return [_names(options), _upstreams(options), _flights(options), _workers(options)]


def _names(options):
    counts = [options.scaled(count) for count in NAMES]

    def one_round(server):
        with Stand(server, options.folder, names=counts[-1]) as stand:
            held = 0
            for count in counts:
                stand.prime(load.names(options.folder, count - held, first=held))
                held = count
                asked = load.names(options.folder, count, shuffled=True)
                yield count, stand.measure(asked, expected=0, outstanding=OUTSTANDING, seconds=options.seconds)
    results = in_turn("growth with names", [FLOOR, PACEDNS], options.rounds, one_round)
    return _section(
        "Hits by the number of names", f"Closed loop over UDP, {OUTSTANDING} queries outstanding.",
        "names", results, {f"{count:,}": [count] for count in counts}, [
            ("floor, CPU µs/query", lambda of: of.spread(FLOOR)),
            ("pacedns, CPU µs/query", lambda of: of.spread(PACEDNS)),
            ("× floor", lambda of: of.to_floor(PACEDNS)),
            (f"× {counts[0]:,} names", lambda of: of.to_scenario(PACEDNS, counts[0]))])


def _upstreams(options):
    exchanges = options.scaled(EXCHANGES)

    def one_round(server):
        for count in UPSTREAMS:
            rate = max(exchanges // count, 1)
            asked = load.names(options.folder, int(rate * options.seconds) + 1)
            upstreams = {f"U{number}": {} for number in range(count)}
            settle = COLLECTION * count + 0.2
            with Stand(server, options.folder, names=asked.count, upstreams=upstreams) as stand:
                time.sleep(settle)
                yield count, stand.measure(asked, once=True, rate=rate, expected=count, settle=settle,
                                           outstanding=OUTSTANDING, seconds=options.seconds)
    results = in_turn("growth with upstreams", [PACEDNS], options.rounds, one_round)
    return _section(
        "Misses by the number of upstreams",
        f"New names at a rate that makes {exchanges:,} exchanges/s; upstreams answer without delay, all answers are "
        "collected.", "upstreams", results, {str(count): [count] for count in UPSTREAMS}, [
            ("exchanges/query", lambda of: of.middle(PACEDNS, "exchanges", digits=2)),
            ("CPU µs/query", lambda of: of.spread(PACEDNS)),
            ("CPU µs/exchange", lambda of: of.spread(PACEDNS, "cpu_per_exchange")),
            (f"exchange × {UPSTREAMS[0]} upstreams",
             lambda of: of.to_scenario(PACEDNS, UPSTREAMS[0], "cpu_per_exchange"))])


def _flights(options):
    rate = options.scaled(FLIGHTS)
    flights = {delay: rate * delay // 1000 for delay in DELAYS}  # Little's law

    def one_round(server):
        for delay in DELAYS:
            rising = load.names(options.folder, max(flights[delay], 1))
            asked = load.names(options.folder, int(rate * options.seconds) + 1, first=rising.count)
            upstreams = {"prompt": {}, "late": {"delay": f"{delay}ms"}}
            how = {"once": True, "rate": rate, "outstanding": OUTSTANDING}
            with Stand(server, options.folder, names=rising.count + asked.count, upstreams=upstreams) as stand:
                stand.measure(rising, seconds=delay / 1000 + 1, **how)
                yield delay, stand.measure(asked, expected=len(upstreams), seconds=options.seconds, **how)
    results = in_turn("growth with flights", [PACEDNS], options.rounds, one_round)
    return _section(
        "Misses by the number of open flights",
        f"{rate:,} new names a second and two upstreams, one of which answers so late "
        f"({', '.join(f'{delay:,} ms' for delay in DELAYS)}) that so many flights are open at any time; measured once "
        "they are.", "flights", results, {f"{flights[delay]:,}": [delay] for delay in DELAYS}, [
            ("exchanges/query", lambda of: of.middle(PACEDNS, "exchanges", digits=2)),
            ("CPU µs/query", lambda of: of.spread(PACEDNS)),
            (f"× {flights[DELAYS[0]]:,} flights", lambda of: of.to_scenario(PACEDNS, DELAYS[0]))])


def _workers(options):
    hits, misses = options.scaled(HIT_RATE), options.scaled(MISS_RATE)
    few = load.names(options.folder, options.scaled(NAMES[0]))
    new = load.names(options.folder, int(options.scaled(NEW_NAMES) * options.seconds) + 1, first=few.count)
    placements = {  # where server and load run, and at which rates
        "busy": ((SERVER_CORE,), (LOAD_CORE,), None, None),
        "idle": (BOTH_CORES, BOTH_CORES, hits, misses)}

    def one_round(server):
        for label, (cores, load_cores, hit_rate, miss_rate) in placements.items():
            how = {"outstanding": OUTSTANDING, "seconds": options.seconds, "cores": load_cores}
            for workers in WORKERS:
                with Stand(server, options.folder, names=few.count + new.count, workers=workers,
                           cores=cores) as stand:
                    stand.prime(few)
                    yield (label, "hits", workers), stand.measure(few, expected=0, rate=hit_rate, **how)
                    yield (label, "misses", workers), stand.measure(new, once=True, rate=miss_rate, **how)
    results = in_turn("growth with workers", [PACEDNS], options.rounds, one_round)
    return _section(
        "Two workers against one",
        "What work a second worker adds (half of the misses are passed on to the other one), not how much faster two "
        f"are. First in a closed loop, {OUTSTANDING} queries outstanding, the workers on one core and the load on the "
        "other; then at fixed rates that leave time to sleep between queries, where all share both cores.",
        "load", results, {
            f"{kind}, {rate}": [(label, kind, workers) for workers in WORKERS]
            for label, rates in {"busy": ["closed loop"] * 2,
                                 "idle": [f"{hits:,} queries/s", f"{misses:,} queries/s"]}.items()
            for kind, rate in zip(("hits", "misses"), rates)}, [
            ("one, CPU µs/query", lambda one, _: one.spread(PACEDNS)),
            ("two, CPU µs/query", lambda _, two: two.spread(PACEDNS)),
            ("two × one", lambda one, two: two.to_scenario(PACEDNS, one.name))])


def _section(title, caption, first, results, rows, columns):
    """A section whose table has a row for each of `rows` (the scenarios of each by its label, which stands in the
    column `first`); `columns` are (header, cell of the row's scenarios)."""
    remarks = report.Remarks()
    lines = []
    for label, names in rows.items():
        said = [remark for server in results.servers for remark in results.remarks(server, *names)]
        scenarios = [comparison.Scenario(results, name) for name in names]
        lines.append([remarks.marked(label, said), *(cell(*scenarios) for _, cell in columns)])
    return report.section(title, caption, [first, *(header for header, _ in columns)], lines, remarks.notes)
