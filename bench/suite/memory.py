"""What a cached name takes of the memory."""

import dataclasses
import time

from suite import comparison, load, report
from suite.rounds import in_turn
from suite.stand import Stand

BASE = 1_000  # names whose memory is subtracted, and with it what any server takes
COUNTS = (100_000, 1_000_000)
SAMPLE = 2_000  # names that are asked again
SETTLE = 1  # seconds
TOLERATED_LOSS = 0.01  # of names

CAPTION = """
Resident bytes of a server that is configured for so many names and holds them, less those of one for {base:,}, by the
difference in names. A name has 20 octets and an A RRset of two addresses. One pass; where there is no figure, the
note says why."""

AT_START = "it allocates at the start what its configuration allows for"


@dataclasses.dataclass(frozen=True)
class Footprint:
    """The resident bytes a name at one count of names."""

    bytes_per_name: float
    remarks: tuple[str, ...] = ()


def measure(options):
    """The section of this part."""
    servers = comparison.forwarders(options.servers)
    base, *counts = (options.scaled(count) for count in (BASE, *COUNTS))
    results = in_turn("memory", servers, 1, lambda server: _round(server, options, base, counts))
    columns = [(f"bytes/name at {count:,}", _cell(results, count)) for count in counts]
    return [comparison.section("Memory", CAPTION.format(base=base), results, counts, columns)]


def _cell(results, count):
    scenario = comparison.Scenario(results, count)
    return lambda server: scenario.middle(server, "bytes_per_name")


def _round(server, options, base, counts):
    with Stand(server, options.folder, names=base) as stand:
        empty = _resident(stand, options, 0, base)
    for count in counts:
        with Stand(server, options.folder, names=count) as stand:
            started = _resident(stand, options, 0, base)
            filled = _resident(stand, options, base, count)
            _ask_again(stand, options, count)
        mostly_at_start = started - empty > (filled - empty) / 2
        yield count, Footprint((filled - empty) / (count - base), (AT_START,) if mostly_at_start else ())


def _resident(stand, options, held, count):
    """The resident bytes with `count` names, of which some are held already."""
    stand.prime(load.names(options.folder, count - held, first=held))
    time.sleep(SETTLE)
    return stand.running.resident_bytes()


def _ask_again(stand, options, held):
    """Raises RuntimeError unless names from the beginning to the end of those it should hold are still there."""
    step = max(held // SAMPLE, 1)
    asked = load.names(options.folder, min(SAMPLE, held), step=step)
    before = stand.upstreams.queries()
    stand.prime(asked)
    gone = (stand.upstreams.queries() - before) / asked.count
    if gone > TOLERATED_LOSS:
        raise RuntimeError(f"{gone:.0%} of {held:,} names were no longer in its cache")
