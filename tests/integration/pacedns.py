"""The harness of the integration tests: the daemon, the upstream simulator, and clients, each with its own end.

    def test_something(upstreams, daemon):                       # fixtures, see conftest.py
        servers = upstreams({"A": {"delay": "50ms"}, "B": {}})   # the simulator's settings for each name
        server = daemon(servers, upstream={"batch_size": 1})     # sections laid over the tests' defaults
        reply = server.query("www.pool.example.", "A", edns=1232)
        flight = server.finished_flight("www.pool.example.")
        assert flight.asked("active") == ["A", "B"]
        assert servers.counts()["A"].udp == 1
        server.statistics()["cache_hits"]

The fixtures stop everything at the test's end, and fail it if the daemon or the simulator has died, did not exit
with 0, or has a sanitizer's report on its stderr. Whoever needs more uses the classes: `Upstreams(script)` and
`Daemon(config)` are context managers too, and `server.stop()` gives the exit code.

Binaries come from the folder in PACEDNS_BUILD_DIR, or build/release. Tests compare order and counts, from the
daemon's log (`server.log()`, `server.flights()`) and the simulator's events (`servers.events()`); what takes its
time is waited for with `wait_for`. `SOON` is the limit where nothing but a hung process would take that long.
"""

import collections
import os
import pathlib
import random
import re
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

import dns.edns
import dns.flags
import dns.message
import dns.rrset
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("PACEDNS_BUILD_DIR", "build/release")
SOON = 30
SANITIZER_REPORT = re.compile(r"AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error")

Count = collections.namedtuple("Count", "udp tcp")


