"""TCP towards clients (RFC 7766): pipelining, framing, limits, and clients that misbehave.

Order is made by upstreams' delays, never by waiting: `slow.example.` takes two seconds, everything else none.
"""

import contextlib
import random
import socket
import struct

import dns.rcode
import pytest
from pacedns import BUILD, SOON, TcpClient, addresses, make_query, parse, wait_for

SANITIZED = BUILD.name in ("dev", "tsan")
CLIENTS = 50 if SANITIZED else 200
RESIDENT_LIMIT = 300 * 1024 * 1024  # a server at rest takes some 15 MiB; ten full pipelines of large replies, 80

SLOW = {"A": {"names": {"slow.example.": {"delay": "2s"}, "later.example.": {"delay": "500ms"}}}}
TEXT = '"' + "x" * 250 + '"'
RECORDS = {"default": [
    "slow.example. 300 IN A 192.0.2.1", "later.example. 300 IN A 192.0.2.2", "fast.example. 300 IN A 192.0.2.3",
    *(f"huge.example. 300 IN TXT \"{number}\" {' '.join([TEXT] * 10)}" for number in range(24)),
]}
EXPECTED = {"slow.example.": "192.0.2.1", "later.example.": "192.0.2.2", "fast.example.": "192.0.2.3"}


@pytest.fixture(name="start")
def _start(upstreams, daemon):
    """start(limits={...}): a daemon before one upstream; as many connections as it accepts are open to it."""
    def start(**sections):
        return daemon(upstreams(SLOW, records=RECORDS), log={"level": "info"}, **sections)
    return start


def framed(message):
    wire = message if isinstance(message, bytes) else message.to_wire()
    return struct.pack("!H", len(wire)) + wire


def check(reply, query):
    name = str(query.question[0].name)
    assert query.is_response(reply) and addresses(reply) == [EXPECTED[name]], reply


def make_queries(name, count):
    """As many queries by their IDs, which are different."""
    queries = {number: make_query(name) for number in range(count)}
    for number, query in queries.items():
        query.id = number
    return queries


def receive(client, queries):
    """The next reply; its query, taken out of `queries`."""
    reply = parse(client.receive())
    query = queries.pop(reply.id)
    check(reply, query)
    return query


def served(server, name="fast.example."):
    """Whether a new client is served over TCP; the connection may be refused."""
    query = make_query(name)
    with contextlib.suppress(OSError), server.tcp() as client:
        client.send(query)
        wire = client.receive()
        if wire:
            check(parse(wire), query)
            return True
    return False


# -- Pipelining ---------------------------------------------------------------------------------------------

def test_replies_come_as_they_are_ready(start):
    server = start()
    with server.tcp() as client:
        for name in ("slow.example.", "later.example.", "fast.example."):
            client.send(make_query(name))
        order = [str(parse(client.receive()).question[0].name) for _ in range(3)]
    assert order == ["fast.example.", "later.example.", "slow.example."]


def test_the_same_question_many_times_is_answered_as_often(start):
    server = start()
    queries = make_queries("later.example.", 100)
    with server.tcp() as client:
        client.send_octets(b"".join(map(framed, queries.values())))
        while queries:
            receive(client, queries)


def test_a_thousand_queries_are_answered_though_only_some_are_taken_at_a_time(start):
    server = start()
    with server.tcp() as client:
        for number in range(1000):
            query = make_query(f"n{number}.pool.example.")
            query.id = number
            client.send(query)
        replies = [parse(client.receive()) for _ in range(1000)]
    assert sorted(reply.id for reply in replies) == list(range(1000))
    assert all(str(reply.question[0].name) == f"n{reply.id}.pool.example." for reply in replies)
    assert all(addresses(reply) for reply in replies)


def test_a_reply_that_is_late_keeps_the_connection_open(start):
    server = start(limits={"tcp_idle_timeout": "100ms"})
    with server.tcp() as client:
        queries = {query.id: query for query in [make_query("slow.example.")]}
        client.send(*queries.values())
        receive(client, queries)


