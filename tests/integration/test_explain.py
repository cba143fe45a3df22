"""`pacedns explain`, `flush` and `dump` against a running daemon: where an answer comes from, and whether it is gone."""

import json
import re
import subprocess

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset
import pytest
from pacedns import SOON, addresses, make_query, wait_for
from test_lifecycle import run

PATIENT = {"fallback_timeout": "5s", "total_collect_timeout": "10s"}
CHAIN = ["www.example. 300 IN CNAME here.example.", "here.example. 300 IN CNAME end.example.",
         "end.example. 300 IN A 192.0.2.1"]


@pytest.fixture(name="serve")
def _serve(upstreams, daemon, tmp_path):
    """serve({"A": {}}, status={...}): a daemon with a control socket, and its upstreams."""
    def start(each, upstream=None, records=None, **sections):
        servers = upstreams(each, **({"records": records} if records else {}))
        server = daemon(servers, control={"socket": str(tmp_path / "control.sock")},
                        upstream={**PATIENT, **(upstream or {})}, **sections)
        return server, servers
    return start


def command(server, *arguments):
    """What a command prints; it must succeed."""
    code, out, err = run("-c", server.path / "pacedns.yaml", *arguments)
    assert (code, err) == (0, ""), (code, out, err)
    return out


def command_json(server, *arguments):
    return json.loads(command(server, *arguments, "--json"))


def words(text):
    """A text as one line: where it is broken depends on its length."""
    return " ".join(text.split())


def attempts(flight):
    return {each["upstream"]: each for each in flight["attempts"]}


def dumped(server):
    """Each response in the cache, by name and type."""
    lines = command(server, "dump", "--json").splitlines()
    return {(each["name"], each["type"]): each for each in map(json.loads, lines)}


# -- explain --------------------------------------------------------------------------------------------------

def test_a_pool_is_explained_by_who_gave_which_address(serve):
    server, _ = serve({"A": {"answer": ["www.example. 300 IN A 192.0.2.1", "www.example. 300 IN A 192.0.2.2"]},
                       "B": {"answer": ["www.example. 200 IN A 192.0.2.2"], "delay": "300ms"},
                       "C": {"answer": ["www.example. 300 IN A 192.0.2.3"], "delay": "300ms"}})
    server.query("www.example.")
    server.finished_flight()
    given = {"192.0.2.1": ["A"], "192.0.2.2": ["A", "B"], "192.0.2.3": ["C"]}

    said = command_json(server, "explain", "WWW.example")
    (flight,) = said["flights"]
    assert (said["name"], said["type"], said["flights_remembered"]) == ("www.example.", "A", 1)
    assert {each["address"]: each["from"] for each in flight["addresses"]} == given
    assert [(name, each["merge"]) for name, each in attempts(flight).items()] == \
        [("A", "winner"), ("B", "merged"), ("C", "merged")]
    (cached,) = said["cached"]
    assert (cached["flight"], cached["remembered"], cached["rcode"]) == (flight["id"], True, "NOERROR")
    assert [record.split()[-1] for record in cached["answer"]] == list(given)
    assert 100 < cached["expires_in_s"] <= 200

    text = command(server, "explain", "www.example.", "a")
    last = text[text.index("addresses, and who gave them"):].splitlines()[1:]
    assert {line.split()[0]: line.replace(",", "").split()[1:] for line in last if line} == given
    assert f"filled by flight {flight['id']}\n" in text and "by A; finished after" in words(text)
    assert "answered the client" in text and text.count(", merged") == 2


def test_of_an_unknown_name_it_says_that_nothing_is_known(serve):
    server, _ = serve({"A": {}})
    server.query("other.pool.example.")
    server.finished_flight()
    said = command_json(server, "explain", "www.pool.example")
    assert (said["cached"], said["flights"], said["flights_remembered"]) == ([], [], 1)
    text = words(command(server, "explain", "www.pool.example"))
    assert text.startswith("Nothing is known of www.pool.example. A:") and "1 flight " in text
    server.query("www.pool.example.")
    assert words(command(server, "explain", "www.pool.example", "AAAA")).startswith("Nothing is known")


