"""The load: dnsperf, and the names that it asks for."""

import dataclasses
import pathlib
import random
import re
import subprocess

from suite.server import LOAD_CORE, prepared

CLIENTS = 10
PATIENCE = 2  # seconds until a query counts as lost


@dataclasses.dataclass(frozen=True)
class Names:
    """`count` questions for different names of 20 octets, type A, in a file that dnsperf reads."""

    path: pathlib.Path
    count: int


def names(folder, count, first=0, step=1, shuffled=False):
    """Those with the numbers from `first` on; written once per folder. Names that were put into a cache in order are
    asked for again `shuffled`, or neighbours in memory would follow each other."""
    path = folder / f"{count}-from-{first}-by-{step}{'-shuffled' * shuffled}"
    if not path.exists():
        numbers = list(range(first, first + count * step, step))
        if shuffled:
            random.Random(count).shuffle(numbers)
        path.write_text("".join(f"{number:07x}.pool.example A\n" for number in numbers), encoding="ascii")
    return Names(path, count)


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What dnsperf says of one run."""

    sent: int
    completed: int
    lost: int
    noerror: int
    seconds: float

    @property
    def lost_share(self):
        return self.lost / max(self.sent, 1)

    @property
    def failed_share(self):
        """The share of replies with an RCODE other than NOERROR."""
        return (self.completed - self.noerror) / max(self.completed, 1)


def run(port, asked, *, outstanding, seconds, once=False, rate=None, transport="udp", cores=(LOAD_CORE,)):
    """Asks 127.0.0.1:`port` for `seconds`: over and over, or each name `once` at the most; as fast as replies come
    with so many queries outstanding, or `rate` a second."""
    command = ["dnsperf", "-s", "127.0.0.1", "-p", str(port), "-m", transport, "-d", str(asked.path),
               "-c", str(CLIENTS), "-q", str(outstanding), "-l", f"{seconds:g}",
               "-t", str(PATIENCE)]
    command += ["-n", "1"] if once else []
    command += ["-Q", str(rate)] if rate else []
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                          preexec_fn=prepared(cores))
    if done.returncode != 0:
        raise RuntimeError(f"dnsperf failed: {done.stderr.strip()}\n{' '.join(command)}\n{done.stdout}")
    return parse(done.stdout)


def parse(output):
    """The Outcome in dnsperf's statistics."""
    def number(pattern):
        found = re.search(pattern, output)
        return float(found[1]) if found else 0
    return Outcome(sent=int(number(r"Queries sent: +(\d+)")), completed=int(number(r"Queries completed: +(\d+)")),
                   lost=int(number(r"Queries lost: +(\d+)")), noerror=int(number(r"NOERROR (\d+)")),
                   seconds=number(r"Run time \(s\): +([\d.]+)"))
