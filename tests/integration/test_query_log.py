"""The query log: a line for each query that was answered, within its bounds, and nobody waits for it."""

import collections
import os
import re
import signal
import socket
import subprocess
import tempfile
import time

import dns.rcode
import pytest
import yaml
from pacedns import BUILD, SOON, UdpClient, addresses, as_address, config, fields, make_query, merged, parse, wait_for
from watching import metrics

FIELDS = ["time", "level", "event", "client", "transport", "qname", "qtype", "rcode", "from", "us", "skipped"]
QUERY = re.compile(r"time=\S+ level=info event=query client=\S+ transport=(?:udp|tcp) qname=\S+ qtype=\S+ rcode=\S+ "
                   r"from=\S+ us=\d+ skipped=\d+")


@pytest.fixture(name="serve")
def _serve(upstreams, daemon):
    """serve({"A": {}}, query_rate=5): a daemon that logs queries and nothing else at level info, and its upstreams."""
    def start(each, upstream=None, listen=("127.0.0.1:0",), workers=2, access=None, **log):
        servers = upstreams(each)
        return daemon(servers, log={"level": "info", "queries": True, **log}, upstream=upstream or {}, workers=workers,
                      listen=list(listen), status={"listen": "127.0.0.1:0"}, **({"access": access} if access else {})), servers
    return start


def lines(server, count):
    """The first `count` lines, once they are there, each with all fields in their order."""
    logged = wait_for(lambda: len(found := server.log("query")) >= count and found, f"{count} lines")
    assert all(list(line) == FIELDS for line in logged)
    return logged


def what(line):
    return tuple(line[key] for key in ("transport", "qname", "qtype", "rcode", "from"))


# -- Lines ------------------------------------------------------------------------------------------------------

def test_each_kind_of_answer_has_its_line(serve):
    server, _ = serve({"A": {"delay": "20ms"}})
    expected = []
    def ask(name, rdtype, rcode, source, **how):
        server.query(name, rdtype, **how)
        expected.append(("tcp" if how.get("tcp") else "udp", name, rdtype, rcode, source))
        lines(server, len(expected))
    ask("www.pool.example.", "A", "NOERROR", "A")
    ask("www.pool.example.", "A", "NOERROR", "cache")
    ask("www.pool.example.", "A", "NOERROR", "cache", tcp=True)
    ask("tcp.pool.example.", "AAAA", "NOERROR", "A", tcp=True)
    ask("www.nx.example.", "A", "NXDOMAIN", "A")
    ask("www.nodata.example.", "TYPE65280", "NOERROR", "A")
    ask("www.pool.example.", "AXFR", "REFUSED", "refused", tcp=True)
    logged = lines(server, len(expected))
    assert [what(line) for line in logged] == expected
    assert all(line["client"] == "127.0.0.1" and line["skipped"] == "0" for line in logged)
    assert all(int(line["us"]) >= 20000 for line in logged if line["from"] == "A")
    written = [line for line in server.stderr().splitlines() if "event=query" in line]
    assert all(QUERY.fullmatch(line) for line in written)


def test_the_name_is_the_clients_and_cannot_look_like_another_field(serve):
    server, _ = serve({"A": {}})
    server.query("WwW.Pool.Example.")
    server.query(r"a\032client=10.0.0.1\010event=query\032\"x\".pool.example.")
    first, second = lines(server, 2)
    assert first["qname"] == "WwW.Pool.Example."
    assert second["qname"] == r"a\032client\06110.0.0.1\010event\061query\032\034x\034.pool.example."
    assert (second["client"], len(server.log("query"))) == ("127.0.0.1", 2)