def test_a_flight_that_is_not_remembered_leaves_what_is_cached(serve):
    server, _ = serve({"A": {}}, status={"history": 0})
    server.query("www.pool.example.")
    server.finished_flight()
    said = command_json(server, "explain", "www.pool.example")
    assert said["flights"] == [] and said["flights_remembered"] == 0
    assert [(each["remembered"], len(each["answer"])) for each in said["cached"]] == [(False, 2)]
    text = words(command(server, "explain", "www.pool.example"))
    assert "which is no longer remembered" in text and "who was asked is not known any more" in text
    assert "10.77.0.2" in text


def test_a_negative_response_is_explained_too(serve):
    server, _ = serve({"A": {}, "B": {"delay": "300ms"}})
    server.query("www.nx.example.")
    server.finished_flight()
    said = command_json(server, "explain", "www.nx.example")
    assert [each["rcode"] for each in said["cached"]] == ["NXDOMAIN"]
    (flight,) = said["flights"]
    assert flight["rcode"] == "NXDOMAIN" and flight["addresses"] == []
    assert {each["outcome"] for each in flight["attempts"]} == {"usable"}
    text = command(server, "explain", "www.nx.example")
    assert "cached: NXDOMAIN" in text and "answered NXDOMAIN after" in text


def test_a_failure_is_explained_by_what_each_upstream_did(serve):
    server, _ = serve({"A": {"rcode": "SERVFAIL"}, "B": {"refuse": True}, "C": {"dark": "on"}},
                      upstream={"fallback_timeout": "100ms", "total_collect_timeout": "500ms"})
    assert server.query("www.pool.example.").rcode() == dns.rcode.SERVFAIL
    server.finished_flight()
    (flight,) = command_json(server, "explain", "www.pool.example")["flights"]
    assert (flight["answered_by"], flight["rcode"], flight["second_tier"]["reason"]) == (None, "SERVFAIL", "all_failed")
    each = attempts(flight)
    assert (each["A"]["outcome"], each["A"]["rcode"]) == ("failure", "SERVFAIL")
    assert (each["B"]["outcome"], each["B"]["error"]) == ("network_error", "Connection refused")
    assert (each["C"]["outcome"], each["C"]["rcode"]) == ("no_reply", None) and each["C"]["retransmissions"] > 0
    text = command(server, "explain", "www.pool.example")
    assert "Connection refused" in text and "no reply" in text and "answered SERVFAIL after" in text


def test_a_chain_is_shown_as_it_was_answered(serve):
    server, _ = serve({"A": {"answer": CHAIN}})
    server.query("www.example.")
    server.finished_flight()
    (cached,) = command_json(server, "explain", "www.example")["cached"]
    assert [record.split()[0] for record in cached["answer"]] == ["www.example.", "here.example.", "end.example."]
    assert re.search(r"here\.example\. \d+ IN CNAME end\.example\.", command(server, "explain", "www.example"))


def test_what_was_not_merged_has_its_reason_and_open_flights_are_shown(serve):
    server, _ = serve({"A": {"answer": CHAIN}, "B": {"rcode": "NXDOMAIN", "delay": "300ms"},
                       "C": {"answer": ["www.example. 300 IN CNAME there.example.", "there.example. 300 IN A 192.0.2.2"],
                             "delay": "300ms"},
                       "D": {"answer": CHAIN, "delay": "8s"}})
    server.query("www.example.")

    def concluded():
        (flight,) = command_json(server, "explain", "www.example")["flights"]
        each = attempts(flight)
        return {"B", "C"} <= set(each) and each["B"]["merge"] and each["C"]["merge"] and flight
    flight = wait_for(concluded, "the replies of B and C")
    each = attempts(flight)
    assert flight["open"] and each["D"]["outcome"] == "pending"
    assert each["B"]["merge"] == "disagrees" and "RCODE" in each["B"]["why"]
    assert each["C"]["merge"] == "other_owner" and "CNAME chain" in each["C"]["why"]
    assert each["C"]["addresses"] == ["192.0.2.2"]
    text = words(command(server, "explain", "www.example"))
    assert "still collecting" in text and "no reply so far" in text
    assert each["B"]["why"] in text and each["C"]["why"] in text


def test_each_combination_of_do_and_cd_is_an_answer_of_its_own(serve):
    server, _ = serve({"A": {}})
    for do, cd in [(False, False), (True, False), (False, True), (True, True)]:
        server.query("www.pool.example.", do=do, cd=cd)
    server.finished_flights(4)
    said = command_json(server, "explain", "www.pool.example")
    flags = {(each["do"], each["cd"]) for each in said["cached"]}
    assert len(flags) == len(said["cached"]) == len(said["flights"]) == 4
    text = command(server, "explain", "www.pool.example")
    assert "cached (DO, CD): NOERROR" in text and "cached: NOERROR" in text


