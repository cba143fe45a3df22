"""From the command line to the exit code: usage, configuration errors, start, signals, stop, systemd."""

import contextlib
import ctypes
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import dns.rcode
import pytest
import yaml
from pacedns import BUILD, SOON, UdpClient, addresses, as_address, config, free_address, make_query, merged, parse, wait_for

PACEDNS = BUILD / "pacedns"
ELSEWHERE = ["192.0.2.1"]  # an upstream that nobody asks


def run(*arguments, **how):
    """Runs pacedns to its end: exit code, stdout, stderr."""
    done = subprocess.run([PACEDNS, *arguments], capture_output=True, text=True, check=False, timeout=SOON, **how)
    return done.returncode, done.stdout, done.stderr


def written(folder, text, name="pacedns.yaml"):
    (folder / name).write_text(text if isinstance(text, str) else yaml.safe_dump(text), encoding="utf-8")
    return folder / name


def ended(server, number):
    """Ends a daemon with a signal; its exit code."""
    server.signal(number)
    server.exit_code = server.process.wait(SOON)
    return server.exit_code


# -- Command line and configuration -------------------------------------------------------------------------

BAD = """\
upstream:
  servers: [dns.google, 9.9.9.9]
  fallback_timeout: 4s
  bach_size: 2
cache:
  size: 64MB
limits: { inflight_queries: many }
"""
BAD_PLACES = [(2, 13, "upstream.servers"), (3, 21, "upstream.fallback_timeout"), (4, 3, "upstream.bach_size"),
              (6, 9, "cache.size"), (7, 29, "limits.inflight_queries")]


def test_version_and_help_are_no_errors():
    code, out, err = run("--version")
    assert (code, err) == (0, "") and re.fullmatch(r"pacedns \d+\.\d+\.\d+\n", out)
    code, out, err = run("--help")
    assert (code, err) == (0, "") and "--config" in out and "check" in out


@pytest.mark.parametrize("arguments", [["--bogus"], ["walk"], ["run", "more"], ["-c"], ["check", "run"], ["-x", "run"]])
def test_bad_usage_is_2_and_says_so_on_stderr(arguments):
    code, out, err = run(*arguments)
    assert code == 2 and err and out == ""


def test_a_good_configuration_passes_the_check(tmp_path):
    path = written(tmp_path, config(ELSEWHERE))
    for arguments in (["check", "-c", path], ["-c", path, "check"], ["check", f"--config={path}"]):
        code, out, err = run(*arguments)
        assert (code, err) == (0, "") and "valid" in out and str(path) in out


@pytest.mark.parametrize("command", [["check"], ["run"], []])
def test_all_errors_come_at_once_each_with_its_place(tmp_path, command):
    path = written(tmp_path, BAD)
    code, out, err = run(*command, "-c", path)
    assert (code, out) == (2, "")
    lines = [re.fullmatch(r"(.+):(\d+):(\d+): ([\w.]+): (.+)", line).groups() for line in err.splitlines()]
    assert [(int(line), int(column), key) for _, line, column, key, _ in lines] == BAD_PLACES
    assert {line[0] for line in lines} == {str(path)}
    assert "did you mean batch_size" in lines[2][4] and all("(" in line[4] for line in lines)


@pytest.mark.parametrize("text", ["", "upstream: [", "upstream: {servers: [9.9.9.9]}\nupstream: {servers: [1.1.1.1]}\n",
                                  "- 9.9.9.9\n", "\0\0", "upstream: {servers: []}\n", "{" * 5000])
def test_what_is_no_configuration_is_named_with_its_place(tmp_path, text):
    path = written(tmp_path, text)
    code, _, err = run("check", "-c", path)
    assert code == 2 and err
    assert all(re.match(rf"{re.escape(str(path))}:\d+:\d+: ", line) for line in err.splitlines()), err


@pytest.mark.parametrize("command", [["check"], ["run"]])
def test_a_missing_file_or_a_folder_is_named(tmp_path, command):
    for path in (tmp_path / "missing.yaml", tmp_path):
        code, _, err = run(*command, "-c", path)
        assert code == 2 and err.startswith(f"{path}:1:1: ") and len(err.splitlines()) == 1


