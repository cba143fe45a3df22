#!/usr/bin/python3
"""Draws latency over time as two upstreams go dark: one panel a server, one dot a query.

    bench/suite/plot.py DATA.json PICTURE.svg

The data are a list of {"name": ..., "lookups": [[asked, latency], ...]}, ours first: `asked` in seconds after the
upstreams went dark, `latency` in seconds, or null for a query that was lost.
"""

import collections
import html
import json
import math
import pathlib
import sys

BEGIN, END = -2, 10  # seconds shown
BUCKET = 0.25  # seconds; of each, a line shows the slowest answer
LEAST, MOST = 0.03, 5.0  # seconds, the ends of the scale
TICKS = {0.05: "50 ms", 0.2: "200 ms", 1.0: "1 s", 5.0: "5 s"}

COLUMNS = 3
WIDTH, HEAD, FOOT, LEFT, RIGHT, GAP = 960, 104, 44, 56, 14, 20
PANEL_WIDTH = (WIDTH - LEFT - RIGHT - GAP * (COLUMNS - 1)) / COLUMNS
TITLE_HEIGHT, LOST_HEIGHT, LOST_GAP, SCALE_HEIGHT, PANEL_GAP = 22, 14, 8, 120, 24
PANEL_HEIGHT = LOST_HEIGHT + LOST_GAP + SCALE_HEIGHT
PITCH = TITLE_HEIGHT + PANEL_HEIGHT + PANEL_GAP

TITLE = "Two of five upstreams go dark"
DESCRIPTION = """\
Latency of 50 new names a second, on a logarithmic scale from 30 ms to 5 s, from 2 s before the two fastest of five
upstreams (50, 80, 120, 160 and 200 ms) go dark to 10 s after. One panel a server; every dot is a query."""

# Blue and vermilion stay apart for all kinds of colour vision.
STYLE = """\
text{font:11px system-ui,sans-serif;fill:#57606a}
.title{font-size:18px;font-weight:600;fill:#1f2328}
.name{font-size:12.5px;font-weight:600;fill:#1f2328}
.back{fill:#fff}
.strip{fill:#f0f2f4}
.grid{stroke:#d8dee4;fill:none}
.event{stroke:#57606a;stroke-dasharray:3 3;fill:none}
.dots{stroke-width:22;stroke-linecap:round;fill:none;stroke-opacity:.5}
.lost{stroke-width:.7;fill:none}
.line{stroke-width:1.2;stroke-linejoin:round;fill:none}
.behind{stroke-width:5;stroke-opacity:.35;stroke-linejoin:round;fill:none}
.line.ours{stroke-width:2.6}
.ours{stroke:#0072b2}
.other{stroke:#c24e00}
@media (prefers-color-scheme:dark){
text{fill:#9198a1}
.title,.name{fill:#f0f6fc}
.back{fill:#0d1117}
.strip{fill:#1b222b}
.grid{stroke:#2b333c}
.event{stroke:#9198a1}
.ours{stroke:#56b4e9}
.other{stroke:#f28e3c}
}"""


