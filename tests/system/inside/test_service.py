"""The service in use: answers, reloads, failures and what systemd does about them, the end."""

import json
import pathlib
import re
import socket
import subprocess
import sys
import textwrap
import time
import urllib.request

import dns.rcode
from load import Load
from machine import CONFIGURATION, DROP_INS, RESOLV_CONF, answers, ask, is_up, main_pid, run, show
from pacedns import UdpClient, addresses, make_query, parse, wait_for


def test_dig_gets_answers_over_udp_and_tcp(service):
    service()
    for transport in ("+notcp", "+tcp"):
        said = run("dig", "@127.0.0.1", transport, "+short", f"dig{transport[1:]}.pool.example")
        assert said.splitlines() == ["10.77.0.1", "10.77.0.2"]


def test_programs_of_the_system_resolve_through_resolv_conf(service):
    service()
    before = RESOLV_CONF.read_bytes()
    RESOLV_CONF.write_text("nameserver 127.0.0.1\n", encoding="ascii")
    try:
        said = run("getent", "hosts", "getent.pool.example")
    finally:
        RESOLV_CONF.write_bytes(before)
    # It shows those of the first family that has some.
    assert {line.split()[0] for line in said.splitlines()} == {"fd00:77::1", "fd00:77::2"}


def test_the_control_socket_is_for_root_and_the_group(service):
    service()
    path = pathlib.Path("/run/pacedns/control.sock")
    assert (path.stat().st_mode & 0o777, path.owner(), path.group()) == (0o660, "pacedns", "pacedns")
    ask("explained.pool.example.")
    assert "10.77.0.1" in run("pacedns", "explain", "explained.pool.example")
    assert json.loads(run("pacedns", "flush", "explained.pool.example", "--json"))["removed"] == 1
    code, said = run("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "pacedns", "status",
                     check=False)
    assert code == 1 and "permission" in said.lower()


def test_the_status_page_and_the_metrics_are_served_where_the_file_says(service):
    service(status={"listen": "127.0.0.1:9853"})
    ask("counted.pool.example.")
    with urllib.request.urlopen("http://127.0.0.1:9853/metrics") as metrics:
        assert "pacedns_cache_misses_total 1\n" in metrics.read().decode()
    with urllib.request.urlopen("http://127.0.0.1:9853/") as page:
        assert "<title>pacedns" in page.read().decode()


def test_the_query_log_goes_to_the_journal(service):
    running = service(log={"queries": True})
    ask("logged.pool.example.")
    line = running.journal.await_event("query")
    assert (line["qname"], line["client"], line["rcode"]) == ("logged.pool.example.", "127.0.0.1", "NOERROR")


def test_reload_under_load_loses_no_query_and_takes_another_upstream(service, upstreams):
    a, b = upstreams({"A": {"delay": "20ms"}, "B": {"delay": "20ms"}}).servers()
    running = service([a])
    pid = main_pid()
    with Load(("127.0.0.1", 53)) as load:
        load.await_more(200)
        for servers in ([b], [a], [b]):
            running.reload(upstream={"servers": servers})
            load.await_more(200)
    load.check()
    assert addresses(ask("after.pool.example.")) == ["10.77.1.1", "10.77.1.2"]
    assert main_pid() == pid


def test_reload_under_load_adds_and_removes_an_address(service):
    running = service(listen=["127.0.0.1:53"])
    pid = main_pid()
    with Load(("127.0.0.1", 53)) as load:
        load.await_more()
        running.reload(listen=["127.0.0.1:53", "127.0.0.2:53"])
        for tcp in (False, True):
            assert addresses(ask("added.pool.example.", address=("127.0.0.2", 53), tcp=tcp))
        load.await_more()
        running.reload(listen=["127.0.0.1:53"])
        wait_for(lambda: not answers("added.pool.example.", ("127.0.0.2", 53)), "the end of the address")
        load.await_more()
    load.check()
    assert main_pid() == pid


def test_a_broken_file_fails_the_reload_and_changes_nothing(service):
    running = service()
    pid = main_pid()
    running.write("upstream:\n  servers: [9.9.9.9]\n  bach_size: 2\n")
    code, _ = run("systemctl", "reload", "pacedns", check=False)
    assert code != 0
    assert any(f"{CONFIGURATION}:3:3: upstream.bach_size" in message for message in running.journal.messages())
    assert is_up() and main_pid() == pid
    assert addresses(ask("still.pool.example.")) == ["10.77.0.1", "10.77.0.2"]


def test_a_taken_port_is_named_with_its_holder_and_taken_once_it_is_free(service):
    running = service()
    run("systemctl", "stop", "pacedns")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 53))
        code, _ = run("systemctl", "start", "pacedns", check=False)
        assert code != 0
        failure = running.journal.await_event("bind_failed")
        assert failure["address"] == "127.0.0.1:53"
        assert re.search(r"\(pid \d+\)|\broot\b", failure["holder"]), failure
    wait_for(is_up, "the service, started again by systemd")
    assert answers("free.pool.example.")


def test_a_killed_daemon_is_back(service):
    service()
    pid = main_pid()
    run("kill", "-KILL", str(pid))
    wait_for(lambda: is_up() and main_pid() not in (0, pid), "another daemon")
    assert answers("back.pool.example.")
    assert show()["NRestarts"] == "1"


# Holds one thread until its process has ended, so that the process can.
HOLDER = textwrap.dedent("""
    import ctypes, os, sys
    thread = int(sys.argv[1])
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    PTRACE_ATTACH, WALL = 16, 0x40000000
    if libc.ptrace(PTRACE_ATTACH, thread, None, None) != 0:
        sys.exit(os.strerror(ctypes.get_errno()))
    os.waitpid(thread, WALL)
    print("held", flush=True)
    os.waitpid(thread, WALL)
""")


def test_a_worker_that_hangs_is_ended_by_the_watchdog(service):
    DROP_INS.mkdir(parents=True)
    (DROP_INS / "watchdog.conf").write_text("[Service]\nWatchdogSec=4s\n", encoding="ascii")
    run("systemctl", "daemon-reload")
    running = service()
    pid = main_pid()
    time.sleep(6)  # As long as it is fed, it does nothing.
    assert main_pid() == pid and show()["NRestarts"] == "0"
    worker = max(int(thread) for thread in run("ls", f"/proc/{pid}/task").split())
    assert worker != pid
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(worker)], stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdout.readline() == "held\n"
            wait_for(lambda: is_up() and main_pid() not in (0, pid), "another daemon")
        finally:
            holder.kill()
    assert any("Watchdog timeout" in message for message in running.journal.messages())
    assert answers("watched.pool.example.")


def test_without_a_reachable_upstream_it_is_up_and_serves_once_one_is(service, upstreams):
    service(["127.0.0.11:5300"])
    assert ask("early.pool.example.").rcode() == dns.rcode.SERVFAIL
    assert is_up()
    upstreams({"A": {}})
    wait_for(lambda: answers("late.pool.example."), "an answer")


def test_stop_answers_what_is_in_flight_and_succeeds(service, upstreams):
    servers = upstreams({"A": {"delay": "500ms"}})
    running = service(servers)
    with UdpClient(("127.0.0.1", 53)) as client:
        client.send(make_query("last.pool.example."))
        wait_for(lambda: servers.total() == 1, "the query")
        run("systemctl", "stop", "pacedns")
        wire = client.receive()
    assert wire and addresses(parse(wire))
    state = show()
    assert (state["ActiveState"], state["Result"], state["ExecMainStatus"]) == ("inactive", "success", "0")
    assert running.journal.events("stopped")
