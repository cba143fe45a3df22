"""A test's path mirrors its source's: src/MODULE/X.cpp or include/pacedns/MODULE/X.hpp is tested in
tests/unit/MODULE/X_test.cpp, or, where one file would grow too long, in X_ASPECT_test.cpp beside it."""

import pathlib
import re

import tree

# MODULE/X that no unit test covers, and where its test is instead. Keep it short.
TESTED_ELSEWHERE = {
    "app/daemon": "start, reload and stop are what tests/integration is about",
}

# Bodies that clang-format leaves on one line (`{ return name_; }`) are not logic.
LONGER_BODY = re.compile(r"\)\s*(?:const\s*)?(?:noexcept\s*)?\{[ \t]*\n")


def module_path(path: pathlib.Path) -> str:
    """MODULE/X of include/pacedns/MODULE/X.hpp, src/MODULE/X.cpp or tests/unit/MODULE/X_test.cpp."""
    parts = path.parts[1:] if path.parts[0] == "src" else path.parts[2:]
    return "/".join(parts).removesuffix(path.suffix).removesuffix("_test")


HEADERS = {module_path(path): path for path in tree.files_under("include")}
SOURCES = {module_path(path): path for path in tree.files_under("src", suffixes=(".cpp",)) if len(path.parts) > 2}
PRIVATE = {module_path(path): path for path in tree.files_under("src", suffixes=(".hpp",))}
TESTS = {module_path(path): path for path in tree.files_under("tests")
         if path.parts[1] == "unit" and path.name.endswith("_test.cpp")}
EXISTING = {**PRIVATE, **HEADERS, **SOURCES}


def mirrored(test: str) -> str | None:
    """What a test mirrors: its own name, or the longest `X` of `X_ASPECT` that exists."""
    while test not in EXISTING:
        test, separator, _ = test.rpartition("_")
        if not separator:
            return None
    return test


def needing_tests() -> dict[str, pathlib.Path]:
    with_logic = {name: path for name, path in {**PRIVATE, **HEADERS}.items()
                  if LONGER_BODY.search(tree.code_of(path))}
    return {**with_logic, **SOURCES}


def test_every_source_has_its_test():
    tested = {mirrored(test) for test in TESTS}
    tree.report(
        "Write the unit test beside its fellows. Only where another kind of test covers the file better, name "
        "it in TESTED_ELSEWHERE with that test.",
        [f"{path}: no tests/unit/{name}_test.cpp" for name, path in sorted(needing_tests().items())
         if name not in tested and name not in TESTED_ELSEWHERE],
    )


def test_every_test_mirrors_a_file():
    tree.report(
        "The test's name must begin with the name of the file it tests, in the folder of the same module.",
        [str(path) for name, path in sorted(TESTS.items()) if mirrored(name) is None],
    )


def test_the_exceptions_are_needed():
    tested = {mirrored(test) for test in TESTS}
    tree.report(
        "Take the entry out of TESTED_ELSEWHERE: the file has gone, has no logic, or has its test now.",
        [name for name in TESTED_ELSEWHERE if name not in needing_tests() or name in tested],
    )