# -- Framing ------------------------------------------------------------------------------------------------

def test_a_frame_may_come_octet_by_octet(start):
    server = start()
    with server.tcp() as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(3):
            query = make_query("fast.example.")
            for octet in framed(query):
                client.send_octets(bytes([octet]))
            check(parse(client.receive()), query)


def test_a_frame_may_be_cut_anywhere(start):
    server = start()
    with server.tcp() as client, server.tcp() as other:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for cut in range(1, len(framed(make_query("fast.example.")))):
            query = make_query("fast.example.")
            client.send_octets(framed(query)[:cut])
            other.send(make_query("fast.example."))  # the other's reply: time enough for the first part to arrive
            assert other.receive()
            client.send_octets(framed(query)[cut:])
            check(parse(client.receive()), query)


@pytest.mark.parametrize("count", [2, 3, 50])
def test_several_frames_may_come_in_one_segment(start, count):
    server = start()
    queries = make_queries("fast.example.", count)
    stream = b"".join(map(framed, queries.values()))
    with server.tcp() as client:
        client.send_octets(stream[:-1])
        for _ in range(count - 1):
            receive(client, queries)
        client.send_octets(stream[-1:])
        receive(client, queries)


def test_an_empty_frame_is_dropped_and_the_connection_goes_on(start):
    server = start()
    query = make_query("fast.example.")
    with server.tcp() as client:
        client.send_octets(b"\0\0" * 10 + framed(b"\1") + framed(query))
        check(parse(client.receive()), query)
    assert server.statistics()["dropped_queries"] == 11


def test_frames_that_are_no_queries_are_answered_or_dropped(start):
    server = start()
    header = struct.pack("!HHHHHH", 4711, 0x0100, 1, 0, 0, 0)
    with server.tcp() as client:
        for body in (b"", b"\xff" * 100, b"\3www" * 16000, bytes([0xC0, 12, 0, 1, 0, 1])):
            client.send(header + body)
            reply = parse(client.receive())
            assert reply.id == 4711 and reply.rcode() == dns.rcode.FORMERR
        query = make_query("fast.example.")
        client.send(query)
        check(parse(client.receive()), query)


def test_streams_of_garbage_leave_the_server_serving(start):
    server = start(limits={"tcp_idle_timeout": "300ms"})
    chance = random.Random(53)
    for size in (1, 2, 3, 100, 5000, 200_000):
        with server.tcp() as client, contextlib.suppress(ConnectionError):
            client.send_octets(chance.randbytes(size))
            client.socket.shutdown(socket.SHUT_WR)
            while client.receive():  # whatever it says, it comes to an end
                pass
    assert served(server)


# -- Limits -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("octets", [b"", b"\0", framed(make_query("fast.example."))[:20]],
                         ids=["silent", "half a length", "half a frame"])
def test_an_idle_connection_is_closed(start, octets):
    server = start(limits={"tcp_idle_timeout": "300ms"})
    with server.tcp() as client:
        query = make_query("fast.example.")
        client.send(query)
        check(parse(client.receive()), query)
        client.send_octets(octets)
        assert client.receive() == b""
    with server.tcp() as client:
        client.send_octets(octets)
        assert client.receive() == b""


def test_the_connection_above_the_limit_is_closed_and_the_slot_is_used_again(start):
    server = start(limits={"tcp_connections": 3, "tcp_idle_timeout": "10m"})
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.tcp()) for _ in range(3)]
        for client in clients:
            client.send(make_query("fast.example."))
            assert client.receive()
        for _ in range(5):
            with server.tcp() as fourth:
                assert fourth.receive() == b""
        assert server.statistics()["tcp_connections_refused"] == 5
        for client in clients:
            client.send(make_query("fast.example."))
            assert client.receive()
        clients.pop().close()
        wait_for(lambda: served(server), "the slot")
        wait_for(lambda: served(server), "the slot once more")
    assert "event=connection_refused" in server.stderr()


