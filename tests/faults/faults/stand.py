"""The five upstreams and the daemon that most faults are done to."""

import contextlib

import asking
import pacedns

# Milliseconds, in the order of the configuration, which is not that of their speed.
DELAYS = {"ms80": 80, "ms30": 30, "ms60": 60, "ms20": 20, "ms45": 45}

WARM_UP = 0.8  # seconds, in which the daemon measures its upstreams
FAULT = 3  # seconds that most faults last


def addresses_of(names):
    """What these upstreams may say (tools/upstream/README.md, Synthesis)."""
    return [f"10.77.{index}.{host}" for index, name in enumerate(DELAYS) if name in names for host in (1, 2)]


EVERYTHING = addresses_of(DELAYS)


def script(host="127.0.0.1"):
    return {"synthesize": True, "seed": 1, "upstreams": [
        {"name": name, "delay": f"{delay}ms", "listen": f"{host}:0"} for name, delay in DELAYS.items()]}


@contextlib.contextmanager
def forwarder(upstreams=None, launcher=(), environment=None, **sections):
    """(simulator, daemon), the daemon warm. `upstreams` is another simulator, when it is not to be the usual one."""
    start = {"launcher": launcher, **({"env": environment} if environment else {})}
    with contextlib.ExitStack() as stack:
        simulator = upstreams or stack.enter_context(pacedns.Upstreams(script()))
        settings = pacedns.config(simulator, **{"log": {"level": "info"}, **sections})
        server = stack.enter_context(pacedns.Daemon(settings, **start))
        warm = asking.asked_for(server.address, "warm", WARM_UP)
        wrong = [lookup for lookup in warm if lookup.lost or not lookup.is_right(EVERYTHING)]
        assert not wrong, f"before the fault, {len(wrong)} of {len(warm)} queries had no answer"
        yield simulator, server


def is_answered(lookup):
    return lookup.is_right(EVERYTHING)


def is_answered_or_failed(lookup):
    return lookup.is_right(EVERYTHING) or lookup.is_failure()
