"""Clients that ask all the time, and know what they were not answered."""

import selectors
import socket
import struct
import time

from pacedns import SOON, Background, make_query, wait_for

CACHED = 50  # names
IN_FLIGHT = 100  # queries a client, then it waits


class Client:
    """One socket. Every tenth of its queries is for a new name, the others are for names that all ask for."""

    def __init__(self, kind, address, label):
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.socket = socket.socket(family, kind)
        self.socket.settimeout(SOON)
        self.socket.connect(address)
        self.label = label
        self.stream = bytearray() if kind == socket.SOCK_STREAM else None
        self.unanswered = {}
        self.sent = 0
        self.wrong = []

    def ask(self):
        name = f"n{self.sent % CACHED}" if self.sent % 10 else f"n{self.sent}-{self.label}"
        wire = make_query(f"{name}.pool.example.").to_wire()
        wire = struct.pack("!H", self.sent % 65536) + wire[2:]
        self.unanswered[self.sent % 65536] = wire[12:]
        self.socket.sendall(wire if self.stream is None else struct.pack("!H", len(wire)) + wire)
        self.sent += 1

    def take(self):
        """Takes what is there to be read."""
        octets = self.socket.recv(65535)
        if self.stream is None:
            self.check(octets)
            return
        if not octets:
            raise ConnectionError("the server has closed the connection")
        self.stream += octets
        while len(self.stream) >= 2 and len(self.stream) >= 2 + int.from_bytes(self.stream[:2], "big"):
            end = 2 + int.from_bytes(self.stream[:2], "big")
            self.check(bytes(self.stream[2:end]))
            del self.stream[:end]

    def check(self, wire):
        number, flags, _, answers = struct.unpack("!4H", wire[:8])
        question = self.unanswered.pop(number, None)
        right = question is not None and flags & 0x800f == 0x8000 and answers and wire[12:].startswith(question)
        if not right:
            self.wrong.append(wire)


class Load(Background):
    """So many queries a second over UDP, fewer where the server or this machine is slower, and one a second over each
    of so many TCP connections.

    with Load(address) as load:     # asks until the block ends, then waits for what is owed
        load.await_more()           # at least 30 further queries
    load.check()                    # each query got its answer, and no connection was closed
    """

    def __init__(self, address, rate=500, connections=0):
        super().__init__()
        self.rate = rate
        self.datagrams = [Client(socket.SOCK_DGRAM, address, f"u{i}") for i in range(8)]
        self.streams = [Client(socket.SOCK_STREAM, address, f"t{i}") for i in range(connections)]
        self.selector = selectors.DefaultSelector()
        for client in self.clients():
            self.selector.register(client.socket, selectors.EVENT_READ, client)
        self.failure = None
        self.seconds = 0

    def clients(self):
        return self.datagrams + self.streams

    @property
    def sent(self):
        return sum(client.sent for client in self.clients())

    def await_more(self, count=30):
        goal = self.sent + count
        wait_for(lambda: self.sent >= goal or self.failure, "the load")

    def check(self):
        assert self.failure is None, repr(self.failure)
        wrong = [wire for client in self.clients() for wire in client.wrong]
        assert not wrong, f"{len(wrong)} of {self.sent} replies are wrong, one is {wrong[0]}"
        lost = sum(len(client.unanswered) for client in self.clients())
        assert lost == 0, f"{lost} of {self.sent} queries lost"

    def run(self):
        try:
            self.ask_all()
            deadline = time.monotonic() + SOON
            while any(client.unanswered for client in self.clients()) and time.monotonic() < deadline:
                self.take(0.1)
        except OSError as failure:
            self.failure = failure
        finally:
            for client in self.clients():
                client.socket.close()

    def ask_all(self):
        begin = time.monotonic()
        due = [(self.datagrams, self.rate), (self.streams, len(self.streams))]
        done = [0, 0]
        while not self.over.is_set():
            self.seconds = time.monotonic() - begin
            for i, (clients, rate) in enumerate(due):
                # What this machine could not do in time is not made up for in bursts.
                done[i] = max(done[i], int(self.seconds * rate) - 50)
                while done[i] < int(self.seconds * rate):
                    client = clients[done[i] % len(clients)]
                    if len(client.unanswered) < IN_FLIGHT:
                        client.ask()
                    done[i] += 1
            self.take(0.001)

    def take(self, patience):
        for key, _ in self.selector.select(patience):
            key.data.take()
