"""docs/CONFORMANCE.md: each row says which test shows it, and each of those tests exists."""

import re
import sys

import tree

sys.path.insert(0, str(tree.ROOT / "scripts"))
import conformance  # noqa: E402

GOOGLE_TEST = re.compile(r"\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)")
PYTEST = re.compile(r"^def (test_\w+)\(", re.MULTILINE)
STATUS = re.compile(r"^(yes|partly|departs|later|missing)$")


def existing_tests() -> set[str]:
    names = set()
    for path in tree.files_under("tests", "tools", suffixes=(".cpp",)):
        names |= {f"{suite}.{name}" for suite, name in GOOGLE_TEST.findall(tree.read(path))}
    for path in tree.files_under("tests", "tools", suffixes=(".py",)):
        names |= {f"{path.name}::{name}" for name in PYTEST.findall(tree.read(path))}
    for path in tree.files_under("tests", suffixes=(".scenario",)):
        names.add(f"scenario:{path.stem}")
    return names


def rows() -> list[list[str]]:
    """The cells of the tables' rows, without heads."""
    found = []
    for line in conformance.PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if len(cells) == 5 and cells[0] != "section" and not set(cells[0]) <= set("-: "):
            found.append(cells)
    return found


def test_every_named_test_exists():
    existing = existing_tests()
    named = conformance.named_tests(conformance.PAGE.read_text(encoding="utf-8"))
    assert named
    tree.report("Name tests that exist.", [name for name in named if name not in existing])


def test_every_behaviour_that_we_claim_is_shown_by_a_test():
    table = rows()
    assert len(table) > 100
    tree.report("Say `yes`, `partly`, `departs`, `later` or `missing`, and with `yes` what shows it.",
                [" | ".join(cells) for cells in table
                 if not STATUS.match(cells[3]) or (cells[3] == "yes" and not conformance.NAME.search(cells[4]))])
