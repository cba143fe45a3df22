"""The benchmark suite (bench/): that its parts give tables with figures in them and leave nothing behind, not what
the figures are; and its statistics."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import uuid

import pytest
from pacedns import BUILD, ROOT, wait_for

sys.path.append(str(ROOT / "bench"))
from suite import load, report  # pylint: disable=wrong-import-position

SMALL = ["--rounds", "1", "--seconds", "0.2", "--scale", "0.01"]

OUTPUT_OF_DNSPERF = """\
  Queries sent:         100010
  Queries completed:    100000 (99.99%)
  Queries lost:         10 (0.01%)

  Response codes:       NOERROR 99000 (99.00%), SERVFAIL 1000 (1.00%)
  Average packet size:  request 38, response 70
  Run time (s):         2.500000
  Queries per second:   40000.000000
"""


class Suite:
    """A run of it, and all processes that come from it: they share a mark in their environment."""

    def __init__(self, folder, part, servers="pacedns,echo floor"):
        self.mark = f"PACEDNS_TEST_OF_BENCH={uuid.uuid4()}"
        self.folder = folder
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "bench"), "PACEDNS_BUILD_DIR": str(BUILD),
                       "TMPDIR": str(folder), **dict([self.mark.split("=")])}
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(["/usr/bin/python3", "-P", "-m", "suite", part, "--servers", servers, *SMALL],
                                        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def programs(self):
        """Names of the processes there are."""
        found = []
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if self.mark.encode() in (folder / "environ").read_bytes():
                    found.append((folder / "comm").read_text(encoding="utf-8").strip())
            except OSError:
                continue
        return found

    def finish(self):
        """(exit code, stdout, stderr), once there is nothing left of it."""
        output, errors = self.process.communicate(timeout=240)
        wait_for(lambda: not self.programs(), "the end of all processes")
        assert not list(self.folder.iterdir())
        return self.process.returncode, output, errors


def tables(text):
    """The rows of each table, by its title."""
    found = {}
    for part in text.split("#### ")[1:]:
        rows = [[cell.strip() for cell in line.strip("|").split("|")]
                for line in part.splitlines() if line.startswith("|")]
        found[part.splitlines()[0]] = rows[:1] + rows[2:]
    return found


@pytest.mark.parametrize("part, titles", [
    ("hits", ["Hits over UDP, 10 names", "Hits over UDP, 2,000 names", "Hits over TCP, 10 names"]),
    ("misses", ["Misses, one upstream", "Misses, five upstreams"]),
    ("memory", ["Memory"]),
    ("growth", ["Hits by the number of names", "Misses by the number of upstreams",
                "Misses by the number of open flights", "Two workers against one"]),
    ("watching", ["Being watched, hits over UDP, 10 names"]),
])
def test_a_part_reports_figures_and_stops_what_it_started(tmp_path, part, titles):
    code, output, errors = Suite(tmp_path, part).finish()
    assert code == 0, errors
    assert re.search(r"\| left out +\| none +\|", output), output
    found = tables(output)
    assert list(found) == titles
    for header, *rows in found.values():
        assert rows
        assert all(len(row) == len(header) and re.match(r"-?\d", row[1]) for row in rows), output
    # Of the notes, only that a small rate was not met exactly says nothing here.
    notes = [line for line in output.splitlines() if line.startswith("- ") and "queries/s instead of" not in line]
    assert part == "memory" or not notes, output


def test_a_signal_stops_everything(tmp_path):
    suite = Suite(tmp_path, "misses")
    wait_for(lambda: {"dnsperf", "pacedns", "pacedns-upstrea"} <= set(suite.programs()) or suite.process.poll(),
             "the first measurement")
    suite.process.send_signal(signal.SIGTERM)
    code, _, errors = suite.finish()
    assert code == 128 + signal.SIGTERM, errors


def test_an_unknown_server_is_named(tmp_path):
    code, output, errors = Suite(tmp_path, "hits", servers="nothing").finish()
    assert code == 1 and not output
    assert "no such server: nothing (there are echo floor, pacedns" in errors


def test_dnsperf_is_understood():
    outcome = load.parse(OUTPUT_OF_DNSPERF)
    assert (outcome.sent, outcome.completed, outcome.lost, outcome.noerror) == (100010, 100000, 10, 99000)
    assert outcome.seconds == 2.5
    assert outcome.failed_share == pytest.approx(0.01)
    assert outcome.lost_share == pytest.approx(0.0001, rel=0.01)


def test_names_have_twenty_octets_and_differ(tmp_path):
    few = load.names(tmp_path, 100, first=50)
    shuffled = load.names(tmp_path, 100, first=50, shuffled=True)
    lines = few.path.read_text(encoding="ascii").splitlines()
    assert {len(line.split()[0]) for line in lines} == {20}
    assert len(set(lines)) == few.count == 100
    assert sorted(shuffled.path.read_text(encoding="ascii").splitlines()) == lines


def test_a_spread_is_the_median_and_the_extremes():
    assert report.spread([5, 4.8349, 4.7]) == "4.83 (4.70–5.00)"
    assert report.spread([1, 2]) == "1.50 (1.00–2.00)"
    assert report.spread([1234.5], 1) == "1,234.5"
    assert report.spread([]) == report.NOTHING


def test_a_ratio_is_that_of_the_medians():
    assert report.ratio([3, 1, 2], [1, 100, 4]) == "0.50"
    assert report.ratio([], [1]) == report.ratio([1], []) == report.ratio([1], [0]) == report.NOTHING


def test_a_table_is_aligned():
    assert report.table(["server", "µs"], [["a", "1.00"], ["long name", "12.00"]]) == (
        "| server    |    µs |\n"
        "| --------- | ----: |\n"
        "| a         |  1.00 |\n"
        "| long name | 12.00 |")


def test_remarks_are_noted_once_and_mark_the_row():
    remarks = report.Remarks()
    assert remarks.marked("a", ["lost", "lost"]) == "a\\*"
    assert remarks.marked("b", []) == "b"
    assert remarks.notes == ["\\* a: lost."]
