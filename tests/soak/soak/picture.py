"""Draws the samples: resident memory, descriptors and threads, latency, and what was lost, over time."""

import math

WIDTH, LEFT, RIGHT, TOP, PANEL, GAP, FOOT = 860, 70, 20, 50, 120, 46, 40
STYLE = """\
text{font:11px system-ui,sans-serif;fill:#57606a}
.title{font-size:16px;font-weight:600;fill:#1f2328}
.name{font-size:12.5px;font-weight:600;fill:#1f2328}
.back{fill:#fff}
.grid{stroke:#d8dee4;fill:none}
.line{stroke-width:1.6;stroke-linejoin:round;fill:none}
.first{stroke:#0072b2}
.second{stroke:#c24e00}"""


class Panel:
    """One scale, from 0, with one or two lines: (name, values)."""

    def __init__(self, number, title, seconds, lines):
        self.title, self.seconds, self.lines = title, seconds, lines
        self.top = TOP + number * (PANEL + GAP) + 16
        most = max((value for _, values in lines for value in values if not math.isnan(value)), default=0)
        self.most = round_up(most * 1.05) or 1

    def x(self, seconds):
        return LEFT + seconds / self.seconds[-1] * (WIDTH - LEFT - RIGHT)

    def y(self, value):
        return self.top + PANEL * (1 - value / self.most)

    def draw(self):
        yield text(LEFT, self.top - 6, self.title, "name")
        for share in (0, 0.5, 1):
            height = self.y(share * self.most)
            yield f'<path class="grid" d="M{LEFT} {height:.1f}H{WIDTH - RIGHT}"/>'
            yield text(LEFT - 6, height + 4, f"{share * self.most:g}", anchor="end")
        for (name, values), kind in zip(self.lines, ("first", "second")):
            points = [f"{self.x(at):.1f} {self.y(value):.1f}" for at, value in zip(self.seconds, values)
                      if not math.isnan(value)]
            if points:
                yield f'<path class="line {kind}" d="M{"L".join(points)}"/>'
            yield from self._key(WIDTH - RIGHT - (250 if kind == "first" else 120), kind, name)

    def _key(self, x, kind, name):
        """At the upper right, one left of the other."""
        yield f'<path class="line {kind}" d="M{x} {self.top - 10}h18"/>'
        yield text(x + 22, self.top - 6, name)


def round_up(value):
    """To one or two figures that are easy to halve."""
    if value <= 0:
        return 0
    unit = 10 ** math.floor(math.log10(value))
    return next(step * unit for step in (1, 2, 4, 6, 8, 10) if step * unit >= value)


def draw(samples):
    """The SVG text."""
    seconds = [sample.seconds for sample in samples]

    def values(field, unit=1):
        return [getattr(sample, field) / unit for sample in samples]
    panels = [
        Panel(0, "Resident memory, MiB", seconds, [("resident", values("resident_bytes", 1 << 20))]),
        Panel(1, "Descriptors and threads", seconds, [("descriptors", values("descriptors")),
                                                      ("threads", values("threads"))]),
        Panel(2, "Latency, ms", seconds, [("p50", values("p50")), ("p99", values("p99"))]),
        Panel(3, "Queries lost or wrong", seconds, [("lost", values("lost")), ("wrong", values("wrong"))]),
    ]
    height = TOP + len(panels) * (PANEL + GAP) + FOOT
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}">',
             f"<style>{STYLE}</style>", f'<rect class="back" width="{WIDTH}" height="{height}"/>',
             text(LEFT, 26, f"{seconds[-1] / 60:.0f} minutes of mixed traffic, reloads and flapping upstreams",
                  "title")]
    for panel in panels:
        parts += panel.draw()
    for moment in (share * seconds[-1] for share in (0, 0.25, 0.5, 0.75, 1)):
        parts.append(text(panels[-1].x(moment), panels[-1].top + PANEL + 18, f"{moment / 60:.1f} min", anchor="middle"))
    return "\n".join([*parts, "</svg>"]) + "\n"


def text(x, y, words, kind="", anchor=""):
    attributes = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{x:.1f}" y="{y:.1f}"{attributes}>{words}</text>'
