"""`pacedns check` on a valid configuration: what it tells of the addresses and the upstreams, and that a running
daemon does not feel it."""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading

import pytest
from pacedns import BUILD, SOON, addresses, bound_pair, config, free_address, make_query, merged, parse
from test_lifecycle import ELSEWHERE, run, unprivileged, written


def check(folder, settings, *options):
    """The exit code, and what is said of each address and upstream, by the words before the last colon and blank."""
    path = written(folder, settings)
    code, out, err = run("check", "-c", path, *options)
    first, *lines = out.splitlines()
    assert first == f"{path}: the configuration is valid" and err == ""
    return code, dict(re.fullmatch(r"(.+?): (.+)", line).groups() for line in lines)


def listening(address, udp, tcp):
    return {f"listen {address} udp": udp, f"listen {address} tcp": tcp}


def test_a_free_address_is_free_each_time(tmp_path):
    address = free_address()
    for _ in range(2):
        assert check(tmp_path, config(ELSEWHERE, listen=[address])) == (0, listening(address, "free", "free"))


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM], ids=["udp", "tcp"])
def test_a_taken_address_names_who_has_it_and_is_no_error(tmp_path, kind):
    name = pathlib.Path("/proc/self/comm").read_text(encoding="utf-8").strip()
    states = ["free", "free"]
    states[kind == socket.SOCK_STREAM] = f"taken by {name} (pid {os.getpid()})"
    other, holder = sorted(bound_pair(), key=lambda each: each.type == kind)
    other.close()
    with holder:
        if kind == socket.SOCK_STREAM:
            holder.listen()
        address = "{}:{}".format(*holder.getsockname())
        assert check(tmp_path, config(ELSEWHERE, listen=[address])) == (0, listening(address, *states))


def test_an_address_of_no_interface_is_said_and_is_no_error(tmp_path):
    absent = "no interface has this address"
    assert check(tmp_path, config(ELSEWHERE, listen=["192.0.2.53:5399"])) == \
        (0, listening("192.0.2.53:5399", absent, absent))


def test_a_missing_permission_is_said_and_is_no_error():
    with tempfile.TemporaryDirectory(prefix="pacedns-test-") as name:
        folder = pathlib.Path(name)
        path = written(folder, config(ELSEWHERE, listen=["127.0.0.1:53"]))
        done = subprocess.run([*unprivileged(folder), "check", "-c", path], capture_output=True, text=True, check=False,
                              timeout=SOON)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line for line in done.stdout.splitlines() if line.startswith("listen 127.0.0.1:53 ")]
    assert len(lines) == 2 and all("CAP_NET_BIND_SERVICE" in line for line in lines)


def test_nothing_is_looked_at_when_the_configuration_is_invalid(tmp_path):
    code, out, err = run("check", "--probe", "-c", written(tmp_path, "upstream: {}"))
    assert (code, out) == (2, "") and err


# -- Beside a running daemon ----------------------------------------------------------------------------------

def test_a_daemon_that_has_the_address_is_named_and_loses_nothing(upstreams, daemon, tmp_path):
    server = daemon(upstreams({"A": {}}), limits={"tcp_idle_timeout": "10m"})
    address = "{}:{}".format(*server.address)
    expected = listening(address, *[f"taken by pacedns (pid {server.process.pid})"] * 2)
    over = threading.Event()
    asked, lost = [], []

    def clients():
        """One query after the other; on loopback none is lost unless somebody else's socket gets it."""
        while not over.is_set() or len(asked) < 50:
            name = f"n{len(asked)}.pool.example."
            for tcp in (False, True):
                asked.append(name)
                try:
                    wire = server.exchange(make_query(name), tcp=tcp)
                except OSError:
                    wire = None
                if not wire or not addresses(parse(wire)):
                    lost.append((name, tcp))

    with server.tcp() as before:
        thread = threading.Thread(target=clients)
        thread.start()
        try:
            for _ in range(20):
                assert check(tmp_path, config(ELSEWHERE, listen=[address])) == (0, expected)
            _, said = check(tmp_path, config(ELSEWHERE, listen=[f"0.0.0.0:{server.address[1]}"]))
            assert len(said) == 2 and all(f"pacedns (pid {server.process.pid})" in state for state in said.values())
        finally:
            over.set()
            thread.join()
        before.send(make_query("before.pool.example."))
        assert addresses(parse(before.receive()))
    assert not lost and asked


