"""The pool: the union of what the upstreams give for one terminal owner, and nothing that was never given for it."""

import dns.flags
import dns.rcode
from pacedns import addresses, lowest_ttl

PATIENT = {"fallback_timeout": "5s", "total_collect_timeout": "10s"}
# B answers well after A, so that A's reply is always the first.
LATER = {"delay": "400ms"}


def two(upstreams, first, second, **more):
    return upstreams({"A": {"answer": first, **more}, "B": {"answer": second, **more, **LATER}})


def first_and_pooled(server, name, rdtype="A", **how):
    """The reply of the flight, and that of the cache after its end."""
    first = server.query(name, rdtype, **how)
    server.finished_flight(name)
    return first, server.query(name, rdtype, **how)


def outcome(server, name="www.example."):
    return server.finished_flight(name).of("collected")[0]["outcome"]


def owners(reply):
    return [rrset.name.to_text() for rrset in reply.answer]


def test_the_winners_addresses_come_first_each_address_once_with_the_least_ttl(upstreams, daemon):
    servers = two(upstreams,
                  ["www.example. 300 IN A 192.0.2.9", "www.example. 300 IN A 192.0.2.1"],
                  ["www.example. 100 IN A 192.0.2.5", "www.example. 100 IN A 192.0.2.1",
                   "www.example. 100 IN A 192.0.2.7"])
    server = daemon(servers, upstream=PATIENT)
    first, pooled = first_and_pooled(server, "www.example.")
    assert addresses(first) == ["192.0.2.9", "192.0.2.1"] and lowest_ttl(first) == 300
    assert addresses(pooled) == ["192.0.2.9", "192.0.2.1", "192.0.2.5", "192.0.2.7"]
    assert lowest_ttl(pooled) <= 100
    assert server.statistics()["pool_additions"] == 2


def test_different_chains_to_the_same_terminal_owner_are_merged_under_the_winners_chain(upstreams, daemon):
    servers = two(upstreams,
                  ["www.example. 300 IN CNAME one.example.", "one.example. 300 IN CNAME end.example.",
                   "end.example. 300 IN A 192.0.2.1"],
                  ["www.example. 300 IN CNAME end.example.", "end.example. 300 IN A 192.0.2.2"])
    server = daemon(servers, upstream=PATIENT)
    _, pooled = first_and_pooled(server, "www.example.")
    assert outcome(server) == "merged"
    assert owners(pooled) == ["www.example.", "one.example.", "end.example."]
    assert addresses(pooled) == ["192.0.2.1", "192.0.2.2"]


def test_chains_to_different_terminal_owners_are_not_merged(upstreams, daemon):
    servers = two(upstreams,
                  ["www.example. 300 IN CNAME here.example.", "here.example. 300 IN A 192.0.2.1"],
                  ["www.example. 300 IN CNAME there.example.", "there.example. 300 IN A 192.0.2.2"])
    server = daemon(servers, upstream=PATIENT)
    _, pooled = first_and_pooled(server, "www.example.")
    assert outcome(server) == "other_owner"
    assert owners(pooled) == ["www.example.", "here.example."]
    assert addresses(pooled) == ["192.0.2.1"]
    assert server.statistics()["pool_refusals_other_owner"] == 1


def test_a_chain_member_has_no_entry_of_its_own(upstreams, daemon):
    chain = ["www.example. 300 IN CNAME end.example.", "end.example. 300 IN A 192.0.2.1"]
    server = daemon(two(upstreams, chain, chain), upstream=PATIENT)
    first_and_pooled(server, "www.example.")
    assert addresses(server.query("end.example.")) == ["192.0.2.1"]
    assert [flight.qname for flight in server.flights()] == ["www.example.", "end.example."]


def test_addresses_of_other_owners_are_not_merged(upstreams, daemon):
    servers = two(upstreams, ["www.example. 300 IN A 192.0.2.1"], ["other.example. 300 IN A 192.0.2.2"])
    server = daemon(servers, upstream=PATIENT)
    _, pooled = first_and_pooled(server, "www.example.")
    assert addresses(pooled) == ["192.0.2.1"]
    assert outcome(server) == "disagrees"
    assert server.statistics()["disagreements"] == 1


def test_the_first_reply_decides_the_rcode(upstreams, daemon):
    servers = upstreams({"A": {"rcode": "NXDOMAIN"}, "B": LATER})
    server = daemon(servers, upstream=PATIENT)
    first, later = first_and_pooled(server, "www.pool.example.")
    assert first.rcode() == later.rcode() == dns.rcode.NXDOMAIN
    assert outcome(server, "www.pool.example.") == "disagrees"


def test_unspecified_addresses_are_not_merged(upstreams, daemon):
    servers = two(upstreams, ["www.example. 300 IN A 192.0.2.1"], ["www.example. 300 IN A 0.0.0.0"])
    server = daemon(servers, upstream=PATIENT)
    _, pooled = first_and_pooled(server, "www.example.")
    assert addresses(pooled) == ["192.0.2.1"]


def test_other_types_are_not_merged(upstreams, daemon):
    servers = two(upstreams, ["www.example. 300 IN TXT one"], ["www.example. 300 IN TXT two"])
    server = daemon(servers, upstream=PATIENT)
    _, later = first_and_pooled(server, "www.example.", "TXT")
    assert [record.strings for rrset in later.answer for record in rrset] == [(b"one",)]


def test_answers_to_do_queries_are_not_merged(upstreams, daemon):
    server = daemon(upstreams({"A": {}, "B": LATER}), upstream=PATIENT)
    first, later = first_and_pooled(server, "www.pool.example.", do=True)
    assert addresses(later) == addresses(first) == ["10.77.0.1", "10.77.0.2"]


def test_no_more_than_32_addresses_are_pooled(upstreams, daemon):
    servers = two(upstreams, [f"www.example. 300 IN A 192.0.2.{host}" for host in range(1, 21)],
                  [f"www.example. 300 IN A 198.51.100.{host}" for host in range(1, 21)])
    server = daemon(servers, upstream=PATIENT)
    _, pooled = first_and_pooled(server, "www.example.", edns=1232)
    assert len(addresses(pooled)) == 32
    assert addresses(pooled)[:20] == [f"192.0.2.{host}" for host in range(1, 21)]


def test_authentic_data_survives_only_if_all_contributors_had_it(upstreams, daemon):
    servers = upstreams({"A": {"authentic_data": True}, "B": LATER})
    server = daemon(servers, upstream=PATIENT)
    _, pooled = first_and_pooled(server, "www.pool.example.", ad=True)
    assert len(addresses(pooled)) == 4
    assert not pooled.flags & dns.flags.AD
