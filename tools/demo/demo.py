#!/usr/bin/env python3
"""Runs pacedns against five simulated upstreams of unequal speed, asks a few names, and shows what happened.

Needs nothing but Python and the built executables: demo.py [--build-dir build/release]"""

import argparse
import contextlib
import os
import pathlib
import random
import signal
import socket
import statistics
import sys
import tempfile
import textwrap
import time

from chart import LEGEND, Style, chart
from dns_message import NOERROR, Reply, build_query, read_reply
from flights import Flight
from processes import Daemon, DemoError, Simulator
from report import Phase, describe, table, time_range

DELAYS_MS = {"slow200": 200, "mid120": 120, "fast50": 50, "slow160": 160, "fast80": 80}  # in configured order
FASTEST, NEXT_FASTEST = ["fast50", "fast80"], "mid120"
ADDRESSES_EACH = 2  # the simulator gives so many, different ones, per upstream
POOL = ADDRESSES_EACH * len(DELAYS_MS)

ACTIVE_TIER, BATCH, STAGGER_MS, FALLBACK_MS, COLLECT_S = 2, 2, 50, 300, 3
WINDOW_MS = 20

MORE_NAMES = 10
# In the dark each name costs a silent upstream one failure, and the eighth in a row would take it out of flights.
NAMES_IN_THE_DARK = 7
NAMES_WHEN_BACK = 5
REPEATS = 20
REPLY_TIMEOUT = COLLECT_S + 1
WHOLE_DEMO = 24  # seconds


class Client:
    """Asks over a UDP socket and takes the time."""

    def __init__(self, server: tuple[str, int]) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(server)

    def close(self) -> None:
        self._socket.close()

    def ask(self, name: str) -> tuple[Reply | None, float]:
        """The reply, or None when there was none in time, and the milliseconds it took."""
        query = build_query(random.randrange(65536), name)
        begin = time.perf_counter()
        self._socket.send(query)
        while (left := begin + REPLY_TIMEOUT - time.perf_counter()) > 0:
            self._socket.settimeout(left)
            try:
                message = self._socket.recv(4096)
            except TimeoutError:
                break
            except ConnectionRefusedError:
                raise DemoError("the daemon ended, or no longer listens") from None
            took = (time.perf_counter() - begin) * 1000
            if reply := read_reply(message, query):
                return reply, took
        return None, (time.perf_counter() - begin) * 1000


