"""docs/alerts.yaml: promtool accepts the rules, they fire when they should, and name what exists."""

import re

import pytest
import yaml

import metrics

SCENARIOS = "tests/metrics/alerts_test.yaml"


def rules() -> list[dict]:
    return [rule for group in yaml.safe_load(metrics.ALERTS.read_text(encoding="utf-8"))["groups"]
            for rule in group["rules"]]


def alerts_in_scenarios(fires: bool) -> set[str]:
    """The alerts that a scenario expects to fire, or not to."""
    document = yaml.safe_load((metrics.ROOT / SCENARIOS).read_text(encoding="utf-8"))
    return {re.search(r'alertname="(\w+)"', each["expr"]).group(1)
            for scenario in document["tests"] for each in scenario["promql_expr_test"]
            if bool(each["exp_samples"]) == fires}


def test_promtool_accepts_the_rules():
    assert f"{len(rules())} rules found" in metrics.promtool("check", "rules", str(metrics.ALERTS))


def test_rules_fire_when_they_should():
    metrics.promtool("test", "rules", SCENARIOS)


def test_each_rule_has_a_scenario_in_which_it_fires_and_one_in_which_it_does_not():
    names = {rule["alert"] for rule in rules()}
    assert alerts_in_scenarios(fires=True) == names
    assert alerts_in_scenarios(fires=False) == names


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_each_rule_names_what_exists_and_says_what_to_do(rule):
    # `up` is Prometheus' own.
    named = metrics.named_in(rule["expr"])
    assert named or rule["expr"].startswith("up{")
    assert named <= metrics.documented().keys()
    assert metrics.wrong_labels(rule["expr"]) == []
    assert metrics.named_in(rule["annotations"]["description"]) <= metrics.documented().keys()
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"]["summary"].endswith(".")
    assert "$labels.instance" in rule["annotations"]["description"]


def test_each_target_has_a_rule_that_fires_when_it_is_missed():
    expressions = [rule["expr"] for rule in rules() if rule.get("for") == "15m"]
    for name, metric in metrics.documented().items():
        if not metric.target:
            continue
        direction, limit = metric.target.split()
        missed = rf"\b{name} {'<=' if direction == 'above' else '>='} {re.escape(limit)}(?!\S)"
        assert sum(bool(re.search(missed, each)) for each in expressions) == 1, missed
