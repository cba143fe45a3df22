"""What happens to the network: full queues and buffers, interfaces and addresses that go and come, no IPv6."""

import contextlib
import time

import network
import pacedns
from asking import Asking, Burst, asked_for
from faults import stand
from faults.registry import Fault
from faults.row import counted, row_of
from network import ip

OWN_NETWORK = ("--net",)
NEAR, FAR = "198.18.{}.1", "198.18.{}.2"  # RFC 2544
AWAY = 1.5  # seconds
SHIPPED = ["127.0.0.1:53", "[::1]:53"]  # `listen` in config/pacedns.yaml

# Slower than the queries of 50 names a second to five upstreams, and room for three of them.
SLOW_LINK = ("tbf", "rate", "100kbit", "burst", "1600", "limit", "300")

# Holds more than the buffer of a socket, which it empties by half in the 10 ms that a reply is waited for.
FAST_LINK = ("tbf", "rate", "100mbit", "burst", "16kb", "limit", "4mb")
BURST = 300
BURSTS = 10
LARGE = '"' + "x" * 250 + '"'
LARGE_RECORD = f"large.example. 300 IN TXT {' '.join([LARGE] * 4)}"


@contextlib.contextmanager
def _linked(links):
    """(the far side, simulator): so many links, the upstreams behind them in turn."""
    with network.far_side() as far, contextlib.ExitStack() as stack:
        for number in range(links):
            far.link("ab"[number], NEAR.format(number) + "/24", FAR.format(number) + "/24")
        script = stand.script()
        for number, each in enumerate(script["upstreams"]):
            each["listen"] = FAR.format(number % links) + ":0"
        yield far, stack.enter_context(pacedns.Upstreams(script, far.launcher))


def _listening_here():
    """On loopback, and for the far side."""
    return {"listen": ["127.0.0.1:0", NEAR.format(0) + ":0"], "access": {"allow": ["any"]}}


def _is_whole(lookup):
    """Whether it was answered with the large record."""
    reply = lookup.reply()
    return bool(reply.answer) and len(reply.answer[0][0].strings) == LARGE_RECORD.count(LARGE)


def _queue_full(name):
    """ENOBUFS: the interface to the upstreams drops what does not fit into its queue, and tells the sender."""
    with _linked(1) as (_, upstreams), stand.forwarder(upstreams) as (_, server):
        before, failures = server.statistics(), network.send_failures()
        network.tc("qdisc", "add", "dev", "near-a", "root", *SLOW_LINK)
        lookups = asked_for(server.address, "full", stand.FAULT)
        failures = network.send_failures() - failures
        row = row_of(name, lookups, stand.is_answered,
                     [f"sends that failed {failures}", *counted(before, server.statistics())])
        row.require(failures > 0, "the queue was never full")
        return row


def _buffer_full(name):
    """EAGAIN: replies come faster than the interface to the clients takes them, and fill the buffers of the sockets."""
    with network.far_side() as far:
        far.link("a", NEAR.format(0) + "/24", FAR.format(0) + "/24")
        script = stand.script()
        for each in script["upstreams"]:
            each["answer"] = [LARGE_RECORD]
        with pacedns.Upstreams(script) as upstreams, \
                stand.forwarder(upstreams, **_listening_here()) as (_, server):
            server.query("large.example.", "TXT", edns=1232)
            before, failures = server.statistics(), network.send_failures()
            network.tc("qdisc", "add", "dev", "near-a", "root", *FAST_LINK)
            with far.entered():
                burst = Burst(pacedns.as_address(server.log("listening")[1]["address"]))
            with burst:
                lookups = [lookup for _ in range(BURSTS) for lookup in burst.ask("large.example.", "TXT", BURST)]
            failures = network.send_failures() - failures
            row = row_of(name, lookups, _is_whole,
                         [f"sends that failed {failures}", *counted(before, server.statistics())])
            row.require(failures > 0, "the buffers were never full")
            return row


