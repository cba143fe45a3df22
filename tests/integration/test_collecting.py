"""Five upstreams out of order: who is asked when, what the client gets, what the cache holds afterwards."""

from pacedns import addresses, lowest_ttl, wait_for

# By speed B D A E C; far enough apart that a busy machine does not turn the order around.
FIVE = {"A": {"delay": "500ms"}, "B": {"delay": "20ms"}, "C": {"delay": "900ms"}, "D": {"delay": "260ms"},
        "E": {"delay": "700ms"}}
PATIENT = {"fallback_timeout": "5s", "total_collect_timeout": "10s"}
WHOLE_POOL = {f"10.77.{upstream}.{host}" for upstream in range(5) for host in (1, 2)}


def test_once_measured_the_best_two_are_asked_at_once_and_the_others_in_batches(upstreams, daemon):
    server = daemon(upstreams(FIVE), upstream=PATIENT)
    server.query("first.pool.example.")
    assert server.finished_flight().asked("active") == ["A", "B"]  # the configured order: nothing is measured

    server.query("second.pool.example.")
    flight = server.finished_flight("second.pool.example.")
    assert flight.asked("active") == ["B", "D"]
    assert flight.second_tier_reason() == "first_reply"
    assert flight.batches() == [["A", "E"], ["C"]]


def test_the_client_is_answered_on_the_first_reply_before_the_others_are_asked(upstreams, daemon):
    servers = upstreams(FIVE)
    server = daemon(servers, upstream=PATIENT)
    reply = server.query("www.pool.example.")
    assert addresses(reply) == ["10.77.1.1", "10.77.1.2"]

    flight = server.finished_flight()
    assert flight.answered_by() == "B"
    steps = [(line["event"], line["upstream"]) for line in flight.events if "upstream" in line]
    assert steps.index(("answered", "B")) < steps.index(("asked", "C"))
    seen = [(event["event"], event["upstream"]) for event in servers.events()]
    assert seen.index(("reply", "B")) < seen.index(("query", "C"))


def test_every_upstream_is_asked_exactly_once_per_flight(upstreams, daemon):
    servers = upstreams(FIVE)
    server = daemon(servers, upstream=PATIENT)
    names = [f"{number}.pool.example." for number in range(3)]
    for name in names:
        server.query(name)
    server.finished_flights(len(names))
    for name in names:
        assert sorted(server.finished_flight(name).asked()) == sorted(FIVE)
        asked = [event["upstream"] for event in servers.events("query", qname=name)]
        assert sorted(asked) == sorted(FIVE)


def test_all_ten_addresses_are_cached_the_winners_first(upstreams, daemon):
    servers = upstreams(FIVE)
    server = daemon(servers, upstream=PATIENT)
    first = server.query("www.pool.example.")
    server.finished_flight()
    before = servers.total()
    pooled = addresses(server.query("www.pool.example."))
    assert set(pooled) == WHOLE_POOL and len(pooled) == len(WHOLE_POOL)
    assert pooled[:2] == addresses(first)
    assert servers.total() == before
    counters = server.statistics()
    assert (counters["cache_hits"], counters["flights_started"], counters["pool_additions"]) == (1, 1, 8)


def test_ipv6_addresses_are_collected_too(upstreams, daemon):
    server = daemon(upstreams({"A": {}, "B": {}, "C": {}}), upstream=PATIENT)
    server.query("www.pool.example.", "AAAA")
    server.finished_flight()
    pooled = addresses(server.query("www.pool.example.", "AAAA"))
    assert set(pooled) == {"fd00:77::1", "fd00:77::2", "fd00:77:1::1", "fd00:77:1::2", "fd00:77:2::1", "fd00:77:2::2"}


def test_ttls_age_and_never_grow(upstreams, daemon):
    server = daemon(upstreams({"A": {"ttl": 300}, "B": {"ttl": 200, "delay": "1s"}}), upstream=PATIENT)
    ttls = [lowest_ttl(server.query("www.pool.example."))]

    def aged():
        ttls.append(lowest_ttl(server.query("www.pool.example.")))
        return ttls[-1] < 198
    wait_for(aged, "a TTL two seconds below the least of those merged")
    assert ttls[0] <= 300
    assert ttls == sorted(ttls, reverse=True)
    assert len(server.flights()) == 1


def test_a_question_asked_again_while_the_rest_is_collected_is_no_second_flight(upstreams, daemon):
    servers = upstreams({"A": {}, "B": {"delay": "1s"}, "C": {"delay": "1s"}})
    server = daemon(servers, upstream=PATIENT)
    server.query("www.pool.example.")
    assert addresses(server.query("www.pool.example.")) == ["10.77.0.1", "10.77.0.2"]
    server.finished_flight()
    assert len(server.flights()) == 1
    assert {name: count.udp for name, count in servers.counts().items()} == {"A": 1, "B": 1, "C": 1}


def test_collect_answer_asks_nobody_once_the_client_has_its_answer(upstreams, daemon):
    servers = upstreams({"A": {}, "B": {"delay": "200ms"}, "C": {}, "D": {}})
    server = daemon(servers, upstream={**PATIENT, "collect": "answer"})
    server.query("www.pool.example.")
    assert server.finished_flight().asked() == ["A", "B"]
    assert servers.total() == 2


def test_merge_off_keeps_the_first_answer(upstreams, daemon):
    servers = upstreams({"A": {}, "B": {"delay": "100ms"}, "C": {}})
    server = daemon(servers, upstream={**PATIENT, "merge": "off"})
    first = server.query("www.pool.example.")
    assert sorted(server.finished_flight().asked()) == ["A", "B", "C"]
    assert addresses(server.query("www.pool.example.")) == addresses(first)
    assert server.statistics()["pool_additions"] == 0