def test_failures_and_refusals_are_logged(serve):
    server, _ = serve({"A": {"refuse": True}}, access={"allow": ["127.0.0.1/32"]})
    assert server.query("www.pool.example.").rcode() == dns.rcode.SERVFAIL
    assert server.query("www.pool.example.").rcode() == dns.rcode.SERVFAIL  # remembered
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outside:
        outside.bind(("127.0.0.2", 0))
        outside.settimeout(SOON)
        outside.sendto(make_query("www.pool.example.").to_wire(), server.address)
        assert parse(outside.recv(65535)).rcode() == dns.rcode.REFUSED
    logged = lines(server, 3)
    assert [(line["client"], line["rcode"], line["from"]) for line in logged] == \
        [("127.0.0.1", "SERVFAIL", "none"), ("127.0.0.1", "SERVFAIL", "cache"), ("127.0.0.2", "REFUSED", "refused")]


def test_all_who_waited_for_one_flight_have_a_line(serve):
    server, _ = serve({"A": {"delay": "500ms"}})
    with server.udp() as one, server.udp() as other, server.tcp() as stream:
        for client in (one, other, stream):
            client.send(make_query("www.pool.example."))
        for client in (one, other, stream):
            assert addresses(parse(client.receive()))
    logged = lines(server, 3)
    assert sorted(what(line)[0] for line in logged) == ["tcp", "udp", "udp"]
    assert {line["from"] for line in logged} <= {"A", "cache"}
    assert metrics(server)["pacedns_flights_started_total"] == 1


def test_it_is_written_whatever_the_level_and_is_off_by_default(serve, daemon):
    server, servers = serve({"A": {}})
    quieter = merged(server.settings, {"log": {"level": "error"}})
    (server.path / "pacedns.yaml").write_text(yaml.safe_dump(quieter), encoding="utf-8")
    server.signal(signal.SIGHUP)
    wait_for(lambda: metrics(server)['pacedns_reloads_total{result="success"}'], "the reload")
    server.query("www.pool.example.")
    assert len(lines(server, 1)) == 1 and not server.log("reload_finished")
    quiet = daemon(servers)
    for tcp in (False, True):
        quiet.query("www.pool.example.", tcp=tcp)
    assert quiet.stop() == 0 and not quiet.log("query")


# -- Bounds -----------------------------------------------------------------------------------------------------

def ask_often(server, count, name="www.pool.example."):
    """So many queries, of which each is answered."""
    with server.udp() as client:
        for begin in range(0, count, 50):
            batch = min(50, count - begin)
            for _ in range(batch):
                client.send(make_query(name))
            for _ in range(batch):
                assert client.receive(), "a query without an answer"


def test_a_sample_is_one_query_of_so_many(serve):
    server, _ = serve({"A": {}}, query_sample=10, workers=1)
    ask_often(server, 95)
    assert server.stop() == 0
    assert len(server.log("query")) == 9 and {line["skipped"] for line in server.log("query")} == {"0"}


def test_the_rate_is_a_bound_and_what_was_skipped_adds_up(serve):
    server, _ = serve({"A": {}}, query_rate=20)
    begin = time.monotonic()
    asked = 5000
    ask_often(server, asked)
    # Each worker tells with its next line what it has skipped. So slowly that nothing more is skipped meanwhile.
    def all_told():
        nonlocal asked
        time.sleep(0.2)
        server.query("www.pool.example.")
        asked += 1
        logged = server.log("query")
        return len(logged) + sum(int(line["skipped"]) for line in logged) == asked
    wait_for(all_told, "the sum")
    logged = server.log("query")
    seconds = int(time.monotonic() - begin) + 1
    assert 0 < len(logged) <= (seconds + 1) * 20 < asked
    # A second of a worker begins with a query, so that a second of the clock may touch two of them.
    by_second = collections.Counter(line["time"][:19] for line in logged)
    assert max(by_second.values()) <= 2 * 20


@pytest.mark.parametrize("clients, shown", [("full", ["127.1.2.3", "::1"]), ("truncated", ["127.1.2.0/24", "::/48"]),
                                            ("off", [None, None])])
