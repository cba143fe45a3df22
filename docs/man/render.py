"""Prints a man page's source for scdoc: render.py PAGE.scd CONFIGURATION.md

The line @keys@ in the page becomes the list of all keys, made from the table in docs/CONFIGURATION.md, so that each
key is described in one place only.
"""

import pathlib
import re
import sys

COLUMNS = ["key", "type", "default", "allowed", "takes", "meaning"]
TAKES = {"reload": "A change counts after a reload.", "restart": "A change counts after a restart."}


def table_rows(configuration: str) -> list[dict[str, str]]:
    """The rows of the table of keys, as {column: text}."""
    rows, inside = [], False
    for line in configuration.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells == COLUMNS:
            inside = True
        elif inside and not line.startswith("|"):
            break
        elif inside and not line.startswith("| ---"):
            rows.append(dict(zip(COLUMNS, cells, strict=True)))
    if not rows:
        sys.exit(f"render.py: no table with the columns {', '.join(COLUMNS)}")
    return rows


def to_scdoc(markdown: str) -> str:
    """What scdoc would take for markup is escaped, `words` are underlined, links lose their address."""
    text = re.sub(r"\[([^]]+)\]\([^)]*\)", r"\1", markdown)
    text = re.sub(r"([\\*_#<>~])", r"\\\1", text)
    return re.sub(r"`([^`]+)`", r"_\1_", text)


def entry(row: dict[str, str]) -> str:
    cell = {column: to_scdoc(text) for column, text in row.items()}
    key = cell["key"].strip("_")
    return (f"*{key}*\n\t{cell['meaning']}\n\n"
            f"\tType: {cell['type']}. Allowed: {cell['allowed']}. Default: {cell['default']}. {TAKES[row['takes']]}\n")


def render(page: str, configuration: str) -> str:
    return page.replace("@keys@\n", "\n".join(entry(row) for row in table_rows(configuration)))


if __name__ == "__main__":
    print(render(*(pathlib.Path(name).read_text(encoding="utf-8") for name in sys.argv[1:3])), end="")
