"""What is answered without asking anybody, over UDP and over TCP, and what each reply's header and OPT look like."""

import struct

import dns.edns
import dns.flags
import dns.opcode
import dns.rcode
import pytest
from pacedns import PlayedUpstream, addresses, answer_to, make_query, parse

WAYS = pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
OPT = b"\0" + struct.pack("!HHIH", 41, 1232, 0, 0)
NSID = dns.edns.GenericOption(3, b"")
UNKNOWN = dns.edns.GenericOption(65001, b"secret")


@pytest.fixture(name="servers")
def _servers(upstreams):
    return upstreams({"A": {}})


@pytest.fixture(name="server")
def _server(servers, daemon):
    return daemon(servers)


def plain():
    return make_query("www.pool.example.").to_wire()


def with_header(wire, flags=None, counts=None):
    """The message with other flags or counts in its header."""
    head = list(struct.unpack("!6H", wire[:12]))
    head[1] = head[1] if flags is None else flags
    head[2:] = counts or head[2:]
    return struct.pack("!6H", *head) + wire[12:]


def answer_without_asking(server, servers, wire, tcp):
    octets = server.exchange(wire, tcp)
    assert octets and octets[:2] == wire[:2] and octets[2] & 0x80
    assert servers.total() == 0
    return octets


def rcode_of(octets):
    return octets[3] & 0x0f


@WAYS
@pytest.mark.parametrize("opcode", [1, 2, 4, 5, 6, 15])
def test_other_opcodes_get_notimp(server, servers, tcp, opcode):
    octets = answer_without_asking(server, servers, with_header(plain(), flags=opcode << 11), tcp)
    assert rcode_of(octets) == dns.rcode.NOTIMP
    assert octets[2] >> 3 & 0x0f == opcode


@WAYS
@pytest.mark.parametrize("message", [
    with_header(plain(), counts=[0, 0, 0, 0])[:12],
    with_header(plain() + plain()[12:], counts=[2, 0, 0, 0]),
    with_header(plain(), counts=[2, 0, 0, 0]),
    with_header(plain() + OPT + OPT, counts=[1, 0, 0, 2]),
    with_header(plain() + OPT, counts=[1, 1, 0, 0]),
    with_header(plain(), counts=[1, 0, 0, 1]),
    plain()[:-1],
    plain()[:12],
    plain()[:12] + b"\x40" * 5 + b"\0\0\1\0\1",
    plain()[:12] + b"\xc0\x0c\0\1\0\1",
    plain()[:12] + b"\x3f" + b"a" * 20,
    plain()[:12] + (b"\x3f" + b"a" * 63) * 4 + b"\0\0\1\0\1",
], ids=["no-question", "two-questions", "question-missing", "two-opts", "opt-as-answer", "record-missing",
        "cut-short", "header-only", "bad-label-type", "pointer-to-itself", "label-beyond-end", "name-too-long"])
def test_malformed_queries_get_formerr(server, servers, tcp, message):
    octets = answer_without_asking(server, servers, message, tcp)
    assert rcode_of(octets) == dns.rcode.FORMERR
    parse(octets)
    assert server.statistics()["invalid_queries"] == 1


@WAYS
def test_a_newer_edns_version_gets_badvers(server, servers, tcp):
    query = make_query("www.pool.example.", edns=1232)
    query.use_edns(edns=1)
    reply = parse(answer_without_asking(server, servers, query.to_wire(), tcp))
    assert reply.rcode() == dns.rcode.BADVERS and reply.edns == 0


@WAYS
@pytest.mark.parametrize("name, rdtype, rdclass", [("version.bind.", "TXT", "CH"), ("pool.example.", "AXFR", "IN"),
                                                   ("pool.example.", "IXFR", "IN")])
def test_chaos_and_zone_transfers_are_refused(server, servers, tcp, name, rdtype, rdclass):
    query = make_query(name, rdtype, rdclass)
    reply = parse(answer_without_asking(server, servers, query.to_wire(), tcp))
    assert reply.rcode() == dns.rcode.REFUSED
    assert reply.question == query.question


