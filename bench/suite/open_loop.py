"""An open-loop client: it asks new names at a fixed rate, whatever the answers do."""

import dataclasses
import math
import random
import select
import socket
import struct
import time

PATIENCE = 5.0  # seconds; a stub resolver's for one try (resolv.conf(5))
EDNS_SIZE = 1232
POINTER = 0xC0  # RFC 1035 section 4.1.4


@dataclasses.dataclass
class Lookup:
    """One question. Asked once: a stub resolver would not ask again within `PATIENCE` either."""

    name: str
    asked: float  # time.monotonic()
    latency: float = math.inf  # seconds; infinite when lost: no NOERROR with addresses within `PATIENCE`
    addresses: int = 0  # different ones in the answer

    @property
    def lost(self):
        return self.latency == math.inf


class OpenLoop:
    """Asks 127.0.0.1:`port` from one UDP socket, `rate` times a second.

    Consecutive calls of `ask_for` make one even stream. A client that is late asks what is due at once; no answer
    is waited for before the next question.
    """

    def __init__(self, port, rate):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.interval = 1 / rate
        self.due = time.monotonic()
        self.lookups = []
        self.waiting = {}  # by ID

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask_for(self, seconds, names):
        """Asks for so many seconds; returns the lookups, which may be unfinished yet."""
        first = len(self.lookups)
        for _, name in zip(range(round(seconds / self.interval)), names):
            self._receive(self.due)
            self._ask(name)
            self.due += self.interval
        self._receive(self.due)
        return self.lookups[first:]

    def finish(self):
        """Waits until every lookup has its answer or is lost."""
        while self.waiting:
            oldest = next(iter(self.waiting.values())).asked
            self._receive(min(oldest + PATIENCE, time.monotonic() + self.interval))
        self.due = time.monotonic()

    def _ask(self, name):
        number = random.randrange(65536)
        while number in self.waiting:
            number = random.randrange(65536)
        lookup = Lookup(name, time.monotonic())
        self.waiting[number] = lookup
        self.lookups.append(lookup)
        self.socket.send(query(number, name))

    def _receive(self, until):
        """Takes replies until a point in time."""
        while (left := until - time.monotonic()) > 0:
            # Not the selectors module: epoll(7) rounds up to whole milliseconds.
            if select.select([self.socket], [], [], left)[0]:
                try:
                    self._take(self.socket.recv(65535), time.monotonic())
                except ConnectionRefusedError:
                    continue
        now = time.monotonic()
        overdue = [number for number, lookup in self.waiting.items() if now - lookup.asked > PATIENCE]
        for number in overdue:
            del self.waiting[number]

    def _take(self, reply, now):
        number, flags = struct.unpack_from("!2H", reply)
        lookup = self.waiting.pop(number, None)
        if lookup is None or flags & 15 != 0 or now - lookup.asked > PATIENCE:
            return
        lookup.addresses = len(addresses(reply))
        if lookup.addresses:
            lookup.latency = now - lookup.asked


def query(number, name):
    """A query for the A RRs of a name, with EDNS, in wire format."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    opt = struct.pack("!BHHIH", 0, 41, EDNS_SIZE, 0, 0)
    return struct.pack("!6H", number, 0x0100, 1, 0, 0, 1) + labels + b"\0\0\1\0\1" + opt


def addresses(reply):
    """The set of addresses in the A RRs of a response's answer section."""
    _, _, questions, answers, _, _ = struct.unpack_from("!6H", reply)
    offset = 12
    for _ in range(questions):
        offset = _after_name(reply, offset) + 4
    found = set()
    for _ in range(answers):
        offset = _after_name(reply, offset)
        rrtype, _, _, length = struct.unpack_from("!HHIH", reply, offset)
        offset += 10
        if rrtype == 1:
            found.add(reply[offset:offset + length])
        offset += length
    return found


def _after_name(reply, offset):
    while length := reply[offset]:
        if length >= POINTER:
            return offset + 2
        offset += 1 + length
    return offset + 1
