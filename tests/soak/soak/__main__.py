"""Mixed traffic for a long time, while upstreams flap and the configuration is reloaded (see scripts/soak.sh)."""

import argparse
import contextlib
import pathlib
import random
import sys
import threading
import time

import pacedns
from soak import picture
from soak.samples import FIELDS, line, look, verdict
from soak.traffic import Datagrams, Results, Streams

DELAYS = {"ms80": 80, "ms30": 30, "ms60": 60, "ms20": 20, "ms45": 45}
FLAPS = {"dark": ("on", "off"), "refuse": ("true", "false"), "rcode": ("SERVFAIL", "NOERROR"), "loss": ("0.3", "0")}
BAD_AT_ONCE = 2  # of the upstreams: the others answer
SAMPLE_INTERVAL = 3  # seconds
FLAP_INTERVAL = 4
RELOAD_INTERVAL = 10
LONGEST = 240  # minutes

# Small, so that both are full before the time that counts: what they hold is no leak.
CACHE, HISTORY = "2MiB", "1MiB"
FILL = 12000  # names, more than the cache holds
SHORT = 1  # minute; below it a run is only to see that it works, and fills them by a tenth
FILL_AT_ONCE = 50


def fill(server, names):
    """Cache and history."""
    with server.udp() as client:
        for first in range(0, names, FILL_AT_ONCE):
            for number in range(first, first + FILL_AT_ONCE):
                client.send(pacedns.make_query(f"fill-{number}.pool.example."))
            for _ in range(FILL_AT_ONCE):
                assert client.receive(), "a query was lost while the cache was filled"


class Flapping:
    """Every now and then one upstream gets bad in some way, or a bad one good again."""

    def __init__(self, upstreams):
        self.upstreams, self.dice, self.bad = upstreams, random.Random(53), {}

    def step(self):
        good = [name for name in DELAYS if name not in self.bad]
        if self.bad and (len(self.bad) == BAD_AT_ONCE or self.dice.random() < 0.5):
            name = self.dice.choice(sorted(self.bad))
            key = self.bad.pop(name)
            self.upstreams.set(name, key, FLAPS[key][1])
        else:
            name, key = self.dice.choice(good), self.dice.choice(sorted(FLAPS))
            self.bad[name] = key
            self.upstreams.set(name, key, FLAPS[key][0])


class Reloads:
    """Two configurations in turn: one has an upstream less, an address more, and other times."""

    def __init__(self, server, upstreams):
        self.server, self.number = server, 0
        other = {"upstream": {"servers": upstreams.servers()[:-1], "stagger_delay": "40ms"},
                 "listen": [*server.settings["listen"], pacedns.free_address()]}
        self.settings = [pacedns.merged(server.settings, other), server.settings]

    def step(self):
        assert self.server.reload(self.settings[self.number % 2]), "a reload failed:\n" + self.server.stderr()[-2000:]
        self.number += 1


def run(minutes, folder):
    """The samples, written to soak.csv as they come."""
    script = {"synthesize": True, "seed": 1,
              "upstreams": [{"name": name, "delay": f"{delay}ms"} for name, delay in DELAYS.items()]}
    with contextlib.ExitStack() as stack:
        upstreams = stack.enter_context(pacedns.Upstreams(script))
        settings = pacedns.config(upstreams, listen=[pacedns.free_address()], log={"level": "info"},
                                  cache={"size": CACHE}, status={"history": HISTORY})
        server = stack.enter_context(pacedns.Daemon(settings))
        fill(server, FILL if minutes >= SHORT else FILL // 10)
        results, over = Results(), threading.Event()
        clients = [Datagrams(server.address, results, over), Streams(server.address, results, over)]
        table = stack.enter_context(open(folder / "soak.csv", "w", encoding="ascii"))
        table.write(",".join(FIELDS) + "\n")
        for client in clients:
            client.start()
        try:
            samples = list(watch(server, upstreams, results, minutes * 60, table))
        finally:
            over.set()
            for client in clients:
                client.join()
        late = results.take()
        samples[-1].lost += late.lost
        samples[-1].wrong += late.wrong
    return samples


def watch(server, upstreams, results, seconds, table):
    """Samples until the time is over; upstreams flap and reloads happen in between."""
    flapping, reloads, begin = Flapping(upstreams), Reloads(server, upstreams), time.monotonic()
    due = {"sample": SAMPLE_INTERVAL, "flap": FLAP_INTERVAL, "reload": RELOAD_INTERVAL}
    while (now := time.monotonic() - begin) < seconds:
        assert server.alive(), "the daemon has ended:\n" + server.stderr()[-2000:]
        if now >= due["sample"]:
            due["sample"] += SAMPLE_INTERVAL
            sample = look(server, results.take(), now)
            table.write(line(sample) + "\n")
            table.flush()
            yield sample
        if now >= due["flap"]:
            due["flap"] += FLAP_INTERVAL
            flapping.step()
        if now >= due["reload"]:
            due["reload"] += RELOAD_INTERVAL
            reloads.step()
        time.sleep(0.05)


def main():
    """The exit status: 0 if memory and descriptors are flat, and nothing was lost or wrong."""
    parser = argparse.ArgumentParser(prog="scripts/soak.sh", description=__doc__)
    parser.add_argument("minutes", nargs="?", type=float, default=30)
    parser.add_argument("--folder", type=pathlib.Path, required=True, help="for soak.csv and soak.svg")
    options = parser.parse_args()
    if not 0 < options.minutes <= LONGEST:
        parser.error(f"minutes: more than 0, and {LONGEST} at the most")
    options.folder.mkdir(parents=True, exist_ok=True)
    samples = run(options.minutes, options.folder)
    (options.folder / "soak.svg").write_text(picture.draw(samples), encoding="ascii")
    words, well = verdict(samples)
    print(f"{words}\n{options.folder / 'soak.csv'}\n{options.folder / 'soak.svg'}")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
