"""What nobody should send: mutated queries, mutated replies, and a flood of names while every upstream is dark.

All mutations come from seeds. PACEDNS_HOSTILE_SHARE (a number such as 0.1) shrinks the floods; builds
with sanitizers do so by themselves.
"""

import collections
import contextlib
import hashlib
import ipaddress
import os
import random
import struct

import dns.edns
import dns.rcode
import pytest
from pacedns import BUILD, SOON, UdpClient, addresses, make_query, parse, wait_for

SANITIZED = BUILD.name in ("dev", "tsan")
SHARE = float(os.environ.get("PACEDNS_HOSTILE_SHARE", "0.1" if SANITIZED else "1"))
MUTANTS = 2000
FLOOD = max(1000, int(50_000 * SHARE))
RESIDENT_LIMIT = 256 * 1024 * 1024  # the default 10,000 questions in flight, three upstreams each, take some 40 MiB

BATCH = 40  # queries under way at a time: no buffer overflows, so none may get lost
HEADER = 12
QR = 0x80  # both in the third octet
OPCODE = 0x78


def send_paced(client, wires, expected):
    """Sends all; as many replies as are expected, in the order they come."""
    for wire in wires:
        client.send(wire)
    replies = [client.receive(SOON) for _ in range(expected)]
    assert all(replies), f"{sum(1 for reply in replies if not reply)} of {expected} replies did not come"
    return replies


def in_batches(items):
    return [items[start:start + BATCH] for start in range(0, len(items), BATCH)]


def works(server, name):
    for tcp in (False, True):
        assert addresses(server.query(name, tcp=tcp)) == ["10.77.0.1", "10.77.0.2"]


# -- Mutated queries ----------------------------------------------------------------------------------------

def valid_queries():
    cookie = dns.edns.GenericOption(10, b"12345678")
    deep = ".".join(["x"] * 120) + ".example."
    long = ".".join(["y" * 63] * 3) + ".pool.example."
    queries = [make_query("www.pool.example."), make_query("www.pool.example.", "AAAA", edns=1232),
               make_query("www.pool.example.", do=True), make_query("text.example.", "TXT", cd=True, ad=True),
               make_query("www.pool.example.", edns=4096, options=[cookie]), make_query(".", "NS"),
               make_query("version.bind.", "TXT", "CH"), make_query("pool.example.", "AXFR"), make_query(deep, "MX"),
               make_query(long, "TYPE65280"), make_query("a.nx.example.", rd=False), make_query("b.nodata.example.")]
    return [query.to_wire() for query in queries]


def flipped(wire, chance):
    octets = bytearray(wire)
    for _ in range(chance.randint(1, 6)):
        octets[chance.randrange(len(octets))] ^= 1 << chance.randrange(8)
    return bytes(octets)


def overwritten(wire, chance):
    octets = bytearray(wire)
    for _ in range(chance.randint(1, 4)):
        octets[chance.randrange(len(octets))] = chance.choice([0, 1, 0x3F, 0x40, 0x7F, 0x80, 0xC0, 0xFF])
    return bytes(octets)


def cut(wire, chance):
    return wire[:chance.randrange(len(wire))]


def lengthened(wire, chance):
    place = chance.randrange(len(wire) + 1)
    return wire[:place] + chance.randbytes(chance.choice([1, 2, 11, 100, 400])) + wire[place:]


def repeated(wire, chance):
    """A section of the message once more, with the counts that say so or without."""
    start = chance.randrange(len(wire))
    end = chance.randint(start + 1, len(wire))
    octets = bytearray(wire[:end] + wire[start:])
    if len(octets) >= HEADER and chance.random() < 0.7:
        count = 5 + 2 * chance.randrange(4)
        octets[count] = (octets[count] + 1) % 256
    return bytes(octets)


def question_or_records_twice(wire, chance):
    octets = bytearray(wire + wire[HEADER:])
    if len(wire) < HEADER:
        return wire
    octets[5] = 2 if chance.random() < 0.5 else octets[5]
    octets[11] = octets[11] * 2 % 256
    return bytes(octets)


MUTATIONS = [flipped, overwritten, cut, lengthened, repeated, question_or_records_twice]


def mutants(count, seed):
    chance = random.Random(seed)
    valid = valid_queries()
    made = []
    while len(made) < count:
        wire = chance.choice(valid)
        for _ in range(chance.choice([1, 1, 1, 2, 3])):
            wire = chance.choice(MUTATIONS)(wire, chance) or b"\0"
        made.append(chance.randbytes(2) + wire[2:] if len(wire) > 2 else wire)
    return made


def is_dropped(wire):
    """The only messages without a reply: shorter than a header, or said to be replies themselves."""
    return len(wire) < HEADER or wire[2] & QR != 0


def check_replies(sent, replies):
    """Each reply belongs to one query by its ID, and is a reply."""
    expected = collections.Counter(wire[:2] for wire in sent if not is_dropped(wire))
    assert collections.Counter(reply[:2] for reply in replies) == expected
    for reply in replies:
        assert len(reply) >= HEADER and reply[2] & QR
        parse(reply[:2] + bytes([reply[2] & ~OPCODE]) + reply[3:])  # dnspython does not know all opcodes


