"""Replies that are not the answer to our question: dropped and counted, while the right one is waited for."""

import dns.rrset
import pytest
from pacedns import PlayedUpstream, addresses, answer_to, make_query, parse, wait_for

FORGED = "203.0.113.66"
PATIENT = {"fallback_timeout": "5s", "total_collect_timeout": "10s"}


def mismatches(server):
    return server.statistics()["upstream_mismatches"]


@pytest.mark.parametrize("settings", [{"question": "other"}, {"question": "none"}, {"qr": False}, {"id": "wrong"}],
                         ids=lambda settings: "-".join(f"{key}-{value}" for key, value in settings.items()))
def test_a_wrong_reply_is_dropped_and_counted_and_the_right_answer_is_given(upstreams, daemon, settings):
    server = daemon(upstreams({"A": settings, "B": {"delay": "300ms"}}), upstream=PATIENT)
    assert addresses(server.query("www.pool.example.")) == ["10.77.1.1", "10.77.1.2"]
    assert mismatches(server) >= 1
    assert server.statistics()["disagreements"] == 0


def test_duplicates_change_nothing(upstreams, daemon):
    servers = upstreams({"A": {"duplicate": 5}, "B": {"duplicate": 5}, "C": {"duplicate": 5}})
    server = daemon(servers, upstream=PATIENT)
    server.query("www.pool.example.")
    flight = server.finished_flight()
    assert len(flight.of("replied")) == 3 and len(flight.of("answered")) == 1
    wait_for(lambda: mismatches(server) == 12, "the duplicates' being counted")
    assert len(addresses(server.query("www.pool.example."))) == 6
    assert server.statistics()["upstream_replies"] == 3


@pytest.mark.parametrize("mode", ["wrong", "sequential"])
def test_thousands_of_forgeries_are_dropped(upstreams, daemon, mode):
    servers = upstreams({"A": {"delay": "1s"}})
    server = daemon(servers, upstream=PATIENT)
    with server.udp() as client:
        client.send(make_query("www.pool.example."))
        wait_for(lambda: servers.counts()["A"].udp, "the query's arrival")
        servers.forge("A", 10000, mode)
        assert addresses(parse(client.receive())) == ["10.77.0.1", "10.77.0.2"]
    assert mismatches(server) >= 16
    flight = server.finished_flight()
    assert [transport for _, transport, _ in flight.ways()] == ["udp", "tcp"], "nobody can forge there"
    assert server.statistics()["upstream_suspicions"] == 1
    assert FORGED not in addresses(server.query("www.pool.example."))


def test_a_late_reply_to_an_earlier_question_with_the_id_of_a_later_one_is_dropped(stack, daemon):
    played = stack.enter_context(PlayedUpstream())
    server = daemon(played, upstream=PATIENT)
    with server.udp() as client:
        client.send(make_query("early.example."))
        early, early_peer = played.receive("early.example.")
        client.send(make_query("later.example."))
        later, peer = played.receive("later.example.")
        stale = answer_to(early, f"early.example. 300 IN A {FORGED}")
        stale.id = later.id
        played.send(stale, peer)
        played.send(answer_to(later, "later.example. 300 IN A 192.0.2.2"), peer)
        reply = parse(client.receive())
        assert reply.question[0].name.to_text() == "later.example."
        assert addresses(reply) == ["192.0.2.2"]
        played.send(answer_to(early, "early.example. 300 IN A 192.0.2.1"), early_peer)
        assert addresses(parse(client.receive())) == ["192.0.2.1"]
    assert mismatches(server) == 1


def test_a_reply_from_another_address_is_not_taken(stack, daemon):
    played, stranger = stack.enter_context(PlayedUpstream()), stack.enter_context(PlayedUpstream())
    server = daemon(played, upstream=PATIENT)
    with server.udp() as client:
        client.send(make_query("www.example."))
        query, peer = played.receive("www.example.")
        stranger.send(answer_to(query, f"www.example. 300 IN A {FORGED}"), peer)
        played.send(answer_to(query, "www.example. 300 IN A 192.0.2.2"), peer)
        assert addresses(parse(client.receive())) == ["192.0.2.2"]


def test_octets_that_are_no_message_are_dropped(stack, daemon):
    played = stack.enter_context(PlayedUpstream())
    server = daemon(played, upstream=PATIENT)
    with server.udp() as client:
        client.send(make_query("www.example."))
        query, peer = played.receive("www.example.")
        right = answer_to(query, "www.example. 300 IN A 192.0.2.2").to_wire()
        mangled = [b"", right[:1], right[:11], right[:20], right[:-1], right[:6] + b"\xff\xff" + right[8:]]
        for octets in mangled:
            played.send(octets, peer)
        played.send(right, peer)
        assert addresses(parse(client.receive())) == ["192.0.2.2"]
    assert mismatches(server) == len(mangled)


def test_mutated_replies_never_end_the_daemon(upstreams, daemon):
    servers = upstreams({"A": {"mutate": 0.5}, "B": {"mutate": 0.5}, "C": {}}, seed=3)
    server = daemon(servers, upstream={"total_collect_timeout": "1s"})
    for number in range(200):
        server.exchange(make_query(f"{number}.pool.example."))
    assert server.alive()
    server.finished_flights(200)
    assert server.statistics()["flights_started"] == 200


def test_addresses_of_other_names_in_a_reply_are_not_filed_under_them(stack, daemon):
    played = stack.enter_context(PlayedUpstream())
    server = daemon(played, upstream=PATIENT)
    with server.udp() as client:
        client.send(make_query("www.example."))
        query, peer = played.receive("www.example.")
        reply = answer_to(query, "www.example. 300 IN A 192.0.2.2", f"victim.example. 300 IN A {FORGED}")
        reply.additional.append(dns.rrset.from_text("victim.example.", 300, "IN", "A", FORGED))
        played.send(reply, peer)
        client.receive()
        client.send(make_query("victim.example."))
        query, peer = played.receive("victim.example.")
        played.send(answer_to(query, "victim.example. 300 IN A 192.0.2.3"), peer)
        assert addresses(parse(client.receive())) == ["192.0.2.3"]
