"""Clients of all kinds, asking at a steady rate for a long time: what became of it is taken out window by window."""

import contextlib
import dataclasses
import random
import select
import socket
import struct
import threading
import time

import dns.exception
import dns.rcode
import pacedns

RATE = 200  # queries a second over UDP
CLIENTS = [f"127.0.0.{last}" for last in range(2, 18)]
POPULAR = 300  # names that are asked for over and over; their TTL is 300 s
KINDS = (("popular", 70), ("new", 20), ("nx", 10))  # in percent
PATIENCE = 5  # seconds; a stub resolver's for one try (resolv.conf(5))
BATCH = 5  # queries on one TCP connection, pipelined
STREAM_INTERVAL = 0.5  # seconds from one TCP connection to the next
EXPECTED = {"popular": dns.rcode.NOERROR, "new": dns.rcode.NOERROR, "nx": dns.rcode.NXDOMAIN}


@dataclasses.dataclass
class Window:
    """What became of the queries that ended since the last window; latencies are milliseconds."""

    latencies: list = dataclasses.field(default_factory=list)
    lost: int = 0
    wrong: int = 0


class Results:
    """Where all clients put theirs."""

    def __init__(self):
        self._lock, self._window = threading.Lock(), Window()

    def take(self):
        with self._lock:
            window, self._window = self._window, Window()
        return window

    def note(self, kind, seconds, wire):
        """A reply that took so long."""
        right = is_right(kind, wire)
        with self._lock:
            self._window.latencies.append(seconds * 1000)
            self._window.wrong += not right

    def note_lost(self, count=1):
        with self._lock:
            self._window.lost += count


def is_right(kind, wire):
    try:
        reply = pacedns.parse(wire)
    except dns.exception.DNSException:
        return False
    return reply.rcode() == EXPECTED[kind] and (kind == "nx" or bool(pacedns.addresses(reply)))


class Questions:
    """What is asked for next: (kind, name)."""

    def __init__(self, label):
        self.label, self.dice, self.number = label, random.Random(label), 0

    def next(self):
        self.number += 1
        kind = self.dice.choices([kind for kind, _ in KINDS], [share for _, share in KINDS])[0]
        if kind == "popular":
            return kind, f"popular-{self.dice.randrange(POPULAR)}.pool.example."
        return kind, f"{self.label}-{self.number}.{'nx' if kind == 'nx' else 'pool'}.example."


class Datagrams(threading.Thread):
    """Clients with addresses of their own, over UDP."""

    def __init__(self, address, results, over):
        super().__init__()
        self.results, self.over, self.questions = results, over, Questions("u")
        self.sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in CLIENTS]
        for each, host in zip(self.sockets, CLIENTS):
            each.bind((host, 0))
            each.connect(address)
        self.waiting = {}  # by socket and ID, in the order of asking: (kind, asked)

    def run(self):
        due, number = time.monotonic(), 0
        while not self.over.is_set():
            self._receive(due)
            self._ask(number)
            number += 1
            due = max(due + 1 / RATE, time.monotonic() - 1)  # a machine that stalled is not made to catch up
        end = time.monotonic() + PATIENCE
        while self.waiting and time.monotonic() < end:
            self._receive(time.monotonic() + 0.1)
        self.results.note_lost(len(self.waiting))
        for each in self.sockets:
            each.close()

    def _ask(self, number):
        kind, name = self.questions.next()
        way, identifier = self.sockets[number % len(self.sockets)], number // len(self.sockets) % 65536
        query = pacedns.make_query(name).to_wire()
        self.waiting[way, identifier] = kind, time.monotonic()
        way.send(struct.pack("!H", identifier) + query[2:])

    def _receive(self, until):
        while True:
            readable = select.select(self.sockets, [], [], max(until - time.monotonic(), 0))[0]
            now = time.monotonic()
            for way in readable:
                wire = way.recv(65535)
                kind, asked = self.waiting.pop((way, struct.unpack_from("!H", wire)[0]), (None, 0))
                if kind:
                    self.results.note(kind, now - asked, wire)
            self._give_up(now)
            if now >= until:
                return

    def _give_up(self, now):
        while self.waiting:
            key, (_, asked) = next(iter(self.waiting.items()))
            if now - asked < PATIENCE:
                return
            del self.waiting[key]
            self.results.note_lost()


class Streams(threading.Thread):
    """A new TCP connection twice a second, with some queries at once."""

    def __init__(self, address, results, over):
        super().__init__()
        self.address, self.results, self.over, self.questions = address, results, over, Questions("t")
        self.owed = 0  # replies

    def run(self):
        while not self.over.wait(STREAM_INTERVAL):
            self.owed = BATCH
            with contextlib.suppress(OSError):
                self._connect_and_ask()
            self.results.note_lost(self.owed)

    def _connect_and_ask(self):
        with pacedns.TcpClient(self.address) as client:
            asked, kinds = time.monotonic(), {}
            for identifier in range(BATCH):
                kinds[identifier], name = self.questions.next()
                client.send(struct.pack("!H", identifier) + pacedns.make_query(name).to_wire()[2:])
            while self.owed and (wire := client.receive(PATIENCE)):
                self.results.note(kinds[struct.unpack_from("!H", wire)[0]], time.monotonic() - asked, wire)
                self.owed -= 1
