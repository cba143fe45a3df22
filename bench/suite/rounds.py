"""All servers in turn, several times over, so that what drifts on the machine meets all of them."""

import collections
import subprocess
import sys
import time


class Results:
    """What was measured: samples by scenario and server, in the order in which the servers were given."""

    def __init__(self, servers, rounds):
        self.servers = servers
        self.rounds = rounds
        self.failures = {}
        self._samples = collections.defaultdict(lambda: collections.defaultdict(list))

    def add(self, scenario, server, sample):
        self._samples[scenario][server.name].append(sample)

    def of(self, scenario, server, field):
        """One field of a server's samples in one scenario, a value a round."""
        return [getattr(sample, field) for sample in self._samples[scenario][server.name]]

    def remarks(self, server, *scenarios):
        """What is to be said of a server's figures in these scenarios."""
        sets = [self.of(scenario, server, "remarks") for scenario in scenarios]
        failures = self.failures.get(server.name, []) if any(len(each) < self.rounds for each in sets) else []
        return [remark for each in sets for remarks in each for remark in remarks] + failures


def in_turn(part, servers, rounds, measure):
    """Results of `rounds` times every server, every other time in reverse order. `measure(server)` gives
    (scenario, sample) pairs; a server that fails is left alone from then on, and what it gave until then stays."""
    results = Results(servers, rounds)
    for number in range(rounds):
        for server in servers if number % 2 == 0 else reversed(servers):
            if server.name in results.failures:
                continue
            begin = time.monotonic()
            try:
                for scenario, sample in measure(server):
                    results.add(scenario, server, sample)
            except (RuntimeError, OSError, subprocess.SubprocessError) as failure:
                results.failures[server.name] = [str(failure).splitlines()[0]]
                print(f"{server.name}: {failure}", file=sys.stderr)
            progress(f"{part}: {server.name}, round {number + 1} of {rounds}: {time.monotonic() - begin:.1f} s")
    return results


def progress(text):
    print(text, file=sys.stderr, flush=True)
