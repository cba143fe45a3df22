"""An upstream that forwards to us what we ask it."""

from pacedns import Daemon, config, wait_for


def listening_at(server):
    return "{}:{}".format(*server.address)


def test_an_upstream_that_forwards_to_us_is_named(daemon):
    ours = daemon([{"name": "nobody", "address": "192.0.2.1"}], workers=1)
    with Daemon(config([{"name": "us", "address": listening_at(ours)}], workers=1)) as other:
        assert ours.reload({**ours.settings, "upstream": {
            "servers": [{"name": "other", "address": listening_at(other)}], "total_collect_timeout": "400ms"}})
        asked = 0

        def named():
            nonlocal asked
            asked += 1
            ours.query(f"n{asked}.pool.example.")
            return ours.log("forwarding_loop")
        line, *_ = wait_for(named, "a word about the loop")
        assert (line["level"], line["upstream"], line["address"]) == ("error", "other", listening_at(other))
        assert ours.statistics()["forwarding_loops"] >= 1


def test_upstreams_that_answer_are_not_asked_about_loops(upstreams, daemon):
    servers = upstreams({"A": {"delay": "20ms"}, "B": {"delay": "20ms"}})
    server = daemon(servers)
    for number in range(20):
        server.query(f"n{number}.pool.example.")
    server.finished_flights(20)
    assert servers.counts()["A"].udp == 20 and servers.counts()["B"].udp == 20
