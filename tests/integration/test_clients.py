"""Many clients and one question: who shares a flight, what each gets back, and what becomes of those who leave."""

import contextlib
import selectors
import socket
import struct

import dns.flags
import dns.rcode
import dns.rdatatype
from pacedns import SOON, addresses, make_query, parse, wait_for

PATIENT = {"fallback_timeout": "5s", "total_collect_timeout": "10s"}
SIGNED = [
    "www.example. 300 IN A 192.0.2.1",
    "www.example. 300 IN RRSIG A 8 2 300 20370101000000 20200101000000 1 example. AAAA",
]


def types(reply):
    return [rrset.rdtype for rrset in reply.answer]


# -- What makes a flight ------------------------------------------------------------------------------------

def test_do_and_non_do_clients_have_flights_of_their_own_and_no_signature_leaks(upstreams, daemon):
    server = daemon(upstreams({"A": {}}, records={"default": SIGNED}), upstream=PATIENT)
    for _ in range(2):
        assert dns.rdatatype.RRSIG in types(server.query("www.example.", do=True))
        assert types(server.query("www.example.")) == [dns.rdatatype.A]
        assert types(server.query("www.example.", edns=1232)) == [dns.rdatatype.A]
    assert [line["do"] for line in server.log("flight_started")] == ["1", "0"]


def test_cd_clients_have_a_flight_of_their_own(upstreams, daemon):
    server = daemon(upstreams({"A": {}}), upstream=PATIENT)
    for _ in range(2):
        assert server.query("www.pool.example.", cd=True).flags & dns.flags.CD
        assert not server.query("www.pool.example.").flags & dns.flags.CD
    assert [line["cd"] for line in server.log("flight_started")] == ["1", "0"]


def test_authentic_data_is_told_to_those_who_asked_for_it_or_set_do(upstreams, daemon):
    server = daemon(upstreams({"A": {"authentic_data": True}}), upstream=PATIENT)
    for _ in range(2):
        assert server.query("www.pool.example.", ad=True).flags & dns.flags.AD
        assert server.query("www.pool.example.", do=True).flags & dns.flags.AD
        assert not server.query("www.pool.example.").flags & dns.flags.AD


def test_a_and_aaaa_are_asked_for_only_when_the_client_does(upstreams, daemon):
    servers = upstreams({"A": {}})
    server = daemon(servers, upstream=PATIENT)
    server.query("www.pool.example.", "AAAA")
    assert {event["qtype"] for event in servers.events("query")} == {"AAAA"}


def test_two_letter_cases_at_once_are_one_flight_and_each_client_gets_its_own_back(upstreams, daemon):
    server = daemon(upstreams({"A": {"delay": "700ms"}}), upstream=PATIENT)
    shouted = make_query("WWW.Pool.EXAMPLE.", rd=False)
    quiet = make_query("www.pool.example.", edns=1232)
    with server.udp() as one, server.udp() as other:
        one.send(shouted)
        other.send(quiet)
        replies = one.receive(), other.receive()
    for query, wire in zip((shouted, quiet), replies):
        octets = query.to_wire()
        size = octets.index(b"\0", 12) + 5
        assert wire[12:size] == octets[12:size]
        reply = parse(wire)
        assert reply.id == query.id and addresses(reply) == ["10.77.0.1", "10.77.0.2"]
        assert reply.flags & dns.flags.RD == query.flags & dns.flags.RD
        assert reply.edns == query.edns
    assert len(server.flights()) == 1


def test_the_letter_case_is_the_clients_in_cache_hits_too(upstreams, daemon):
    server = daemon(upstreams({"A": {}}), upstream=PATIENT)
    for name in ("www.pool.example.", "WwW.pOOl.Example."):
        assert server.query(name).question[0].name.to_text() == name
    assert len(server.flights()) == 1


def test_a_thousand_identical_questions_at_once_make_one_query_to_each_upstream(upstreams, daemon):
    servers = upstreams({"A": {"delay": "500ms"}, "B": {"delay": "500ms"}, "C": {"delay": "500ms"}})
    server = daemon(servers, upstream=PATIENT)
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as waiting:
        for number in range(1000):
            client = stack.enter_context(server.udp())
            query = make_query("www.pool.example.")
            query.id = number
            client.send(query)
            waiting.register(client.socket, selectors.EVENT_READ, number)
        ids = set()
        while len(ids) < 1000:
            ready = waiting.select(SOON)
            assert ready, f"{1000 - len(ids)} clients got no answer"
            for key, _ in ready:
                reply = parse(key.fileobj.recv(65535))
                assert reply.id == key.data and reply.rcode() == dns.rcode.NOERROR
                assert len(addresses(reply)) >= 2
                ids.add(reply.id)
                waiting.unregister(key.fileobj)
    server.finished_flight()
    assert {name: count.udp for name, count in servers.counts().items()} == {"A": 1, "B": 1, "C": 1}
    counters = server.statistics()
    assert (counters["queries_udp"], counters["flights_started"]) == (1000, 1)
    assert counters["over_limit_refusals"] == 0


