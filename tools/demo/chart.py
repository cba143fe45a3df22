"""A flight as a time chart in plain characters, at most 80 columns wide."""

import dataclasses

from flights import Attempt, Flight

MS_PER_COLUMN = 10
SPAN = 62  # columns of the time axis
INDENT = 18  # columns before it
LEGEND = [
    "|  query launched     W  reply that answered the client     x  failed",
    "=  waiting            *  reply collected for the cache      >  goes on",
    "The number after a bar is the time of its end, in milliseconds.",
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
    cells = [" "] * SPAN
    begin = min(column(attempt.launched_at), SPAN - 2)
    if attempt.ended_at is None:
        put(cells, begin, "|" + "=" * (SPAN - begin - 2) + ">")
        put(cells, begin + 3, " no reply ")
        return "".join(cells)
    end = column(attempt.ended_at)
    mark = "W" if won else "*" if attempt.replied else "x"
    label = f"{mark} {attempt.ended_at:.0f}"
    if end + len(label) > SPAN:  # off the chart, or no room for the label
        end, label = SPAN - len(label) - 2, f"> {label}"
    put(cells, begin, "|" + "=" * (end - begin - 1))
    put(cells, max(end, begin + 1), label)
    return "".join(cells).rstrip()


def marks(flight: Flight) -> list[str]:
    """Under the bars: when the client had its answer, and when the last reply was in the cache."""
    texts = []
    if flight.answered_at is not None:
        texts.append(mark_before(flight.answered_at, f"client answered: {flight.answered_at:.0f} ms"))
    if flight.finished_at is not None:
        label = f"all collected: {flight.finished_at:.0f} ms"
        after = column(flight.finished_at) + 2 + len(label) <= SPAN
        texts.append(mark_after(flight.finished_at, label) if after else mark_before(flight.finished_at, label))
    rows: list[list[str]] = []
    for begin, text in texts:
        # Two blanks between them, or else the second goes into a row of its own.
        if not rows or any(sign != " " for sign in rows[-1][max(begin - 2, 0):]):
            rows.append([" "] * (INDENT + SPAN))
        put(rows[-1], begin, text)
    return ["".join(row).rstrip() for row in rows]


def mark_after(at: float, text: str) -> tuple[int, str]:
    """(first column, text), the sign at the column of that time and the text behind it."""
    return INDENT + column(at), f"^ {text}"


def mark_before(at: float, text: str) -> tuple[int, str]:
    end = column(at)
    sign = "^" if end < SPAN else ">"
    return max(INDENT + min(end, SPAN - 1) - len(text) - 1, 0), f"{text} {sign}"


def column(at: float) -> int:
    return int(at / MS_PER_COLUMN)


def put(cells: list[str], begin: int, text: str) -> None:
    for offset, sign in enumerate(text[:max(len(cells) - begin, 0)]):
        cells[begin + offset] = sign
