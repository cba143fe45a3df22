"""What happened, in words and as a table."""

import dataclasses
import statistics
from collections.abc import Iterable

from flights import Flight


@dataclasses.dataclass
class Phase:
    """The names asked while the upstreams were in one condition."""

    title: str
    dark: int = 0  # upstreams that do not reply
    waits: list[float | None] = dataclasses.field(default_factory=list)  # of the client; None: no reply
    pending: list[tuple[str, float | None]] = dataclasses.field(default_factory=list)  # names, flights not seen yet
    flights: list[Flight] = dataclasses.field(default_factory=list)
    cached: list[list[str]] = dataclasses.field(default_factory=list)  # for each flight, the addresses after it


def time_range(waits: Iterable[float | None]) -> str:
    whole = sorted({round(took) for took in waits if took is not None})
    if not whole:
        return "nothing"
    return f"{whole[0]} ms" if len(whole) == 1 else f"{whole[0]} to {whole[-1]} ms"


def listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def describe(flight: Flight, took: float | None, cached: list[str], window: int) -> str:
    """One sentence on a finished flight; `took` is the client's waiting time, `cached` the addresses after it."""
    upstreams = {address.split(".")[2] for address in cached}  # 10.77.UPSTREAM.x, see tools/upstream/README.md
    answer = "Client not answered" if took is None else f"Client answered after {took:.0f} ms by {flight.answered_by}"
    silent = f" ({listed(flight.silent())}: no reply)" if flight.silent() else ""
    return (f"{answer}; {len(cached)} addresses from {len(upstreams)} upstreams in the cache after "
            f"{flight.finished_at:.0f} ms{silent}; at most {flight.most_launched_within(window)} queries launched "
            f"within {window} ms.")


def table(phases: list[Phase], window: int, pool: int) -> list[str]:
    """A row a phase: what the client waited, what the upstreams saw, what the cache holds."""
    rows = [("", "names", "client waited", "most launched", "addresses", "queries"),
            ("", "asked", " p50    worst", f"within {window} ms", f"cached of {pool}", "lost")]
    for phase in phases:
        waits = [took for took in phase.waits if took is not None]
        waited = f"{statistics.median(waits):3.0f} ms {max(waits):4.0f} ms" if waits else "-"
        launched = max((flight.most_launched_within(window) for flight in phase.flights), default=0)
        addresses = min((len(set(found)) for found in phase.cached), default=0)
        rows.append((phase.title, str(len(phase.waits)), waited, str(launched), str(addresses),
                     str(phase.waits.count(None))))
    return [f"  {title:<17}{names:>6}  {waited:>15}  {launched:>13}  {addresses:>12}  {lost:>7}"
            for title, names, waited, launched, addresses, lost in rows]
