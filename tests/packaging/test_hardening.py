"""The daemon is linked so that an error in it is hard to make use of."""

import platform
import re

import packaging


def readelf(*options: str) -> str:
    result = packaging.run("readelf", "--wide", *options, str(packaging.DAEMON))
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_it_is_loaded_at_random_addresses():
    assert "Position-Independent Executable" in readelf("--file-header")


def test_nothing_that_the_linker_fills_in_stays_writable():
    assert "GNU_RELRO" in readelf("--program-headers")
    assert "BIND_NOW" in readelf("--dynamic")


def test_the_stack_is_not_executable():
    (flags,) = re.findall(r"GNU_STACK(?:\s+0x[0-9a-f]+){5}\s+([RWE ]+?)\s+0x", readelf("--program-headers"))
    assert flags == "RW"


def test_overflows_are_noticed():
    symbols = readelf("--dyn-syms")
    assert "__stack_chk_fail" in symbols
    # The checked variants of the C library's functions.
    assert re.search(r"\b__\w+_chk\b", symbols.replace("__stack_chk_fail", ""))


def test_functions_are_marked_as_targets_of_jumps():
    # The file as a whole bears the mark of CET only where the C library's start-up files do, and Debian 12's do not.
    if platform.machine() == "x86_64":
        result = packaging.run("objdump", "--disassemble=main", str(packaging.DAEMON))
        assert re.search(r"<main>:\n.*\bendbr64\b", result.stdout), result.stdout or result.stderr