class Panel:
    """One server's lookups, with the upper left corner of its axes."""

    def __init__(self, entry, number):
        self.name = entry["name"]
        self.lookups = sorted((asked, math.inf if latency is None else latency)
                              for asked, latency in entry["lookups"] if BEGIN <= asked < END)
        self.ours = number == 0
        self.left = LEFT + number % COLUMNS * (PANEL_WIDTH + GAP)
        self.top = HEAD + number // COLUMNS * PITCH + TITLE_HEIGHT
        self.bottom = self.top + PANEL_HEIGHT

    def x(self, asked):
        return self.left + (asked - BEGIN) / (END - BEGIN) * PANEL_WIDTH

    def y(self, latency):
        """Above the scale, in the strip of the lost, for those that never ended."""
        if latency == math.inf:
            return self.top + LOST_HEIGHT / 2
        share = math.log(min(max(latency, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
        return self.bottom - share * SCALE_HEIGHT

    def summary(self):
        """What came of the queries that were asked in the dark."""
        latencies = [latency for asked, latency in self.lookups if asked >= 0]
        answered = [latency for latency in latencies if latency < math.inf]
        worst = f"worst {max(answered) * 1000:,.0f} ms, " if answered else ""
        return f"{worst}{len(latencies) - len(answered)} lost"

    def slowest(self):
        """(middle of the bucket, slowest answer in it), lost ones being the slowest."""
        buckets = collections.defaultdict(list)
        for asked, latency in self.lookups:
            buckets[math.floor(asked / BUCKET)].append(latency)
        return [((bucket + 0.5) * BUCKET, max(latencies)) for bucket, latencies in sorted(buckets.items())]

    def axes(self, leftmost, lowest):
        """Strip, grid, labels and titles; labels of the scales only at the edges of the picture."""
        right = self.left + PANEL_WIDTH
        yield f'<rect class="strip" {_box(self.left, self.top, PANEL_WIDTH, LOST_HEIGHT)}/>'
        levels = "".join(f"M{self.left:.1f} {self.y(tick):.1f}H{right:.1f}" for tick in TICKS)
        yield f'<path class="grid" d="{levels}M{self.left:.1f} {self.bottom:.1f}H{right:.1f}"/>'
        yield f'<path class="event" d="M{self.x(0):.1f} {self.top:.1f}V{self.bottom:.1f}"/>'
        yield _text(self.left, self.top - 7, self.name, "name")
        yield _text(right, self.top - 7, self.summary(), anchor="end")
        if leftmost:
            labels = [("lost", math.inf), *((label, tick) for tick, label in TICKS.items())]
            yield from (_text(self.left - 6, self.y(level) + 4, label, anchor="end") for label, level in labels)
        if lowest:
            yield from (_text(self.x(tick), self.bottom + 15, f"{tick} s", anchor="middle")
                        for tick in range(0, END, 2))

    def marks(self, ours):
        """Our line behind, then the server's dots, the lost, and its line."""
        colour = "ours" if self.ours else "other"
        answered = [(asked, latency) for asked, latency in self.lookups if latency < math.inf]
        lost = [asked for asked, latency in self.lookups if latency == math.inf]
        if not self.ours:
            yield f'<path class="behind ours" d="{self._line(ours.slowest())}"/>'
        yield f'<path class="dots {colour}" transform="scale(.1)" d="{self._dots(answered)}"/>'
        if lost:
            strokes = "".join(f"M{self.x(asked):.1f} {self.y(math.inf) - 4:.1f}v8" for asked in lost)
            yield f'<path class="lost {colour}" d="{strokes}"/>'
        yield f'<path class="line {colour}" d="{self._line(self.slowest())}"/>'

    def _line(self, points):
        return "M" + "L".join(f"{self.x(asked):.1f} {self.y(latency):.1f}" for asked, latency in points)

    def _dots(self, points):
        """Strokes without length, round at both ends; each is placed relative to the one before, in tenths of a unit
        without the point, for half the octets."""
        path, last = [], (0, 0)
        for asked, latency in points:
            spot = round(self.x(asked) * 10), round(self.y(latency) * 10)
            path.append(f"m{spot[0] - last[0]} {spot[1] - last[1]}h0")
            last = spot
        return "".join(path).replace(" -", "-")


def draw(entries):
    """The SVG text."""
    panels = [Panel(entry, number) for number, entry in enumerate(entries)]
    rows = math.ceil(len(panels) / COLUMNS)
    height = HEAD + rows * PITCH - PANEL_GAP + FOOT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        'aria-labelledby="title description">',
        f'<title id="title">{TITLE}</title>',
        f'<desc id="description">{DESCRIPTION} {html.escape(_spoken(panels))}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="back" {_box(0, 0, WIDTH, height)}/>',
        *_heading(panels[0].name),
    ]
    for number, panel in enumerate(panels):
        parts += panel.axes(leftmost=number % COLUMNS == 0, lowest=number + COLUMNS >= len(panels))
        parts += panel.marks(panels[0])
    parts += [_text(WIDTH / 2, height - 8, "asked, seconds after the two fastest upstreams went dark", anchor="middle"),
              "</svg>"]
    return "\n".join(parts) + "\n"


def _heading(ours):
    yield _text(LEFT, 30, TITLE, "title")
    yield _text(LEFT, 50, "Latency of 50 new names a second; upstreams at 50, 80, 120, 160 and 200 ms, the two fastest "
                          "silent from 0 s on.")
    key = [
        (90, '<path class="dots other" transform="scale(.1)" d="m20-40h0m80 0h0m80 0h0"/>', "one query"),
        (240, '<path class="line other" d="m0-4h20"/>', "slowest in each quarter of a second"),
        (152, '<path class="behind ours" d="m0-4h20"/>', f"the same of {ours}"),
        (144, '<path class="event" d="m14-12v16"/>', "two fastest go dark"),
        (0, '<path class="lost other" d="m4-8v8m5-8v8m2-8v8"/>', "lost: no answer within 5 s"),
    ]
    x = LEFT
    for width, mark, text in key:
        yield f'<g transform="translate({x} 74)">{mark}{_text(26, 0, text)}</g>'
        x += width + 10


def _spoken(panels):
    return "In the dark: " + "; ".join(f"{panel.name}: {panel.summary()}" for panel in panels) + "."


def _box(left, top, width, height):
    return f'x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"'


def _text(x, y, text, kind="", anchor=""):
    attributes = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{x:.1f}" y="{y:.1f}"{attributes}>{html.escape(text, quote=False)}</text>'


def main(arguments):
    """Draws a file of data."""
    if len(arguments) != 2:
        raise SystemExit(__doc__)
    data, picture = arguments
    entries = json.loads(pathlib.Path(data).read_text(encoding="utf-8"))
    pathlib.Path(picture).write_text(draw(entries), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