def test_an_upstream_that_is_ourselves_is_an_error(tmp_path):
    path = written(tmp_path, config(["127.0.0.1:5399"], listen=["0.0.0.0:5399"]))
    code, _, err = run("-c", path)
    assert code == 2 and "upstream.servers" in err


# -- Ports --------------------------------------------------------------------------------------------------

def holder_of(kind):
    """A socket of this process, and the name it is known by."""
    holder = socket.socket(socket.AF_INET, kind)
    holder.bind(("127.0.0.1", 0))
    if kind == socket.SOCK_STREAM:
        holder.listen()
    name = pathlib.Path("/proc/self/comm").read_text(encoding="utf-8").strip()
    return holder, f"{name} (pid {os.getpid()})"


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM], ids=["udp", "tcp"])
def test_a_port_that_is_taken_names_who_holds_it(tmp_path, kind):
    holder, name = holder_of(kind)
    with holder:
        address = f"127.0.0.1:{holder.getsockname()[1]}"
        code, _, err = run("-c", written(tmp_path, config(ELSEWHERE, listen=["127.0.0.1:0", address])))
    assert code == 1 and "event=ready" not in err
    assert f"address={address} " in err and f'holder="{name}"' in err


def test_two_daemons_do_not_share_a_port(tmp_path, daemon):
    server = daemon(ELSEWHERE)
    address = "{}:{}".format(*server.address)
    code, _, err = run("-c", written(tmp_path, config(ELSEWHERE, listen=[address])))
    assert code == 1 and f"address={address} " in err and f'holder="pacedns (pid {server.process.pid})"' in err


def test_an_address_of_no_interface_is_fatal(tmp_path):
    code, _, err = run("-c", written(tmp_path, config(ELSEWHERE, listen=["192.0.2.53:5399"])))
    assert code == 1 and "address=192.0.2.53:5399" in err and "event=ready" not in err


def unprivileged(folder):
    """How to run pacedns without privileges, where ports below 1024 have some."""
    if os.geteuid() != 0:
        lowest = int(pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text(encoding="ascii"))
        if lowest <= 53:
            pytest.skip("anybody may bind port 53 here")
        return [PACEDNS]
    shutil.copy(PACEDNS, folder / "pacedns")
    folder.chmod(0o755)
    # A network of its own, for a container's may give all ports to everybody.
    return ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec setpriv --reuid=65534 --regid=65534 '
            '--clear-groups --inh-caps=-all --bounding-set=-all "$@"', "sh", folder / "pacedns"]


def test_port_53_without_privileges_says_what_is_missing():
    with tempfile.TemporaryDirectory(prefix="pacedns-test-") as name:
        folder = pathlib.Path(name)
        path = written(folder, config(ELSEWHERE, listen=["127.0.0.1:53"]))
        done = subprocess.run([*unprivileged(folder), "-c", path], capture_output=True, text=True, check=False,
                              timeout=SOON)
    assert done.returncode == 1, done.stderr
    assert "address=127.0.0.1:53 " in done.stderr and "CAP_NET_BIND_SERVICE" in done.stderr
    assert "Permission denied" in done.stderr


# -- Addresses ----------------------------------------------------------------------------------------------

def has_ipv6():
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        probe.bind(("::1", 0))
        return True
    return False


def ask(address, name="www.pool.example."):
    with UdpClient(address) as client:
        client.send(make_query(name))
        return parse(client.receive())


def test_every_address_that_is_listed_is_served(upstreams, daemon):
    families = ["127.0.0.1:0", "127.0.0.3:0", "127.0.0.1:0"] + (["[::1]:0"] if has_ipv6() else [])
    server = daemon(upstreams({"A": {}}), listen=families)
    listening = [as_address(line["address"]) for line in server.log("listening")]
    assert [host for host, _ in listening] == [text.rsplit(":", 1)[0].strip("[]") for text in families]
    assert len(set(listening)) == len(families) and all(port > 0 for _, port in listening)
    for number, server.address in enumerate(listening):
        for tcp in (False, True):
            assert addresses(server.query(f"n{number}{tcp:d}.pool.example.", tcp=tcp))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a network without IPv6")
