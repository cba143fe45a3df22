"""Upstreams from a file that says `nameserver`: it may come later, be replaced, and name ourselves.

Such servers are asked on port 53, so each test has a network namespace of its own, with nothing in it but loopback.
"""

import dns.rcode
import network
import pytest
from pacedns import addresses, config, extended_errors, merged, wait_for

A, B = "127.0.0.11", "127.0.0.12"


@pytest.fixture(autouse=True)
def _network(own_network):
    """Before anything is started."""


@pytest.fixture(name="servers")
def _servers(upstreams):
    return upstreams({"A": {"listen": f"{A}:53", "delay": "20ms"}, "B": {"listen": f"{B}:53"}})


@pytest.fixture(name="file")
def _file(tmp_path):
    return tmp_path / "resolv.conf"


def nameservers(*listed):
    return "".join(f"nameserver {address}\n" for address in listed)


def replace(file, *listed):
    beside = file.with_suffix(".new")
    beside.write_text(nameservers(*listed), encoding="ascii")
    beside.rename(file)


def wait_until_read(server, *listed):
    wait_for(lambda: server.log("resolv_conf_read", addresses=",".join(listed)), "the reading")


def asked(server, qname):
    """Whom the daemon asked for a new name."""
    assert server.query(qname).rcode() == dns.rcode.NOERROR
    return server.finished_flight(qname).asked()


def wait_until_asked(server, *listed):
    """The log tells of a change a moment before the workers know of it."""
    numbers = iter(range(10000))
    wait_for(lambda: set(asked(server, f"n{next(numbers)}.pool.example.")) == set(listed), "the change")


@pytest.mark.usefixtures("servers")
def test_a_file_that_comes_later_is_used_at_once(daemon, file):
    server = daemon([], upstream={"resolv_conf": str(file)}, cache={"failure_ttl": "5m"})
    assert server.log("resolv_conf_not_used", path=file, kept_upstreams=0)
    for tcp in (False, True):
        reply = server.query("www.pool.example.", edns=1232, tcp=tcp)
        assert reply.rcode() == dns.rcode.SERVFAIL and extended_errors(reply) == [22]
    assert server.query("www.pool.example.").rcode() == dns.rcode.SERVFAIL
    file.write_text(nameservers(A), encoding="ascii")
    wait_until_read(server, A)
    wait_for(lambda: server.query("www.pool.example.").rcode() == dns.rcode.NOERROR, "the answer")
    assert addresses(server.query("www.pool.example.")) == ["10.77.0.1", "10.77.0.2"]
    assert server.statistics()["cache_hits"] >= 1


def test_a_file_that_is_replaced_is_followed_and_one_that_vanishes_is_not(daemon, servers, file):
    replace(file, A)
    server = daemon([], upstream={"resolv_conf": str(file)})
    assert asked(server, "first.pool.example.") == [A]
    measured = server.upstream_statistics()[A]["smoothed_rtt_ms"]
    replace(file, B, A)
    wait_until_read(server, B, A)
    assert server.upstream_statistics()[A]["smoothed_rtt_ms"] == measured != "0.0", "its health is kept"
    wait_until_asked(server, A, B)
    replace(file, B)
    wait_until_read(server, B)
    wait_until_asked(server, B)
    before = servers.counts()["A"]
    file.unlink()
    wait_for(lambda: server.log("resolv_conf_not_used", addresses=B), "the reading")
    assert asked(server, "last.pool.example.") == [B]
    assert servers.counts()["A"] == before


@pytest.mark.usefixtures("servers")
def test_our_own_address_is_left_out_and_named(daemon, file):
    replace(file, "127.0.0.1", A)
    server = daemon([], upstream={"resolv_conf": str(file)}, listen=["127.0.0.1:53"])
    said = server.log("resolv_conf_left_out")
    assert [(line["address"], line["reason"]) for line in said] == \
        [("127.0.0.1", "it is our own listening address 127.0.0.1:53")]
    assert asked(server, "www.pool.example.") == [A]
    replace(file, "127.0.0.1", B)
    wait_until_read(server, B)
    wait_until_asked(server, B)
    assert len(server.log("resolv_conf_left_out")) == 1, "it is said once"


def test_every_address_of_the_machine_is_ours_where_we_listen_on_all(daemon, file):
    network.ip("address", "add", "192.0.2.7/32", "dev", "lo")
    replace(file, "192.0.2.7", "127.0.0.53", "198.51.100.1")
    server = daemon([], upstream={"resolv_conf": str(file)}, listen=["0.0.0.0:53"])
    assert [line["address"] for line in server.log("resolv_conf_left_out")] == ["192.0.2.7", "127.0.0.53"]
    assert server.log("resolv_conf_read", addresses="198.51.100.1", upstreams=1)


@pytest.mark.usefixtures("servers")
def test_beside_configured_upstreams_each_is_asked_once(daemon, file):
    replace(file, A, B)
    server = daemon([{"name": "configured", "address": A}], upstream={"resolv_conf": str(file)})
    assert asked(server, "www.pool.example.") == ["configured", B]
    sources = {name: line["source"] for name, line in server.upstream_statistics().items()}
    assert sources == {"configured": "servers", B: "resolv_conf"}
    assert not server.log("resolv_conf_left_out")


@pytest.mark.usefixtures("servers")
def test_a_reload_names_another_file_or_none(daemon, file):
    other = file.with_name("other.conf")
    replace(file, A)
    replace(other, B)
    server = daemon([], upstream={"resolv_conf": str(file)})
    assert asked(server, "first.pool.example.") == [A]
    assert server.reload(merged(server.settings, {"upstream": {"resolv_conf": str(other)}}))
    assert server.log("reloaded", key="upstream.resolv_conf", effect="now")
    wait_until_asked(server, B)
    replace(other, A, B)
    wait_until_read(server, A, B)
    wait_until_asked(server, A, B)
    assert server.reload(config([{"name": "configured", "address": B}], listen=server.settings["listen"]))
    wait_until_asked(server, "configured")
