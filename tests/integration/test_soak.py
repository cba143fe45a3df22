"""The long run (scripts/soak.sh): that it works, for seconds, and what its verdict is about."""

import csv
import os
import subprocess
import sys

import pytest
from pacedns import BUILD, ROOT

MINUTES = 0.25
LIMIT = 240  # seconds, on a slow machine

sys.path.insert(0, str(ROOT / "tests" / "soak"))
from soak.samples import FIELDS, MEBIBYTE, Sample, verdict  # noqa: E402 pylint: disable=wrong-import-position


def steady(count=30, **growth):
    """Samples of a run in which nothing changes but for what grows, by so much a sample."""
    first = {"seconds": 0, "resident_bytes": 20 * MEBIBYTE, "descriptors": 50, "threads": 3, "queries": 100, "p50": 1,
             "p99": 20, "lost": 0, "wrong": 0}
    return [Sample(**{name: value + growth.get(name, 0) * number for name, value in first.items()})
            for number in range(count)]


def test_a_steady_run_is_well():
    text, well = verdict(steady())
    assert well and "GROWS" not in text and "3000 queries, 0 lost, 0 wrong" in text


@pytest.mark.parametrize("growth", [{"resident_bytes": MEBIBYTE / 4}, {"descriptors": 2}])
def test_what_grows_is_named(growth):
    text, well = verdict(steady(**growth))
    assert not well and text.count("GROWS") == 1


@pytest.mark.parametrize("field", ["lost", "wrong", "threads"])
def test_one_bad_sample_is_enough(field):
    samples = steady()
    setattr(samples[0], field, 5)
    assert not verdict(samples)[1]


def test_too_few_samples_are_no_verdict():
    assert not verdict(steady(2))[1]


def test_it_asks_and_leaves_samples_and_a_plot(tmp_path):
    paths = os.pathsep.join(str(ROOT / "tests" / name) for name in ("soak", "integration"))
    done = subprocess.run([sys.executable, "-B", "-P", "-m", "soak", str(MINUTES), "--folder", str(tmp_path)],
                          env={**os.environ, "PYTHONPATH": paths, "PACEDNS_BUILD_DIR": str(BUILD)},
                          capture_output=True, text=True, check=False, timeout=LIMIT, stdin=subprocess.DEVNULL)
    print(done.stdout, done.stderr)
    # Whether it is flat is for longer runs to say.
    assert done.returncode in (0, 1) and " 0 lost, 0 wrong" in done.stdout
    with open(tmp_path / "soak.csv", encoding="ascii") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 3 and list(rows[0]) == FIELDS and all(int(row["queries"]) > 0 for row in rows)
    assert (tmp_path / "soak.svg").read_text(encoding="ascii").endswith("</svg>\n")
