"""Upstreams that fail, one after the other and in pairs, while the others answer; and all of them at once."""

import itertools
import time

from asking import Asking, asked_for
from faults import stand
from faults.registry import Fault
from faults.row import counted, row_of

ALL_DARK = 2  # seconds
HALF_A_FLAP = 1.0  # seconds

# What is done to the upstream (the keys of tools/upstream/README.md), and whether its replies are any use then.
KINDS = {
    "dark": ({"dark": "on"}, False),
    "refused": ({"rcode": "REFUSED"}, False),
    "servfail": ({"rcode": "SERVFAIL"}, False),
    "closed": ({"refuse": "true"}, False),
    "lying": ({"question": "other"}, False),
    "truncated": ({"truncate": "always", "tcp": "refuse"}, False),
    "loss": ({"loss": "0.3"}, True),
    "late": ({"delay": "2s"}, True),
}


def _combinations():
    """Each upstream, and each two of them."""
    fastest_first = sorted(stand.DELAYS, key=stand.DELAYS.get)
    return [*itertools.combinations(fastest_first, 1), *itertools.combinations(fastest_first, 2)]


def _steady(name, kind, victims):
    """A fault that stays as it is."""
    settings, usable = KINDS[kind]
    allowed = stand.EVERYTHING if usable else stand.addresses_of(set(stand.DELAYS) - set(victims))
    with stand.forwarder() as (upstreams, server):
        before = server.statistics()
        for victim, (key, value) in itertools.product(victims, settings.items()):
            upstreams.set(victim, key, value)
        lookups = asked_for(server.address, kind, stand.FAULT)
        return row_of(name, lookups, lambda lookup: lookup.is_right(allowed), counted(before, server.statistics()))


def _flapping(name, victims):
    """Dark and back in turn."""
    with stand.forwarder() as (upstreams, server):
        before = server.statistics()
        with Asking(server.address, "flapping") as asking:
            for state in ("on", "off", "on", "off"):
                for victim in victims:
                    upstreams.set(victim, "dark", state)
                time.sleep(HALF_A_FLAP)
        return row_of(name, asking.lookups, stand.is_answered, counted(before, server.statistics()))


def _all_and_back(name, settings, healthy):
    """All upstreams fail: everybody hears so. They return: everybody has an answer."""
    with stand.forwarder() as (upstreams, server):
        before = server.statistics()
        with Asking(server.address, "without") as without:
            for key, value in settings.items():
                upstreams.set("*", key, value)
            time.sleep(ALL_DARK)
        for key in settings:
            upstreams.set("*", key, healthy)
        again = asked_for(server.address, "again", ALL_DARK)
        row = row_of(name, without.lookups + again, stand.is_answered_or_failed,
                     counted(before, server.statistics()))
        row.require(all(map(stand.is_answered, again)), "not all were answered once the upstreams were back")
        return row


def faults():
    for kind in KINDS:
        for victims in _combinations():
            name = f"{kind}/{'+'.join(victims)}"
            yield Fault(name, lambda name=name, kind=kind, victims=victims: _steady(name, kind, victims))
    for victims in _combinations():
        name = f"flapping/{'+'.join(victims)}"
        yield Fault(name, lambda name=name, victims=victims: _flapping(name, victims))
    for name, settings, healthy in (("dark/all, and back", {"dark": "on"}, "off"),
                                    ("closed/all, and back", {"refuse": "true"}, "false"),
                                    ("servfail/all, and back", {"rcode": "SERVFAIL"}, "NOERROR")):
        yield Fault(name, lambda name=name, settings=settings, healthy=healthy: _all_and_back(name, settings, healthy))