def test_clients_are_shown_as_is_allowed(serve, clients, shown):
    server, _ = serve({"A": {}}, listen=["127.0.0.1:0", "[::1]:0"], query_clients=clients)
    four, six = (as_address(line["address"]) for line in server.log("listening"))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.1.2.3", 0))
        client.settimeout(SOON)
        client.sendto(make_query("www.pool.example.").to_wire(), four)
        assert client.recv(65535)
    with UdpClient(six) as client:
        client.send(make_query("www.pool.example."))
        assert client.receive()
    logged = wait_for(lambda: len(found := server.log("query")) == 2 and found, "the lines")
    assert [line.get("client") for line in logged] == shown
    if clients != "full":
        assert "127.1.2.3" not in server.stderr()


# -- Reload -----------------------------------------------------------------------------------------------------

def test_a_reload_turns_it_on_and_off(serve):
    server, _ = serve({"A": {}}, queries=False)
    on = merged(server.settings, {"log": {"queries": True, "query_clients": "off"}})
    server.query("before.pool.example.")
    assert server.reload(on)
    assert {line["key"] for line in server.log("reloaded", effect="now")} == {"log.queries", "log.query_clients"}
    def logged(name):
        server.query(name)
        return server.log("query", qname=name)
    wait_for(lambda: logged("during.pool.example."), "its being on")
    assert "client" not in server.log("query")[0]
    assert server.reload(merged(on, {"log": {"queries": False}}))
    for number in range(20):  # all workers
        server.query(f"after{number}.pool.example.")
    assert server.reload(on)
    wait_for(lambda: logged("again.pool.example."), "its being on again")
    assert server.stop() == 0
    names = {line["qname"] for line in server.log("query")}
    assert names == {"during.pool.example.", "again.pool.example."}


# -- A reader that does not read ----------------------------------------------------------------------------------

class StalledReader:
    """A daemon whose stderr is a pipe that nobody reads once it is ready."""

    def __init__(self, settings):
        self.folder = tempfile.TemporaryDirectory(prefix="pacedns-test-")
        path = os.path.join(self.folder.name, "pacedns.yaml")
        with open(path, "w", encoding="utf-8") as file:
            yaml.safe_dump(settings, file)
        self.pipe, end = os.pipe()
        self.process = subprocess.Popen([BUILD / "pacedns", "-c", path], stderr=end)
        os.close(end)
        self.text = b""
        wait_for(lambda: self.read() and b"event=ready" in self.text, "readiness")
        self.address = as_address(self.log("listening")[0]["address"])

    def read(self):
        """Takes what comes next; b"" at the end."""
        octets = os.read(self.pipe, 65536)
        self.text += octets
        return octets

    def log(self, event):
        return [line for line in map(fields, self.text.decode().splitlines()) if line.get("event") == event]

    def udp(self):
        return UdpClient(self.address)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.pipe)
        self.folder.cleanup()


def test_a_reader_that_does_not_read_holds_up_nothing_and_what_is_lost_is_counted(upstreams):
    servers = upstreams({"A": {}, "B": {}})
    settings = config(servers, workers=1, log={"level": "info", "queries": True, "query_rate": 1000000},
                      upstream={"total_collect_timeout": "500ms"}, status={"listen": "127.0.0.1:0"})
    with StalledReader(settings) as server:
        ask_often(server, 20000, "old.pool.example.")
        assert metrics(server)["pacedns_log_lost_lines_total"] > 0
        servers.set("A", "dark", "on")  # what becomes of it is logged by the worker
        for number in range(20):
            ask_often(server, 1, f"new{number}.pool.example.")
        server.process.send_signal(signal.SIGHUP)  # what comes of that is logged by the main thread
        wait_for(lambda: metrics(server)['pacedns_reloads_total{result="success"}'] == 1, "the reload")
        ask_often(server, 1, "after.pool.example.")
        server.process.terminate()
        assert server.process.wait(SOON) == 0
