"""Limits: how much a reply may hold, how much may be under way, who may ask, and life without a cache."""

import contextlib

import dns.flags
import dns.rcode
import pytest
from pacedns import addresses, config, make_query, parse, wait_for

PATIENT = {"fallback_timeout": "5s", "total_collect_timeout": "10s"}
LONG_TEXT = " ".join(['"' + "x" * 250 + '"'] * 8)


# -- The size of replies ------------------------------------------------------------------------------------

@pytest.fixture(name="pooled")
def _pooled(upstreams, daemon):
    """A daemon whose cache holds 32 AAAA of www.example., eight from each of four upstreams."""
    each = {name: {"answer": [f"www.example. 300 IN AAAA 2001:db8:{number}::{host}" for host in range(1, 9)]}
            for number, name in enumerate("ABCD")}
    server = daemon(upstreams(each), upstream=PATIENT)
    server.query("www.example.", "AAAA")
    server.finished_flight()
    return server


@pytest.mark.parametrize("how, count", [({}, 8), ({"edns": 100}, 8), ({"edns": 512}, 8), ({"edns": 1232}, 32),
                                        ({"edns": 4096}, 32), ({"tcp": True}, 32)])
def test_a_pool_too_big_for_the_client_is_served_as_the_winners_own_set(pooled, how, count):
    reply = pooled.query("www.example.", "AAAA", **how)
    assert len(addresses(reply)) == count
    assert not reply.flags & dns.flags.TC
    assert (reply.edns == 0) == ("edns" in how)


@pytest.mark.parametrize("edns", [None, 512, 1232, 4096])
def test_what_does_not_fit_is_truncated_and_whole_over_tcp(upstreams, daemon, edns):
    server = daemon(upstreams({"A": {"answer": [f"big.example. 300 IN TXT {LONG_TEXT}"]}}), upstream=PATIENT)
    for _ in range(2):
        reply = server.query("big.example.", "TXT", edns=edns)
        assert reply.flags & dns.flags.TC and not reply.answer
        assert reply.question[0].name.to_text() == "big.example."
        assert (reply.edns == 0) == (edns is not None)
        whole = server.query("big.example.", "TXT", tcp=True, edns=edns)
        assert not whole.flags & dns.flags.TC
        assert len(whole.answer[0][0].strings) == 8


# -- Questions under way ------------------------------------------------------------------------------------

def test_questions_beyond_the_limit_get_servfail_at_once_and_are_not_remembered(upstreams, daemon):
    servers = upstreams({"A": {"dark": True}, "B": {"dark": True}})
    server = daemon(servers, workers=1, upstream=PATIENT, limits={"inflight_queries": 4})
    before = server.resident_bytes()
    names = [f"{number}.pool.example." for number in range(50)]
    with server.udp() as client:
        for name in names:
            client.send(make_query(name))
        refused = [parse(client.receive()) for _ in range(46)]
        assert {reply.rcode() for reply in refused} == {dns.rcode.SERVFAIL}
        assert len(server.flights()) == 4 and not server.log("flight_finished")
        assert server.statistics()["over_limit_refusals"] == 46
        servers.set("*", "dark", "off")
        assert {parse(client.receive()).rcode() for _ in range(4)} == {dns.rcode.NOERROR}
    assert {server.query(name).rcode() for name in names} == {dns.rcode.NOERROR}
    assert server.resident_bytes() - before < 200e6


def test_each_of_too_many_clients_of_one_question_is_answered_or_refused(upstreams, daemon):
    server = daemon(upstreams({"A": {"delay": "1s"}}), workers=1, upstream=PATIENT, limits={"inflight_queries": 1})
    with server.udp() as client:
        for number in range(40):
            query = make_query("www.pool.example.")
            query.id = number
            client.send(query)
        replies = [parse(client.receive()) for _ in range(40)]
    assert {reply.id for reply in replies} == set(range(40))
    good = sum(reply.rcode() == dns.rcode.NOERROR for reply in replies)
    assert good >= 2
    assert server.statistics()["over_limit_refusals"] == 40 - good
    assert len(server.flights()) == 1


