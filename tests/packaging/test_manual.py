"""The man pages can be read, and leave out no key and no option."""

import re
import sys

import pytest
import yaml

import packaging

MANUAL = packaging.ROOT / "docs/man"
CONFIGURATION = packaging.ROOT / "docs/CONFIGURATION.md"


def source_of(page: str) -> str:
    result = packaging.run(sys.executable, MANUAL / "render.py", MANUAL / f"{page}.scd", CONFIGURATION)
    assert result.returncode == 0, result.stderr
    return result.stdout


def keys_of(section: dict, prefix: str = ""):
    for name, value in section.items():
        if isinstance(value, dict):
            yield from keys_of(value, f"{prefix}{name}.")
        else:
            yield prefix + name


def described_keys() -> list[str]:
    page = source_of("pacedns.yaml.5")
    keys = page[page.index("\n# KEYS\n"):page.index("\n# UPSTREAMS\n")]
    return [key.replace("\\", "") for key in re.findall(r"^\*(\S+)\*$", keys, re.MULTILINE)]


@pytest.mark.parametrize("page", ["pacedns.8", "pacedns.yaml.5"])
def test_scdoc_takes_the_page(page):
    result = packaging.run("scdoc", input=source_of(page))
    assert result.returncode == 0, result.stderr
    name, section = page.rsplit(".", 1)
    assert re.search(rf'^\.TH "{re.escape(name)}" "{section}"', result.stdout, re.MULTILINE)
    assert "@keys@" not in result.stdout


def test_every_key_is_described_once():
    shipped = yaml.safe_load((packaging.ROOT / "config/pacedns.yaml").read_text(encoding="utf-8"))
    assert sorted(described_keys()) == sorted(keys_of(shipped))


def test_every_command_and_option_is_described():
    usage = packaging.run(str(packaging.DAEMON), "--help").stdout
    commands = re.findall(r"^  (\w+)  ", usage.split("\nSubcommands:\n")[1], re.MULTILINE)
    assert {"run", "check", "status"} <= set(commands), usage
    for command in commands:
        usage += packaging.run(str(packaging.DAEMON), command, "--help").stdout
    words = set(re.findall(r"--\w+", usage)) | set(commands)
    assert {"--config", "--version", "--socket"} <= words, usage
    page = source_of("pacedns.8")
    assert [word for word in sorted(words) if f"*{word}*" not in page] == []
