"""Upstreams that stop answering: nobody's query is lost, they lose their rank, and one reply gives it back."""

import time

import dns.rcode
from pacedns import make_query, parse, wait_for

FIVE = {"A": {"delay": "200ms"}, "B": {"delay": "5ms"}, "C": {"delay": "160ms"}, "D": {"delay": "10ms"},
        "E": {"delay": "120ms"}}
FASTEST = {"B", "D"}
A_FIFTIETH = 0.02


def ask_fifty_a_second(server, names):
    """The RCODE that each name got, by name."""
    rcodes = {}
    with server.udp() as client:
        for name in names:
            client.send(make_query(name))
            time.sleep(A_FIFTIETH)
        while len(rcodes) < len(names):
            wire = client.receive()
            if wire is None:
                break
            reply = parse(wire)
            rcodes[reply.question[0].name.to_text()] = reply.rcode()
    return rcodes


def names_of(batch, count):
    return [f"{batch}-{number}.pool.example." for number in range(count)]


def states(server, upstream):
    return [line["to"] for line in server.log("upstream_state", upstream=upstream)]


def test_no_query_is_lost_when_the_two_fastest_go_dark_and_they_rank_last_until_they_return(upstreams, daemon):
    servers = upstreams(FIVE)
    server = daemon(servers, upstream={"fallback_timeout": "1s", "total_collect_timeout": "10s"})
    ask_fifty_a_second(server, names_of("healthy", 20))
    server.finished_flights(20)
    assert set(server.flights()[-1].asked("active")) == FASTEST

    for name in FASTEST:
        servers.set(name, "dark", "on")
    names = names_of("dark", 150)
    rcodes = ask_fifty_a_second(server, names)
    assert rcodes == dict.fromkeys(names, dns.rcode.NOERROR)

    for name in FASTEST:
        assert "suspect" in states(server, name)
    log = server.log()
    both_suspect = max(log.index(server.log("upstream_state", upstream=name, to="suspect")[0]) for name in FASTEST)
    later = [line["flight"] for line in log[both_suspect:] if line.get("event") == "flight_started"]
    flights = [flight for flight in server.flights() if flight.number in later]
    assert flights, "they became suspect only at the very end"
    # A machine that stalls may shake the others' rank as well, but not for most of the flights.
    unharmed = [flight for flight in flights if not FASTEST & set(flight.asked("active"))
                and flight.second_tier_reason() == "first_reply" and set(flight.asked()[3:]) <= FASTEST]
    assert len(unharmed) >= 0.8 * len(flights)

    for name in FASTEST:
        servers.set(name, "dark", "off")
    back = names_of("back", 1)
    assert ask_fifty_a_second(server, back) == dict.fromkeys(back, dns.rcode.NOERROR)
    for name in FASTEST:
        wait_for(lambda name=name: states(server, name)[-1:] == ["up"], f"the return of {name}")
    server.query("again.pool.example.")
    assert set(server.flights("again.pool.example.")[0].asked("active")) == FASTEST


def test_an_upstream_dark_for_long_is_left_out_but_for_probes_and_comes_back(upstreams, daemon):
    servers = upstreams({"A": {"dark": True}, "B": {"delay": "5ms"}})
    server = daemon(servers, upstream={"total_collect_timeout": "500ms"})
    for name in names_of("dark", 12):
        server.query(name)
    wait_for(lambda: "down" in states(server, "A"), "A's being down")
    server.finished_flights(12)

    for name in names_of("down", 5):
        assert server.query(name).rcode() == dns.rcode.NOERROR
    for name in names_of("down", 5):
        asked = server.flights(name)[0].of("asked")
        assert {line["upstream"] for line in asked if line["probe"] == "0"} == {"B"}

    servers.set("A", "dark", "off")
    tried = iter(names_of("probing", 10000))

    def back():
        server.query(next(tried))
        return states(server, "A")[-1] == "up"
    wait_for(back, "A's return")
    probes = server.log("asked", upstream="A", probe="1")
    assert probes and all(line["tier"] == "second" for line in probes)
    server.query("after.pool.example.")
    assert "A" in server.flights("after.pool.example.")[0].asked("active")


def test_what_was_asked_before_its_return_is_not_held_against_an_upstream(upstreams, daemon):
    servers = upstreams({"A": {}, "B": {"delay": "20ms"}})
    server = daemon(servers, upstream={"total_collect_timeout": "10s"})
    server.query("first.pool.example.")
    servers.set("A", "dark", "on")
    for name in names_of("dark", 12):  # more than it takes to be down, were they all held against A
        server.query(name)
    wait_for(lambda: states(server, "A") == ["suspect"], "the suspicion")
    servers.set("A", "dark", "off")
    server.query("back.pool.example.")
    server.finished_flights(14)
    assert len(server.log("failed", upstream="A")) == 12
    assert states(server, "A") == ["suspect", "up"]


def test_when_all_are_down_all_are_asked(upstreams, daemon):
    servers = upstreams({"A": {"refuse": True}, "B": {"refuse": True}})
    server = daemon(servers)
    for name in names_of("refused", 12):
        assert server.query(name).rcode() == dns.rcode.SERVFAIL
    assert {name: each["state"] for name, each in server.upstream_statistics().items()} == {"A": "down", "B": "down"}
    servers.set("*", "refuse", "false")
    assert server.query("www.pool.example.").rcode() == dns.rcode.NOERROR
    assert sorted(server.finished_flight("www.pool.example.").asked()) == ["A", "B"]


def test_a_single_upstream_that_loses_a_third_of_the_queries_answers_all_of_them(upstreams, daemon):
    servers = upstreams({"A": {"loss": 0.3}}, seed=7)
    server = daemon(servers, upstream={"total_collect_timeout": "10s"})
    for name in names_of("lossy", 100):
        assert server.query(name).rcode() == dns.rcode.NOERROR
    assert server.statistics()["upstream_retransmissions"] > 0
    assert servers.events("dropped", reason="loss")


def test_a_retransmission_has_an_id_and_a_port_of_its_own(upstreams, daemon):
    servers = upstreams({"A": {"dark": True}})
    server = daemon(servers, upstream={"total_collect_timeout": "2s"})
    server.query("www.pool.example.")
    queries = servers.events("query")
    assert len(queries) >= 2
    assert len({(event["id"], event["peer"]) for event in queries}) == len(queries)
    assert len({event["peer"] for event in queries}) == len(queries)
