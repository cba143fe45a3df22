"""pacedns between real clients and real servers: dig, kdig and drill in front, NSD and Unbound behind.

NSD serves three small zones: plain.example, signed.example and bogus.example, whose signatures no validator can
trust. Two Unbounds resolve them through NSD: one does not validate, the other does and forwards. What a client
reads through pacedns is compared with what it reads straight from the upstream. All servers are children of this
test, with folders of their own and nothing but the loopback interface.
"""

import collections
import contextlib
import re
import shutil
import socket
import subprocess

import pytest
from pacedns import SOON, Daemon, Process, TcpClient, addresses, config, make_query, parse, wait_for

PACKAGES = {"dig": "bind9-dnsutils", "kdig": "knot-dnsutils", "drill": "ldnsutils", "ldns-keygen": "ldnsutils",
            "ldns-signzone": "ldnsutils", "nsd": "nsd", "unbound": "unbound"}
ZONES = ("plain.example", "signed.example", "bogus.example")
LARGE = 100  # addresses; some 1,600 octets, more than goes over UDP

ZONE = r"""
$TTL 300
@         SOA ns hostmaster 1 3600 600 86400 120
@         NS ns
ns        A 127.0.0.1
www       A 192.0.2.1
www       A 192.0.2.2
www       AAAA 2001:db8::1
alias     CNAME middle
middle    CNAME www
dangling  CNAME nowhere
text      TXT "one two" "three; four" "back\\slash \"quoted\" \200"
@         MX 10 mail
@         MX 20 www
mail      A 192.0.2.25
_sip._udp SRV 1 2 5060 www
svc       HTTPS 1 . alpn=h2,h3 port=8443 ipv4hint=192.0.2.1
odd       TYPE65280 \# 4 01020304
a\.b\032c A 192.0.2.9
*.wild    A 192.0.2.77
"""

NSD = """
server:
  ip-address: 127.0.0.1@{port}
  zonesdir: ""
  username: ""
  chroot: ""
  pidfile: ""
  database: ""
  zonelistfile: "zone.list"
  xfrdfile: "xfrd.state"
  xfrdir: "."
  server-count: 1
  rrl-ratelimit: 0
  ipv4-edns-size: 1232
remote-control:
  control-enable: no
"""

UNBOUND = """
server:
  interface: 127.0.0.1@{port}
  directory: ""
  username: ""
  chroot: ""
  pidfile: ""
  do-daemonize: no
  use-syslog: no
  logfile: ""
  root-hints: ""
  num-threads: 1
  max-udp-size: 1232
  do-not-query-localhost: no
{settings}
remote-control:
  control-enable: no
"""

RESOLVING = '  module-config: "iterator"'
VALIDATING = '  module-config: "validator iterator"\n  trust-anchor-file: anchors\n' \
             "  minimal-responses: no\n  rrset-roundrobin: no\n  ede: yes"

Said = collections.namedtuple("Said", "status flags answer authority edns text")


def tool(name):
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    assert path, f"{name} is missing: install the package {PACKAGES[name]}"
    return path


def output_of(name, *arguments, **how):
    result = subprocess.run([tool(name), *map(str, arguments)], capture_output=True, text=True, check=False,
                            timeout=2 * SOON, **how)
    assert result.returncode == 0, f"{name} {arguments} exited with {result.returncode}: {result.stderr}{result.stdout}"
    return result.stdout


# -- The servers --------------------------------------------------------------------------------------------

def free_port():
    """A port that is free for both UDP and TCP, at this moment."""
    for _ in range(100):
        with socket.create_server(("127.0.0.1", 0)) as stream, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            with contextlib.suppress(OSError):
                datagrams.bind(stream.getsockname())
                return stream.getsockname()[1]
    raise AssertionError("no port is free for both UDP and TCP")