@pytest.mark.parametrize("listen, starts", [(["127.0.0.1:5353", "[::1]:5353"], True), (["[::1]:5353"], False),
                                            (["127.0.0.1:5353", "[2001:db8::1]:5353"], False)])
def test_on_a_host_without_ipv6_its_loopback_address_may_be_listed(tmp_path, listen, starts):
    path = written(tmp_path, config(ELSEWHERE, listen=listen))
    script = ("ip link set lo up && echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6 && "
              f"exec timeout --preserve-status --signal=TERM 2 {PACEDNS} -c {path}")
    done = subprocess.run(["unshare", "--net", "sh", "-c", script], capture_output=True, text=True, check=False,
                          timeout=SOON)
    assert done.returncode == (0 if starts else 1), done.stderr
    assert ("event=ready" in done.stderr) == starts
    assert ("event=address_absent address=[::1]:5353" in done.stderr) == starts
    assert ("event=bind_failed" in done.stderr) != starts


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
def test_ipv6_alone(upstreams, daemon):
    server = daemon(upstreams({"A": {"listen": "[::1]:0"}}), listen=["[::1]:0"])
    assert server.address[0] == "::1"
    assert addresses(server.query("www.pool.example.")) and addresses(server.query("www.pool.example.", tcp=True))


def test_a_wildcard_answers_from_the_address_that_was_asked(upstreams, daemon):
    server = daemon(upstreams({"A": {}}), listen=["0.0.0.0:0"])
    for host in ("127.0.0.1", "127.0.0.2", "127.9.9.9"):
        server.address = (host, server.address[1])
        for name in (f"{host}.pool.example.", "cached.pool.example."):  # connected sockets: only from `host`
            assert addresses(server.query(name))
        assert addresses(server.query("cached.pool.example.", tcp=True))


# -- Stop ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_queries_in_flight_are_answered_before_the_end(upstreams, daemon, number):
    server = daemon(upstreams({"A": {"delay": "1s"}}))
    with server.tcp() as stream, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.udp()) for _ in range(20)]
        for i, client in enumerate([*clients, stream]):
            client.send(make_query(f"n{i}.pool.example."))
        wait_for(lambda: len(server.log("flight_started")) == 21, "the flights")
        assert ended(server, number) == 0
        for client in [*clients, stream]:
            assert addresses(parse(client.receive())) == ["10.77.0.1", "10.77.0.2"]
        assert stream.receive() == b""
    assert server.log("stopped") and server.log("stopping", signal=int(number))


def test_the_end_is_bounded_while_upstreams_are_dark(upstreams, daemon):
    server = daemon(upstreams({"A": {"dark": "on"}, "B": {"dark": "on"}}), upstream={"total_collect_timeout": "1s"})
    with server.udp() as client:
        client.send(make_query("www.pool.example."))
        wait_for(lambda: server.log("flight_started"), "the flight")
        assert ended(server, signal.SIGTERM) == 0
        assert parse(client.receive()).rcode() == dns.rcode.SERVFAIL


def test_the_end_waits_for_flights_that_began_before_a_reload(upstreams, daemon):
    server = daemon(upstreams({"A": {"delay": "2s"}}), upstream={"total_collect_timeout": "10s"})
    with server.udp() as client:
        client.send(make_query("www.pool.example."))
        wait_for(lambda: server.log("flight_started"), "the flight")
        brisk = {"fallback_timeout": "50ms", "stagger_delay": "10ms", "total_collect_timeout": "100ms"}
        assert server.reload(merged(server.settings, {"upstream": brisk}))
        assert ended(server, signal.SIGTERM) == 0
        wire = client.receive(1)  # sent before the daemon ended, if at all
        assert wire and addresses(parse(wire)) == ["10.77.0.1", "10.77.0.2"]


