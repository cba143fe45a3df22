"""ICMP errors from the network: an upstream behind a router that says its host or network cannot be reached."""

import network
import pytest
from pacedns import extended_errors

UPSTREAM = {"host": "198.18.1.1", "network": "198.18.2.1"}
NEAR, ROUTER = "198.18.0.1", "198.18.0.2"
SERVFAIL = 2
NETWORK_ERROR = 23  # RFC 8914


@pytest.fixture(autouse=True)
def _router(own_network):
    """The far side: it has routes to no network but this one, and says so."""
    with network.far_side() as far:
        far.link("a", f"{NEAR}/24", f"{ROUTER}/24")
        far.ip("route", "add", "unreachable", f"{UPSTREAM['host']}/32")
        with far.entered():
            network.set_control("net.ipv4.ip_forward", 1)
            network.set_control("net.ipv4.icmp_ratelimit", 0)
        network.ip("route", "add", "198.18.0.0/15", "via", ROUTER)
        yield


@pytest.mark.parametrize("kind", UPSTREAM)
def test_an_icmp_error_of_a_router_is_a_failure_at_once(daemon, kind):
    server = daemon([UPSTREAM[kind]])
    reply = server.query("www.example.", edns=1232)
    assert (reply.rcode(), extended_errors(reply)) == (SERVFAIL, [NETWORK_ERROR])
    reasons = [failure["reason"] for failure in server.finished_flight().of("failed")]
    assert reasons and all("deadline" not in reason for reason in reasons)