def test_each_mutated_query_is_answered_or_counted_as_dropped(upstreams, daemon):
    server = daemon(upstreams({"A": {}}), log={"level": "info"})
    over_udp, over_tcp = mutants(MUTANTS, 1), mutants(MUTANTS // 5, 2)
    works(server, "before.pool.example.")
    before = server.statistics()
    with server.udp() as client:
        for batch in in_batches(over_udp):
            check_replies(batch, send_paced(client, batch, sum(not is_dropped(wire) for wire in batch)))
    for batch in in_batches(over_tcp):
        with server.tcp() as client:
            check_replies(batch, send_paced(client, batch, sum(not is_dropped(wire) for wire in batch)))
    after = server.statistics()
    grown = {key: after[key] - before[key] for key in after}
    assert (grown["queries_udp"], grown["queries_tcp"]) == (len(over_udp), len(over_tcp))
    assert grown["dropped_queries"] == sum(map(is_dropped, over_udp + over_tcp))
    handled = ("dropped_queries", "invalid_queries", "cache_hits", "cache_misses")
    assert sum(grown[key] for key in handled) == len(over_udp) + len(over_tcp)
    assert grown["cache_misses"] and grown["invalid_queries"] and grown["over_limit_refusals"] == 0
    works(server, "before.pool.example.")
    works(server, "after.pool.example.")


# -- Mutated replies ----------------------------------------------------------------------------------------

def secret_address(name):
    """An IPv6 address that no other name's can be mutated into."""
    return hashlib.sha256(name.encode()).digest()[:16]


def named_records(count):
    names = [f"n{number}.of.example." for number in range(count)]
    texts = [f"{name} 300 IN AAAA {ipaddress.IPv6Address(secret_address(name))}" for name in names]
    return names, {"default": texts}


def foreign_names(wire, name, owners):
    """The other names whose address stands anywhere in the message."""
    windows = {bytes(wire[start:start + 16]) for start in range(HEADER, len(wire) - 15)}
    return {owners[window] for window in windows & owners.keys()} - {name}


def ask_all(server, names, owners):
    """Asks for all names; how many replies had the right address. None has another name's, all have the question."""
    right = 0
    for batch in in_batches(names):
        queries = {}
        for number, name in enumerate(batch):
            query = make_query(name, "AAAA")
            query.id = number
            queries[struct.pack("!H", number)] = (name, query.to_wire())
        with server.udp() as client:
            for wire in send_paced(client, [query for _, query in queries.values()], len(queries)):
                name, query = queries.pop(wire[:2])
                assert wire[2] & QR and wire[HEADER:len(query)] == query[HEADER:]
                assert not foreign_names(wire, name, owners)
                right += secret_address(name) in wire
    return right


@pytest.mark.parametrize("others", [["good"], []], ids=["beside a good upstream", "alone"])
@pytest.mark.parametrize("scheme", ["udp://", "tcp://"])
def test_mutated_replies_do_no_harm(upstreams, daemon, others, scheme):
    names, records = named_records(max(50, MUTANTS // 2))
    owners = {secret_address(name): name for name in names}
    servers = upstreams({"bad": {"mutate": 1}, **{name: {} for name in others}}, records=records, seed=7)
    server = daemon(servers.servers(scheme), log={"level": "info"}, cache={"failure_ttl": "1s"},
                    upstream={"fallback_timeout": "100ms", "total_collect_timeout": "400ms"})
    right = ask_all(server, names, owners)
    assert right > 0 and len(names) == sum(server.statistics()[key] for key in ("cache_hits", "cache_misses"))
    statistics = server.statistics()
    assert statistics["upstream_mismatches"] + statistics["upstream_failures"] > 0

    servers.set("bad", "mutate", "0")
    wait_for(lambda: addresses(server.query("after.pool.example.")), "the right answer")
    assert set(addresses(server.query("after.pool.example."))) <= {f"10.77.{i}.{j}" for i in (0, 1) for j in (1, 2)}
    if not others:
        works(server, "last.pool.example.")


# -- A flood while all upstreams are dark -------------------------------------------------------------------

CACHED = [f"cached{number}.pool.example." for number in range(50)]


def drain(client):
    """Takes the replies that are there, so that the buffer does not overflow; how many."""
    taken = 0
    client.socket.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while client.socket.recv(65535):
            taken += 1
    client.socket.setblocking(True)
    return taken


def flood(server, count, between):
    """Sends that many queries for random names, and calls `between` now and then; some must be answered."""
    chance = random.Random(3)
    head, tail = make_query(f"{'x' * 16}.pool.example.").to_wire()[2:].split(b"x" * 16)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(UdpClient(server.address)) for _ in range(16)]
        answered = 0
        for number in range(count):
            name = f"{chance.getrandbits(64):016x}".encode()
            clients[number % len(clients)].send(chance.randbytes(2) + head + name + tail)
            if number % 500 == 0:
                answered += sum(map(drain, clients))
                between(number)
        wait_for(lambda: answered or any(map(drain, clients)), "an answer to the flood")


def test_a_flood_in_the_dark_costs_bounded_memory_and_no_cached_name(upstreams, daemon):
    servers = upstreams({"A": {}, "B": {}, "C": {}})
    server = daemon(servers, log={"level": "info"}, upstream={"total_collect_timeout": "1s"})
    for name in CACHED:
        assert addresses(server.query(name))
    servers.set("*", "dark", "on")
    largest = [server.resident_bytes()]

    def between(number):
        name = CACHED[number // 500 % len(CACHED)]
        reply = server.query(name, tcp=True)  # UDP may lose some of a flood
        assert reply.rcode() == dns.rcode.NOERROR and addresses(reply)
        largest.append(server.resident_bytes())

    flood(server, FLOOD, between)
    assert SANITIZED or max(largest) < RESIDENT_LIMIT, f"{max(largest) / 1024 / 1024:.0f} MiB"
    assert addresses(server.query(CACHED[0]))

    servers.set("*", "dark", "off")
    fresh = (f"fresh{number}.pool.example." for number in range(1_000_000))

    def recovered():
        server.query(next(fresh))
        return all(line["state"] == "up" for line in server.upstream_statistics().values())
    wait_for(lambda: addresses(server.query(next(fresh))), "an answer from upstream")
    wait_for(recovered, "all upstreams")