@pytest.mark.parametrize("label", [b"<script>", b"\"'", b"\xff\x00", b"a.b", b"\n", b"\x1b[2J", b"%41&type=MX"])
def test_any_name_can_be_asked_for(serve, label):
    server, _ = serve({"A": {}})
    name = dns.name.Name([label, b"pool", b"example", b""])
    server.query(name)
    server.finished_flight()
    text = name.to_text()
    said = command_json(server, "explain", text)
    assert dns.name.from_text(said["name"]) == name and len(said["cached"]) == len(said["flights"]) == 1
    for out in (command(server, "explain", text), command(server, "dump"), command(server, "dump", "--json")):
        assert out.replace("\n", "").isprintable() and out.isascii()
    assert [dns.name.from_text(key[0]) for key in dumped(server)] == [name]
    assert command_json(server, "flush", text) == {"removed": 1, "flights_detached": 0}


def test_what_is_no_name_or_type_is_refused(serve):
    server, _ = serve({"A": {}})
    for arguments in (["explain", "a..b"], ["explain", "a" * 64 + ".example"], ["explain", "www.example", "NOTYPE"],
                      ["flush", "a..b"], ["flush", "--suffix", "a..b"]):
        code, out, err = run("-c", server.path / "pacedns.yaml", *arguments)
        assert (code, out) == (1, "") and err.startswith("pacedns: '") and err.isascii(), arguments


# -- flush ------------------------------------------------------------------------------------------------------

def filled(server, *names):
    """The cache holds these, A and AAAA, and nothing is under way."""
    for name in names:
        for rdtype in ("A", "AAAA"):
            server.query(name, rdtype)
    wait_for(lambda: len(server.log("flight_finished")) == 2 * len(names), "the flights")


def remaining(server):
    return {name for name, _ in dumped(server)}


NAMES = ["pool.example.", "a.pool.example.", "b.a.pool.example.", "xa.pool.example."]


@pytest.mark.parametrize("arguments, gone", [
    (["A.Pool.Example"], {"a.pool.example."}), (["--suffix", "a.pool.example."], {"a.pool.example.", "b.a.pool.example."}),
    (["--suffix", "."], set(NAMES)), (["--all"], set(NAMES)), (["absent.pool.example."], set())])
def test_what_was_flushed_is_asked_for_again_and_nothing_else(serve, arguments, gone):
    server, servers = serve({"A": {"answer": ["pool.example. 300 IN A 192.0.2.1"]}})
    filled(server, *NAMES)
    assert command_json(server, "flush", *arguments) == {"removed": 2 * len(gone), "flights_detached": 0}
    assert remaining(server) == set(NAMES) - gone
    before = len(servers.events("query"))
    for name in NAMES:
        server.query(name)
    assert {event["qname"] for event in servers.events("query")[before:]} == gone


def test_it_says_how_many_it_removed(serve):
    server, _ = serve({"A": {}})
    filled(server, "www.pool.example.")
    assert command(server, "flush", "www.pool.example") == "2 responses removed from the cache\n"
    assert command(server, "flush", "www.pool.example") == "0 responses removed from the cache\n"


def test_the_pool_of_a_flight_that_is_collecting_does_not_come_back(serve):
    server, servers = serve({"A": {}, "B": {"delay": "2s"}})
    server.query("www.pool.example.")
    assert command_json(server, "flush", "www.pool.example") == {"removed": 1, "flights_detached": 1}
    server.finished_flight()
    assert dumped(server) == {} and servers.counts()["A"].udp == 1
    server.query("www.pool.example.")
    assert servers.counts()["A"].udp == 2


def test_a_question_asked_again_after_a_flush_is_a_flight_of_its_own_while_the_old_one_collects(serve):
    server, servers = serve({"A": {}, "B": {"delay": "2s"}})
    server.query("www.pool.example.")
    text = command(server, "flush", "--all")
    assert "1 response removed" in text and "flights under way whose answers will not go into the cache: 1" in text
    servers.set("*", "answer", '["www.pool.example. 300 IN A 192.0.2.1"]')
    assert addresses(server.query("www.pool.example.")) == ["192.0.2.1"]
    wait_for(lambda: len(server.log("flight_finished")) == 2, "the end of both")
    assert addresses(server.query("www.pool.example.")) == ["192.0.2.1"]
    said = command_json(server, "explain", "www.pool.example")
    assert len(said["flights"]) == 2 and said["cached"][0]["flight"] == said["flights"][0]["id"]


