"""What the daemon's debug log tells: the flights, and the state of each upstream.

A flight is one question being resolved (docs/ARCHITECTURE.md). Times are milliseconds since its start."""

import dataclasses
import re
import threading
import time
from collections.abc import Callable

_FIELD = re.compile(r'(\w+)=("[^"]*"|\S*)')


def fields_of(line: str) -> dict[str, str]:
    """The key=value pairs of a log line; a value with spaces is in quotes."""
    return {key: value.strip('"') for key, value in _FIELD.findall(line)}


@dataclasses.dataclass
class Attempt:
    """One upstream asked within a flight."""

    upstream: str
    tier: str  # active or second
    launched_at: float
    ended_at: float | None = None  # with a reply, or with a failure the network reported
    replied: bool = False
    asked_again: list[float] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Flight:
    name: str
    attempts: list[Attempt] = dataclasses.field(default_factory=list)  # in the order they were launched
    launches: list[float] = dataclasses.field(default_factory=list)  # with retransmissions and retries
    answered_at: float | None = None
    answered_by: str = ""
    second_tier_because: str = ""
    finished_at: float | None = None

    def attempt(self, upstream: str) -> Attempt | None:
        return next((attempt for attempt in self.attempts if attempt.upstream == upstream), None)

    def silent(self) -> list[str]:
        return [attempt.upstream for attempt in self.attempts if not attempt.replied]

    def most_launched_within(self, window: float) -> int:
        """The most queries launched in any stretch of so many milliseconds."""
        return max((sum(begin <= launch < begin + window for launch in self.launches) for begin in self.launches),
                   default=0)


class FlightLog:
    """Follows the log. One thread feeds it while another asks and waits."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._flights: dict[str, Flight] = {}  # by the daemon's number
        self._states: dict[str, str] = {}
        self._address = ""
        self._ready = False
        self._closed = False
        self.last_lines: list[str] = []

    def feed(self, line: str) -> None:
        with self._changed:
            self.last_lines = [*self.last_lines[-9:], line.rstrip()]
            self._take(fields_of(line))
            self._changed.notify_all()

    def close(self) -> None:
        """No line will come any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def address(self, timeout: float) -> str | None:
        """Where the daemon listens, as soon as it is ready."""
        return self._address if self._wait(lambda: self._ready, timeout) else None

    def state(self, upstream: str) -> str:
        with self._changed:
            return self._states.get(upstream, "up")

    def flights_for(self, name: str) -> list[Flight]:
        with self._changed:
            return self._find(name)

    def finished_flight(self, name: str, timeout: float) -> Flight | None:
        """The first flight for this name, as soon as it is over."""

        def finished() -> bool:
            return any(flight.finished_at is not None for flight in self._find(name)[:1])

        return self._find(name)[0] if self._wait(finished, timeout) else None

    def _find(self, name: str) -> list[Flight]:
        return [flight for flight in self._flights.values() if flight.name == name.rstrip(".") + "."]

    def _wait(self, condition: Callable[[], bool], timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        with self._changed:
            self._changed.wait_for(lambda: condition() or self._closed, deadline - time.monotonic())
            return condition()

    def _take(self, fields: dict[str, str]) -> None:
        event = fields.get("event")
        if event == "listening":
            self._address = fields["address"]
        elif event == "ready":
            self._ready = True
        elif event == "upstream_state":
            self._states[fields["upstream"]] = fields["to"]
        elif event == "flight_started":
            self._flights[fields["flight"]] = Flight(fields["qname"])
        elif fields.get("flight") in self._flights:
            note(self._flights[fields["flight"]], fields)


def note(flight: Flight, fields: dict[str, str]) -> None:
    """Puts one event of a flight where it belongs."""
    event = fields["event"]
    at = float(fields["t"])
    if event == "asked":
        flight.launches.append(at)
        if attempt := flight.attempt(fields["upstream"]):  # a retransmission or a retry
            attempt.asked_again.append(at)
        else:
            flight.attempts.append(Attempt(fields["upstream"], fields["tier"], at))
    elif event == "replied":
        attempt = flight.attempt(fields["upstream"])
        if attempt and fields["verdict"] in ("usable", "failure"):
            attempt.ended_at, attempt.replied = at, True
    elif event in ("not_sent", "failed"):
        attempt = flight.attempt(fields["upstream"])
        if attempt and fields.get("reason") != "no reply by the deadline":
            attempt.ended_at = at
    elif event == "second_tier":
        flight.second_tier_because = fields["reason"]
    elif event == "answered":
        flight.answered_at, flight.answered_by = at, fields["upstream"]
    elif event == "flight_finished":
        flight.finished_at = at
