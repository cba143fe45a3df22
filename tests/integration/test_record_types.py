"""Whatever the type, data or not: the first reply answers, bit by bit, and is cached by the rules."""

import dns.rcode
import dns.rdatatype
import pytest
from pacedns import lowest_ttl, wait_for

RECORDS = [
    'text.example. 300 IN TXT "one" "two"',
    "web.example. 300 IN HTTPS 1 . alpn=\"h2,h3\"",
    "service.example. 300 IN SVCB 1 target.example. port=8053",
    "unknown.example. 300 IN TYPE65280 \\# 6 00ff0a0b0c0d",
]
SLOW = {"delay": "1s"}
LONG = {"fallback_timeout": "5s", "total_collect_timeout": "10s"}


def pair(upstreams, **settings):
    return upstreams({"A": settings, "B": {**settings, **SLOW}}, records={"default": RECORDS})


@pytest.mark.parametrize("name, rdtype, rcode", [
    ("gone.nx.example.", "A", "NXDOMAIN"),
    ("www.nodata.example.", "AAAA", "NOERROR"),
    ("text.example.", "TXT", "NOERROR"),
    ("web.example.", "HTTPS", "NOERROR"),
    ("service.example.", "SVCB", "NOERROR"),
    ("unknown.example.", "TYPE65280", "NOERROR"),
])
def test_is_answered_on_the_first_reply(upstreams, daemon, name, rdtype, rcode):
    server = daemon(pair(upstreams), upstream=LONG)
    reply = server.query(name, rdtype)
    assert dns.rcode.to_text(reply.rcode()) == rcode
    flight = server.finished_flight()
    assert flight.asked("active") == ["A", "B"] and not flight.asked("second")
    assert flight.answered_by() == "A"
    events = [(line["event"], line.get("upstream")) for line in flight.events]
    assert events.index(("answered", "A")) < events.index(("replied", "B"))
    assert len(server.flights()) == 1


@pytest.mark.parametrize("name, rdtype, rdata", [
    ("text.example.", "TXT", b"\x03one\x03two"),
    ("web.example.", "HTTPS", b"\0\1\0\0\1\0\6\2h2\2h3"),
    ("service.example.", "SVCB", b"\0\1\6target\7example\0\0\3\0\2\x1f\x75"),
    ("unknown.example.", "TYPE65280", bytes.fromhex("00ff0a0b0c0d")),
])
def test_passes_bit_exact_from_the_flight_and_from_the_cache(upstreams, daemon, name, rdtype, rdata):
    server = daemon(pair(upstreams), upstream=LONG)
    for _ in range(2):
        rrset = server.query(name, rdtype).answer[0]
        assert rrset.rdtype == dns.rdatatype.from_text(rdtype)
        assert [record.to_wire() for record in rrset] == [rdata]
    assert server.statistics()["cache_hits"] == 1


def test_labels_of_any_octets_pass(upstreams, daemon):
    server = daemon(pair(upstreams))
    reply = server.query(r"\000\255\. x.pool.example.")
    assert reply.rcode() == dns.rcode.NOERROR
    assert len(reply.answer) == 1


@pytest.mark.parametrize("name", ["gone.nx.example.", "www.nodata.example."])
def test_negative_answers_are_cached_by_their_soa(upstreams, daemon, name):
    servers = pair(upstreams)
    server = daemon(servers, upstream=LONG)
    first = server.query(name)
    server.finished_flight()
    before = servers.total()
    again = server.query(name)
    assert again.rcode() == first.rcode()
    assert [rrset.rdtype for rrset in again.authority] == [dns.rdatatype.SOA]
    assert lowest_ttl(again) <= 60
    assert servers.total() == before

    def aged():
        return lowest_ttl(server.query(name)) < 60
    wait_for(aged, "an aged SOA")
    assert servers.total() == before


@pytest.mark.parametrize("name", ["gone.nx.example.", "www.nodata.example."])
def test_negative_answers_without_soa_are_not_cached(upstreams, daemon, name):
    server = daemon(pair(upstreams, soa=False), upstream=LONG)
    for number in (1, 2):
        assert not server.query(name).authority
        server.finished_flights(number)
    assert [flight.answered_by() for flight in server.flights()] == ["A", "A"]
    assert server.statistics()["cache_hits"] == 0


def test_ttl_zero_is_given_but_not_cached(upstreams, daemon):
    server = daemon(upstreams({"A": {"ttl": 0}}))
    for number in (1, 2):
        assert lowest_ttl(server.query("www.pool.example.")) == 0
        server.finished_flights(number)
    assert len(server.flights()) == 2


def test_max_ttl_caps_what_is_cached(upstreams, daemon):
    server = daemon(upstreams({"A": {"ttl": 100000}}), cache={"max_ttl": "1h"})
    assert [lowest_ttl(server.query("www.pool.example.")) for _ in range(2)][1] <= 3600