def signed(folder, zone):
    """Signs the zone file in `folder`; the text of the signed zone and of its DS record."""
    key = output_of("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", zone, cwd=folder).strip()
    output_of("ldns-signzone", "-i", "20200101000000", "-e", "20361231235959", zone, key, cwd=folder)
    return (folder / f"{zone}.signed").read_text(), (folder / f"{key}.ds").read_text()


def make_zones(folder):
    """The zone files by name, and the trust anchors; that of bogus.example is of a key it is not signed with."""
    large = "".join(f"large A 198.51.100.{i + 1}\n" for i in range(LARGE))
    zones, anchors = {}, ""
    for zone in ZONES:
        zones[zone] = f"$ORIGIN {zone}.\n{ZONE}{large}"
        (folder / zone).write_text(zones[zone])
    zones["signed.example"], anchors = signed(folder, "signed.example")
    zones["bogus.example"], other = signed(folder, "bogus.example")
    digest = re.search(r"([0-9a-f]{64})\s*$", other)[1]
    anchors += other.replace(digest, digest[::-1])
    return zones, anchors


def answers(process, port):
    """Whether a server answers on the port; it must not have died."""
    assert process.alive(), f"{process.name} did not start:\n{process.stderr()}"
    with contextlib.suppress(OSError), TcpClient(("127.0.0.1", port)) as client:
        client.send(make_query("www.plain.example."))
        return client.receive(2)
    return False


def start(stack, program, text, files):
    """Starts NSD or Unbound in the foreground; its port."""
    port = free_port()
    process = stack.enter_context(
        Process(tool(program), ["-d", "-c", "server.conf"], {**files, "server.conf": text.format(port=port)}))
    wait_for(lambda: answers(process, port), f"{program}'s first answer")
    return port


def unbound(stack, settings, upstream, anchors):
    text = UNBOUND.replace("{settings}", settings) + "".join(upstream.format(zone=zone) for zone in ZONES)
    return start(stack, "unbound", text, {"anchors": anchors})


@pytest.fixture(scope="module", name="ports")
def _ports(tmp_path_factory):
    """The ports of the servers: nsd, unbound, validator."""
    zones, anchors = make_zones(tmp_path_factory.mktemp("zones"))
    with contextlib.ExitStack() as stack:
        served = "".join(f"zone:\n  name: {zone}\n  zonefile: {zone}\n" for zone in ZONES)
        nsd = start(stack, "nsd", NSD + served, zones)
        stub = f'stub-zone:\n  name: "{{zone}}"\n  stub-addr: 127.0.0.1@{nsd}\n'
        forward = f'forward-zone:\n  name: "{{zone}}"\n  forward-addr: 127.0.0.1@{nsd}\n'
        yield {"nsd": nsd, "unbound": unbound(stack, RESOLVING, stub, anchors),
               "validator": unbound(stack, VALIDATING, forward, anchors)}


@pytest.fixture(scope="module", name="through")
def _through(ports):
    """through("nsd", "unbound"): the daemon with these upstreams, the same one all along."""
    with contextlib.ExitStack() as stack:
        running = {}

        def through(*names):
            if names not in running:
                servers = [{"name": name, "address": f"127.0.0.1:{ports[name]}"} for name in names]
                running[names] = stack.enter_context(Daemon(config(servers)))
            return running[names]
        yield through


# -- The clients --------------------------------------------------------------------------------------------

def records_of(text, section):
    """The records of a section, without TTLs and in no order."""
    found = re.search(rf"^;; {section} SECTION:\n(.*?)(?:^;;|^$|\Z)", text, re.MULTILINE | re.DOTALL)
    lines = [line.split(None, 4) for line in found[1].splitlines() if line] if found else []
    return sorted((line[0].lower(), *line[2:]) for line in lines if not line[0].startswith(";"))


