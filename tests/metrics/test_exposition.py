"""The exposition as promtool and a parser of our own read it, against docs/METRICS.md."""

import re

import pytest

import metrics

SERIES = re.compile(r'^(\w+)(?:\{((?:\w+="(?:[^"\\]|\\.)*",?)*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def series_of(text: str) -> list[tuple[str, dict[str, str], float]]:
    series = []
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        match = SERIES.match(line)
        assert match, f"not a line of an exposition: {line}"
        name, labels, value = match.groups()
        series.append((name, dict(LABEL.findall(labels or "")), float(value)))
    return series


def types_of(text: str) -> dict[str, str]:
    return dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))


@pytest.mark.parametrize("kind", ["full", "empty", "hostile"])
def test_promtool_has_nothing_to_say(kind):
    said = metrics.promtool("check", "metrics", text=metrics.sample(kind))
    assert said == "", said


def test_promtool_would_say_something():
    declared = "# TYPE pacedns_cache_hits_total "
    broken = metrics.sample("full").replace(declared + "counter", declared + "gauge")
    with pytest.raises(AssertionError, match="pacedns_cache_hits_total"):
        metrics.promtool("check", "metrics", text=broken)


def test_metrics_and_types_are_the_documented_ones():
    assert types_of(metrics.sample("full")) == {name: each.type for name, each in metrics.documented().items()}


def test_labels_and_their_values_are_the_documented_ones():
    table = metrics.documented()
    found: dict[str, dict[str, set[str]]] = {name: {} for name in table}
    for series, labels, _ in series_of(metrics.sample("full")):
        name = next(iter(metrics.named_in(series)))
        for label, value in labels.items():
            if label != "le":
                found[name].setdefault(label, set()).add(value)
    for name, labels in found.items():
        assert labels.keys() == table[name].labels.keys(), name
        for label, values in table[name].labels.items():
            assert not values or labels[label] == values, f"{name}: {label}"


def test_no_series_comes_twice():
    for kind in ("full", "empty", "hostile"):
        series = [(name, tuple(labels.items())) for name, labels, _ in series_of(metrics.sample(kind))]
        assert len(series) == len(set(series))


def test_a_hostile_name_changes_nothing_but_its_label():
    full, hostile = (series_of(metrics.sample(kind)) for kind in ("full", "hostile"))
    assert [(name, set(labels), value) for name, labels, value in full if value == value] == [
        (name, set(labels), value) for name, labels, value in hostile if value == value]


def test_targets_stand_in_the_help_texts():
    text = metrics.sample("empty")
    with_targets = {name: each.target for name, each in metrics.documented().items() if each.target}
    assert len(with_targets) == 5
    for name, target in with_targets.items():
        assert re.search(rf"^# HELP {name} .* Target: {target}\.$", text, re.MULTILINE), name
