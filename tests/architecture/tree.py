"""The files of the tree, and what can be read out of C++ and CMake text without compiling it."""

import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]

CPP_SUFFIXES = (".cpp", ".hpp")


def _listed_by_git() -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name]


def _found_on_disk() -> list[str]:
    hidden = {".git", "build", "__pycache__", ".pytest_cache"}
    paths = (path.relative_to(ROOT) for path in ROOT.rglob("*"))
    return [str(path) for path in paths if not hidden.intersection(path.parts)]


def all_files() -> list[pathlib.Path]:
    """Every file that belongs to the tree, new ones included, relative to its root and sorted."""
    try:
        names = _listed_by_git()
    except (OSError, subprocess.CalledProcessError):  # not a checkout, or no git
        names = _found_on_disk()
    return sorted(pathlib.Path(name) for name in set(names) if (ROOT / name).is_file())


def files_under(*folders: str, suffixes: tuple[str, ...] = CPP_SUFFIXES) -> list[pathlib.Path]:
    return [path for path in all_files() if path.parts[0] in folders and path.suffix in suffixes]


def read(path: pathlib.Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


_TOKENS_TO_BLANK = re.compile(
    r'//(?:\\\n|[^\n])*'
    r'|/\*.*?\*/'
    r'|R"(?P<delimiter>[^\s()\\]{0,16})\(.*?\)(?P=delimiter)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Za-z_])(?:u8|[uUL])?'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)


def code_of(path: pathlib.Path, keep_strings: bool = False) -> str:
    """The text of a C++ file with its comments, and unless kept its literals, blanked out.

    Lines stay where they are."""

    def blank(match: re.Match) -> str:
        token = match.group()
        if not token.startswith("/"):
            return token if keep_strings else '""' + "\n" * token.count("\n")
        return " " + "\n" * token.count("\n")

    return _TOKENS_TO_BLANK.sub(blank, read(path))


_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(<[^>]+>|"[^"]+")', re.MULTILINE)


def includes_of(path: pathlib.Path) -> list[str]:
    """What a file includes, without the quotes or brackets."""
    return [match[1:-1] for match in _INCLUDE.findall(code_of(path, keep_strings=True))]


def module_of(path: pathlib.Path) -> str:
    """The module that a file of include/pacedns or src is part of; files directly in src are `main`."""
    parts = path.parts[2:] if path.parts[0] == "include" else path.parts[1:]
    return parts[0] if len(parts) > 1 else "main"


def modules() -> dict[str, dict[str, list[str]]]:
    """The pacedns_module(...) lines of CMakeLists.txt: name -> {"DEPENDS": [...], "LIBRARIES": [...]}."""
    text = re.sub(r"#.*", "", read(pathlib.Path("CMakeLists.txt")))
    found = {}
    for arguments in re.findall(r"^\s*pacedns_module\(([^)]*)\)", text, re.MULTILINE):
        name, *words = arguments.split()
        lists: dict[str, list[str]] = {"DEPENDS": [], "LIBRARIES": []}
        key = ""
        for word in words:
            if word in lists:
                key = word
            else:
                lists[key].append(word)
        found[name] = lists
    return found


def report(advice: str, violations: list[str]) -> None:
    """Fails with the violations, one a line, and with what to do about them."""
    assert not violations, "\n".join([advice, *("  " + violation for violation in violations)])