class Demo:
    def __init__(self, simulator: Simulator, daemon: Daemon, client: Client, style: Style) -> None:
        self._simulator = simulator
        self._log = daemon.log
        self._client = client
        self._style = style
        self.problems: list[str] = []
        self._clock_differences: list[float] = []

    def run(self) -> None:
        print_intro(self._style)
        phases = [self._learning(), self._healthy(), *self._dark(), *self._back()]
        self._heading("Summary")
        print_lines(table(phases, WINDOW_MS, POOL))
        print()
        print_text(f"In the dark there are {POOL - ADDRESSES_EACH * len(FASTEST)} addresses to be had, from the other "
                   f"{len(DELAYS_MS) - len(FASTEST)} upstreams. Waiting times were measured by the client"
                   + self._agreement() + ".")

    def _agreement(self) -> str:
        if not self._clock_differences:
            return ""
        return f"; the daemon's log has the same ones within {max(map(abs, self._clock_differences)):.1f} ms"

    def _learning(self) -> Phase:
        self._heading("1. The first name: nothing is measured yet, the configured order counts")
        phase = Phase("first name")
        self._ask(phase, "first.pool.example")
        self._settle(phase)
        self._show_first(phase)
        return phase

    def _healthy(self) -> Phase:
        self._heading("2. The next name: every upstream is measured, the two fastest go first")
        phase = Phase("healthy")
        self._ask(phase, "second.pool.example")
        self._settle(phase)
        self._show_first(phase)
        self._repeat("second.pool.example")
        for number in range(MORE_NAMES):
            self._ask(phase, f"more{number}.pool.example")
        self._settle(phase)
        print_text(f"{MORE_NAMES} more names, one after the other: client answered after "
                   f"{time_range(phase.waits[1:])}.")
        self._expect_winner(phase, FASTEST[0])
        return phase

    def _dark(self) -> tuple[Phase, Phase]:
        self._heading("3. The two fastest go dark: from now on they do not reply")
        for upstream in FASTEST:
            self._simulator.command(f"set {upstream} dark on")
        first, later = Phase("dark, at first", len(FASTEST)), Phase("dark, suspect", len(FASTEST))
        for number in range(NAMES_IN_THE_DARK):
            suspect = all(self._log.state(upstream) == "suspect" for upstream in FASTEST)
            self._ask(later if suspect else first, f"dark{number}.pool.example")
        print_text(f"{NAMES_IN_THE_DARK} names asked; their flights end after {COLLECT_S} s (total_collect_timeout). "
                   "Waiting for that ...")
        self._settle(first)
        self._settle(later)
        print()
        print_text("The first of them: no reply by fallback_timeout, so the next two are asked.")
        self._show_first(first)
        if not later.flights:
            self._expect(False, f"after {NAMES_IN_THE_DARK} names the dark upstreams are still not suspect")
            return first, later
        print()
        print_text(f"After {len(first.flights)} such names the two are suspect and rank last. The next name:")
        self._show_first(later)
        self._expect_winner(later, NEXT_FASTEST)
        return first, later

    def _back(self) -> tuple[Phase, Phase]:
        self._heading("4. The two are back: one reply gives a suspect upstream its rank again")
        self._simulator.command("set * dark off")
        first, later = Phase("back, first name"), Phase("back, later")
        self._ask(first, "back0.pool.example")
        self._settle(first)
        self._show_first(first)
        for number in range(1, 1 + NAMES_WHEN_BACK):
            self._ask(later, f"back{number}.pool.example")
        self._settle(later)
        print_text(f"{NAMES_WHEN_BACK} more names: client answered after {time_range(later.waits)}.")
        self._expect_winner(later, FASTEST[0])
        return first, later

    def _ask(self, phase: Phase, name: str) -> None:
        reply, took = self._client.ask(name)
        phase.waits.append(took if reply else None)
        phase.pending.append((name, phase.waits[-1]))
        self._expect(reply is not None, f"{name}: no reply within {REPLY_TIMEOUT} s")
        self._expect(not reply or reply.rcode == NOERROR, f"{name}: the reply is not NOERROR")

    def _settle(self, phase: Phase) -> None:
        """Waits for the flights under way, then asks again for what is in the cache now."""
        for name, took in phase.pending:
            flight = self._log.finished_flight(name, REPLY_TIMEOUT)
            if flight is None:
                raise DemoError(f"{name}: the daemon's log has no end of its flight")
            cached, _ = self._client.ask(name)
            phase.flights.append(flight)
            phase.cached.append(cached.addresses if cached else [])
            if took is not None and flight.answered_at is not None:
                self._clock_differences.append(took - flight.answered_at)
            self._check(name, flight, len(set(phase.cached[-1])), POOL - ADDRESSES_EACH * phase.dark)
        phase.pending.clear()

    def _check(self, name: str, flight: Flight, addresses: int, expected: int) -> None:
        self._expect(addresses == expected, f"{name}: {addresses} addresses in the cache, not {expected}")
        launched = flight.most_launched_within(WINDOW_MS)
        self._expect(launched <= ACTIVE_TIER, f"{name}: {launched} queries launched within {WINDOW_MS} ms")

    def _show_first(self, phase: Phase) -> None:
        if phase.flights:
            print_lines(chart(phase.flights[0], self._style))
            print_text(describe(phase.flights[0], phase.waits[0], phase.cached[0], WINDOW_MS))

    def _repeat(self, name: str) -> None:
        """What is in the cache comes at once, and nobody else is asked."""
        answers = [self._client.ask(name) for _ in range(REPEATS)]
        microseconds = statistics.median(took for _, took in answers) * 1000
        addresses = {address for reply, _ in answers if reply for address in reply.addresses}
        self._expect(len(self._log.flights_for(name)) == 1, f"{name}: asked again, and not answered from the cache")
        print_text(f"The same name {REPEATS} times again: {len(addresses)} addresses from the cache after "
                   f"{microseconds:.0f} microseconds (median), and no upstream asked.")

    def _expect_winner(self, phase: Phase, upstream: str) -> None:
        """Most names, not all: a busy machine may hold a reply back for as long as the next upstream takes."""
        winner = statistics.mode(flight.answered_by for flight in phase.flights)
        self._expect(winner == upstream, f"{phase.title}: most names were answered by {winner}, not by {upstream}")

    def _expect(self, happened: bool, otherwise: str) -> None:
        if not happened:
            self.problems.append(otherwise)

    def _heading(self, text: str) -> None:
        print()
        print(self._style.bold(text), flush=True)


