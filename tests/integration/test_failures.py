"""Upstreams that fail: a good answer wins over a fast failure, and when all fail the client hears at once."""

import dns.rcode
from pacedns import addresses, extended_errors, wait_for

NO_REACHABLE_AUTHORITY = 22
NETWORK_ERROR = 23
REFUSING = {"rcode": "REFUSED"}
CLOSED = {"refuse": True}
SILENT = {"dark": True}
# Timers so long that an answer before them proves that none was waited for.
LONG = {"fallback_timeout": "5s", "total_collect_timeout": "10s"}
SHORT = {"fallback_timeout": "100ms", "total_collect_timeout": "500ms"}
WELL_BEFORE_THE_TIMERS = 4


def four(settings):
    return {name: settings for name in "ABCD"}


def test_when_all_refuse_the_client_is_refused_without_waiting_for_a_timer(upstreams, daemon):
    servers = upstreams(four(REFUSING))
    server = daemon(servers, upstream=LONG)
    reply = server.query("www.pool.example.", edns=1232, timeout=WELL_BEFORE_THE_TIMERS)
    assert reply.rcode() == dns.rcode.REFUSED
    flight = server.finished_flight()
    assert flight.second_tier_reason() == "all_failed"
    assert sorted(flight.asked()) == ["A", "B", "C", "D"]
    counters = server.statistics()
    assert (counters["second_tier_after_failure"], counters["second_tier_after_timeout"]) == (1, 0)
    assert counters["answers_failed"] == 1


def test_when_all_ports_are_closed_the_client_hears_servfail_with_network_error_at_once(upstreams, daemon):
    servers = upstreams(four(CLOSED))
    server = daemon(servers, upstream=LONG)
    reply = server.query("www.pool.example.", edns=1232, timeout=WELL_BEFORE_THE_TIMERS)
    assert reply.rcode() == dns.rcode.SERVFAIL
    assert extended_errors(reply) == [NETWORK_ERROR]
    assert server.finished_flight().second_tier_reason() == "all_failed"


def test_a_client_without_edns_gets_no_extended_error(upstreams, daemon):
    server = daemon(upstreams({"A": CLOSED}))
    reply = server.query("www.pool.example.")
    assert reply.rcode() == dns.rcode.SERVFAIL
    assert reply.edns == -1


def test_servfail_is_preferred_to_refused_when_there_is_nothing_else(upstreams, daemon):
    server = daemon(upstreams({"A": REFUSING, "B": {"rcode": "SERVFAIL"}, "C": REFUSING}), upstream=LONG)
    assert server.query("www.pool.example.").rcode() == dns.rcode.SERVFAIL


def test_a_good_answer_wins_over_a_faster_servfail(upstreams, daemon):
    server = daemon(upstreams({"A": {"rcode": "SERVFAIL"}, "B": {"delay": "300ms"}}), upstream=LONG)
    reply = server.query("www.pool.example.")
    assert addresses(reply) == ["10.77.1.1", "10.77.1.2"]
    events = [(line["event"], line.get("upstream")) for line in server.finished_flight().events]
    assert events.index(("replied", "A")) < events.index(("replied", "B"))


def test_when_both_of_the_active_tier_fail_the_next_are_asked_at_once(upstreams, daemon):
    servers = upstreams({"A": {"rcode": "SERVFAIL"}, "B": CLOSED, "C": {}, "D": {}})
    server = daemon(servers, upstream=LONG)
    reply = server.query("www.pool.example.", timeout=WELL_BEFORE_THE_TIMERS)
    assert reply.rcode() == dns.rcode.NOERROR
    flight = server.finished_flight()
    assert flight.second_tier_reason() == "all_failed"
    assert flight.batches()[0] == ["C", "D"]


def test_a_silent_active_tier_is_waited_for_until_the_fallback_timeout_only(upstreams, daemon):
    servers = upstreams({"A": SILENT, "B": SILENT, "C": {}})
    server = daemon(servers, upstream={"fallback_timeout": "100ms", "total_collect_timeout": "10s"})
    reply = server.query("www.pool.example.", timeout=9)
    assert reply.rcode() == dns.rcode.NOERROR
    assert server.flights()[0].second_tier_reason() == "timeout"


def test_when_all_are_silent_the_client_hears_servfail_by_the_deadline(upstreams, daemon):
    server = daemon(upstreams(four(SILENT)), upstream=SHORT)
    reply = server.query("www.pool.example.", edns=1232)
    assert reply.rcode() == dns.rcode.SERVFAIL
    assert extended_errors(reply) == [NO_REACHABLE_AUTHORITY]
    answered = server.finished_flight().of("answered")[0]
    assert answered["upstream"] == "none" and float(answered["t"]) >= 500


def test_a_failure_is_remembered_for_failure_ttl_and_then_asked_again(upstreams, daemon):
    servers = upstreams(four(SILENT))
    server = daemon(servers, upstream=SHORT, cache={"failure_ttl": "4s"})
    server.query("www.pool.example.")
    before = servers.total()
    again = server.query("www.pool.example.", edns=1232)
    assert again.rcode() == dns.rcode.SERVFAIL
    assert extended_errors(again) == [NO_REACHABLE_AUTHORITY]
    assert servers.total() == before
    assert server.statistics()["cache_hits"] == 1

    servers.set("*", "dark", "off")
    wait_for(lambda: server.query("www.pool.example.").rcode() == dns.rcode.NOERROR, "a good answer")
    assert len(server.flights()) == 2


def test_an_attempt_is_not_blamed_for_rcodes_about_the_name(upstreams, daemon):
    server = daemon(upstreams({"A": {}, "B": {"delay": "100ms"}}))
    for number in range(12):
        assert server.query(f"{number}.nx.example.").rcode() == dns.rcode.NXDOMAIN
    server.finished_flights(12)
    assert {each["state"] for each in server.upstream_statistics().values()} == {"up"}
    assert server.statistics()["upstream_failures"] == 0
