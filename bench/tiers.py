#!/usr/bin/python3
"""Five upstreams at 50, 80, 120, 160 and 200 ms, configured out of order, and a stream of new names: how long a
client waits, healthy and with the two fastest upstreams dark, how many queries leave at once, and what the cache
holds afterwards.

    bench/tiers.py [--build-dir build/release] [--rate 50] [--seconds 10]

Prints a Markdown table. Latencies are those of an open-loop client: names are asked at a fixed rate, whatever the
answers do.
"""

import argparse
import collections
import os
import random
import selectors
import socket
import struct
import subprocess
import sys
import tempfile
import time

UPSTREAMS = {"ms200": 200, "ms80": 80, "ms50": 50, "ms160": 160, "ms120": 120}
FASTEST = ("ms50", "ms80")
PATIENCE = 5.0  # a stub resolver's


class Client:
    """Asks over one UDP socket and notes when each reply came."""

    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.waiting = {}
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.socket, selectors.EVENT_READ)

    def ask(self, name):
        number = random.randrange(65536)
        while number in self.waiting:
            number = random.randrange(65536)
        labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
        self.waiting[number] = (name, time.monotonic())
        self.socket.send(struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1")

    def replies(self, until):
        """(name, asked at, latency in seconds, RCODE, answers) of each reply until a point in time."""
        while (left := until - time.monotonic()) > 0:
            if not self.selector.select(left):
                return
            reply = self.socket.recv(65535)
            now = time.monotonic()
            number, flags, _, answers = struct.unpack("!4H", reply[:8])
            if number in self.waiting:
                name, asked = self.waiting.pop(number)
                yield name, asked, now - asked, flags & 15, answers


def run_phase(client, prefix, rate, seconds):
    """Asks `rate` new names a second; returns (asked at, latency or None) for each, in order."""
    start = time.monotonic()
    results = {}
    for i in range(int(rate * seconds)):
        for name, asked, latency, rcode, _ in client.replies(start + i / rate):
            results[name] = (asked, latency if rcode == 0 else None)
        client.ask(f"{prefix}{i}.pool.example")
    deadline = time.monotonic() + PATIENCE
    while client.waiting and time.monotonic() < deadline:
        for name, asked, latency, rcode, _ in client.replies(min(deadline, time.monotonic() + 0.1)):
            results[name] = (asked, latency if rcode == 0 else None)
    for name, asked in client.waiting.values():
        results[name] = (asked, None)
    client.waiting.clear()
    return sorted(results.values()), start


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 if ordered else float("nan")


def cached_addresses(client, names):
    """How many A RRs the daemon answers with when it is asked again."""
    counts = []
    for name in names:
        client.ask(name)
        counts += [answers for *_, answers in client.replies(time.monotonic() + 0.2)]
    client.waiting.clear()
    return sorted(counts)[len(counts) // 2] if counts else 0


def launches(log_path, prefix):
    """(queries for each name in the median, most of them within 20 ms) for the names of one phase."""
    arrivals = collections.defaultdict(list)
    with open(log_path, encoding="ascii") as log:
        for line in log:
            fields = dict(field.split("=", 1) for field in line.split() if "=" in field)
            if fields.get("event") == "query" and fields["qname"].startswith(prefix):
                arrivals[fields["qname"]].append(float(fields["t"]))
    most = 0
    for times in arrivals.values():
        times.sort()
        most = max(most, *(sum(1 for other in times if 0 <= other - first < 0.02) for first in times))
    counts = sorted(len(times) for times in arrivals.values())
    return counts[len(counts) // 2], most


def report(title, results, phase_start, warm_up):
    latencies = [latency for asked, latency in results if latency is not None and asked - phase_start >= warm_up]
    lost = sum(1 for _, latency in results if latency is None)
    return f"| {title} | {percentile(latencies, 0.5):.1f} | {percentile(latencies, 0.99):.1f} | {lost} of {len(results)} |"


def write_configuration(folder, addresses):
    servers = "".join(f"    - {{ address: \"{address}\", name: {name} }}\n" for name, address in addresses.items())
    path = os.path.join(folder, "pacedns.yaml")
    with open(path, "w", encoding="ascii") as file:
        file.write(f"listen: [\"127.0.0.1:0\"]\nupstream:\n  servers:\n{servers}")
    return path


def start_upstreams(build, folder):
    script = os.path.join(folder, "upstreams.yaml")
    with open(script, "w", encoding="ascii") as file:
        file.write("synthesize: true\nupstreams:\n")
        for name, delay in UPSTREAMS.items():
            file.write(f"  - {{ name: {name}, listen: \"127.0.0.1:0\", delay: {delay}ms }}\n")
    process = subprocess.Popen(
        [os.path.join(build, "pacedns-upstream"), "-c", script, "--control", "--log", os.path.join(folder, "log")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    addresses = {}
    while (line := process.stdout.readline().split()) != ["ready", "all"]:
        fields = dict(field.split("=", 1) for field in line[1:])
        addresses[fields["name"]] = fields["address"]
    return process, addresses


def start_daemon(build, configuration):
    process = subprocess.Popen([os.path.join(build, "pacedns"), "-c", configuration],
                               stderr=subprocess.PIPE, text=True)
    port = None
    for line in process.stderr:
        if "event=listening" in line:
            port = int(line.split("address=")[1].split()[0].rsplit(":", 1)[1])
        if "event=ready" in line:
            return process, port
    sys.exit("the daemon did not start")


def measure(options, folder):
    upstreams, addresses = start_upstreams(options.build_dir, folder)
    daemon, port = start_daemon(options.build_dir, write_configuration(folder, addresses))
    try:
        client = Client(port)
        healthy, healthy_start = run_phase(client, "healthy", options.rate, options.seconds)
        cached = cached_addresses(client, [f"healthy{i}.pool.example" for i in range(20)])
        for name in FASTEST:
            upstreams.stdin.write(f"set {name} dark on\n")
            upstreams.stdout.readline()
        dark, dark_start = run_phase(client, "dark", options.rate, options.seconds)
        upstreams.stdin.write("quit\n")
        upstreams.wait(5)
        queries, most = launches(os.path.join(folder, "log"), "healthy")
        print("| phase | p50 ms | p99 ms | lost |\n| --- | --- | --- | --- |")
        print(report("healthy, after the first second", healthy, healthy_start, 1))
        print(report("dark, first second", [r for r in dark if r[0] - dark_start < 1], dark_start, 0))
        print(report("dark, from the second second on", [r for r in dark if r[0] - dark_start >= 1], dark_start, 1))
        print(f"\nqueries a name: {queries}; most of them within 20 ms: {most}; "
              f"addresses cached: {cached} of {2 * len(UPSTREAMS)}")
    finally:
        for process in (daemon, upstreams):
            process.terminate()
            process.wait(10)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--build-dir", default="build/release")
    parser.add_argument("--rate", type=float, default=50, help="new names a second")
    parser.add_argument("--seconds", type=float, default=10, help="length of each phase")
    with tempfile.TemporaryDirectory() as folder:
        measure(parser.parse_args(), folder)


if __name__ == "__main__":
    main()
