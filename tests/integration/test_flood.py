"""Floods: of random names while no upstream answers, and of TCP connections that want nothing or stay for ever."""

import contextlib
import itertools
import os
import resource
import socket
import struct
import time

import dns.rcode
import pytest
from asking import Asking
from pacedns import BUILD, SOON, Background, TcpClient, addresses, make_query, parse, wait_for

SANITIZED = BUILD.name in ("dev", "tsan")
CACHED = [f"cached-{number}.pool.example." for number in range(50)]


def percentile_ms(lookups, share):
    latencies = sorted(lookup.latency for lookup in lookups)
    return latencies[min(int(share * len(latencies)), len(latencies) - 1)] * 1000


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


# -- Random names -------------------------------------------------------------------------------------------

COLLECTING = 3  # seconds; total_collect_timeout
RATE = 500 if SANITIZED else 3000  # names a second
IN_FLIGHT = RATE * COLLECTING // 10  # so many can be asked for in that time: a tenth of what comes
PART = 4  # seconds: longer than a question lasts
MEBIBYTE = 1 << 20
GROWTH = 64 * MEBIBYTE  # of resident memory, at the most: questions, their clients, and failures in the cache
UNEVENNESS = 4 * MEBIBYTE  # from the first part to the end
IN_A_ROW = 20  # answers, until service counts as full