def _link_away(name, links):
    """The first interface goes down and comes up again, twice. What is behind the second is there all the time."""
    is_right = stand.is_answered if links > 1 else stand.is_answered_or_failed
    with _linked(links) as (_, upstreams), stand.forwarder(upstreams) as (_, server):
        before = server.statistics()
        with Asking(server.address, "away") as away:
            for state in ("down", "up", "down", "up"):
                ip("link", "set", "near-a", state)
                time.sleep(AWAY)
        back = asked_for(server.address, "back", 1)
        row = row_of(name, away.lookups + back, is_right, counted(before, server.statistics()))
        row.require(all(map(stand.is_answered, back)), "not all were answered once the interface was back")
        return row


def _renumbered(name, *commands):
    """The only interface gets another address, as DHCP may give it; sockets that are open have the old one."""
    with _linked(1) as (_, upstreams), stand.forwarder(upstreams) as (_, server):
        network.set_control("net.ipv4.conf.all.promote_secondaries", 1)  # or the new one may go with the old one
        before, gaps = server.statistics(), []
        with Asking(server.address, "renumbered") as asking:
            for old, new in ((1, 3), (3, 1)):
                begin = time.monotonic()
                for command in commands:
                    ip("address", command, f"198.18.0.{old if command == 'del' else new}/24", "dev", "near-a")
                gaps.append((begin, time.monotonic()))
                time.sleep(AWAY)
        failed = [lookup for lookup in asking.lookups if not stand.is_answered(lookup)]
        row = row_of(name, asking.lookups, stand.is_answered_or_failed,
                     [f"SERVFAIL {len(failed)}", *counted(before, server.statistics())])
        row.require(all(any(lookup.asked < end and lookup.asked + lookup.latency > begin for begin, end in gaps)
                        for lookup in failed if not lookup.lost), "SERVFAIL while the interface had an address")
        return row


def _listening_address_away(name):
    """An address that is listened on goes and comes: others are served meanwhile, and that one afterwards."""
    with network.far_side() as far:
        far.link("a", NEAR.format(0) + "/24", FAR.format(0) + "/24")
        with stand.forwarder(**_listening_here()) as (_, server):
            before = server.statistics()
            with Asking(server.address, "meanwhile") as asking:
                ip("address", "del", NEAR.format(0) + "/24", "dev", "near-a")
                time.sleep(AWAY)
                ip("address", "add", NEAR.format(0) + "/24", "dev", "near-a")
                ip("link", "set", "near-a", "down")
                time.sleep(AWAY)
                ip("link", "set", "near-a", "up")
            with far.entered():
                again = asked_for(pacedns.as_address(server.log("listening")[1]["address"]), "again", 1)
            return row_of(name, asking.lookups + again, stand.is_answered, counted(before, server.statistics()))


def _without_ipv6(name, **sections):
    """IPv6 is off on this host, and one upstream more has an IPv6 address."""
    ip("link", "set", "lo", "up")
    network.set_control("net.ipv6.conf.all.disable_ipv6", 1)
    assert not network.has_ipv6(), "IPv6 is still there"
    with pacedns.Upstreams(stand.script()) as upstreams:
        servers = [{"name": "v6", "address": "[2001:db8::53]:53"}, *upstreams.servers()]
        with stand.forwarder(upstreams, upstream={"servers": servers}, **sections) as (_, server):
            before = server.statistics()
            lookups = asked_for(server.address, "legacy", stand.FAULT)
            return row_of(name, lookups, stand.is_answered, counted(before, server.statistics()))


def faults():
    for name, run in (("queue full (ENOBUFS)", _queue_full),
                      ("buffers full (EAGAIN)", _buffer_full),
                      ("interface/some upstreams", lambda name: _link_away(name, 2)),
                      ("interface/all upstreams, and back", lambda name: _link_away(name, 1)),
                      ("address/another one", lambda name: _renumbered(name, "del", "add")),
                      ("address/another one, then not the old one", lambda name: _renumbered(name, "add", "del")),
                      ("address/listened on, and back", _listening_address_away),
                      ("no IPv6/listen has ::1", lambda name: _without_ipv6(name, listen=SHIPPED)),
                      ("no IPv6/an upstream has it", _without_ipv6)):
        yield Fault(name, lambda name=name, run=run: run(name), OWN_NETWORK)
