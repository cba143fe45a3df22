"""Each header says itself what it needs, and may be included twice."""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess

import tree

LIBRARIES = ["ldns", "spdlog", "yaml-cpp", "libsystemd", "libxxhash"]


def compiler_command() -> list[str]:
    # From pkg-config for the definitions that a library's headers expect; what it does not know needs none.
    flags = subprocess.run(["pkg-config", "--cflags", *LIBRARIES], capture_output=True, text=True, check=False)
    return ["g++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-DBOOST_ASIO_NO_DEPRECATED",
            "-I", str(tree.ROOT / "include"), *flags.stdout.split(), "-x", "c++", "-"]


def complaint_about(header: pathlib.Path) -> str:
    """What the compiler says about a file that includes the header twice and nothing else."""
    include = f'#include "{header.relative_to("include")}"\n'
    result = subprocess.run(compiler_command(), input=include * 2, capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return ""
    lines = [line for line in result.stderr.splitlines() if "error" in line] or result.stderr.splitlines()
    return f"{header}\n    " + "\n    ".join(lines[:4])


def test_headers_compile_alone():
    assert shutil.which("g++"), "g++ is missing: run scripts/dependencies.sh build"
    headers = tree.files_under("include")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        complaints = [complaint for complaint in pool.map(complaint_about, headers) if complaint]
    tree.report("Include in the header what it uses, and start it with #pragma once.", complaints)
