"""An upstream that forwards to us what we ask it."""

import itertools

from pacedns import Daemon, Process, as_address, config, free_address, make_query, wait_for
from test_real_servers import RESOLVING, UNBOUND, tool


def listening_at(server):
    return "{}:{}".format(*server.address)


def name_loop(ours, address):
    """Has `ours` forward to what forwards to it, and asks until that is named: the line in its log."""
    assert ours.reload({**ours.settings, "upstream": {
        "servers": [{"name": "other", "address": address}], "total_collect_timeout": "400ms"}})
    asked = itertools.count()

    def named():
        ours.query(f"n{next(asked)}.pool.example.", edns=1232, do=True)
        return ours.log("forwarding_loop")
    line, *_ = wait_for(named, "a word about the loop")
    return line


def test_an_upstream_that_forwards_to_us_is_named(daemon):
    ours = daemon([{"name": "nobody", "address": "192.0.2.1"}], workers=1)
    with Daemon(config([{"name": "us", "address": listening_at(ours)}], workers=1)) as other:
        line = name_loop(ours, listening_at(other))
        assert (line["level"], line["upstream"], line["address"]) == ("error", "other", listening_at(other))
        assert ours.statistics()["forwarding_loops"] >= 1


def test_a_resolver_that_forwards_to_us_is_named(daemon):
    ours = daemon([{"name": "nobody", "address": "192.0.2.1"}])
    address = free_address()
    text = UNBOUND.replace("{settings}", RESOLVING).format(port=as_address(address)[1])
    text += f'forward-zone:\n  name: "."\n  forward-addr: {listening_at(ours).replace(":", "@")}\n'
    with Process(tool("unbound"), ["-d", "-c", "server.conf"], {"server.conf": text}):
        assert name_loop(ours, address)["upstream"] == "other"


def test_upstreams_that_answer_are_not_asked_about_loops(upstreams, daemon):
    servers = upstreams({"A": {"delay": "20ms"}, "B": {"delay": "20ms"}})
    server = daemon(servers)
    for number in range(20):
        server.query(f"n{number}.pool.example.")
        if number % 8 == 0:  # clients that repeat themselves now and then
            with server.udp() as client:
                for _ in range(2):
                    client.send(make_query(f"twice{number}.pool.example."))
    server.finished_flights(23)
    assert server.statistics()["flights_joined"] == 3
    assert servers.counts()["A"].udp == 23 and servers.counts()["B"].udp == 23
