"""The status server's side of HTTP: whom it serves and whom not, what it does not do, and what cannot hold it up."""

import contextlib
import pathlib
import re
import socket
import threading

import pytest
from pacedns import addresses, config, merged, wait_for
from test_lifecycle import ELSEWHERE, holder_of, run, written
from watching import HttpClient, api, ask, metrics, parse_exposition, status_address

HELD = 64  # connections at a time
ERROR = re.compile(r'\{"error":".+"\}')


@pytest.fixture(name="serve")
def _serve(upstreams, daemon):
    """serve(privacy="full"): a daemon with a status server."""
    def start(listen="127.0.0.1:0", **status):
        return daemon(upstreams({"A": {}}), status={"listen": listen, **status})
    return start


def refusal(response):
    """The status code of a response that says in a sentence what is wrong."""
    assert ERROR.fullmatch(response.text()) and response.json()["error"]
    return response.status


# -- Requests -----------------------------------------------------------------------------------------------

def test_a_host_of_elsewhere_is_refused(serve):
    address = status_address(serve())
    port = address[1]
    with HttpClient(address) as client:
        for host in ("rebound.example", "rebound.example:80", "192.0.2.1", "localhost.example", f"[2001:db8::1]:{port}"):
            client.request("/api/flights", host=host)
            assert refusal(client.response()) == 421
        for host in ("localhost", f"127.0.0.1:{port}", f"[::1]:{port}"):
            client.request("/api/flights", host=host)
            assert client.response().status == 200
    for host in ("a b", "a@b", "[::1", "localhost:port"):
        assert refusal(ask(address, "/api/flights", host=host)) == 400


def test_only_get_is_offered(serve):
    server = serve()
    address = status_address(server)
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"):
        response = ask(address, "/metrics", method)
        assert refusal(response) == 405 and response.headers["allow"] == "GET"
    head = ask(address, "/metrics", "HEAD")
    assert (head.status, head.headers["allow"], head.body) == (405, "GET", b"")
    assert refusal(ask(address, "/metrics", "POST", fields=["Content-Length: 5"])) == 413
    assert metrics(server)["pacedns_workers"] == 2


def test_what_is_for_the_control_socket_is_not_there(serve):
    server = serve()
    server.query("www.pool.example.")
    address = status_address(server)
    for target in ("/api/explain?name=www.pool.example", "/api/dump", "/api/dump?format=json", "/api/flush?all=1"):
        assert refusal(ask(address, target)) == 404
    assert refusal(ask(address, "/api/flush?all=1", "POST")) == 405
    assert api(server, "/api/status")["cache"]["entries"] == 1


@pytest.mark.parametrize("target", ["/%ff%22", "/%00", "/..%2f..%2fetc/passwd", "/../../etc/passwd", "/page.css/", "//",
                                    "/<script>", "/api"])
def test_what_is_not_there_is_said_in_valid_json(serve, target):
    assert refusal(ask(status_address(serve()), target)) == 404


@pytest.mark.parametrize("octets", [b"\0\0\1\0\0\1\0\0\0\0\0\0", b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n",
                                    b"GET / HTTP/9.9\r\n\r\n",
                                    b"GET /%f HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
                                    b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", b"\n" * 100])
def test_what_is_no_request_is_refused_and_nobody_else_feels_it(serve, octets):
    server = serve()
    with HttpClient(status_address(server)) as client:
        client.send(octets)
        client.socket.shutdown(socket.SHUT_WR)
        response = client.response()
        assert response is None or refusal(response) in (400, 505)
        assert client.is_closed()
    assert metrics(server)["pacedns_workers"] == 2


def test_a_head_that_is_too_long_is_refused(serve):
    server = serve()
    for head in (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
                 b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 2000 + b"\r\n"):
        with HttpClient(status_address(server)) as client:
            client.send(head)
            assert refusal(client.response()) == 431
            assert client.is_closed()
    assert ask(status_address(server), "/", fields=["Cookie: " + "c" * 4000]).status == 200


def test_a_slow_head_does_not_hold_a_connection_for_good_nor_anybody_else(serve):
    server = serve()
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(HttpClient(status_address(server))) for _ in range(20)]
        for client in slow:
            client.send(b"GET / HTTP/1.1\r\nHost: loc")
        assert metrics(server)["pacedns_workers"] == 2
        ended = set()

        def all_ended():
            """An octet more now and then does not lengthen their time."""
            for client in set(slow) - ended:
                try:
                    client.send(b"a")
                    client.socket.settimeout(0.01)
                    if client.socket.recv(1) == b"":
                        ended.add(client)
                except TimeoutError:
                    pass
                except OSError:
                    ended.add(client)
            return len(ended) == len(slow)
        wait_for(all_ended, "the end of the slow ones")


# -- Connections ----------------------------------------------------------------------------------------------

def test_two_hundred_connections_hold_up_neither_dns_nor_those_who_come_after(serve):
    server = serve()
    address = status_address(server)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(HttpClient(address)) for _ in range(200)]
        assert all(client.is_closed() for client in clients[HELD:])
        assert addresses(server.query("www.pool.example."))
        for client in clients[:HELD]:
            client.request("/api/status")
            assert client.response().status == 200
    wait_for(lambda: ask(address, "/api/status"), "service to those who come after")
    assert metrics(server)["pacedns_status_refused_connections_total"] >= 200 - HELD