def wait_for(condition, what="the condition", timeout=SOON):
    """The first truthy value of `condition()`; fails when there is none in time."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"{what} did not come about within {timeout} s"
        time.sleep(0.01)


def fields(line):
    """The key=value pairs of a log line; values may be quoted."""
    pairs = re.findall(r'(\w[\w.]*)=(?:"([^"]*)"|(\S*))', line)
    return {key: quoted or plain for key, quoted, plain in pairs}


def as_address(text):
    """("127.0.0.1", 53) from "127.0.0.1:53" or "[::1]:53"."""
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)


def bound_pair(host="127.0.0.1"):
    """A UDP and a TCP socket on one address and port, below the ports that the kernel gives to clients."""
    while True:
        port = random.randrange(20001, 32000)
        pair = [socket.socket(socket.AF_INET, kind) for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)]
        try:
            for each in pair:
                each.bind((host, port))
            return pair
        except OSError:
            for each in pair:
                each.close()


def free_address(host="127.0.0.1"):
    """host:port, free for UDP and TCP at this moment."""
    udp, tcp = bound_pair(host)
    with udp, tcp:
        return f"{host}:{udp.getsockname()[1]}"


class Background(threading.Thread):
    """A thread that runs as long as a block does; `run` ends soon after `over` is set."""

    def __init__(self):
        super().__init__()
        self.over = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()


# -- Messages and clients ----------------------------------------------------------------------------------

def make_query(name, rdtype="A", rdclass="IN", edns=None, do=False, cd=False, ad=False, rd=True, options=()):
    """A query. `edns` is the UDP size to offer; DO and options bring EDNS with them."""
    size = edns or (1232 if do or options else None)
    query = dns.message.make_query(name, rdtype, rdclass, use_edns=0 if size else False, want_dnssec=do,
                                   payload=size or 0, options=list(options))
    query.flags = (dns.flags.RD if rd else 0) | (dns.flags.CD if cd else 0) | (dns.flags.AD if ad else 0)
    return query


def _wire(message):
    return message if isinstance(message, bytes) else message.to_wire()


class UdpClient:
    """A UDP socket of its own. `send` takes a message or octets; `receive` gives octets, None if none come."""

    def __init__(self, address):
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.connect(address)

    def send(self, message):
        self.socket.send(_wire(message))

    def receive(self, timeout=SOON):
        self.socket.settimeout(timeout)
        try:
            return self.socket.recv(65535)
        except TimeoutError:
            return None

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class TcpClient(UdpClient):
    """A TCP connection; frames in and out. `receive` gives b"" when the other side has closed it."""

    def __init__(self, address, source=None):
        """From any address, or from this one."""
        self.socket = socket.create_connection(address, timeout=SOON, source_address=source and (source, 0))

    def send(self, message):
        wire = _wire(message)
        self.socket.sendall(struct.pack("!H", len(wire)) + wire)

    def send_octets(self, octets):
        self.socket.sendall(octets)

    def receive(self, timeout=SOON):
        self.socket.settimeout(timeout)
        try:
            head = self._exactly(2)
            return head and self._exactly(struct.unpack("!H", head)[0])
        except TimeoutError:
            return None

    def _exactly(self, size):
        octets = b""
        while len(octets) < size:
            try:
                part = self.socket.recv(size - len(octets))
            except ConnectionError:
                part = b""
            if not part:
                return b""
            octets += part
        return octets


def parse(wire):
    return dns.message.from_wire(wire, ignore_trailing=False)


def addresses(reply):
    """The addresses of the answer section, in order."""
    return [record.address for rrset in reply.answer for record in rrset if hasattr(record, "address")]


def lowest_ttl(reply):
    return min(rrset.ttl for rrset in reply.answer + reply.authority)


def extended_errors(reply):
    """The INFO-CODEs of the Extended DNS Errors."""
    return [option.code for option in reply.options if option.otype == dns.edns.EDE]


# -- Processes ----------------------------------------------------------------------------------------------

class Process:
    """A started program with its working folder; its stderr goes to a file there. `launcher` is a command before it."""

    running = []  # for conftest.py: whose logs belong to a failed test

    def __init__(self, program, arguments, files, launcher=(), **popen):
        self.folder = tempfile.TemporaryDirectory(prefix="pacedns-test-")
        self.path = pathlib.Path(self.folder.name)
        for name, text in files.items():
            (self.path / name).write_text(text, encoding="utf-8")
        binary = BUILD / program
        assert binary.exists(), f"{binary} is missing: build it, or set PACEDNS_BUILD_DIR"
        with open(self.path / "stderr", "wb") as stderr:
            self.process = subprocess.Popen([*launcher, binary, *arguments], cwd=self.path, stderr=stderr, **popen)
        self.name = f"{program} (pid {self.process.pid})"
        self.exit_code = None
        Process.running.append(self)
        try:
            self.await_readiness()
        except BaseException:  # nobody else will stop it
            self.process.kill()
            self.process.wait()
            Process.running.remove(self)
            raise

    def await_readiness(self):
        """Returns once it can be used; fails if that does not come about."""

    def stderr(self):
        return (self.path / "stderr").read_text(encoding="utf-8", errors="replace")

    def alive(self):
        return self.exit_code is None and self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """Ends it with SIGTERM; the exit code, or None if it had to be killed."""
        if self.exit_code is not None:
            return self.exit_code
        self.process.send_signal(signal.SIGTERM)
        try:
            self.exit_code = self.process.wait(SOON)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return self.exit_code

    def close(self):
        """Stops it and tells what was wrong with it: it died, did not exit with 0, or was reported on."""
        died = self.exit_code is None and self.process.poll() is not None
        code = self.process.returncode if died else self.stop()
        stderr = self.stderr()
        Process.running.remove(self)
        self.folder.cleanup()
        problems = [f"{self.name} died with {code}"] if died else []
        if code != 0 and not died:
            problems.append(f"{self.name} exited with {code}")
        if SANITIZER_REPORT.search(stderr):
            problems.append(f"{self.name}: a sanitizer's report")
        assert not problems, "\n".join(["; ".join(problems), stderr[-8000:]])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Upstreams(Process):
    """pacedns-upstream with a script (tools/upstream/README.md). An upstream without `listen` gets a port."""

    def __init__(self, script, launcher=()):
        each = [{"listen": "127.0.0.1:0", **upstream} for upstream in script["upstreams"]]
        super().__init__("pacedns-upstream", ["-c", "script.yaml", "--control", "--record"],
                         {"script.yaml": yaml.safe_dump({**script, "upstreams": each}, sort_keys=False)},
                         launcher, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self._events = []

    def await_readiness(self):
        self.addresses = {}
        for line in self.process.stdout:
            if line == "ready all\n":
                break
            said = fields(line)
            self.addresses[said["name"]] = said["address"]
        assert self.addresses, f"{self.name} did not start:\n" + self.stderr()

    def address(self, name):
        return self.addresses[name]

    def servers(self, scheme=""):
        """What belongs into upstream.servers, in the script's order."""
        return [{"name": name, "address": scheme + address} for name, address in self.addresses.items()]

    def command(self, text):
        """Sends a command to the simulator; the lines it answers."""
        self.process.stdin.write(text + "\n")
        lines = []
        for line in self.process.stdout:
            if line == "ok\n":
                return lines
            assert not line.startswith("error "), f"{text}: {line}"
            lines.append(line.rstrip("\n"))
        raise AssertionError(f"{self.name} has ended:\n" + self.stderr())

    def set(self, name, key, value):
        """Changes a setting; "*" is every upstream."""
        self.command(f"set {name} {key} {value}")

    def forge(self, name, number, mode):
        self.command(f"forge {name} {number} {mode}")

    def counts(self):
        """Queries that have arrived, by upstream: Count(udp, tcp)."""
        said = map(fields, self.command("count"))
        return {each["name"]: Count(int(each["udp"]), int(each["tcp"])) for each in said}

    def total(self):
        return sum(count.udp + count.tcp for count in self.counts().values())

    def events(self, event=None, **wanted):
        """All events since the start, as dictionaries of text; those with these fields only. Names are in lower case,
        as upstreams are asked in a random one."""
        self._events += ({**line, "qname": line["qname"].lower()} if "qname" in line else line
                         for line in map(fields, self.command("log")))
        return _matching(self._events, event, wanted)


