"""Answers that are ours, and answers of upstreams that do not pass."""

import dns.flags
import dns.rcode
from pacedns import addresses, config, make_query, parse

PATIENT = {"fallback_timeout": "5s", "total_collect_timeout": "10s"}


def test_special_names_stay_here(upstreams, daemon):
    servers = upstreams({"A": {}})
    server = daemon(servers, answers={"forward_names": ["168.192.in-addr.arpa"]})
    assert addresses(server.query("localhost.")) == ["127.0.0.1"]
    assert addresses(server.query("App.LocalHost.", "AAAA", edns=1232, tcp=True)) == ["::1"]
    for name in ("invalid.", "www.test.", "x.onion.", "1.2.3.10.in-addr.arpa.", "1.0.16.172.in-addr.arpa."):
        reply = server.query(name, "PTR")
        assert reply.rcode() == dns.rcode.NXDOMAIN and reply.authority, name
        assert reply.flags & dns.flags.RA and not reply.flags & dns.flags.AA
    assert server.query("1.0.0.127.in-addr.arpa.", "PTR").answer[0].to_text().endswith(" IN PTR localhost.")
    assert servers.total() == 0
    assert server.statistics()["special_names"] == 8

    server.query("1.0.168.192.in-addr.arpa.", "PTR")
    assert servers.total() == 1


def test_special_names_can_be_forwarded(upstreams, daemon):
    servers = upstreams({"A": {}})
    server = daemon(servers, answers={"special_names": "forward"})
    server.query("localhost.")
    assert servers.total() == 1
    assert server.reload(config(servers))
    assert addresses(server.query("other.localhost.")) == ["127.0.0.1"]
    assert servers.total() == 1


def test_a_reply_with_an_address_to_ignore_does_not_win(upstreams, daemon):
    servers = upstreams({"A": {"answer": ["www.example. 300 IN A 192.0.2.66", "www.example. 300 IN A 192.0.2.1"]},
                         "B": {"answer": ["www.example. 300 IN A 192.0.2.2"], "delay": "400ms"}})
    server = daemon(servers, upstream=PATIENT, answers={"ignore_addresses": ["192.0.2.64/28"]})
    for _ in range(2):
        assert addresses(server.query("www.example.")) == ["192.0.2.2"]
        server.finished_flight("www.example.")
    assert server.statistics()["ignored_replies"] == 1


def test_when_all_replies_are_ignored_the_client_hears_of_a_failure(upstreams, daemon):
    servers = upstreams({name: {"answer": ["www.example. 300 IN A 192.0.2.66"]} for name in "AB"})
    server = daemon(servers, upstream=PATIENT, answers={"ignore_addresses": ["192.0.2.66"]})
    assert server.query("www.example.").rcode() == dns.rcode.SERVFAIL
    assert server.statistics()["ignored_replies"] == 2
    assert {state["state"] for state in server.upstream_statistics().values()} == {"up"}


def test_private_upstreams_may_give_private_addresses(upstreams, daemon):
    servers = upstreams({"A": {"answer": ["www.example. 300 IN A 10.0.0.1"]}})
    server = daemon(servers, access={"rebind_protection": True})
    assert addresses(server.query("www.example.")) == ["10.0.0.1"]
    assert server.statistics()["rebound_addresses"] == 0


# -- One client's flood ---------------------------------------------------------------------------------------

def test_a_flood_is_told_to_come_over_tcp_and_is_answered_there(upstreams, daemon):
    server = daemon(upstreams({"A": {}}), workers=1, limits={"per_client_qps": 50})
    server.exchange(make_query("www.pool.example."))
    with server.udp() as client:
        for number in range(400):
            query = make_query("www.pool.example.")
            query.id = number
            client.send(query)
        heard = []
        while wire := client.receive(1):
            heard.append(parse(wire))
    truncated = [reply for reply in heard if reply.flags & dns.flags.TC]
    assert len(heard) - len(truncated) >= 49 and all(not reply.answer for reply in truncated)
    assert truncated and all(reply.id % 2 == 0 for reply in truncated)
    assert server.statistics()["rate_limited_queries"] == 400 - (len(heard) - len(truncated))
    assert addresses(parse(server.exchange(make_query("www.pool.example."), tcp=True)))
