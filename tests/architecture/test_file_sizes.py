"""Files and functions stay small enough to be read in one go."""

import pathlib
import re
import statistics

import tree

LONGEST_FILE = 500
NINE_IN_TEN = 300
MEDIAN = 120
FUNCTION_LIMIT = 60  # below this

SCOPE = re.compile(r"\b(?:namespace|class|struct|union|enum)\b")
PREPROCESSOR_LINE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
MARK = re.compile(r"[{};]")


def line_counts() -> dict[pathlib.Path, int]:
    return {path: len(tree.read(path).splitlines()) for path in tree.files_under("src", "include", "tools", "tests")}


def opens_function(head: str) -> bool:
    """Whether a brace outside of any function, after this text, begins a function's body."""
    head = head.strip()
    # `enum class X`, `class X : Y` have no parentheses of their own; a function's head has, and all closed.
    before_parentheses = re.sub(r"\btemplate\s*<[^()]*?>\s*(?=\w)", "", head).split("(")[0]
    return ("(" in head and head.count("(") == head.count(")") and not SCOPE.search(before_parentheses)
            and not head.endswith(("=", ",", "(")))


def functions(code: str):
    """(first line, number of lines) of each outermost function body. `code` has no comments or literals."""
    code = PREPROCESSOR_LINE.sub(lambda match: "\n" * match.group().count("\n"), code)
    open_braces: list[tuple[bool, int]] = []  # whether a function's body, where it began
    inside_function = False
    head_begin = 0
    for mark in MARK.finditer(code):
        position = mark.start()
        if mark.group() == "{":
            begins = not inside_function and opens_function(code[head_begin:position])
            inside_function = inside_function or begins
            open_braces.append((begins, position))
        elif mark.group() == "}" and open_braces:
            ends, begin = open_braces.pop()
            if ends:
                inside_function = False
                yield code.count("\n", 0, begin) + 1, code.count("\n", begin, position) + 1
        head_begin = position + 1


def test_no_file_is_too_long():
    tree.report(
        f"No C++ file has more than {LONGEST_FILE} lines: split it along what it does.",
        [f"{path}: {count} lines" for path, count in line_counts().items() if count > LONGEST_FILE],
    )


def test_nine_in_ten_files_are_short():
    counts = line_counts()
    long_ones = [f"{path}: {count} lines" for path, count in counts.items() if count > NINE_IN_TEN]
    if len(long_ones) > len(counts) / 10:
        tree.report(f"Nine in ten C++ files have at most {NINE_IN_TEN} lines: split some of these.", long_ones)


def test_the_median_file_is_short():
    median = statistics.median(line_counts().values())
    assert median <= MEDIAN, f"The median C++ file has {median} lines, more than {MEDIAN}: split the longer files."


def test_functions_are_short():
    tree.report(
        f"A function's body stays below {FUNCTION_LIMIT} lines: give its parts names.",
        [f"{path}:{line}: {count} lines" for path in tree.files_under("src", "include", "tools")
         for line, count in functions(tree.code_of(path)) if count >= FUNCTION_LIMIT],
    )


def test_the_measure_sees_functions():
    body = "\n" * 9
    code = (
        "namespace a {\n"                                     # line 1
        f"struct S : B<int> {{ S() : x_(1) {{{body}}} int x_; }};\n"   # line 2
        f"template <class T>\nint f(T t) {{ if (t) {{ }}{body}}}\n"    # line 12
        "constexpr int kTable[] = {1, 2};\n"
        f"auto g(S s) -> S {{{body}return {{}}; }}\n"
        "}\n"
    )
    assert list(functions(code)) == [(2, 10), (13, 10), (24, 10)]