def print_lines(lines: list[str]) -> None:
    print("\n".join(lines), flush=True)


def print_text(text: str) -> None:
    print(textwrap.fill(text, 78, initial_indent="  ", subsequent_indent="  "), flush=True)


def print_intro(style: Style) -> None:
    print(style.bold("pacedns with five simulated upstreams"))
    print_text(f"Configured in this order, the number being the delay in ms: {', '.join(DELAYS_MS)}. "
               f"For each name every upstream gives {ADDRESSES_EACH} addresses of its own; the cache unites those of "
               "all replies in a pool.")
    print_text(f"Tier 1: the {ACTIVE_TIER} best upstreams, asked at once. Tier 2: the others, in batches of {BATCH} "
               f"that are {STAGGER_MS} ms apart, from the first reply on, or after {FALLBACK_MS} ms without one "
               "(fallback_timeout).")
    print()
    print_lines(["  " + line for line in LEGEND])


def simulator_script() -> str:
    upstreams = [f"  - {{ name: {name}, listen: '127.0.0.1:0', delay: {delay}ms }}\n"
                 for name, delay in DELAYS_MS.items()]
    return "upstreams:\n" + "".join(upstreams)


def daemon_configuration(addresses: dict[str, str]) -> str:
    servers = [f"    - {{ name: {name}, address: '{address}' }}\n" for name, address in addresses.items()]
    return ("listen: ['127.0.0.1:0']\n"
            "upstream:\n"
            "  servers:\n" + "".join(servers) +
            f"  active_tier_size: {ACTIVE_TIER}\n"
            f"  batch_size: {BATCH}\n"
            f"  stagger_delay: {STAGGER_MS}ms\n"
            f"  fallback_timeout: {FALLBACK_MS}ms\n"
            f"  total_collect_timeout: {COLLECT_S}s\n"
            "log: { level: debug, target: stderr }\n")


def run(build: pathlib.Path, style: Style) -> list[str]:
    """Runs all of it; what did not happen as it should, one line each."""
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pacedns-demo-")))
        script, configuration = folder / "upstreams.yaml", folder / "pacedns.yaml"
        script.write_text(simulator_script(), encoding="ascii")
        simulator = stack.enter_context(Simulator(build / "pacedns-upstream", script))
        configuration.write_text(daemon_configuration(simulator.wait_ready()), encoding="ascii")
        daemon = stack.enter_context(Daemon(build / "pacedns", configuration))
        client = stack.enter_context(contextlib.closing(Client(daemon.wait_ready())))
        stack.callback(ignore_signals)  # called first: nothing interrupts the stopping
        demo = Demo(simulator, daemon, client, style)
        demo.run()
        return demo.problems


def end_by_signal(number: int, _) -> None:
    if number == signal.SIGALRM:
        raise DemoError(f"not done after {WHOLE_DEMO} s")
    raise SystemExit(128 + number)


def ignore_signals() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def wants_colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def main() -> int:
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description="Runs pacedns against five simulated upstreams.")
    parser.add_argument("--build-dir", type=pathlib.Path, default=root / "build/release")
    build = parser.parse_args().build_dir.resolve()
    for name in ("pacedns", "pacedns-upstream"):
        if not (build / name).is_file():
            print(f"demo: {build / name} is missing; scripts/run.sh --demo builds it", file=sys.stderr)
            return 1
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, end_by_signal)
    signal.setitimer(signal.ITIMER_REAL, WHOLE_DEMO)
    try:
        problems = run(build, Style(wants_colour()))
    except BrokenPipeError:  # such as `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (DemoError, OSError) as error:
        problems = [str(error)]
    for problem in problems:
        print(f"demo: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