def test_idle_clients_do_not_hold_up_the_end(daemon):
    server = daemon(ELSEWHERE, limits={"tcp_idle_timeout": "10m"})
    with server.tcp() as client:
        client.send_octets(b"\0")
        assert server.stop() == 0
        assert client.receive() == b""


def test_the_port_is_free_again_after_the_end(upstreams, daemon):
    servers = upstreams({"A": {}})
    first = daemon(servers)
    with first.tcp() as client:
        client.send(make_query("www.pool.example."))
        assert client.receive()
        assert first.stop() == 0
    second = daemon(servers, listen=["{}:{}".format(*first.address)])
    assert addresses(second.query("www.pool.example."))


# -- Statistics and log -------------------------------------------------------------------------------------

def test_sigusr1_logs_statistics(upstreams, daemon):
    server = daemon(upstreams({"A": {}, "B": {"dark": "on"}}))
    before = server.statistics()
    for _ in range(3):
        server.query("www.pool.example.")
    server.query("www.pool.example.", tcp=True)
    after = server.statistics()
    assert {key: after[key] - before[key] for key in ("queries_udp", "queries_tcp", "cache_misses", "cache_hits")} == \
        {"queries_udp": 3, "queries_tcp": 1, "cache_misses": 1, "cache_hits": 3}
    assert after["cache_entries"] == 1 and after["cache_bytes"] > 0
    each = server.upstream_statistics()
    assert set(each) == {"A", "B"} and each["A"]["state"] == "up"


def test_the_log_at_info_tells_the_course_of_things_and_no_queries(upstreams, daemon):
    servers = upstreams({"A": {}, "B": {}})
    server = daemon(servers, log={"level": "info"}, upstream={"total_collect_timeout": "500ms"})
    for i in range(50):
        server.query(f"secret{i}.pool.example.")
        server.query(f"secret{i}.nx.example.")
        server.query("secret.pool.example.", "TYPE65280")
    servers.set("B", "refuse", "true")
    def changed():
        server.query(f"secret{time.monotonic_ns()}.pool.example.")
        return server.log("upstream_state", upstream="B", to="down")
    wait_for(changed, "B's going down")
    servers.set("B", "refuse", "false")
    assert server.stop() == 0
    events = [line["event"] for line in server.log()]
    assert events[:3] == ["starting", "listening", "ready"] and events[-1] == "stopped" and "stopping" in events
    assert set(events) <= {"starting", "listening", "ready", "upstream_state", "stopping", "statistics",
                           "upstream_statistics", "stopped"}
    assert "secret" not in server.stderr()
    assert all(line["level"] == "info" and line["time"] for line in server.log())


# -- Queries at the start ------------------------------------------------------------------------------------

def test_queries_that_are_waiting_when_it_starts_are_no_trouble(upstreams, daemon):
    address = as_address(free_address())
    servers = upstreams({"A": {}})
    over = threading.Event()

    def flood():
        """New names from many ports, so that every worker gets some for every other."""
        clients = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(32)]
        number = 0
        while not over.wait(0.005):
            for client in clients:
                number += 1
                client.sendto(make_query(f"n{number}.pool.example.").to_wire(), address)
        for client in clients:
            client.close()

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        for _ in range(3):
            server = daemon(servers, workers=8, listen=[f"127.0.0.1:{address[1]}"], log={"level": "info"})
            assert server.query("www.pool.example.").rcode() == dns.rcode.NOERROR
            assert server.stop() == 0
    finally:
        over.set()
        thread.join()


# -- Upstreams at the start ---------------------------------------------------------------------------------

def test_who_asks_while_it_stops_is_told_at_once_that_nobody_is_there(upstreams, daemon):
    server = daemon(upstreams({"A": {"delay": "2s"}}))
    with server.udp() as waiting:
        waiting.send(make_query("www.pool.example."))
        wait_for(lambda: server.log("flight_started"), "the flight")
        server.signal(signal.SIGTERM)

        def refused():
            with server.udp() as late:
                late.send(make_query("late.pool.example."))
                try:
                    late.receive(0.1)
                except ConnectionRefusedError:
                    return True
                return False
        wait_for(refused, "a refusal")
        assert addresses(parse(waiting.receive())), "the daemon was still there"
    server.exit_code = server.process.wait(SOON)


