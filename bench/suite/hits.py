"""What a cached name costs: CPU time a query and throughput, over UDP and over persistent TCP connections."""

from suite import comparison, load
from suite.rounds import in_turn
from suite.stand import Stand

FEW = 1_000  # names
MANY = 200_000
OUTSTANDING = 200
RATE = 50_000  # queries a second

CAPTION = f"""
Closed loop: {load.CLIENTS} clients keep {OUTSTANDING} queries outstanding, so a server that the load cannot saturate
("core busy" below 100%) finds fewer queries at each wake-up than a slower one, and throughput is the load
generator's."""
RATE_CAPTION = """
The column at a fixed rate sets all of them before the same arrivals, where most of the time goes into waking up: it
is what a server costs that is not saturated."""
FLOOR_CAPTION = "The floor echoes datagrams and frames."


def measure(options):
    """The sections of this part."""
    few, many, rate = options.scaled(FEW), options.scaled(MANY), options.scaled(RATE)
    results = in_turn("hits", options.servers, options.rounds, lambda server: _round(server, options))
    return [
        _section(f"Hits over UDP, {few:,} names", f"{CAPTION} {RATE_CAPTION} {FLOOR_CAPTION}", results, "few",
                 (f"CPU µs/query at {rate:,}/s", "rate")),
        _section(f"Hits over UDP, {many:,} names", CAPTION, results, "many"),
        _section(f"Hits over TCP, {few:,} names",
                 f"{load.CLIENTS} persistent connections, {OUTSTANDING} queries outstanding.", results, "tcp"),
    ]


def _round(server, options):
    few, many = options.scaled(FEW), options.scaled(MANY)
    how = {"expected": 0, "outstanding": OUTSTANDING, "seconds": options.seconds}
    with Stand(server, options.folder, names=few + many) as stand:
        stand.prime(load.names(options.folder, few))
        asked = load.names(options.folder, few, shuffled=True)
        yield "few", stand.measure(asked, **how)
        yield "rate", stand.measure(asked, rate=options.scaled(RATE), **how)
        stand.prime(load.names(options.folder, few), transport="tcp")  # some cache by transport
        yield "tcp", stand.measure(asked, transport="tcp", **how)
        stand.prime(load.names(options.folder, many))
        yield "many", stand.measure(load.names(options.folder, many, shuffled=True), **how)


def _section(title, caption, results, name, extra=None):
    scenario = comparison.Scenario(results, name)
    columns = [
        ("CPU µs/query", scenario.spread),
        ("× floor", scenario.to_floor),
        ("× best peer", scenario.to_best_peer),
        *scenario.throughput(),
    ]
    if extra:
        header, other = extra
        columns.append((header, comparison.Scenario(results, other).spread))
    return comparison.section(title, caption, results, [name, extra[1]] if extra else [name], columns)
