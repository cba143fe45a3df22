"""What the tests of metrics share: the reference page, PromQL expressions, promtool."""

import os
import pathlib
import re
import subprocess
import typing

ROOT = pathlib.Path(__file__).resolve().parents[2]
ALERTS = ROOT / "docs/alerts.yaml"
DASHBOARD = ROOT / "docs/grafana-dashboard.json"

# What Prometheus adds to every series, and what histograms have.
COMMON_LABELS = {"job", "instance", "le"}

ROW = re.compile(r"^\| `(pacedns_\w+)` \| (\w+) \| (.*?) \| (.*?) \|(?: (.*?) \|)?$", re.MULTILINE)
LABEL = re.compile(r"`(\w+)`(?:: ((?:`\w+`(?:, )?)+))?")


class Metric(typing.NamedTuple):
    type: str
    labels: dict[str, set[str]]  # label -> its values, none where any may be
    target: str                  # "above 0.8", or ""


def _labels(cell: str) -> dict[str, set[str]]:
    return {name: set(re.findall(r"`(\w+)`", values or "")) for name, values in LABEL.findall(cell)}


def documented() -> dict[str, Metric]:
    """Each metric of docs/METRICS.md."""
    page = (ROOT / "docs/METRICS.md").read_text(encoding="utf-8")
    return {name: Metric(kind, _labels(labels), "" if target in ("-", None) else target)
            for name, kind, labels, _, target in ROW.findall(page)}


def named_in(text: str) -> set[str]:
    """The metrics that an expression names, histograms without the suffixes of their series."""
    histograms = {name for name, metric in documented().items() if metric.type == "histogram"}
    found = set()
    for name in re.findall(r"\bpacedns_\w+", text):
        base = re.sub(r"_(bucket|count|sum)$", "", name)
        found.add(base if base in histograms else name)
    return found


def wrong_labels(expression: str) -> list[str]:
    """Selectors and groupings of an expression that name labels or values no metric in them has."""
    table = documented()
    wrong = []
    for series, matchers in re.findall(r"(pacedns_\w+)\{([^}]*)\}", expression):
        labels = table[next(iter(named_in(series)))].labels
        for label, operator, value in re.findall(r'(\w+)\s*(=~|!=|!~|=)\s*"([^"]*)"', matchers):
            if label not in labels and label not in COMMON_LABELS:
                wrong.append(f"{series} has no label {label}")
            elif labels.get(label) and operator in ("=", "!=") and value not in labels[label]:
                wrong.append(f"{series} has no {label}={value}")
    known = COMMON_LABELS.union(*(table[name].labels for name in named_in(expression)))
    for grouping in re.findall(r"\b(?:by|on|without)\s*\(([^)]*)\)", expression):
        wrong += [f"no label {label} to group by" for label in re.split(r"\s*,\s*", grouping) if label not in known]
    return wrong


def promtool(*arguments: str, text: str | None = None) -> str:
    """What promtool says; a finding fails the test. So does its absence: scripts/dependencies.sh test installs it."""
    result = subprocess.run(["promtool", *arguments], input=text, cwd=ROOT, capture_output=True, text=True, check=False)
    said = result.stdout + result.stderr
    assert result.returncode == 0, said
    return said


def sample(kind: str) -> str:
    """An exposition as the daemon makes it; see exposition_sample.cpp."""
    program = pathlib.Path(os.environ["PACEDNS_BUILD_DIR"]) / "pacedns-exposition-sample"
    return subprocess.run([program, kind], capture_output=True, text=True, check=True).stdout