def read(text):
    """What dig, kdig or drill printed of one reply."""
    status = re.search(r"(?:status|rcode): (\w+)", text)
    assert status, f"no reply in: {text}"
    flags = re.search(r"^;; [Ff]lags: ([a-z ]*)", text, re.MULTILINE)[1].split()
    edns = re.search(r"(?:EDNS|PSEUDOSECTION:\n;;)[: ]+[Vv]ersion:? 0", text) is not None
    return Said(status[1], set(flags), records_of(text, "ANSWER"), records_of(text, "AUTHORITY"), edns, text)


def digs(port, questions, *options):
    """What dig reads for each of these (name, type), asked one after the other.

    From an address that no server has: dig shares ports, and on the server's own port it would hear itself.
    """
    asked = [word for name, rdtype in questions for word in (name, "-t", rdtype)]
    text = output_of("dig", "@127.0.0.1", "-b", "127.0.0.2", "-p", port, "+tries=1", f"+time={SOON}", *options, *asked)
    replies = [read(";; ->>HEADER" + part) for part in text.split(";; ->>HEADER")[1:]]
    assert re.findall(r"^;(\S+)\s+IN\s+(\S+)$", text, re.MULTILINE) == list(questions), text
    assert len(replies) == len(questions), text
    return replies


def dig(port, name, rdtype="A", *options):
    return digs(port, [(name, rdtype)], *options)[0]


def kdig(port, *arguments):
    return read(output_of("kdig", "@127.0.0.1", "-p", port, "+retry=0", f"+timeout={SOON}", *arguments))


def drill(port, *arguments):
    return read(output_of("drill", "-p", port, *arguments, "@127.0.0.1"))


def same(said, straight):
    """The same to a client: a resolver's and an authority's own flags aside. What a truncated reply holds differs."""
    both = f"through pacedns:\n{said.text}\nstraight:\n{straight.text}"
    assert (said.status, said.edns) == (straight.status, straight.edns), both
    assert said.flags & {"qr", "tc", "ad", "rd"} == straight.flags & {"qr", "tc", "ad", "rd"}, both
    assert said.answer == straight.answer or "tc" in said.flags, both
    assert "ra" in said.flags and "aa" not in said.flags, both


def forwarded(daemon):
    return daemon.address[1]


QUESTIONS = [("www", "A"), ("www", "AAAA"), ("alias", "A"), ("alias", "AAAA"), ("alias", "CNAME"), ("alias", "MX"),
             ("dangling", "A"), ("text", "TXT"), ("", "MX"), ("", "SOA"), ("", "NS"), ("_sip._udp", "SRV"),
             ("svc", "HTTPS"), ("odd", "TYPE65280"), (r"a\.b\032c", "A"), ("any.thing.wild", "A"), ("large", "A"),
             ("nowhere", "A"), ("mail", "AAAA"), ("odd", "TYPE65281")]
WAYS = {"plain": [], "tcp": ["+tcp"], "dnssec": ["+dnssec"], "bufsize": ["+bufsize=512"], "noedns": ["+noedns"],
        "cdflag": ["+cdflag"], "adflag": ["+adflag"], "noadflag": ["+noadflag"]}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("upstream", ["nsd", "unbound", "validator"])
def test_dig_reads_the_same_through_pacedns(ports, through, upstream, way):
    questions = [(f"{label}.{zone}".lstrip("."), rdtype)
                 for zone in ("plain.example.", "signed.example.") for label, rdtype in QUESTIONS]
    straight = digs(ports[upstream], questions, *WAYS[way])
    for said, expected in zip(digs(forwarded(through(upstream)), questions, *WAYS[way]), straight):
        same(said, expected)
        assert ("cd" in said.flags) == (way == "cdflag"), said.text


@pytest.mark.parametrize("label,rdtype", [("www", "A"), ("alias", "AAAA"), ("text", "TXT"), ("svc", "HTTPS"),
                                          ("odd", "TYPE65280"), ("large", "A"), ("nowhere", "A"), ("mail", "AAAA")])