@WAYS
@pytest.mark.parametrize("message", [plain()[:11], plain()[:1], with_header(plain(), flags=0x8100)],
                         ids=["eleven-octets", "one-octet", "a-reply"])
def test_what_is_no_query_gets_no_reply(server, servers, tcp, message):
    with server.tcp() if tcp else server.udp() as client:
        client.send(message)
        good = make_query("www.pool.example.")
        client.send(good)
        assert good.is_response(parse(client.receive()))
    assert server.statistics()["dropped_queries"] == 1


def test_an_empty_datagram_gets_no_reply(server):
    with server.udp() as client:
        client.send(b"")
        client.send(make_query("www.pool.example."))
        assert len(addresses(parse(client.receive()))) == 2


@WAYS
@pytest.mark.parametrize("rd", [True, False])
@pytest.mark.parametrize("cd", [True, False])
def test_the_flags_are_ours_and_the_querys(server, tcp, rd, cd):
    for _ in range(2):  # from the flight and from the cache
        reply = server.query("www.pool.example.", tcp=tcp, rd=rd, cd=cd)
        expected = dns.flags.QR | dns.flags.RA | (dns.flags.RD if rd else 0) | (dns.flags.CD if cd else 0)
        assert reply.flags == expected
        assert dns.opcode.from_flags(reply.flags) == dns.opcode.QUERY


@WAYS
@pytest.mark.parametrize("name", ["www.pool.example.", "www.nx.example."])
def test_opt_is_in_the_reply_exactly_when_in_the_query(server, tcp, name):
    for _ in range(2):
        assert server.query(name, tcp=tcp).edns == -1
        with_opt = server.query(name, tcp=tcp, edns=1232)
        assert (with_opt.edns, with_opt.payload) == (0, 1232)
        assert not with_opt.ednsflags & dns.flags.DO
        assert server.query(name, tcp=tcp, do=True).ednsflags & dns.flags.DO


@WAYS
def test_errors_carry_opt_exactly_when_the_query_does(server, tcp):
    for edns, expected in ((None, -1), (1232, 0)):
        assert server.query("version.bind.", "TXT", tcp=tcp, rdclass="CH", edns=edns).edns == expected


def test_edns_options_are_not_passed_on_in_either_direction(stack, daemon):
    played = stack.enter_context(PlayedUpstream())
    server = daemon(played)
    query = make_query("www.example.", options=[NSID, UNKNOWN])
    with server.udp() as client:
        client.send(query)
        asked, peer = played.receive("www.example.")
        assert (asked.edns, asked.payload, list(asked.options)) == (0, 1232, [])
        answer = answer_to(asked, "www.example. 300 IN A 192.0.2.1")
        answer.use_edns(0, payload=1232, options=[dns.edns.GenericOption(3, b"upstream"), UNKNOWN])
        played.send(answer, peer)
        reply = parse(client.receive())
    assert query.is_response(reply) and addresses(reply) == ["192.0.2.1"]
    assert (reply.edns, list(reply.options)) == (0, [])
    assert list(server.query("www.example.", options=[NSID]).options) == []


def test_upstreams_are_asked_with_recursion_desired_and_the_clients_do_and_cd(stack, daemon):
    played = stack.enter_context(PlayedUpstream())
    server = daemon(played)
    with server.udp() as client:
        for number, how in enumerate(({}, {"do": True}, {"cd": True, "rd": False})):
            name = f"{number}.example."
            client.send(make_query(name, **how))
            asked, peer = played.receive(name)
            assert asked.flags & dns.flags.RD and not asked.flags & dns.flags.QR
            assert bool(asked.ednsflags & dns.flags.DO) == how.get("do", False)
            assert bool(asked.flags & dns.flags.CD) == how.get("cd", False)
            played.send(answer_to(asked, f"{name} 300 IN A 192.0.2.1"), peer)
            assert addresses(parse(client.receive())) == ["192.0.2.1"]