# -- TCP ----------------------------------------------------------------------------------------------------

def test_tcp_queries_are_pipelined_and_answered_as_replies_come(upstreams, daemon):
    servers = upstreams({"A": {"names": {"slow.pool.example.": {"delay": "700ms"}}}})
    server = daemon(servers, upstream=PATIENT)
    with server.tcp() as client:
        client.send(make_query("slow.pool.example."))
        client.send(make_query("fast.pool.example."))
        names = [parse(client.receive()).question[0].name.to_text() for _ in range(2)]
    assert names == ["fast.pool.example.", "slow.pool.example."]


def test_a_tcp_query_may_come_octet_by_octet(upstreams, daemon):
    server = daemon(upstreams({"A": {}}), upstream=PATIENT)
    wire = make_query("www.pool.example.").to_wire()
    with server.tcp() as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for octet in struct.pack("!H", len(wire)) + wire:
            client.send_octets(bytes([octet]))
        assert len(addresses(parse(client.receive()))) == 2


def test_a_tcp_client_that_ends_its_side_still_gets_its_answer(upstreams, daemon):
    server = daemon(upstreams({"A": {"delay": "300ms"}}), upstream=PATIENT)
    with server.tcp() as client:
        client.send(make_query("www.pool.example."))
        client.socket.shutdown(socket.SHUT_WR)
        assert len(addresses(parse(client.receive()))) == 2
        assert client.receive() == b""


def test_an_idle_tcp_connection_is_closed(upstreams, daemon):
    server = daemon(upstreams({"A": {}}), limits={"tcp_idle_timeout": "1s"})
    with server.tcp() as client:
        client.send(make_query("www.pool.example."))
        assert client.receive()
        assert client.receive() == b""


def test_a_slow_reader_stalls_nobody_else(upstreams, daemon):
    text = " ".join(['"' + "x" * 250 + '"'] * 16)
    servers = upstreams({"A": {}}, records={"default": [f"big.example. 300 IN TXT {text}"]})
    server = daemon(servers, upstream=PATIENT, workers=1)
    before = server.resident_bytes()
    with server.tcp() as deaf, server.tcp() as other:
        deaf.socket.setblocking(False)
        query = make_query("big.example.", "TXT").to_wire()
        with contextlib.suppress(BlockingIOError):
            for _ in range(20000):
                deaf.socket.send(struct.pack("!H", len(query)) + query)
        other.send(make_query("www.pool.example."))
        assert len(addresses(parse(other.receive()))) == 2
    assert server.resident_bytes() - before < 200e6
    assert server.query("again.pool.example.").rcode() == dns.rcode.NOERROR


# -- Clients that leave -------------------------------------------------------------------------------------

def leave_mid_flight(servers, server, client):
    client.send(make_query("www.pool.example."))
    wait_for(lambda: servers.counts()["A"].udp, "the query's arrival at A")


def flight_goes_on(servers, server):
    server.finished_flight("www.pool.example.")
    before = servers.total()
    assert len(addresses(server.query("www.pool.example."))) == 4
    assert servers.total() == before
    assert server.alive() and len(server.flights()) == 1


def test_a_udp_client_that_leaves_does_not_end_the_flight(upstreams, daemon):
    servers = upstreams({"A": {"delay": "500ms"}, "B": {"delay": "700ms"}})
    server = daemon(servers, upstream=PATIENT)
    with server.udp() as client:
        leave_mid_flight(servers, server, client)
    flight_goes_on(servers, server)


def test_a_tcp_client_that_closes_does_not_end_the_flight(upstreams, daemon):
    servers = upstreams({"A": {"delay": "500ms"}, "B": {"delay": "700ms"}})
    server = daemon(servers, upstream=PATIENT)
    with server.tcp() as client:
        leave_mid_flight(servers, server, client)
    flight_goes_on(servers, server)


def test_a_tcp_client_that_resets_does_not_end_the_flight(upstreams, daemon):
    servers = upstreams({"A": {"delay": "500ms"}, "B": {"delay": "700ms"}})
    server = daemon(servers, upstream=PATIENT)
    with server.tcp() as client:
        leave_mid_flight(servers, server, client)
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    flight_goes_on(servers, server)
    assert server.statistics()["dropped_replies"] == 1