def test_kdig_and_drill_read_the_same_through_pacedns(ports, through, label, rdtype):
    port, name = forwarded(through("unbound")), f"{label}.signed.example."
    for client, ways in (kdig, [[], ["+tcp"], ["+bufsize=600"], ["+dnssec"]]), (drill, [[], ["-t"], ["-D"]]):
        for way in ways:
            same(client(port, *way, name, rdtype), client(ports["unbound"], *way, name, rdtype))


def test_ten_names_over_one_connection_of_kdig(ports, through):
    server = through("nsd", "unbound")
    names = ["www", "alias", "middle", "text", "mail", "svc", "odd", "ns", "large", "nowhere"]
    asked = [word for name in names for word in (f"{name}.plain.example.", "A")]
    before = server.statistics()["tcp_connections"]
    # kdig takes options before the names for all of them.
    text = output_of("kdig", "+tcp", "+keepopen", "+retry=0", "@127.0.0.1", "-p", forwarded(server), *asked)
    replies = [read(";; ->>HEADER" + part) for part in text.split(";; ->>HEADER")[1:]]
    assert len(replies) == len(names), text
    for name, reply in zip(names, replies):
        straight = dig(ports["nsd"], f"{name}.plain.example.", "A")
        assert (reply.status, reply.answer) == (straight.status, straight.answer), text
    assert server.statistics()["tcp_connections"] == before + 1


@pytest.mark.parametrize("name,status,answers", [("nowhere.plain.example.", "NXDOMAIN", 0),
                                                 ("dangling.plain.example.", "NXDOMAIN", 1),
                                                 ("mail.plain.example.", "NOERROR", 0)])
def test_negative_replies_carry_the_zone_s_soa(ports, through, name, status, answers):
    for upstream in ("nsd", "unbound", "validator"):
        said = dig(forwarded(through(upstream)), name, "AAAA")
        assert (said.status, len(said.answer)) == (status, answers), said.text
        assert said.authority == dig(ports[upstream], name, "AAAA").authority
        assert [record[2] for record in said.authority] == ["SOA"]


@pytest.mark.parametrize("upstream", ["nsd", "unbound", "validator"])
def test_a_large_set_is_truncated_over_udp_and_whole_over_tcp(through, upstream):
    port, name = forwarded(through(upstream)), "large.plain.example."
    for way in (["+bufsize=4096"], ["+bufsize=1232"], ["+bufsize=512"], ["+noedns"]):
        cut = dig(port, name, "A", "+ignore", *way)
        assert "tc" in cut.flags and cut.status == "NOERROR", cut.text
        assert int(re.search(r"MSG SIZE\s+rcvd: (\d+)", cut.text)[1]) <= (512 if "512" in way[0] else 1232)
        whole = dig(port, name, "A", *way)  # dig asks again over TCP
        assert len(whole.answer) == LARGE and "tc" not in whole.flags


def test_each_reply_s_ttl_is_within_that_of_the_zone(through):
    server = through("nsd", "unbound", "validator")
    for label, rdtype in QUESTIONS:
        reply = server.query(f"{label}.plain.example.".lstrip("."), rdtype, tcp=True)
        assert all(0 <= rrset.ttl <= 300 for rrset in reply.answer)
        assert all(0 <= rrset.ttl <= 120 for rrset in reply.authority if rrset.rdtype == 6)


def test_ad_is_the_validator_s(through):
    port = forwarded(through("validator"))
    for _ in range(2):  # the second reply comes from the cache
        assert "ad" in dig(port, "www.signed.example.", "A", "+dnssec").flags
        assert "ad" in dig(port, "www.signed.example.", "A", "+adflag").flags
        assert "ad" not in dig(port, "www.signed.example.", "A", "+noadflag").flags
        assert "ad" not in dig(port, "www.plain.example.", "A", "+adflag", "+dnssec").flags
    assert "ad" not in dig(forwarded(through("unbound")), "www.signed.example.", "A", "+dnssec").flags


