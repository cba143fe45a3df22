"""Which tests docs/CONFORMANCE.md names, and whether they ran: conformance.py DIRECTORY

DIRECTORY is where scripts/test.sh collects ctest's JUnit reports. A test that is named and did not pass is an
error: it is listed, and the exit status is 1.
"""

import pathlib
import re
import sys
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "CONFORMANCE.md"

# `Suite.Name` of GoogleTest, `scenario:name`, or `test_file.py::test_name` of pytest.
NAME = re.compile(r"`([A-Z]\w*\.\w+|scenario:\w+|test_\w+\.py::test_\w+)`")


def named_tests(text: str) -> list[str]:
    """The tests in the last column of the tables, each once."""
    names: list[str] = []
    for line in text.splitlines():
        if line.startswith("|"):
            names += NAME.findall(line.strip().strip("|").rsplit("|", 1)[-1])
    return sorted(set(names))


def passed_tests(directory: pathlib.Path) -> set[str]:
    """The ctest names of what passed in any step."""
    passed = set()
    for report in directory.glob("*.xml"):
        for testcase in xml.etree.ElementTree.parse(report).iter("testcase"):
            if testcase.get("status") == "run" and testcase.find("failure") is None:
                passed.add(testcase.get("name", ""))
    return passed


def has_passed(name: str, passed: set[str]) -> bool:
    if name.startswith("scenario:"):
        return "scenario." + name.removeprefix("scenario:") in passed
    if "::" in name:  # ctest runs a file of pytest as one test
        file = name.split("::")[0]
        if (ROOT / "tests/system/inside" / file).exists():
            return "system" in passed
        return any(each.endswith("." + file.removeprefix("test_").removesuffix(".py")) for each in passed)
    # MODULE.Suite.Name; one with parameters is Prefix/Suite.Name/0
    wanted = re.compile(rf"(?:^|[./]){re.escape(name)}(?:/|$)")
    return any(wanted.search(each) for each in passed)


def main() -> int:
    passed = passed_tests(pathlib.Path(sys.argv[1]))
    names = named_tests(PAGE.read_text(encoding="utf-8"))
    missing = [name for name in names if not has_passed(name, passed)]
    for name in missing:
        print(f"docs/CONFORMANCE.md names a test that did not pass: {name}")
    print(f"conformance: {len(names) - len(missing)} of the {len(names)} tests named have passed")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