def test_a_flight_that_only_collects_gives_way_to_a_new_question(upstreams, daemon):
    servers = upstreams({"A": {}, "B": {"dark": True}})
    server = daemon(servers, workers=1, upstream=PATIENT, limits={"inflight_queries": 2})
    for number in range(6):
        assert server.query(f"{number}.pool.example.").rcode() == dns.rcode.NOERROR
    counters = server.statistics()
    assert (counters["flights_given_up"], counters["over_limit_refusals"]) == (4, 0)


def test_tcp_connections_beyond_the_limit_do_not_harm_the_others(upstreams, daemon):
    server = daemon(upstreams({"A": {}}), workers=1, limits={"tcp_connections": 2})
    with server.tcp() as one, server.tcp() as two:
        for client in (one, two):
            client.send(make_query("www.pool.example."))
            assert client.receive()
        with server.tcp() as third:
            assert third.receive() == b""
        one.send(make_query("www.pool.example."))
        assert one.receive()
    assert server.statistics()["tcp_connections_refused"] == 1


def is_served(client):
    """Whether it is answered; a connection that was refused is closed instead."""
    with contextlib.suppress(ConnectionError):
        client.send(make_query("www.pool.example."))
        return bool(client.receive())
    return False


def test_a_client_has_its_share_of_tcp_connections_and_others_have_theirs(upstreams, daemon):
    server = daemon(upstreams({"A": {}}), workers=2,
                    limits={"tcp_connections_per_client": 2, "tcp_idle_timeout": "10m"})
    def served_anew():
        with server.tcp("127.0.0.1") as client:
            return is_served(client)
    with server.tcp("127.0.0.1") as one, server.tcp("127.0.0.1") as two:
        assert is_served(one) and is_served(two)
        for _ in range(5):  # whichever worker gets it
            with server.tcp("127.0.0.1") as refused:
                assert refused.receive() == b""
        with server.tcp("127.0.0.2") as three, server.tcp("127.0.0.2") as four:
            assert is_served(three) and is_served(four)
        assert is_served(one) and is_served(two)
        assert server.statistics()["tcp_connections_refused"] == 5
        assert server.log("connection_refused")[0]["reason"] == "limits.tcp_connections_per_client reached"
        two.close()
        wait_for(served_anew, "the place of the connection that was closed")
        wait_for(served_anew, "that place once more")


# -- Without a cache ----------------------------------------------------------------------------------------

def test_without_a_cache_every_question_is_asked_but_identical_ones_share_a_flight(upstreams, daemon):
    server = daemon(upstreams({"A": {"delay": "300ms"}}), cache={"size": 0}, upstream=PATIENT)
    for number in (1, 2):
        with server.udp() as one, server.udp() as other:
            one.send(make_query("www.pool.example."))
            other.send(make_query("www.pool.example."))
            assert all(len(addresses(parse(client.receive()))) == 2 for client in (one, other))
        server.finished_flights(number)
    assert len(server.flights()) == 2
    assert server.statistics()["cache_hits"] == 0


# -- Who may ask --------------------------------------------------------------------------------------------

@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_a_client_outside_of_access_allow_is_refused(upstreams, daemon, tcp):
    servers = upstreams({"A": {}})
    server = daemon(servers, access={"allow": ["192.0.2.0/24"]})
    reply = server.query("www.pool.example.", tcp=tcp, edns=1232)
    assert reply.rcode() == dns.rcode.REFUSED and reply.edns == 0
    assert server.query("www.pool.example.", tcp=tcp).edns == -1
    assert servers.total() == 0
    assert server.statistics()["access_refusals"] == 2


def test_what_is_cached_is_refused_too_once_access_is_taken_away(upstreams, daemon):
    servers = upstreams({"A": {}})
    server = daemon(servers)
    assert server.query("www.pool.example.").rcode() == dns.rcode.NOERROR
    assert server.reload(config(servers, access={"allow": ["192.0.2.0/24"]}))
    assert server.query("www.pool.example.").rcode() == dns.rcode.REFUSED
    assert server.reload(config(servers, access={"allow": ["127.0.0.1/32"]}))
    assert server.query("www.pool.example.").rcode() == dns.rcode.NOERROR
    assert len(server.flights()) == 1