def _matching(lines, event, wanted):
    if event:
        wanted = {"event": event, **wanted}
    return [line for line in lines if all(line.get(key) == str(value) for key, value in wanted.items())]


class PlayedUpstream(UdpClient):
    """An upstream whose part the test plays itself, datagram by datagram."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))

    def servers(self):
        return [{"name": "played", "address": "{}:{}".format(*self.socket.getsockname())}]

    def receive(self, name, timeout=SOON):
        """The next query for the name, and whom to send the reply to; fails when none comes."""
        deadline = time.monotonic() + timeout
        while True:
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            wire, peer = self.socket.recvfrom(65535)
            query = parse(wire)
            if query.question[0].name.to_text().lower() == name:  # it is asked in random letter case
                return query, peer

    def send(self, message, peer):
        self.socket.sendto(_wire(message), peer)


def answer_to(query, *records):
    """A reply to `query`, a message, with these records, in presentation format, as its answer."""
    reply = dns.message.make_response(query, recursion_available=True)
    for record in records:
        owner, ttl, rdclass, rdtype, rdata = record.split(None, 4)
        reply.answer.append(dns.rrset.from_text(owner, int(ttl), rdclass, rdtype, rdata))
    return reply


class Flight:
    """What the log says of one flight; `events` in order, each a dictionary."""

    def __init__(self, events):
        self.events = events
        self.number, self.qname, self.qtype = (events[0][key] for key in ("flight", "qname", "qtype"))

    def of(self, event):
        return [each for each in self.events if each["event"] == event]

    def asked(self, tier=None):
        """The upstreams asked, in order: of the tier `active` or `second`; all first attempts without."""
        tiers = [tier] if tier else ["active", "second"]
        return [each["upstream"] for each in self.of("asked") if each["tier"] in tiers]

    def ways(self):
        """(tier, transport, edns) of each query, in order, but for retransmissions: a busy machine causes some."""
        return [(each["tier"], each["transport"], each["edns"]) for each in self.of("asked")
                if each["tier"] != "retransmission"]

    def batches(self):
        """The upstreams of the second tier, those asked at the same moment together."""
        grouped = collections.OrderedDict()
        for each in self.of("asked"):
            if each["tier"] == "second":
                grouped.setdefault(each["t"], []).append(each["upstream"])
        return list(grouped.values())

    def second_tier_reason(self):
        """first_reply, all_failed or timeout; None if there was no second tier."""
        said = self.of("second_tier")
        return said[0]["reason"] if said else None

    def answered_by(self):
        """The upstream whose reply the client got; "none" for a failure; None while there is no answer."""
        said = self.of("answered")
        return said[0]["upstream"] if said else None

    def finished(self):
        return bool(self.of("flight_finished"))


def merged(base, over):
    result = dict(base)
    for key, value in over.items():
        result[key] = merged(base[key], value) if isinstance(value, dict) and key in base else value
    return result


def config(servers, **sections):
    """A configuration that asks `servers` (Upstreams, a PlayedUpstream, or a list for upstream.servers, left out
    when it is empty).

    It listens on a port of the kernel's choice and has two workers; `sections` are laid over that."""
    listed = servers if isinstance(servers, list) else servers.servers()
    base = {"listen": ["127.0.0.1:0"], "workers": 2, "upstream": {"servers": listed} if listed else {},
            "log": {"level": "debug", "target": "stderr"}}
    return merged(base, sections)


