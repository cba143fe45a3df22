"""What is listened on: addresses that come and go by reload, and sockets that the service manager passes on."""

import contextlib
import os
import socket
import threading

import dns.rcode
import pytest
from pacedns import Daemon, TcpClient, UdpClient, addresses, as_address, bound_pair, config, free_address, make_query, \
    merged, parse, wait_for


def answers(address, name="www.pool.example."):
    """Whether a server answers there, over UDP and TCP."""
    def over(kind):
        with kind(as_address(address)) as client:
            client.send(make_query(name))
            return bool(addresses(parse(client.receive())))
    return over(UdpClient) and over(TcpClient)


def refused(address):
    """Whether nobody is there, over UDP or TCP."""
    with UdpClient(as_address(address)) as client:
        client.send(make_query("www.pool.example."))
        try:
            client.receive(1)
            return False
        except ConnectionRefusedError:
            pass
    try:
        TcpClient(as_address(address)).close()
    except ConnectionRefusedError:
        return True
    return False


# -- By reload ----------------------------------------------------------------------------------------------

def listening_on(server, *listen):
    return merged(server.settings, {"listen": list(listen)})


def test_addresses_come_and_go(upstreams, daemon):
    first, second = free_address(), free_address()
    server = daemon(upstreams({"A": {}}), listen=[first])
    assert server.reload(listening_on(server, first, second))
    assert answers(first) and answers(second)
    assert server.log("listening", address=second)
    assert server.log("reloaded", key="listen", effect="now")

    assert server.reload(listening_on(server, second))
    assert server.log("listening_ended", address=first)
    wait_for(lambda: refused(first), "the end of the first address")
    assert answers(second)


def test_a_connection_at_an_address_that_stays_stays(upstreams, daemon):
    first, second = free_address(), free_address()
    server = daemon(upstreams({"A": {}}), listen=[first])
    with TcpClient(as_address(first)) as stays:
        for listen in ([first, second], [first]):
            assert server.reload(listening_on(server, *listen))
            stays.send(make_query("www.pool.example."))
            assert addresses(parse(stays.receive()))
    assert server.statistics()["tcp_connections"] == 1


def test_what_an_address_has_been_asked_is_answered_when_it_goes(upstreams, daemon):
    first, second = free_address(), free_address()
    server = daemon(upstreams({"A": {"delay": "500ms"}}), listen=[first, second])
    with UdpClient(as_address(first)) as udp, TcpClient(as_address(first)) as tcp:
        udp.send(make_query("udp.pool.example."))
        tcp.send(make_query("tcp.pool.example."))
        wait_for(lambda: len(server.log("flight_started")) == 2, "both flights")
        assert server.reload(listening_on(server, second))
        assert addresses(parse(udp.receive()))
        assert addresses(parse(tcp.receive()))


def test_an_address_becomes_all_addresses(upstreams, daemon):
    one = free_address()
    server = daemon(upstreams({"A": {}}), listen=[one])
    everywhere = "0.0.0.0:" + one.rpartition(":")[2]
    for listen in (everywhere, one, everywhere):
        assert server.reload(listening_on(server, listen))
        for _ in range(10):
            assert answers(one)


def test_an_address_that_is_taken_refuses_the_whole_reload(upstreams, daemon):
    first = free_address()
    servers = upstreams({"A": {}})
    server = daemon(servers, listen=[first])
    before = server.settings
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        taken = f"127.0.0.1:{holder.getsockname()[1]}"
        changed = merged(listening_on(server, free_address(), taken), {"access": {"allow": ["192.0.2.0/24"]}})
        assert not server.reload(changed)
        failure = server.log("bind_failed")[0]
        assert failure["address"] == taken and f"(pid {os.getpid()})" in failure["holder"]
    assert answers(first), "access.allow is as it was"
    assert server.reload(before)
    assert server.log("reload_finished")[-1]["applied"] == "0"