def test_whose_process_cannot_be_seen_is_named_by_user(daemon):
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    server = daemon(ELSEWHERE)
    address = "{}:{}".format(*server.address)
    with tempfile.TemporaryDirectory(prefix="pacedns-test-") as name:
        folder = pathlib.Path(name)
        path = written(folder, config(ELSEWHERE, listen=[address]))
        shutil.copy(BUILD / "pacedns", folder)
        folder.chmod(0o755)
        done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", folder / "pacedns",
                               "check", "-c", path], capture_output=True, text=True, check=False, timeout=SOON)
    assert done.returncode == 0, done.stderr
    assert f"listen {address} udp: taken by a process of user root\n" in done.stdout


# -- Upstreams ------------------------------------------------------------------------------------------------

IN_TIME = r"in \d+\.\d ms"


def probe(folder, servers):
    """The exit code, and what is said of each upstream by its name."""
    code, said = check(folder, config(servers), "--probe")
    upstreams = {key.split()[1]: state for key, state in said.items() if key.startswith("upstream ")}
    places = {server["name"]: server["address"] for server in servers}
    for name, address in places.items():
        assert f"upstream {name} ({address if '://' in address else 'udp://' + address})" in said
    return code, upstreams


def test_the_probe_tells_of_each_upstream_what_it_said_or_what_went_wrong(upstreams, tmp_path):
    servers = upstreams({"good": {}, "dark": {"dark": "on"}, "closed": {"refuse": True}, "sorry": {"rcode": "REFUSED"},
                         "wrong": {"id": "wrong"}})
    code, said = probe(tmp_path, servers.servers() + [
        {"name": name + "-tcp", "address": "tcp://" + servers.address(name)} for name in ("good", "closed")])
    assert code == 0 and len(said) == 7
    for name in ("good", "good-tcp"):
        assert re.fullmatch(rf"[A-Z]+ {IN_TIME}", said[name])
    assert re.fullmatch(rf"REFUSED {IN_TIME}", said["sorry"])
    assert said["dark"] == "no reply within 2 s"
    assert said["wrong"] == "no reply within 2 s, only 1 that did not match the query"
    assert said["closed"] == said["closed-tcp"] == "Connection refused"
    queries = servers.events("query", upstream="good")
    assert [(each["qname"], each["qtype"], each["transport"]) for each in queries] in \
        ([(".", "NS", "udp"), (".", "NS", "tcp")], [(".", "NS", "tcp"), (".", "NS", "udp")])


def test_without_probe_no_upstream_is_asked(upstreams, tmp_path):
    servers = upstreams({"A": {}})
    code, said = check(tmp_path, config(servers))
    assert code == 0 and not any(key.startswith("upstream") for key in said)
    assert servers.total() == 0


def test_the_probe_fails_when_no_upstream_replies(upstreams, tmp_path):
    servers = upstreams({"dark": {"dark": "on"}, "closed": {"refuse": True}})
    code, said = probe(tmp_path, servers.servers())
    assert code == 1 and said == {"dark": "no reply within 2 s", "closed": "Connection refused"}


def test_a_failure_is_a_reply(upstreams, tmp_path):
    servers = upstreams({"A": {"rcode": "SERVFAIL"}})
    code, said = probe(tmp_path, servers.servers())
    assert code == 0 and re.fullmatch(rf"SERVFAIL {IN_TIME}", said["A"])


def test_quiet_says_nothing_of_a_valid_file_and_all_errors_of_another(tmp_path):
    assert run("check", "--quiet", "-c", written(tmp_path, config(ELSEWHERE))) == (0, "", "")
    code, out, err = run("check", "--quiet", "-c", written(tmp_path, "upstream: {}\nworkers: 0\n"))
    assert (code, out, len(err.splitlines())) == (2, "", 2)


def test_upstreams_of_a_resolv_conf_are_probed_too(tmp_path):
    file = tmp_path / "resolv.conf"
    settings = merged(config([]), {"upstream": {"resolv_conf": str(file)}})
    code, lines = check(tmp_path, settings, "--probe")
    assert code == 1 and lines[f"resolv_conf {file}"] == "No such file or directory"
    file.write_text("nameserver 127.0.0.84\n", encoding="utf-8")
    code, lines = check(tmp_path, settings, "--probe")
    assert code == 1 and lines[f"resolv_conf {file}"] == "upstreams in use: 1"
    assert lines["upstream 127.0.0.84 (udp://127.0.0.84:53)"] == "Connection refused"
