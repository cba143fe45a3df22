"""Reload on SIGHUP: what takes effect, what is refused, what needs a restart; and nothing is lost."""

import re
import signal

import dns.rcode
import pytest
import yaml
from load import Load
from pacedns import addresses, config, make_query, merged, parse, wait_for

BAD = """\
upstream:
  servers: [dns.google, 9.9.9.9]
  bach_size: 2
"""
BAD_PLACES = [(2, 13, "upstream.servers"), (3, 3, "upstream.bach_size")]


def reload(server, settings):
    """Reloads and waits for the outcome: the log's lines about it."""
    text = settings if isinstance(settings, str) else yaml.safe_dump(settings)
    (server.path / "pacedns.yaml").write_text(text, encoding="utf-8")
    known = len(server.log())
    outcome = []
    def over():
        lines = server.log()[known:]
        ends = [i for i, line in enumerate(lines) if line["event"] in ("reload_finished", "reload_failed")]
        outcome[:] = lines[:ends[-1] + 1] if ends else []
        return outcome
    server.signal(signal.SIGHUP)
    wait_for(over, "the end of the reload")
    return [line for line in outcome if line["event"].startswith("reload")]


def keys(lines, effect):
    return {line["key"] for line in lines if line["event"] == "reloaded" and line["effect"] == effect}


def test_changed_upstreams_take_effect_and_flights_end_as_they_began(upstreams, daemon):
    servers = upstreams({"A": {"delay": "1s"}, "B": {}})
    both = servers.servers()
    server = daemon(both[:1])
    with server.udp() as client:
        client.send(make_query("before.pool.example."))
        wait_for(lambda: servers.counts()["A"].udp == 1, "the query")
        lines = reload(server, config(both[1:], listen=server.settings["listen"]))
        assert keys(lines, "now") == {"upstream.servers"}
        assert addresses(server.query("after.pool.example.")) == ["10.77.1.1", "10.77.1.2"]
        assert addresses(parse(client.receive())) == ["10.77.0.1", "10.77.0.2"]
    assert not servers.events("query", upstream="A", qname="after.pool.example.")
    assert not servers.events("query", upstream="B", qname="before.pool.example.")


def test_changed_options_take_effect_and_the_cache_stays(upstreams, daemon):
    servers = upstreams({"A": {}, "B": {"delay": "1ms"}})
    server = daemon(servers, log={"level": "info"})
    server.query("cached.pool.example.")
    wait_for(lambda: len(addresses(server.query("cached.pool.example."))) == 4, "the pool")
    counted = servers.total()
    lines = reload(server, merged(server.settings, {"cache": {"max_ttl": "7s"}, "log": {"level": "debug"},
                                                    "upstream": {"merge": "off", "active_tier_size": 1}}))
    assert keys(lines, "now") == {"cache.max_ttl", "log.level", "upstream.merge", "upstream.active_tier_size"}
    assert len(addresses(server.query("cached.pool.example."))) == 4
    assert servers.total() == counted
    assert all(rrset.ttl <= 7 for rrset in server.query("new.pool.example.").answer)
    flight = server.finished_flight("new.pool.example.")  # the log tells of flights now
    assert len(flight.asked("active")) == 1 and flight.of("flight_finished")[0]["pool_additions"] == "0"


def test_changed_access_takes_effect_and_back_again(upstreams, daemon):
    server = daemon(upstreams({"A": {}}))
    with server.tcp() as before:
        before.send(make_query("www.pool.example."))
        assert parse(before.receive()).rcode() == dns.rcode.NOERROR
        closed = merged(server.settings, {"access": {"allow": ["192.0.2.0/24"]}})
        assert keys(reload(server, closed), "now") == {"access.allow"}
        for tcp in (False, True):
            wait_for(lambda: server.query("www.pool.example.", tcp=tcp).rcode() == dns.rcode.REFUSED, "the refusal")
        assert keys(reload(server, server.settings), "now") == {"access.allow"}
        for tcp in (False, True):
            wait_for(lambda: server.query("www.pool.example.", tcp=tcp).rcode() == dns.rcode.NOERROR, "access")
        before.send(make_query("www.pool.example."))
        assert before.receive()