class Flood(Background):
    """Asks for random names of one zone at a steady rate, from several ports, and reads no reply."""

    def __init__(self, address, rate):
        super().__init__()
        self.rate, self.sent = rate, 0
        self.sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(8)]
        for each in self.sockets:
            each.connect(address)
        query = make_query("x" * 16 + ".pool.example.").to_wire()
        self.head, self.tail = query[2:13], query[29:]

    def run(self):
        begin = time.monotonic()
        while not self.over.wait(0.01):
            due = int((time.monotonic() - begin) * self.rate)
            # What this machine could not do in time is not made up for in bursts.
            self.sent = max(self.sent, due - self.rate // 20)
            for number in range(self.sent, due):
                name = os.urandom(8).hex().encode()
                self.sockets[number % 8].send(struct.pack("!H", number % 65536) + self.head + name + self.tail)
            self.sent = due

    def __exit__(self, *_):
        super().__exit__()
        for each in self.sockets:
            each.close()


def until_served(server):
    """Seconds until new names were answered, so many in a row."""
    begin = since = time.monotonic()
    names, row = itertools.count(), 0
    while row < IN_A_ROW:
        assert time.monotonic() < begin + SOON, "no full service"
        wire = server.exchange(make_query(f"back-{next(names)}.pool.example."), timeout=1)
        if wire and parse(wire).rcode() == dns.rcode.NOERROR:
            row += 1
        else:
            row, since = 0, time.monotonic()
    return since - begin


def test_random_names_take_bounded_memory_and_no_answers_from_others_while_all_upstreams_are_dark(upstreams, daemon):
    servers = upstreams({"A": {"delay": "5ms"}, "B": {"delay": "10ms"}})
    server = daemon(servers, log={"level": "info"}, limits={"inflight_queries": IN_FLIGHT}, cache={"size": "8MiB"})
    for name in CACHED:
        server.query(name)
    with Asking(server.address, "calm", rate=100, cached=CACHED) as calm:
        time.sleep(1)
    before = server.resident_bytes()
    servers.set("*", "dark", "on")
    with Flood(server.address, RATE) as flood:
        with Asking(server.address, "cached", rate=100, cached=CACHED) as asking:
            time.sleep(PART)
            first = server.resident_bytes()
            time.sleep(2 * PART)
            last = server.resident_bytes()
        counters = server.statistics()
        servers.set("*", "dark", "off")
        back = until_served(server)
        sent = flood.sent

    print(f"{sent} random names, {counters['over_limit_refusals']} over the limit; resident MiB: "
          f"{before / MEBIBYTE:.1f} before, {first / MEBIBYTE:.1f} after {PART} s, {last / MEBIBYTE:.1f} after "
          f"{3 * PART} s; p99 of {len(asking.lookups)} cached names {percentile_ms(asking.lookups, 0.99):.1f} ms, "
          f"{percentile_ms(calm.lookups, 0.99):.1f} ms without the flood; "
          f"new names answered {back:.2f} s after the upstreams' return")
    assert counters["over_limit_refusals"] > 0
    assert not [lookup for lookup in asking.lookups if lookup.lost or not addresses(lookup.reply())]
    if not SANITIZED:  # they have an allocator of their own, which keeps what is freed
        assert last - before < GROWTH
        assert last - first < UNEVENNESS


# -- TCP connections ----------------------------------------------------------------------------------------

IDLE = 200 if SANITIZED else 1000
OF_EACH_KIND = 20
ROOM = IDLE + 4 * OF_EACH_KIND  # connections, all from one address
SPARE = 100  # descriptors of this process for everything else
SLACK = 4  # descriptors: sockets to upstreams come and go
TCP_REPAIR = 19  # tcp(7), linux/tcp.h
LARGE = [f"large.example. 300 IN TXT \"{number}\" {' '.join([chr(34) + 'x' * 250 + chr(34)] * 10)}"
         for number in range(20)]


@pytest.fixture(name="many_descriptors")
def _many_descriptors():
    """Room for all these connections in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = ROOM + SPARE
    if hard != resource.RLIM_INFINITY and hard < needed:
        pytest.skip(f"{needed} descriptors are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def slow_reader(address):
    """Asks for more than the buffers hold, and reads nothing."""
    client = TcpClient(address)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.socket.settimeout(0.05)
    with contextlib.suppress(TimeoutError, ConnectionError):
        for _ in range(300):
            client.send(make_query("large.example.", "TXT"))
    return client


class SlowWriters(Background):
    """Sends one octet of a query after the other, ten a second on each connection; most never get to the end."""

    def __init__(self, clients):
        super().__init__()
        self.clients = clients

    def run(self):
        wire = make_query("written.pool.example.").to_wire()
        for octet in struct.pack("!H", len(wire)) + wire:
            for client in self.clients:
                with contextlib.suppress(OSError):  # closed by the server, as it should be
                    client.send_octets(bytes([octet]))
            if self.over.wait(0.1):
                return


def half_open(address):
    """A connection whose other end is gone without a word; without the right to that, one that the client has ended."""
    client = TcpClient(address)
    client.send(make_query("gone.pool.example."))
    try:
        client.socket.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        client.close()
    except PermissionError:
        client.socket.shutdown(socket.SHUT_WR)
    return client


def all_served(server, number_of_round):
    """Whether new clients are, over both transports."""
    return all(addresses(server.query(f"{number_of_round}-{number}-{tcp:d}.pool.example.", tcp=tcp))
               for number in range(10) for tcp in (False, True))


@pytest.mark.usefixtures("many_descriptors")
def test_connections_of_all_kinds_leave_no_descriptors_behind_and_others_served(upstreams, daemon):
    servers = upstreams({"A": {}, "B": {"delay": "5ms"}}, records={"default": LARGE})
    server = daemon(servers, log={"level": "info"},
                    limits={"tcp_connections": ROOM, "tcp_connections_per_client": ROOM, "tcp_idle_timeout": "5s"})
    rounds = itertools.count()
    for _ in range(10):  # until it has all its sockets to the upstreams
        assert all_served(server, next(rounds))
    before, accepted = descriptors(server), server.statistics()["tcp_connections"]
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(slow_reader(server.address)) for _ in range(OF_EACH_KIND)]
        writers = [stack.enter_context(server.tcp()) for _ in range(OF_EACH_KIND)]
        with SlowWriters(writers):
            gone = [half_open(server.address) for _ in range(OF_EACH_KIND)]
            idle = [stack.enter_context(server.tcp()) for _ in range(IDLE)]
            most = descriptors(server)
            opened = len(readers + writers + gone + idle)
            assert all_served(server, next(rounds))
            wait_for(lambda: all_served(server, next(rounds)) and descriptors(server) <= before + SLACK,
                     "the end of all connections")
            after = descriptors(server)
    counters = server.statistics()
    print(f"descriptors: {before} before, {most} with {opened} connections, {after} after them")
    assert counters["tcp_connections"] - accepted >= opened
    assert counters["tcp_connections_refused"] == 0
