"""A network of one's own, in a new network namespace: links to a second namespace, the far side.

    with network.own():                                  # or in a process that unshare(1) has given one
      with network.far_side() as far:                    # both end with the block
        far.link("a", "198.18.1.1/24", "198.18.1.2/24")  # the interfaces near-a (here) and far-a (there)
        pacedns.Upstreams(script, far.launcher)          # runs there
"""

import contextlib
import ctypes
import os
import pathlib
import re
import socket
import subprocess

import pacedns

CLONE_NEWNET = 0x40000000  # setns(2)
LIBC = ctypes.CDLL(None, use_errno=True)


def _check(outcome):
    if outcome != 0:
        raise OSError(ctypes.get_errno(), "network namespaces need root with CAP_SYS_ADMIN and CAP_NET_ADMIN: "
                      + os.strerror(ctypes.get_errno()))


@contextlib.contextmanager
def _back_again():
    """This thread is in its own namespace afterwards."""
    with open("/proc/thread-self/ns/net", "rb") as here:
        try:
            yield
        finally:
            _check(LIBC.setns(here.fileno(), CLONE_NEWNET))


@contextlib.contextmanager
def own():
    """A namespace for this thread and what it starts; loopback is up."""
    with _back_again():
        _check(LIBC.unshare(CLONE_NEWNET))
        ip("link", "set", "lo", "up")
        yield


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def tc(*words):
    """Its output."""
    return subprocess.run(["tc", *words], check=True, capture_output=True, text=True).stdout


def set_control(name, value):
    """sysctl(8), for this namespace."""
    pathlib.Path("/proc/sys", *name.split(".")).write_text(str(value), encoding="ascii")


def send_failures():
    """How often a datagram of this namespace found no room in a buffer of the socket or a queue of the interface."""
    names, values = re.findall(r"^Udp: (.+)$", pathlib.Path("/proc/net/snmp").read_text(encoding="ascii"), re.MULTILINE)
    return int(dict(zip(names.split(), values.split()))["SndbufErrors"])


def at_once(address):
    """What ip(8) wants for an address that is to be used at once: IPv6 looks for duplicates first."""
    return ["nodad"] if ":" in address else []


class FarSide:
    """A namespace, by the process that holds it."""

    def __init__(self, pid):
        self.pid = pid
        self.launcher = ["nsenter", f"--net=/proc/{pid}/ns/net"]

    def ip(self, *words):
        subprocess.run([*self.launcher, "ip", *words], check=True)

    def link(self, name, near, far):
        """A link with its addresses, up."""
        ip("link", "add", f"near-{name}", "type", "veth", "peer", "name", f"far-{name}", "netns", str(self.pid))
        ip("address", "add", near, "dev", f"near-{name}", *at_once(near))
        ip("link", "set", f"near-{name}", "up")
        self.ip("address", "add", far, "dev", f"far-{name}", *at_once(far))
        self.ip("link", "set", f"far-{name}", "up")

    @contextlib.contextmanager
    def entered(self):
        """Sockets that this thread opens meanwhile are of the far side."""
        with _back_again(), open(f"/proc/{self.pid}/ns/net", "rb") as there:
            _check(LIBC.setns(there.fileno(), CLONE_NEWNET))
            yield


@contextlib.contextmanager
def far_side():
    """Loopback is up on both sides, and nothing else is there."""
    ip("link", "set", "lo", "up")
    with subprocess.Popen(["unshare", "--net", "sh", "-c", "ip link set lo up && echo ready && exec cat"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout.readline() == "ready\n", "no second namespace"
            yield FarSide(holder.pid)
        finally:
            holder.stdin.close()
            holder.wait(pacedns.SOON)


def has_ipv6():
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        probe.bind(("::1", 0))
        return True
    return False