@pytest.mark.parametrize("text", [BAD, "upstream: [", ""])
def test_a_bad_file_changes_nothing_and_is_logged_with_its_places(upstreams, daemon, text):
    servers = upstreams({"A": {}})
    server = daemon(servers)
    server.query("cached.pool.example.")
    lines = reload(server, text)
    assert {line["event"] for line in lines} == {"reload_failed"}
    assert all(line["level"] == "error" for line in lines)
    places = [(int(line), int(column)) for line, column in re.findall(r"pacedns\.yaml:(\d+):(\d+): ", server.stderr())]
    if text == BAD:
        assert places == [(line, column) for line, column, _ in BAD_PLACES]
    assert places
    assert addresses(server.query("cached.pool.example.")) and addresses(server.query("new.pool.example."))
    assert servers.total() == 2


def test_a_missing_file_changes_nothing(upstreams, daemon):
    server = daemon(upstreams({"A": {}}))
    (server.path / "pacedns.yaml").rename(server.path / "away.yaml")
    assert not server.reload()
    assert addresses(server.query("www.pool.example."))


RESTART = {"workers": 1, "cache": {"size": "1MiB"}, "log": {"target": "auto"}}
RESTART_KEYS = {"workers", "cache.size", "log.target"}


def test_keys_that_need_a_restart_are_named(upstreams, daemon):
    server = daemon(upstreams({"A": {}}))
    lines = reload(server, merged(server.settings, {**RESTART, "upstream": {"batch_size": 1}}))
    assert keys(lines, "restart") == RESTART_KEYS
    assert keys(lines, "now") == {"upstream.batch_size"}
    assert {line["level"] for line in lines if line.get("effect") == "restart"} == {"warning"}
    assert addresses(server.query("www.pool.example."))


def test_what_needs_a_restart_is_measured_by_what_runs(upstreams, daemon):
    server = daemon(upstreams({"A": {}}))
    changed = merged(server.settings, RESTART)
    assert keys(reload(server, changed), "restart") == RESTART_KEYS
    assert keys(reload(server, changed), "restart") == RESTART_KEYS  # still not what runs
    assert keys(reload(server, server.settings), "restart") == set()  # what runs


def test_fifty_reloads_under_load_lose_no_query_and_no_connection(upstreams, daemon):
    servers = upstreams({"A": {"delay": "5ms"}, "B": {"delay": "20ms"}, "C": {"delay": "40ms"}})
    server = daemon(servers, log={"level": "info"}, limits={"tcp_connections_per_client": 200})
    each = servers.servers()
    stays = "{}:{}".format(*server.address)
    with Load(server.address, rate=5000, connections=200) as load:
        for number in range(50):
            load.await_more(200)
            bad = number % 3 == 2
            changed = merged(server.settings, {
                "listen": [stays, "127.0.0.1:0"][:1 + number % 2],
                "upstream": {"servers": [each[number % 3], each[(number + 1) % 3]], "batch_size": 1 + number % 2},
                "limits": {"tcp_connections": 300 + number}})
            lines = reload(server, BAD if bad else changed)
            assert lines[-1]["event"] == ("reload_failed" if bad else "reload_finished")
        load.await_more(200)
    load.check()
    print(f"{load.sent} queries in {load.seconds:.1f} s, {load.sent / load.seconds:.0f}/s")
    assert server.reload(server.settings)
    assert server.statistics()["tcp_connections"] == 200


def test_reloads_at_once_are_all_survived(upstreams, daemon):
    server = daemon(upstreams({"A": {}}))
    for _ in range(200):
        server.signal(signal.SIGHUP)
    wait_for(lambda: server.log("reload_finished"), "a reload")
    assert addresses(server.query("www.pool.example."))
