"""Five upstreams out of order: who is asked when, what the client gets, what the cache holds afterwards."""

from pacedns import addresses, lowest_ttl, wait_for

# By speed B D A E C; far enough apart that a busy machine does not turn the order around.
FIVE = {"A": {"delay": "500ms"}, "B": {"delay": "20ms"}, "C": {"delay": "900ms"}, "D": {"delay": "260ms"},
        "E": {"delay": "700ms"}}
PATIENT = {"fallback_timeout": "5s", "total_collect_timeout": "10s"}
WHOLE_POOL = {f"10.77.{upstream}.{host}" for upstream in range(5) for host in (1, 2)}


def test_a_measured_set_is_asked_best_two_first_then_in_batches(upstreams, daemon):
    servers = upstreams(FIVE)
    server = daemon(servers, upstream=PATIENT)
    server.query("first.pool.example.")
    assert server.finished_flight().asked("active") == ["A", "B"]  # the configured order, with nothing measured

    reply = server.query("second.pool.example.")
    flight = server.finished_flight("second.pool.example.")
    assert addresses(reply) == ["10.77.1.1", "10.77.1.2"]
    assert flight.answered_by() == "B"
    assert flight.asked("active") == ["B", "D"]
    assert flight.second_tier_reason() == "first_reply"
    assert flight.batches() == [["A", "E"], ["C"]]
    order = [(line["event"], line["upstream"]) for line in flight.events if "upstream" in line]
    assert order.index(("answered", "B")) < order.index(("asked", "A"))
