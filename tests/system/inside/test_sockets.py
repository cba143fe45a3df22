"""Socket activation: systemd holds the sockets, and a restart of the service is not noticed."""

import pytest
from load import Load
from machine import ask, main_pid, run, show
from pacedns import SOON, Background, TcpClient, addresses, make_query, parse

BOTH = ["127.0.0.1:53", "[::1]:53"]  # those of pacedns.socket


@pytest.fixture(name="sockets")
def _sockets(service, upstreams):
    """The service with the sockets of systemd."""
    running = service(upstreams({"A": {"delay": "5ms"}}), listen=BOTH)
    run("systemctl", "stop", "pacedns.service")
    run("systemctl", "enable", "--now", "pacedns.socket")
    return running


class Connections(Background):
    """Opens one connection after the other and asks on it. Its first query may meet a daemon that is about to end
    and closes the connection; the connection itself is never refused."""

    def __init__(self, address):
        super().__init__()
        self.address = address
        self.answered = self.closed = 0
        self.problems = []

    def run(self):
        while not self.over.is_set():
            try:
                with TcpClient(self.address) as client:
                    client.send(make_query("tcp.pool.example."))
                    wire = client.receive(SOON)
                if wire:
                    assert addresses(parse(wire))
                    self.answered += 1
                elif wire is None:
                    self.problems.append("silence")
                else:
                    self.closed += 1
            except (OSError, AssertionError) as error:
                self.problems.append(repr(error))
            self.over.wait(0.005)


def test_a_query_starts_the_service(sockets):
    assert show()["ActiveState"] == "inactive"
    assert addresses(ask("first.pool.example."))
    assert show()["ActiveState"] == "active"


def test_with_sockets_passed_it_has_no_capabilities_left(sockets):
    run("systemctl", "start", "pacedns.service")
    with open(f"/proc/{main_pid()}/status", encoding="ascii") as file:
        status = dict(line.split(":", 1) for line in file)
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == int(status["CapAmb"], 16) == 0


def test_every_address_of_the_socket_is_served(sockets):
    run("systemctl", "start", "pacedns.service")
    for host in ("127.0.0.1", "::1"):
        for tcp in (False, True):
            assert addresses(ask("each.pool.example.", address=(host, 53), tcp=tcp))


def test_restarts_under_load_lose_no_datagram_and_refuse_no_connection(sockets):
    run("systemctl", "start", "pacedns.service")
    with Load(("127.0.0.1", 53)) as load, Connections(("127.0.0.1", 53)) as connections:
        for _ in range(3):
            load.await_more(200)
            pid = main_pid()
            run("systemctl", "restart", "pacedns.service")
            assert main_pid() not in (0, pid)
        load.await_more(200)
    load.check()
    assert not connections.problems, connections.problems[:10]
    assert connections.answered > 10 * connections.closed