def test_two_hundred_connections_at_once(start):
    server = start(limits={"tcp_connections_per_client": CLIENTS})
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.tcp()) for _ in range(CLIENTS)]
        queries = [make_query(f"n{number}.pool.example.") for number in range(CLIENTS)]
        for client, query in zip(clients, queries):
            client.send(query)
        for client, query in zip(reversed(clients), reversed(queries)):
            reply = parse(client.receive())
            assert query.is_response(reply) and addresses(reply)
    assert server.statistics()["tcp_connections"] == CLIENTS


# -- Clients that misbehave ---------------------------------------------------------------------------------

def slow_reader(address):
    """A client that asks for large replies until it cannot send any more, and reads none."""
    client = TcpClient(address)
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.socket.settimeout(0.2)
    with contextlib.suppress(TimeoutError, ConnectionError):
        for _ in range(2000):  # many more than the pipeline and the kernel hold replies
            client.send(make_query("huge.example.", "TXT"))
    return client


def test_slow_readers_stall_nobody_and_take_a_bounded_share_of_memory(start):
    server = start(limits={"tcp_idle_timeout": "10m"})
    assert len(server.exchange(make_query("huge.example.", "TXT"), tcp=True)) > 60_000
    with contextlib.ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(slow_reader(server.address))
        for _ in range(20):  # new connections go to either worker
            assert served(server)
            assert addresses(server.query("fast.example.")) == [EXPECTED["fast.example."]]
        assert SANITIZED or server.resident_bytes() < RESIDENT_LIMIT
    assert served(server)


def test_a_slow_reader_gets_every_reply_once_it_reads(start):
    server = start(limits={"tcp_idle_timeout": "10m"})
    asked = 300
    with server.tcp() as client:
        for number in range(asked):
            query = make_query("huge.example.", "TXT")
            query.id = number
            client.send(query)
        assert served(server)
        got = [client.receive() for _ in range(asked)]
    assert {wire and len(wire) for wire in got} == {len(got[0])}
    assert sorted(struct.unpack("!H", wire[:2])[0] for wire in got) == list(range(asked))


def test_a_reader_that_never_reads_is_closed_in_the_end(start):
    server = start(limits={"tcp_idle_timeout": "300ms", "tcp_connections": 1})
    assert served(server)
    with slow_reader(server.address):
        wait_for(lambda: served(server), "the end of the slow reader")


def test_a_client_that_has_ended_its_side_still_gets_its_replies(start):
    server = start()
    with server.tcp() as client:
        names = ("slow.example.", "fast.example.", "later.example.")
        queries = {query.id: query for query in map(make_query, names)}
        client.send_octets(b"".join(map(framed, queries.values())))
        client.socket.shutdown(socket.SHUT_WR)
        while queries:
            receive(client, queries)
        assert client.receive() == b""


def test_a_client_that_has_ended_its_side_in_the_midst_of_a_frame(start):
    server = start(limits={"tcp_idle_timeout": "10m"})
    query = make_query("later.example.")
    with server.tcp() as client:
        client.send_octets(framed(query) + framed(query)[:9])
        client.socket.shutdown(socket.SHUT_WR)
        check(parse(client.receive()), query)
        assert client.receive() == b""


def reset(client):
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def test_resets_at_any_moment_leave_the_server_serving(start):
    server = start(limits={"tcp_connections": 2, "tcp_idle_timeout": "10m"})
    frame = framed(make_query("later.example."))
    for octets in (b"", b"\0", frame[:7], frame, frame + frame[:7], framed(make_query("fast.example.")) * 50):
        for _ in range(3):
            client = wait_for(lambda: connected(server), "a connection")
            client.send_octets(octets)
            reset(client)
    assert addresses(server.query("later.example.")) == [EXPECTED["later.example."]]
    wait_for(lambda: served(server), "a connection")


def connected(server):
    """A connection that was accepted and not refused: one that has been answered."""
    client = server.tcp()
    with contextlib.suppress(OSError):
        client.send(make_query("fast.example."))
        if client.receive(SOON):
            return client
    client.close()
    return None
