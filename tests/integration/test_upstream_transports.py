"""How upstreams are asked: truncated replies are fetched over TCP, EDNS is given up where it is not understood."""

import dns.rcode
import pytest
from pacedns import addresses, extended_errors

LONG = {"fallback_timeout": "5s", "total_collect_timeout": "10s"}
SHORT = {"fallback_timeout": "100ms", "total_collect_timeout": "500ms"}
NETWORK_ERROR = 23


@pytest.mark.parametrize("tcp", ["answer", "split"])
def test_a_truncated_reply_is_asked_for_again_over_tcp(upstreams, daemon, tcp):
    servers = upstreams({"A": {"truncate": "always", "tcp": tcp}})
    server = daemon(servers, upstream=LONG)
    assert addresses(server.query("www.pool.example.")) == ["10.77.0.1", "10.77.0.2"]
    assert server.finished_flight().ways() == [("active", "udp", "1"), ("retry", "tcp", "1")]
    assert servers.counts()["A"].tcp == 1
    assert len(addresses(server.query("www.pool.example."))) == 2
    assert len(server.flights()) == 1


def test_a_tcp_connection_is_used_for_several_queries(upstreams, daemon):
    servers = upstreams({"A": {"truncate": "always"}})
    server = daemon(servers, upstream=LONG, workers=1)
    for number in range(5):
        server.query(f"{number}.pool.example.")
    peers = {event["peer"] for event in servers.events("query", transport="tcp")}
    assert len(peers) == 1 and servers.counts()["A"].tcp == 5


@pytest.mark.parametrize("tcp", ["refuse", "silent", "close"])
def test_where_tcp_does_not_work_another_upstream_answers(upstreams, daemon, tcp):
    servers = upstreams({"A": {"truncate": "always", "tcp": tcp}, "B": {"delay": "300ms"}})
    server = daemon(servers, upstream=LONG)
    assert addresses(server.query("www.pool.example.")) == ["10.77.1.1", "10.77.1.2"]


@pytest.mark.parametrize("tcp", ["refuse", "close"])
def test_a_truncated_reply_is_never_the_answer(upstreams, daemon, tcp):
    server = daemon(upstreams({"A": {"truncate": "always", "tcp": tcp}}), upstream=LONG)
    reply = server.query("www.pool.example.", edns=1232, timeout=4)
    assert reply.rcode() == dns.rcode.SERVFAIL and not reply.answer
    assert extended_errors(reply) == [NETWORK_ERROR]


def test_silence_over_tcp_ends_with_the_flight(upstreams, daemon):
    server = daemon(upstreams({"A": {"truncate": "always", "tcp": "silent"}}), upstream=SHORT)
    assert server.query("www.pool.example.").rcode() == dns.rcode.SERVFAIL
    assert server.finished_flight().of("failed")


def test_an_upstream_given_as_tcp_is_asked_over_tcp_only(upstreams, daemon):
    servers = upstreams({"A": {}, "B": {}})
    server = daemon(servers.servers("tcp://"), upstream=LONG)
    server.query("www.pool.example.")
    server.finished_flight()
    assert len(addresses(server.query("www.pool.example."))) == 4
    assert set(servers.counts().values()) == {(0, 1)}


def test_a_connection_that_the_upstream_closed_meanwhile_is_replaced(upstreams, daemon):
    servers = upstreams({"A": {}})
    server = daemon(servers.servers("tcp://"), upstream=LONG, workers=1)
    assert server.query("first.pool.example.").rcode() == dns.rcode.NOERROR
    servers.set("A", "refuse", "true")
    servers.set("A", "refuse", "false")
    assert server.query("second.pool.example.").rcode() == dns.rcode.NOERROR


@pytest.mark.parametrize("edns", ["formerr", "badvers"])
def test_an_upstream_that_rejects_edns_is_asked_once_more_without(upstreams, daemon, edns):
    server = daemon(upstreams({"A": {"edns": edns}}), upstream=LONG)
    reply = server.query("www.pool.example.", edns=1232)
    assert addresses(reply) == ["10.77.0.1", "10.77.0.2"]
    assert reply.edns == 0
    assert server.finished_flight().ways() == [("active", "udp", "1"), ("retry", "udp", "0")]
    assert server.upstream_statistics()["A"]["state"] == "up"


def test_an_upstream_that_ignores_edns_is_asked_once(upstreams, daemon):
    server = daemon(upstreams({"A": {"edns": "ignore"}}), upstream=LONG)
    reply = server.query("www.pool.example.", edns=1232)
    assert addresses(reply) == ["10.77.0.1", "10.77.0.2"]
    assert reply.edns == 0
    assert server.finished_flight().ways() == [("active", "udp", "1")]


def test_an_upstream_that_rejects_us_even_without_edns_has_failed(upstreams, daemon):
    server = daemon(upstreams({"A": {"rcode": "FORMERR"}}), upstream=LONG)
    assert server.query("www.pool.example.", timeout=4).rcode() in (dns.rcode.SERVFAIL, dns.rcode.FORMERR)
    assert server.finished_flight().ways() == [("active", "udp", "1"), ("retry", "udp", "0")]


def test_queries_have_random_ids_and_many_ports(upstreams, daemon):
    servers = upstreams({"A": {}})
    server = daemon(servers, upstream=LONG)
    for number in range(200):
        server.query(f"{number}.pool.example.")
    queries = servers.events("query")
    assert len({event["id"] for event in queries}) > 190
    assert len({event["peer"] for event in queries}) >= 8


def test_upstreams_asked_together_get_different_ids(upstreams, daemon):
    servers = upstreams({"A": {}, "B": {}})
    server = daemon(servers, upstream=LONG)
    for number in range(20):
        server.query(f"{number}.pool.example.")
    server.finished_flights(20)
    ids = {}
    for event in servers.events("query"):
        ids.setdefault(event["qname"], []).append(event["id"])
    assert sum(len(set(each)) == 2 for each in ids.values()) >= 19
