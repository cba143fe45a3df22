"""docs/grafana-dashboard.json: every expression is PromQL over metrics that exist, and every metric has its place."""

import itertools
import json
import re

import pytest
import yaml

import metrics

# Metrics without a panel, and why.
WITHOUT_PANEL = {
    "pacedns_flights_finished_total": "pacedns_flights_open is what it is for",
    "pacedns_all_upstreams_retransmissions_total": "shown for each upstream",
    "pacedns_all_upstreams_mismatches_total": "shown for each upstream",
}

DASHBOARD = json.loads(metrics.DASHBOARD.read_text(encoding="utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def expressions() -> list[str]:
    return [target["expr"] for panel in PANELS for target in panel["targets"]]


def without_variables(expression: str) -> str:
    expression = re.sub(r"\[\$__(rate_interval|range)\]", "[5m]", expression)
    return re.sub(r"\$(job|instance|upstream)\b", "x", expression)


def test_every_expression_is_valid(tmp_path):
    rules = [{"record": f"panel:{number}", "expr": without_variables(each)}
             for number, each in enumerate(expressions())]
    assert "$" not in "".join(rule["expr"] for rule in rules), "an unknown variable"
    path = tmp_path / "dashboard.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}), encoding="utf-8")
    assert f"{len(rules)} rules found" in metrics.promtool("check", "rules", str(path))


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: f"{panel['id']}-{panel['title'].replace(' ', '-')}")
def test_each_panel_names_what_exists(panel):
    assert panel["title"]
    assert panel["targets"]
    for target in panel["targets"]:
        named = metrics.named_in(target["expr"])
        assert named and named <= metrics.documented().keys()
        assert metrics.wrong_labels(target["expr"]) == []
        assert '{job="$job", instance=~"$instance"' in target["expr"], "the choice of instances does not count"


def test_every_metric_has_a_panel():
    shown = set().union(*map(metrics.named_in, expressions()))
    assert metrics.documented().keys() - shown == WITHOUT_PANEL.keys()


def test_indicators_turn_red_at_their_targets():
    stats = {panel["targets"][0]["expr"].split("{")[0]: panel for panel in PANELS if panel["type"] == "stat"}
    for name, metric in metrics.documented().items():
        if not metric.target:
            continue
        direction, limit = metric.target.split()
        steps = stats[name]["fieldConfig"]["defaults"]["thresholds"]["steps"]
        colors = [(step["color"], step["value"]) for step in steps]
        good, bad = ("green", "red") if direction == "below" else ("red", "green")
        assert colors == [(good, None), (bad, float(limit))], name


def test_the_choices_exist():
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            assert metrics.named_in(variable["definition"]) <= metrics.documented().keys()
            assert variable["query"]["query"] == variable["definition"]


def overlap(one: dict, other: dict) -> bool:
    return (one["x"] < other["x"] + other["w"] and other["x"] < one["x"] + one["w"]
            and one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"])


def test_panels_have_places_and_numbers_of_their_own():
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for one, other in itertools.combinations(panels, 2):
        assert not overlap(one["gridPos"], other["gridPos"]), f"{one['title']} and {other['title']}"
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)
