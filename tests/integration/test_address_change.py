"""The host gets another address, as DHCP may give it. Sockets that are open have the old one."""

import dns.rcode
import network
import pacedns
import pytest

# (the far side, ours, our next), with the length of the prefix
NETWORKS = {"v4": ("198.18.0.9/24", "198.18.0.1/24", "198.18.0.3/24"),  # RFC 2544
            "v6": ("2001:db8::9/64", "2001:db8::1/64", "2001:db8::3/64")}
QUERIES = 40
KNOWN_TO_NOBODY = dns.rcode.NXDOMAIN


@pytest.fixture(autouse=True)
def _network(own_network):
    """Before anything is started."""


@pytest.mark.parametrize("family", NETWORKS)
def test_queries_leave_from_the_new_address(family, stack, daemon):
    theirs, old, new = NETWORKS[family]
    network.set_control("net.ipv4.conf.all.promote_secondaries", 1)  # or the new one goes with the old one
    far = stack.enter_context(network.far_side())
    far.link("a", old, theirs)
    host = theirs.split("/", maxsplit=1)[0]
    listen = f"[{host}]:0" if family == "v6" else f"{host}:0"
    upstreams = stack.enter_context(pacedns.Upstreams({"upstreams": [{"name": "A", "listen": listen}]}, far.launcher))
    server = daemon(upstreams, workers=1)
    for number in range(QUERIES):
        assert server.query(f"before-{number}.example.").rcode() == KNOWN_TO_NOBODY
    before = server.statistics()
    network.ip("address", "add", new, "dev", "near-a", *network.at_once(new))
    network.ip("address", "del", old, "dev", "near-a")
    for number in range(QUERIES):
        assert server.query(f"after-{number}.example.").rcode() == KNOWN_TO_NOBODY
    after = server.statistics()
    assert after["upstream_failures"] == before["upstream_failures"]
    # Over IPv6 the kernel sends from an address that is not there: each of the four sockets finds out by silence.
    assert after["upstream_retransmissions"] - before["upstream_retransmissions"] < QUERIES / 2
