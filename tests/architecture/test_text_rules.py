"""What the text of the tree may and may not hold."""

import os
import pathlib
import re

import tree

CODE_SUFFIXES = {".cpp", ".hpp", ".cmake", ".sh", ".py", ".json", ".yml", ".service", ".socket"}
PROSE_SUFFIXES = {".md", ".yaml"}
# Section, micro, times, ellipsis, arrow, minus, at most, at least, dash.
SIGNS = "\u00a7\u00b5\u00d7\u2026\u2192\u2212\u2264\u2265\u2013"
FIRST_PICTOGRAM = 0x2600  # above: dingbats and emoji; below: punctuation, arrows, box drawing

# Split, so that this file passes its own tests.
OPEN_ENDS = re.compile(r"\b(?:" + "|".join(["TO" "DO", "FIX" "ME", "XX" "X", "HA" "CK"]) + r")\b")
SLEEPS = re.compile(r"\b(?:sleep_for|sleep_until|usleep|nanosleep)\b")
MACHINE_PATHS = re.compile(r"(?<![\w.*}\])-])/(?:wor" "k|roo" "t|hom" "e)/")

MARKDOWN_LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE_BLOCK = re.compile(r"```.*?```", re.DOTALL)

STRICT_MODE = "set -euo pipefail"


def is_text(path: pathlib.Path) -> bool:
    return path.suffix in CODE_SUFFIXES | PROSE_SUFFIXES or path.name in {"CMakeLists.txt", ".clang-tidy"}


TEXT_FILES = [path for path in tree.all_files() if is_text(path)]


def lines_with(paths, forbidden) -> list[str]:
    """FILE:LINE: TEXT for each line of the files in which `forbidden` finds something."""
    return [f"{path}:{number}: {line.strip()}" for path in paths
            for number, line in enumerate(tree.read(path).splitlines(), 1) if forbidden(line)]


def test_code_is_ascii():
    code = [path for path in TEXT_FILES if path.suffix not in PROSE_SUFFIXES]
    tree.report(
        f"Code is ASCII but for the signs {SIGNS} in comments: use \\u escapes or plain words.",
        lines_with(code, lambda line: not all(sign.isascii() or sign in SIGNS for sign in line)),
    )


def test_prose_has_no_pictograms():
    prose = [path for path in TEXT_FILES if path.suffix in PROSE_SUFFIXES]
    tree.report("Say it in words.", lines_with(prose, lambda line: any(ord(sign) >= FIRST_PICTOGRAM for sign in line)))


def test_nothing_is_left_open():
    tree.report("Do it now, or say in the docs what is missing.", lines_with(TEXT_FILES, OPEN_ENDS.search))


def test_no_unit_test_sleeps():
    unit_tests = [path for path in tree.files_under("tests") if path.parts[1] in {"unit", "scenario", "support"}]
    tree.report("Time is an argument: move it on in the test instead of waiting.", lines_with(unit_tests, SLEEPS.search))


def test_no_paths_of_one_machine():
    tree.report("Build the path from the script's or the test's own place.", lines_with(TEXT_FILES, MACHINE_PATHS.search))


def test_scripts_are_executable_and_strict():
    scripts = [path for path in tree.all_files()
               if path.suffix == ".sh" and path.parts[0] == "scripts" or path == pathlib.Path(".ci/run")]
    violations = []
    for path in scripts:
        statements = [line for line in tree.read(path).splitlines() if line and not line.startswith("#")]
        if not os.access(tree.ROOT / path, os.X_OK):
            violations.append(f"{path}: not executable (chmod +x)")
        if not tree.read(path).startswith("#!/usr/bin/env bash\n"):
            violations.append(f"{path}: does not start with #!/usr/bin/env bash")
        if statements[:1] != [STRICT_MODE]:
            violations.append(f"{path}: the first statement is not '{STRICT_MODE}'")
    assert scripts, "No script was found: mend this test."
    tree.report("Scripts are executable and stop at the first failure.", violations)


def broken_links(page: pathlib.Path) -> list[str]:
    targets = MARKDOWN_LINK.findall(CODE_BLOCK.sub("", tree.read(page)))
    relative = [target.split("#")[0] for target in targets if not re.match(r"[a-z]+:", target)]
    return [f"{page}: {target}" for target in relative
            if target and not (tree.ROOT / page.parent / target).exists()]


def test_links_lead_somewhere():
    pages = [path for path in tree.all_files() if path.suffix == ".md"]
    tree.report("A relative link must lead to a file of the tree.",
                [link for page in pages for link in broken_links(page)])