def test_it_starts_without_upstreams_and_serves_when_one_comes_up(upstreams, daemon):
    address = free_address()
    server = daemon([{"name": "late", "address": address}],
                    upstream={"total_collect_timeout": "500ms"}, cache={"failure_ttl": "1s"})
    assert server.query("early.pool.example.").rcode() == dns.rcode.SERVFAIL
    upstreams({"late": {"listen": address}})
    wait_for(lambda: addresses(server.query(f"n{time.monotonic_ns()}.pool.example.")), "an answer")
    wait_for(lambda: addresses(server.query("early.pool.example.")), "the end of the failure's time")


# -- systemd ------------------------------------------------------------------------------------------------

@pytest.fixture(name="notifications")
def _notifications(tmp_path, monkeypatch):
    """What systemd would hear: notifications() waits for the next message that is no status, and gives its lines."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(SOON)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))

        def next_message(status=False):
            while True:
                lines = listener.recv(4096).decode().splitlines()
                if status == any(line.startswith("STATUS=") for line in lines):
                    return lines
        yield next_message


def reloading_since(lines):
    assert "RELOADING=1" in lines, lines
    stamp = next(line for line in lines if line.startswith("MONOTONIC_USEC="))
    return int(stamp.split("=")[1]) / 1e6


def test_systemd_hears_of_ready_reload_and_stop(notifications, daemon):
    server = daemon(ELSEWHERE)
    assert "READY=1" in notifications()
    for settings in (server.settings, "upstream: {}"):
        before = time.monotonic()
        server.reload(settings)
        # A reload that failed has ended, too, and systemd waits for that.
        assert before <= reloading_since(notifications()) <= time.monotonic()
        assert "READY=1" in notifications()
    assert server.stop() == 0
    assert "STOPPING=1" in notifications()


def test_systemd_is_shown_a_status(notifications, upstreams, daemon):
    server = daemon(upstreams({"A": {}, "B": {}}))
    assert notifications(status=True) == ["STATUS=2 of 2 upstreams up"]
    for _ in range(4):
        server.query("www.pool.example.")
    later = ["STATUS=2 of 2 upstreams up, 75.0 % of 4 queries answered from the cache"]
    wait_for(lambda: notifications(status=True) == later, "a new status")


def test_the_watchdog_is_fed(notifications, daemon, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "40000")
    daemon(ELSEWHERE)
    for _ in range(5):
        wait_for(lambda: "WATCHDOG=1" in notifications(), "a sign of life")


@contextlib.contextmanager
def stopped(thread):
    """One thread of another process does not run, and all others do, as under a debugger (ptrace(2))."""
    attach, detach, wait_for_threads = 16, 17, 0x40000000
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.ptrace(attach, thread, None, None) == 0, os.strerror(ctypes.get_errno())
    os.waitpid(thread, wait_for_threads)
    yield
    assert libc.ptrace(detach, thread, None, None) == 0, os.strerror(ctypes.get_errno())


def test_the_watchdog_is_not_fed_when_a_worker_hangs(notifications, daemon, monkeypatch):
    monkeypatch.setenv("WATCHDOG_USEC", "40000")
    server = daemon(ELSEWHERE)
    main, *workers = sorted(int(thread) for thread in os.listdir(f"/proc/{server.process.pid}/task"))
    assert main == server.process.pid and len(workers) == 2
    with stopped(workers[0]):
        wait_for(lambda: server.log("worker_stalled"), "a word about the worker that hangs")
    wait_for(lambda: "WATCHDOG=1" in notifications(), "a sign of life")


def test_a_failed_start_is_never_ready(notifications, tmp_path):
    holder, _ = holder_of(socket.SOCK_DGRAM)
    with holder:
        path = written(tmp_path, config(ELSEWHERE, listen=[f"127.0.0.1:{holder.getsockname()[1]}"]))
        assert run("-c", path)[0] == 1
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own:
        own.sendto(b"nothing before", os.environ["NOTIFY_SOCKET"])
    assert notifications() == ["nothing before"]
