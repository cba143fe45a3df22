"""ICMP errors from the network: an upstream behind a router that says its host or network cannot be reached.

Two network namespaces, entered by running this file under unshare(1): the daemon in the outer one, and a router
(a namespace of its own at the other end of a veth pair) that answers whatever is sent to the upstream with an ICMP
error. Both end with the process.
"""

import contextlib
import json
import os
import subprocess
import sys

import pytest
from pacedns import SOON, Daemon, config, extended_errors

UPSTREAM = {"host": "198.18.1.1", "network": "198.18.2.1"}
ROUTER = "198.18.0.2"
SERVFAIL = 2
NETWORK_ERROR = 23  # RFC 8914


def ip(*words):
    subprocess.run(["ip", *words], check=True)


@contextlib.contextmanager
def router():
    """A namespace that forwards nothing and says so."""
    holder = subprocess.Popen(["unshare", "--net", "--kill-child", "--fork", "sh", "-c", "echo ready; exec cat"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "ready\n"
        inner = subprocess.run(["pgrep", "-P", str(holder.pid)], capture_output=True, text=True,
                               check=True).stdout.split()[0]
        enter = ["nsenter", f"--net=/proc/{inner}/ns/net", "ip"]
        ip("link", "set", "lo", "up")
        ip("link", "add", "near", "type", "veth", "peer", "name", "far", "netns", inner)
        ip("address", "add", "198.18.0.1/24", "dev", "near")
        ip("link", "set", "near", "up")
        for command in (["address", "add", f"{ROUTER}/24", "dev", "far"], ["link", "set", "far", "up"],
                        ["link", "set", "lo", "up"], ["route", "add", "unreachable", f"{UPSTREAM['host']}/32"]):
            subprocess.run([*enter, *command], check=True)
        subprocess.run(["nsenter", f"--net=/proc/{inner}/ns/net", "sysctl", "-qw", "net.ipv4.ip_forward=1",
                        "net.ipv4.icmp_ratelimit=0"], check=True)
        ip("route", "add", "198.18.0.0/15", "via", ROUTER)
        yield
    finally:
        holder.stdin.close()
        holder.wait(SOON)


def inside():
    """Prints, for each upstream, what the client was told and why."""
    said = {}
    with router():
        for kind, address in UPSTREAM.items():
            with Daemon(config([address])) as daemon:
                reply = daemon.query("www.example.", edns=1232)
                failures = daemon.finished_flight().of("failed")
                said[kind] = {"rcode": reply.rcode(), "errors": extended_errors(reply),
                              "reasons": [failure["reason"] for failure in failures]}
    print(json.dumps(said))


@pytest.mark.parametrize("kind", UPSTREAM)
def test_an_icmp_error_of_a_router_is_a_failure_at_once(kind):
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    result = subprocess.run(["unshare", "--net", "--kill-child", "--fork", sys.executable, "-B", __file__],
                            capture_output=True, text=True, check=False, timeout=4 * SOON)
    assert result.returncode == 0, \
        f"this test makes network namespaces: run it as root, in a container that may make them\n{result.stdout}{result.stderr}"
    said = json.loads(result.stdout.splitlines()[-1])[kind]
    assert (said["rcode"], said["errors"]) == (SERVFAIL, [NETWORK_ERROR])
    assert said["reasons"] and all("deadline" not in reason for reason in said["reasons"])


if __name__ == "__main__":
    inside()