def test_signatures_come_with_do_only(ports, through):
    for upstream in ("nsd", "unbound", "validator"):
        port = forwarded(through(upstream))
        types = [record[2] for record in dig(port, "alias.signed.example.", "A", "+dnssec").answer]
        assert types.count("RRSIG") == 3 and types.count("CNAME") == 2
        assert "RRSIG" not in [record[2] for record in dig(port, "alias.signed.example.").answer]
        denial = dig(port, "nowhere.signed.example.", "A", "+dnssec")
        assert denial.authority == dig(ports[upstream], "nowhere.signed.example.", "A", "+dnssec").authority
        assert "NSEC" in [record[2] for record in denial.authority]


def test_dnssec_types_may_be_asked_for(ports, through):
    port = forwarded(through("unbound"))
    for rdtype in ("DNSKEY", "RRSIG", "NSEC"):
        for way in ([], ["+dnssec"]):
            straight = dig(ports["unbound"], "signed.example.", rdtype, *way)
            assert rdtype in [record[2] for record in straight.answer]
            same(dig(port, "signed.example.", rdtype, *way), straight)


def test_the_validator_says_why(ports, through):
    dig(ports["validator"], "mail.bogus.example.", "A")  # the first time it has more to say
    straight = dig(ports["validator"], "mail.bogus.example.", "A")
    said = dig(forwarded(through("validator")), "mail.bogus.example.", "A")
    assert straight.status == said.status == "SERVFAIL"
    codes = [re.findall(r"^; EDE: (\d+)", each.text, re.MULTILINE) for each in (said, straight)]
    assert codes[0] == codes[1] != [], straight.text


@pytest.mark.parametrize("checked_first", [True, False])
def test_cd_has_answers_of_its_own(ports, through, checked_first):
    port = forwarded(through("validator"))
    name = f"any{int(checked_first)}.wild.bogus.example."
    expected = {"+nocdflag": "SERVFAIL", "+cdflag": "NOERROR"}
    for flag in list(expected)[::1 if checked_first else -1] * 2:
        assert dig(ports["validator"], name, "A", flag).status == expected[flag]
        assert dig(port, name, "A", flag).status == expected[flag]


def test_a_refusal_to_validate_is_not_the_last_word(ports, through):
    """The validator's SERVFAIL is a failure; the other upstream's data is usable."""
    said = dig(forwarded(through("validator", "unbound")), "www.bogus.example.", "A")
    same(said, dig(ports["unbound"], "www.bogus.example.", "A"))


@pytest.mark.parametrize("label,rdtype", QUESTIONS)
def test_all_three_together_agree_with_each(ports, through, label, rdtype):
    server = through("nsd", "unbound", "validator")
    name = f"{label}.plain.example.".lstrip(".")
    straight = dig(ports["unbound"], name, rdtype, "+tcp")
    for _ in range(2):
        said = dig(forwarded(server), name, rdtype, "+tcp")
        assert (said.status, said.answer) == (straight.status, straight.answer), said.text
    # Equal answers add nothing to the pool, and nobody disagrees.
    assert server.finished_flight().of("flight_finished")[0]["pool_additions"] == "0"
    assert server.statistics()["disagreements"] == 0


def test_a_type_of_no_known_format_passes_octet_by_octet(through):
    wire = through("unbound").exchange(make_query("odd.plain.example.", "TYPE65280"))
    assert parse(wire).answer[0][0].data == bytes([1, 2, 3, 4])
    assert wire.endswith(bytes([0, 4, 1, 2, 3, 4]))


def test_two_hundred_names_at_once_through_all_three(through):
    server = through("nsd", "unbound", "validator")
    with server.tcp() as client:
        queries = {query.id: query for query in
                   (make_query(f"n{number}.wild.plain.example.") for number in range(200))}
        for query in queries.values():
            client.send(query)
        for _ in range(len(queries)):
            reply = parse(client.receive())
            assert queries.pop(reply.id).is_response(reply)
            assert addresses(reply) == ["192.0.2.77"]
