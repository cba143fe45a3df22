"""Statistics and Markdown: values in, text out."""

import statistics
import textwrap

NOTHING = "–"  # where there is no value


def median(values):
    return statistics.median(values)


def spread(values, digits=2):
    """The median, and between brackets the least and the greatest: "4.83 (4.71–4.95)"; one value as it is."""
    if len(values) < 2:
        return plain(values[0] if values else None, digits)
    middle, least, greatest = (f"{value:,.{digits}f}" for value in (median(values), min(values), max(values)))
    return f"{middle} ({least}–{greatest})"


def plain(value, digits=0):
    return NOTHING if value is None else f"{value:,.{digits}f}"


def ratio(values, base):
    """That of the medians: "1.07"; `base` may be empty."""
    return f"{median(values) / median(base):.2f}" if values and base and median(base) else NOTHING


def table(headers, rows, numbers=True):
    """A Markdown table, its columns aligned in the source too: those after the first to the right if they are
    `numbers`."""
    widths = [max(3, *(len(row[column]) for row in [headers, *rows])) for column in range(len(headers))]
    rights = [numbers and column > 0 for column in range(len(headers))]

    def line(cells):
        padded = (cell.rjust(width) if right else cell.ljust(width)
                  for cell, width, right in zip(cells, widths, rights))
        return "| " + " | ".join(padded) + " |"
    rule = ["-" * (width - 1) + ":" if right else "-" * width for width, right in zip(widths, rights)]
    return "\n".join([line(headers), line(rule), *map(line, rows)])


def section(title, caption, headers, rows, notes=()):
    """A titled table with what one must know to read it above, and remarks on single rows below."""
    parts = [f"#### {title}", textwrap.fill(" ".join(caption.split()), 120), table(headers, rows), "\n".join(f"- {note}" for note in notes)]
    return "\n\n".join(part for part in parts if part)


class Remarks:
    """Marks rows whose figures have something said about them, and collects what is said."""

    def __init__(self):
        self.notes = []

    def marked(self, name, remarks):
        """The name, with a star if there are remarks on it; the same said of several rounds is noted once."""
        for remark in dict.fromkeys(remarks):
            if (note := f"\\* {name}: {remark}.") not in self.notes:
                self.notes.append(note)
        return f"{name}\\*" if remarks else name