def test_who_waits_while_the_cache_is_flushed_is_answered(serve):
    server, _ = serve({"A": {"delay": "1s"}})
    with server.udp() as client:
        client.send(make_query("www.pool.example."))
        wait_for(lambda: server.log("flight_started"), "the flight")
        assert command_json(server, "flush", "--all") == {"removed": 0, "flights_detached": 1}
        assert addresses(dns.message.from_wire(client.receive()))
    server.finished_flight()
    assert dumped(server) == {}


# -- dump -------------------------------------------------------------------------------------------------------

RECORDS = ["www.example. 300 IN A 192.0.2.1", "www.example. 300 IN A 192.0.2.2", "www.example. 300 IN MX 10 mail.example.",
           r'www.example. 300 IN TXT "a \"quoted\" \\ one" "\255\000 two;"', "www.example. 300 IN SRV 1 2 53 srv.example.",
           'www.example. 300 IN CAA 0 issue "ca.example"', "www.example. 300 IN HTTPS 1 . alpn=h2 ipv4hint=192.0.2.1",
           "alias.example. 300 IN CNAME www.example.", r"www.example. 300 IN TYPE65280 \# 3 00ff41"]
QUESTIONS = [("www.example.", rdtype) for rdtype in ("A", "MX", "TXT", "SRV", "CAA", "HTTPS", "TYPE65280", "NS")] + \
    [("alias.example.", "A"), ("www.nx.example.", "A")]


def rrsets(records):
    """Records in presentation format as sets, without their TTLs."""
    sets = set()
    for record in records:
        owner, _, rdclass, rdtype, rdata = record.split(None, 4)
        rrset = dns.rrset.from_text(owner, 0, rdclass, rdtype, rdata)
        sets.add((rrset.name, rrset.rdtype, rrset[0]))
    return sets


def records_of(reply):
    return {(rrset.name, rrset.rdtype, record) for rrset in reply.answer + reply.authority for record in rrset}


def test_a_dump_has_what_clients_are_answered(serve):
    server, _ = serve({"A": {}}, records={"default": RECORDS})
    replies = {key: server.query(*key, edns=1232) for key in QUESTIONS}
    for name, rdtype in QUESTIONS:
        server.finished_flight(name)
        dug = subprocess.run(["dig", "+noall", "+answer", "+authority", f"@{server.address[0]}", "-p",
                              str(server.address[1]), name, rdtype], capture_output=True, text=True, check=True, timeout=SOON)
        assert rrsets(dug.stdout.splitlines()) == records_of(replies[name, rdtype])
    entries = dumped(server)
    text = command(server, "dump")
    blocks = {}
    for line in text.splitlines():
        if line.startswith("; "):
            name, rdtype, rcode, *_ = line[2:].split()
            blocks[name, rdtype] = (rcode, [])
        else:
            blocks[name, rdtype][1].append(line)
    assert set(entries) == set(blocks) == {key for key, reply in replies.items()}
    for key, reply in replies.items():
        rcode = dns.rcode.to_text(reply.rcode())
        assert (entries[key]["rcode"], blocks[key][0]) == (rcode, rcode)
        assert rrsets(entries[key]["records"]) == rrsets(blocks[key][1]) == records_of(reply), key
        assert entries[key]["expires_in_s"] <= 300 and not entries[key]["do"]


def test_a_dump_of_a_full_cache_comes_whole(serve):
    server, _ = serve({"A": {}}, log={"level": "info"})
    count = 3000
    with server.udp() as client:
        for number in range(count):
            client.send(make_query(f"n{number}.pool.example."))
            if number % 50 == 49:
                for _ in range(50):
                    assert client.receive()
    entries = dumped(server)
    assert set(entries) == {(f"n{number}.pool.example.", "A") for number in range(count)}
    assert command(server, "dump").count("\n") == 3 * count
    assert command_json(server, "flush", "--all")["removed"] == count
    assert command(server, "dump") == command(server, "dump", "--json") == ""
