"""Sums up the results that scripts/test.sh collected in a directory: count_tests.py DIRECTORY

NAME.xml is ctest's JUnit report of a step, NAME.failed says that the step failed. A test that is a run of
pytest counts as the tests in it. Prints why some did not run, and at last one line,
`N passed, N failed, N skipped`; exits with 1 if something failed or nothing passed.
"""

import collections
import pathlib
import re
import sys
import xml.etree.ElementTree

PYTEST_CLOSING_LINE = re.compile(r"^=*\s*((?:\d+ \w+, )*\d+ \w+) in [\d.]+s", re.MULTILINE)
PYTEST_SKIP = re.compile(r"^SKIPPED \[(\d+)\] \S+: (.+)$", re.MULTILINE)
GTEST_SKIP = re.compile(r"^\S+:\d+: Skipped\n(.+)$", re.MULTILINE)
PYTEST_OUTCOMES = {"passed": "passed", "xpassed": "passed", "failed": "failed", "error": "failed",
                   "errors": "failed", "skipped": "skipped", "xfailed": "skipped"}


def count_testcase(testcase: xml.etree.ElementTree.Element) -> collections.Counter:
    status = testcase.get("status")
    skipped = testcase.find("skipped")
    # ctest also says "skipped" of a test whose program is missing.
    if status == "disabled" or (skipped is not None and skipped.get("message", "").startswith("SKIP_")):
        return collections.Counter(skipped=1)
    failed = status != "run"
    counts: collections.Counter = collections.Counter()
    closing_lines = PYTEST_CLOSING_LINE.findall(testcase.findtext("system-out") or "")
    if closing_lines:
        for count, outcome in re.findall(r"(\d+) (\w+)", closing_lines[-1]):
            if outcome in PYTEST_OUTCOMES:
                counts[PYTEST_OUTCOMES[outcome]] += int(count)
    if failed and not counts["failed"]:
        counts["failed"] += 1
    elif not counts:
        counts["passed"] += 1
    return counts


def reasons_for_skips(directory: pathlib.Path) -> collections.Counter:
    """How many tests were skipped for each reason."""
    reasons: collections.Counter = collections.Counter()
    for report in directory.glob("*.xml"):
        for output in xml.etree.ElementTree.parse(report).iter("system-out"):
            for count, reason in PYTEST_SKIP.findall(output.text or ""):
                reasons[reason] += int(count)
            reasons.update(GTEST_SKIP.findall(output.text or ""))
    return reasons


def count_all(directory: pathlib.Path) -> collections.Counter:
    total: collections.Counter = collections.Counter()
    failed_steps = {path.stem for path in directory.glob("*.failed")}
    for report in directory.glob("*.xml"):
        step: collections.Counter = collections.Counter()
        for testcase in xml.etree.ElementTree.parse(report).iter("testcase"):
            step += count_testcase(testcase)
        if step["failed"]:
            failed_steps.discard(report.stem)
        total += step
    total["failed"] += len(failed_steps)
    return total


def main() -> int:
    directory = pathlib.Path(sys.argv[1])
    total = count_all(directory)
    for reason, count in sorted(reasons_for_skips(directory).items()):
        print(f"skipped: {count} x {reason}")
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped")
    return 0 if total["passed"] and not total["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