class Daemon(Process):
    """pacedns with a configuration; ready once constructed."""

    def __init__(self, settings, **start):
        self.settings = settings
        super().__init__("pacedns", ["-c", "pacedns.yaml"], {"pacedns.yaml": yaml.safe_dump(settings)}, **start)

    def await_readiness(self):
        wait_for(lambda: self.log("ready") or not self.alive(), "readiness")
        assert self.alive(), f"{self.name} did not start:\n" + self.stderr()
        self.address = as_address(self.log("listening")[0]["address"])

    # What it says

    def log(self, event=None, **wanted):
        """The log so far, a dictionary a line; those with this event and these fields only."""
        text = self.stderr()
        complete = text[:text.rfind("\n") + 1]
        return _matching([fields(line) for line in complete.splitlines()], event, wanted)

    def flights(self, qname=None):
        """The flights so far, in the order of their start; those for one name only."""
        grouped = collections.OrderedDict()
        for line in self.log():
            if line.get("event") == "flight_started" or line.get("flight") in grouped:
                grouped.setdefault(line["flight"], []).append(line)
        return [flight for flight in map(Flight, grouped.values()) if qname in (None, flight.qname)]

    def finished_flight(self, qname=None, index=-1):
        """One flight for the name, once there is one and all of them have ended; the latest unless told."""
        def ended():
            flights = self.flights(qname)
            return flights if flights and all(flight.finished() for flight in flights) else None
        return wait_for(ended, f"the end of the flights for {qname or 'all names'}")[index]

    def finished_flights(self, count):
        """The first `count` flights, once they have ended."""
        wait_for(lambda: len(self.log("flight_finished")) >= count, f"the end of {count} flights")
        return [flight for flight in self.flights() if flight.finished()][:count]

    def statistics(self):
        """All counters, asked for with SIGUSR1."""
        return self._statistics()[0]

    def upstream_statistics(self):
        """State and smoothed RTT of each upstream, by name."""
        return self._statistics()[1]

    def _statistics(self):
        known = len(self.log("statistics"))
        upstreams = len(self.settings["upstream"].get("servers", []))
        def said():
            lines = self.log()
            starts = [i for i, line in enumerate(lines) if line.get("event") == "statistics"]
            if len(starts) <= known:
                return None
            each = _matching(lines[starts[-1]:], "upstream_statistics", {})
            return (lines[starts[-1]], each) if len(each) >= upstreams else None
        self.signal(signal.SIGUSR1)
        counters, each = wait_for(said, "the statistics")
        numbers = {key: int(value) for key, value in counters.items() if value.isdigit()}
        return numbers, {line["upstream"]: line for line in each}

    def resident_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s*(\d+) kB", status)[1]) * 1024

    # What it is told

    def reload(self, settings=None):
        """Writes the new configuration, if any, sends SIGHUP and waits for the outcome: whether it was taken."""
        if settings is not None:
            text = settings if isinstance(settings, str) else yaml.safe_dump(settings)
            (self.path / "pacedns.yaml").write_text(text, encoding="utf-8")
            if not isinstance(settings, str):
                self.settings = settings
        def outcomes():
            return len(self.log("reload_finished")), len(self.log("reload_failed"))
        finished, failed = outcomes()
        self.signal(signal.SIGHUP)
        wait_for(lambda: outcomes() != (finished, failed), "the reload")
        return outcomes()[0] > finished

    # What it is asked

    def udp(self):
        return UdpClient(self.address)

    def tcp(self, source=None):
        return TcpClient(self.address, source)

    def exchange(self, message, tcp=False, timeout=SOON):
        """Sends a message, or octets, over a socket of its own: the octets that come back, or None."""
        with self.tcp() if tcp else self.udp() as client:
            client.send(message)
            return client.receive(timeout)

    def query(self, name, rdtype="A", tcp=False, timeout=SOON, **how):
        """Asks as `make_query` says; the reply, checked to be one to this query."""
        message = make_query(name, rdtype, **how)
        wire = self.exchange(message, tcp, timeout)
        assert wire, f"no reply to {name} {rdtype} within {timeout} s"
        reply = parse(wire)
        assert message.is_response(reply), f"not a reply to {name} {rdtype}: {reply}"
        return reply
