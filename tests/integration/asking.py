"""A client that asks at a steady rate, whatever the replies do (open loop), and knows what became of each query."""

import contextlib
import dataclasses
import math
import select
import socket
import struct
import time

import dns.exception
import dns.rcode
import pacedns

RATE = 50  # queries a second
PATIENCE = 5  # seconds; a stub resolver's for one try (resolv.conf(5))
SOCKETS = 4  # so that all workers get some
BURST_SOCKETS = 30  # whose buffers hold the replies of a burst


@dataclasses.dataclass
class Lookup:
    """One query, asked once, and its reply, if there was one."""

    name: str
    asked: float  # time.monotonic()
    latency: float = math.inf  # seconds; infinite when lost
    wire: bytes = b""

    @property
    def lost(self):
        return not self.wire

    def reply(self):
        return pacedns.parse(self.wire)

    def is_right(self, allowed):
        """Whether it was answered with some of the allowed addresses and no others."""
        try:
            reply = self.reply()
        except dns.exception.DNSException:
            return False
        got = set(pacedns.addresses(reply))
        return (reply.rcode() == dns.rcode.NOERROR and bool(got) and got <= set(allowed)
                and reply.question[0].name.to_text() == self.name)

    def is_failure(self):
        """Whether it is a well-formed SERVFAIL."""
        try:
            return self.reply().rcode() == dns.rcode.SERVFAIL
        except dns.exception.DNSException:
            return False


class Asking(pacedns.Background):
    """Asks as long as the block lasts, then waits for what is owed.

        with Asking(server.address, "dark") as asking:  # dark-0.pool.example., dark-1.pool.example., ...
            time.sleep(3)
        asking.lookups

    With `cached`, a list of names, these are asked in turn instead of new ones.
    """

    def __init__(self, address, prefix, rate=RATE, patience=PATIENCE, cached=None):
        super().__init__()
        self.prefix, self.cached = prefix, cached
        self.interval, self.patience = 1 / rate, patience
        self.sockets = [socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_DGRAM)
                        for _ in range(SOCKETS)]
        for each in self.sockets:
            each.connect(address)
        self.lookups = []
        self.waiting = {}  # by socket and ID

    def __exit__(self, *_):
        super().__exit__()
        for each in self.sockets:
            each.close()

    def run(self):
        due = time.monotonic()
        while not self.over.is_set():
            self._receive(due)
            self._ask()
            due = max(due + self.interval, time.monotonic() - 1)  # a machine that stalled is not made to catch up
        while self.waiting and time.monotonic() < self._oldest() + self.patience:
            self._receive(time.monotonic() + self.interval)

    def _oldest(self):
        return min(lookup.asked for lookup in self.waiting.values())

    def _ask(self):
        number = len(self.lookups)
        name = self.cached[number % len(self.cached)] if self.cached else f"{self.prefix}-{number}.pool.example."
        lookup = Lookup(name, time.monotonic())
        self.lookups.append(lookup)
        way = self.sockets[number % SOCKETS]
        query = pacedns.make_query(name).to_wire()
        self.waiting[way, number % 65536] = lookup
        with contextlib.suppress(OSError):  # nobody there: it is lost then
            way.send(struct.pack("!H", number % 65536) + query[2:])

    def _receive(self, until):
        while True:
            left = max(until - time.monotonic(), 0)
            readable = select.select(self.sockets, [], [], left)[0]
            now = time.monotonic()
            for way in readable:
                with contextlib.suppress(ConnectionError):
                    self._take(way, way.recv(65535), now)
            if now >= until:
                return

    def _take(self, way, wire, now):
        lookup = self.waiting.pop((way, struct.unpack_from("!H", wire)[0]), None) if len(wire) > 2 else None
        if lookup is not None:
            lookup.latency, lookup.wire = now - lookup.asked, wire


def asked_for(address, prefix, seconds, **how):
    """The lookups of so many seconds, all of them over."""
    with Asking(address, prefix, **how) as asking:
        time.sleep(seconds)
    return asking.lookups


class Burst:
    """Many clients that ask for one name at the same moment."""

    def __init__(self, address):
        self.clients = [pacedns.UdpClient(address) for _ in range(BURST_SOCKETS)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.close()

    def ask(self, name, rdtype, count):
        """The lookups of so many queries, all over."""
        query = pacedns.make_query(name, rdtype, edns=1232).to_wire()
        lookups = {}
        for number in range(count):
            lookups[number] = Lookup(name, time.monotonic())
            self.clients[number % BURST_SOCKETS].send(struct.pack("!H", number) + query[2:])
        sockets = [client.socket for client in self.clients]
        end = time.monotonic() + PATIENCE
        while any(lookup.lost for lookup in lookups.values()) and time.monotonic() < end:
            for each in select.select(sockets, [], [], 0.1)[0]:
                wire = each.recv(65535)
                lookup = lookups[struct.unpack_from("!H", wire)[0]]
                lookup.latency, lookup.wire = time.monotonic() - lookup.asked, wire
        return list(lookups.values())