def test_who_does_not_read_does_not_hold_up_others(serve):
    server = serve(privacy="full")
    with HttpClient(status_address(server)) as lazy:
        lazy.socket.settimeout(0.2)
        with contextlib.suppress(OSError):
            while True:
                lazy.request("/metrics")
        assert metrics(server)["pacedns_workers"] == 2
        assert addresses(server.query("www.pool.example."))


def test_a_peer_that_is_not_allowed_gets_nothing(serve):
    server = serve(allow=["10.0.0.0/8"])
    assert ask(status_address(server), "/metrics") is None
    assert server.reload(merged(server.settings, {"status": {"allow": ["127.0.0.1/32"]}}))
    with HttpClient(status_address(server)) as client:
        client.request("/metrics")
        numbers = parse_exposition(client.response().text())
        assert numbers["pacedns_status_refused_connections_total"] == 1
        assert server.reload(merged(server.settings, {"status": {"allow": ["10.0.0.0/8"]}}))
        assert client.is_closed()  # though it was let in before
    assert ask(status_address(server), "/metrics") is None
    assert addresses(server.query("www.pool.example."))


def test_scraping_goes_on_while_ten_reloads_happen(serve):
    server = serve()
    over = threading.Event()
    scraped, failed = [], []

    def scrape():
        while not over.is_set():
            try:
                scraped.append(metrics(server)["pacedns_reloads_total{result=\"success\"}"])
            except (AssertionError, AttributeError, OSError) as failure:
                failed.append(failure)

    thread = threading.Thread(target=scrape)
    thread.start()
    try:
        for number in range(10):
            before = len(scraped)
            assert server.reload(merged(server.settings, {"upstream": {"batch_size": 1 + number % 2}}))
            wait_for(lambda count=before: len(scraped) > count or failed, "a scrape")
        assert not server.reload("upstream: [")
    finally:
        over.set()
        thread.join()
    assert not failed and scraped == sorted(scraped)
    numbers = metrics(server)
    assert numbers['pacedns_reloads_total{result="success"}'] == 10
    assert numbers['pacedns_reloads_total{result="failure"}'] == 1


def test_open_connections_do_not_hold_up_the_end(serve):
    server = serve()
    with contextlib.ExitStack() as stack:
        idle, asked, half, unread = (stack.enter_context(HttpClient(status_address(server))) for _ in range(4))
        asked.request("/")
        assert asked.response().status == 200
        half.send(b"GET / HT")
        unread.socket.settimeout(0.2)
        with contextlib.suppress(OSError):
            while True:
                unread.request("/metrics")
        assert server.stop() == 0
        assert idle.is_closed() and asked.is_closed() and half.is_closed()
    with pytest.raises(ConnectionRefusedError):
        HttpClient(status_address(server))


# -- The port -------------------------------------------------------------------------------------------------

def test_a_port_that_is_taken_is_fatal_and_names_who_holds_it(tmp_path, serve):
    holder, name = holder_of(socket.SOCK_STREAM)
    with holder:
        address = f"127.0.0.1:{holder.getsockname()[1]}"
        code, _, err = run("-c", written(tmp_path, config(ELSEWHERE, status={"listen": address})))
    assert code == 1 and "event=ready" not in err
    assert f"address={address} " in err and f'holder="{name}"' in err and "status.listen" in err

    server = serve()
    address = "{}:{}".format(*status_address(server))
    code, _, err = run("-c", written(tmp_path, config(ELSEWHERE, status={"listen": address})))
    assert code == 1 and f'holder="pacedns (pid {server.process.pid})"' in err


def listening_ports(process):
    """The TCP ports that a process listens on."""
    inodes = set()
    for link in pathlib.Path(f"/proc/{process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # it was closed meanwhile
            inodes.add(link.readlink().name)
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            if state == "0A" and f"socket:[{rest[5]}]" in inodes:
                ports.add(int(local.rsplit(":", 1)[1], 16))
    return ports


@pytest.mark.parametrize("status", [{}, {"listen": "off"}, {"listen": "off", "allow": ["any"], "privacy": "full"}])
def test_no_port_is_opened_unless_it_is_asked_for(daemon, status):
    server = daemon(ELSEWHERE, status=status)
    assert listening_ports(server.process) == {server.address[1]}
    assert not server.log("status_listening")


def test_the_port_that_is_said_is_the_one_that_is_opened(daemon):
    server = daemon(ELSEWHERE, status={"listen": "127.0.0.1:0"})
    assert listening_ports(server.process) == {server.address[1], status_address(server)[1]}


def test_another_address_needs_a_restart_and_the_log_says_so(serve):
    server = serve()
    assert server.reload(merged(server.settings, {"status": {"listen": "off"}}))
    assert server.log("reloaded", key="status.listen", effect="restart")
    assert metrics(server)["pacedns_workers"] == 2
