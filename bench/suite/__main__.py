"""Runs the parts of the benchmark and reports in Markdown: results on stdout, progress on stderr."""

import argparse
import dataclasses
import importlib
import os
import pathlib
import signal
import sys
import tempfile

from suite import machine, ours, peers
from suite.server import LOAD_CORE

PARTS = ("hits", "misses", "tiers", "memory", "growth", "watching")

PAGE = ours.ROOT / "docs/PERFORMANCE.md"
BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"


@dataclasses.dataclass(frozen=True)
class Options:
    """What all parts are given: the servers that are installed and wanted, the floor first, then pacedns; how many
    rounds of how many seconds; a folder for files, which is gone afterwards; and whether the results will be kept."""

    servers: tuple
    rounds: int
    seconds: float
    scale: float
    folder: pathlib.Path
    record: bool

    def scaled(self, count):
        """A number of names, or a rate, for a run that is only to see that everything works."""
        return max(int(count * self.scale), 1)


def read_command_line(arguments):
    parser = argparse.ArgumentParser(prog="bench/run.sh", description=__doc__)
    parser.add_argument("parts", nargs="*", default=["all"], metavar="PART", choices=[*PARTS, "all"],
                        help=f"{', '.join(PARTS)}, or all of them, which is the default")
    parser.add_argument("--rounds", type=int, default=3, help="how often every server is measured (3)")
    parser.add_argument("--seconds", type=float, default=3, help="the length of each measurement (3)")
    parser.add_argument("--servers", metavar="NAME,...", help="only these; otherwise all that are installed")
    parser.add_argument("--scale", type=float, default=1, help="reduces names and rates, to try things out (1)")
    parser.add_argument("--output", type=pathlib.Path, metavar="FILE", help="where the results go as well")
    parser.add_argument("--record", action="store_true", help=f"puts the results into {PAGE.relative_to(ours.ROOT)}")
    options = parser.parse_args(arguments)
    if "all" in options.parts:
        options.parts = PARTS
    return options


def find_servers(wanted):
    """(those to be measured, those that are not installed); `wanted` are names separated by commas, or None."""
    servers = [ours.Floor(), ours.Pacedns(), *peers.PEERS]
    if wanted:
        names = wanted.split(",")
        if unknown := set(names) - {server.name for server in servers}:
            raise SystemExit(f"no such server: {', '.join(sorted(unknown))} "
                             f"(there are {', '.join(server.name for server in servers)})")
        servers = [server for server in servers if server.name in names]
    found = {server: server.version() is not None for server in servers}
    return tuple(filter(found.get, found)), [server for server in found if not found[server]]


def read_page():
    """The text before and after the results on the page about performance."""
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{PAGE} needs the lines {BEGIN} and {END}, between which the results go")
    return before + begin, end + after


def blocks(parts, options, left_out, arguments):
    """The whole report in Markdown, piece by piece."""
    yield machine.header(options, left_out, arguments)
    for part in parts:
        yield from importlib.import_module(f"suite.{part}").measure(options)


def end_on_signal(number, _):
    """Has every `with` stop what it started, undisturbed by further signals."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


def main(arguments):
    chosen = read_command_line(arguments)
    around = read_page() if chosen.record else None
    servers, left_out = find_servers(chosen.servers)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end_on_signal)
    os.sched_setaffinity(0, {LOAD_CORE})
    if chosen.output:
        chosen.output.write_text("", encoding="utf-8")
    said = []
    with tempfile.TemporaryDirectory(prefix="pacedns-bench-") as folder:
        options = Options(servers, chosen.rounds, chosen.seconds, chosen.scale, pathlib.Path(folder),
                          chosen.record)
        for block in blocks(chosen.parts, options, left_out, arguments):
            said.append(block)
            print(block, end="\n\n", flush=True)
            if chosen.output:
                chosen.output.write_text("\n\n".join(said) + "\n", encoding="utf-8")
    if around:
        PAGE.write_text("\n\n".join([around[0], *said, around[1]]), encoding="utf-8")


main(sys.argv[1:])
