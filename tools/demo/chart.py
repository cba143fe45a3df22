"""A flight as a time chart in plain characters, at most 80 columns wide."""

import dataclasses

from flights import Attempt, Flight

MS_PER_COLUMN = 10
SPAN = 62  # columns of the time axis
INDENT = 18  # columns before it
LEGEND = [
    "|  query launched     W  reply that answered the client     r  asked again",
    "=  waiting            *  reply collected for the cache      x  failed",
    "The number after a bar is the time of its end, in milliseconds; > goes on.",
]


@dataclasses.dataclass(frozen=True)
class Style:
    """Escape sequences of the terminal, or nothing."""

    enabled: bool = False

    def bold(self, text: str) -> str:
        return self._wrap("1", text)

    def good(self, text: str) -> str:
        return self._wrap("32", text)

    def faint(self, text: str) -> str:
        return self._wrap("2", text)

    def _wrap(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self.enabled and text else text


def chart(flight: Flight, style: Style = Style()) -> list[str]:
    rows = [axis()]
    for attempt in flight.attempts:
        won = attempt.upstream == flight.answered_by
        tier = 1 if attempt.tier == "active" else 2
        row = f"  {attempt.upstream:<8.8} tier {tier} {bar(attempt, won)}"
        rows.append(style.good(row) if won else style.faint(row) if attempt.ended_at is None else row)
    return rows + marks(flight)


def axis() -> str:
    labels = [" "] * SPAN
    for begin in range(0, SPAN - 10, 10):
        put(labels, begin, str(begin * MS_PER_COLUMN))
    put(labels, SPAN - 2, "ms")
    return " " * INDENT + "".join(labels)


def bar(attempt: Attempt, won: bool) -> str:
    begin = column(attempt.launched_at)
    if attempt.ended_at is None:
        end, label = SPAN - 1, ">"
    else:
        label = f"{'W' if won else '*' if attempt.replied else 'x'} {attempt.ended_at:.0f}"
        end = max(column(attempt.ended_at), begin + 1)
    if end + len(label) > SPAN:  # beyond the axis, or too close to its end for the label
        label = f"> {label}"
        end = SPAN - len(label)
    begin = min(begin, end - 1)
    cells = [" "] * SPAN
    put(cells, begin, "|" + "=" * (end - begin - 1) + label)
    if attempt.ended_at is None:
        put(cells, begin + 3, " no reply ")
    for again in attempt.asked_again:
        if begin < column(again) < end:
            put(cells, column(again), "r")
    return "".join(cells).rstrip()


def marks(flight: Flight) -> list[str]:
    """Under the bars: when the client had its answer, and when the cache had all there was to come."""
    rows: list[list[str]] = []
    moments = [(flight.answered_at, "client answered", True), (flight.finished_at, "pool complete", False)]
    for at, text, before in moments:
        if at is None:
            continue
        begin, marked = mark(column(at), text, before)
        # Two blanks between them, or else the second goes into a row of its own.
        if not rows or any(sign != " " for sign in rows[-1][begin - 2:]):
            rows.append([" "] * (INDENT + SPAN))
        put(rows[-1], begin, marked)
    return ["".join(row).rstrip() for row in rows]


def mark(at: int, text: str, before: bool) -> tuple[int, str]:
    """(where it begins, the text with an arrow at the column `at` of the axis)"""
    if at >= SPAN:
        return INDENT + SPAN - len(text) - 2, f"{text} >"
    if before or at + 2 + len(text) > SPAN:
        return INDENT + at - len(text) - 1, f"{text} ^"
    return INDENT + at, f"^ {text}"


def column(at: float) -> int:
    return int(at / MS_PER_COLUMN)


def put(cells: list[str], begin: int, text: str) -> None:
    for offset, sign in enumerate(text[:max(len(cells) - begin, 0)]):
        cells[begin + offset] = sign