def test_a_new_address_never_answers_those_whom_the_same_reload_shuts_out(upstreams, daemon):
    first = free_address()
    server = daemon(upstreams({"A": {}}), listen=[first])
    over = threading.Event()
    heard = set()

    def ask():
        while not over.is_set():
            with UdpClient(as_address(second)) as client, contextlib.suppress(ConnectionRefusedError):
                client.send(make_query("www.pool.example."))
                reply = client.receive(0.1)
                heard.update([] if reply is None else [parse(reply).rcode()])

    for _ in range(8):
        second = free_address()
        asking = threading.Thread(target=ask)
        asking.start()
        try:
            assert server.reload(merged(server.settings, {"listen": [first, second], "access": {"allow": ["192.0.2.0/24"]}}))
            wait_for(lambda: heard, "a reply")
        finally:
            over.set()
            asking.join()
            over.clear()
        assert heard == {dns.rcode.REFUSED}
        assert server.reload(merged(server.settings, {"listen": [first], "access": {"allow": ["loopback"]}}))
        heard.clear()


# -- Socket activation --------------------------------------------------------------------------------------

def activated(settings, sockets, name="dns"):
    """pacedns as a service manager starts it that has bound these sockets, and keeps them."""
    def put_in_place():
        aside = [os.dup2(each.fileno(), 100 + i) for i, each in enumerate(sockets)]
        for i, descriptor in enumerate(aside):
            os.dup2(descriptor, 3 + i)
    names = ":".join([name] * len(sockets))
    launcher = ["env", f"LISTEN_FDS={len(sockets)}", f"LISTEN_FDNAMES={names}", "sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh"]
    return Daemon(settings, launcher=launcher, preexec_fn=put_in_place, close_fds=False)


@contextlib.contextmanager
def bound():
    """A UDP and a listening TCP socket on one address."""
    udp, tcp = bound_pair()
    with udp, tcp:
        tcp.listen(100)
        yield udp, tcp


def address_of(bound_socket):
    host, port = bound_socket.getsockname()
    return f"{host}:{port}"


def test_passed_sockets_are_served(upstreams):
    servers = upstreams({"A": {}})
    with bound() as sockets, activated(config(servers, listen=[address_of(sockets[0])]), sockets) as server:
        line, = server.log("listening")
        assert (line["from"], line["udp_sockets"], line["tcp_sockets"]) == ("service_manager", "1", "1")
        assert answers(address_of(sockets[0]))
        assert all(answers(address_of(sockets[0]), f"n{i}.pool.example.") for i in range(20)), "of either worker's flights"


def test_addresses_that_were_not_passed_are_bound(upstreams):
    other = free_address()
    with bound() as sockets, activated(config(upstreams({"A": {}}), listen=[other]), sockets) as server:
        assert [line["address"] for line in server.log("listening")] == [address_of(sockets[0]), other]
        assert answers(address_of(sockets[0])) and answers(other)


def test_a_restart_loses_no_query(upstreams):
    settings = config(upstreams({"A": {}}))
    with bound() as sockets:
        settings = merged(settings, {"listen": [address_of(sockets[0])]})
        with UdpClient(sockets[0].getsockname()) as udp:
            with activated(settings, sockets):
                udp.send(make_query("before.pool.example."))
                assert addresses(parse(udp.receive()))
            udp.send(make_query("between.pool.example."))
            with TcpClient(sockets[1].getsockname()) as tcp:
                tcp.send(make_query("between.pool.example."))
                with activated(settings, sockets):
                    assert addresses(parse(udp.receive()))
                    assert addresses(parse(tcp.receive()))


def test_a_socket_of_another_name_is_refused(upstreams):
    servers = upstreams({"A": {}})
    with bound() as sockets, pytest.raises(AssertionError, match="event=sockets_refused .*not named dns but web"):
        activated(config(servers), sockets, name="web")
