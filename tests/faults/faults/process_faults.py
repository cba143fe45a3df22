"""What happens to the process: it is stopped, killed, reloaded all the time, out of descriptors, its disk is full."""

import contextlib
import ctypes
import itertools
import os
import pathlib
import random
import signal
import subprocess
import tempfile
import time

import pacedns
import watching
from asking import Asking, asked_for
from faults import stand
from faults.registry import Fault
from faults.row import counted, row_of

STOPPED = 10  # seconds
STOPPED_RATE = 20  # queries a second: what comes meanwhile has room in the buffers of the sockets
HANGUPS = 500
FEW_DESCRIPTORS = ("prlimit", "--nofile=64:64")  # some 60 are in use when nobody is connected
ENOUGH_DESCRIPTORS = ("prlimit", "--nofile=160:160")
CONNECTIONS = 200
MANY_CONNECTIONS = {"tcp_connections_per_client": CONNECTIONS}  # the descriptors are what is short
KILLS = 5
DISK = 2 << 20  # octets


def _stopped(name):
    """SIGSTOP and SIGCONT: nobody is answered in between, and everybody after it."""
    with stand.forwarder() as (_, server):
        before = server.statistics()
        with Asking(server.address, "stopped", rate=STOPPED_RATE, patience=STOPPED + 5) as asking:
            time.sleep(0.5)
            server.signal(signal.SIGSTOP)
            try:
                time.sleep(STOPPED)
            finally:
                server.signal(signal.SIGCONT)
            time.sleep(1)
        return row_of(name, asking.lookups, stand.is_answered, counted(before, server.statistics()))


def _hangups(name):
    """Reloads without a pause."""
    with stand.forwarder() as (_, server):
        before = server.statistics()
        with Asking(server.address, "hangup") as asking:
            for _ in range(HANGUPS):
                server.signal(signal.SIGHUP)
                time.sleep(stand.FAULT / HANGUPS)
        after = server.statistics()
        row = row_of(name, asking.lookups, stand.is_answered,
                     [f"SIGHUPs {HANGUPS}", *counted(before, after)])
        row.require(after["reloads"] > before["reloads"], "no reload")
        return row


def _accept_failures(server):
    """How often no connection could be accepted, the warnings that were held back included."""
    return sum(1 + int(line.get("swallowed", 0)) for line in server.log("accept_failed"))


@contextlib.contextmanager
def _many_connections(server, event):
    """More TCP connections than the daemon may have descriptors, which it logs as `event`."""
    with contextlib.ExitStack() as stack:
        for _ in range(CONNECTIONS):
            stack.enter_context(server.tcp())
        pacedns.wait_for(lambda: server.log(event), "a word about the descriptors")
        yield


def _without_descriptors(name):
    """UDP goes on, and TCP once there are descriptors again."""
    with stand.forwarder(launcher=FEW_DESCRIPTORS, limits=MANY_CONNECTIONS) as (_, server):
        before = server.statistics()
        with _many_connections(server, "accept_failed"):
            lookups = asked_for(server.address, "descriptors", stand.FAULT)
        reply = server.query("afterwards.pool.example.", tcp=True)
        row = row_of(name, lookups, stand.is_answered,
                     [f"connections {CONNECTIONS}", f"accept failures {_accept_failures(server)}",
                      *counted(before, server.statistics())])
        row.require(pacedns.addresses(reply), "no answer over TCP afterwards")
        return row


def _without_descriptors_for_upstreams(name):
    """The sockets to the upstreams are given up, as all of these refuse for a while, and new ones are needed, which
    clients, who want more connections than there are descriptors, have left half of them for."""
    with stand.forwarder(launcher=ENOUGH_DESCRIPTORS, limits=MANY_CONNECTIONS) as (upstreams, server):
        before = server.statistics()
        with _many_connections(server, "connection_refused"):
            upstreams.set("*", "refuse", "true")
            without = asked_for(server.address, "without", 1)
            upstreams.set("*", "refuse", "false")
            again = asked_for(server.address, "again", stand.FAULT)
        row = row_of(name, without + again, stand.is_answered_or_failed,
                     [f"connections {CONNECTIONS}", *counted(before, server.statistics())])
        row.require(all(map(stand.is_answered, again)), "SERVFAIL though the upstreams answer")
        return row


def _whole_lines(path):
    """(whole lines, whether the last one is cut); fails where a line in between is."""
    *whole, last = path.read_text(encoding="utf-8").split("\n")
    torn = [line for line in whole if not (line.startswith("time=") and " event=" in line)]
    assert not torn, f"a line that is none: {torn[0]}"
    return len(whole), bool(last)


def _killed(name):
    """SIGKILL amid the lines of the log; the next daemon starts at once, at the same places."""
    lookups, cut, lines, dice = [], 0, 0, random.Random(9)
    with tempfile.TemporaryDirectory(prefix="pacedns-faults-") as folder, \
            pacedns.Upstreams(stand.script()) as upstreams:
        places = {"listen": [pacedns.free_address()], "control": {"socket": f"{folder}/control.sock"}}
        settings = pacedns.config(upstreams, log={"level": "debug", "queries": True}, **places)
        for number in range(KILLS + 1):
            with pacedns.Daemon(settings) as server:
                lookups += asked_for(server.address, f"start{number}", 0.5)
                status = watching.ask(f"{folder}/control.sock", "/api/status")
                assert status and status.status == 200, "the control socket does not answer"
                if number < KILLS:
                    with Asking(server.address, f"kill{number}", rate=500, patience=0):
                        time.sleep(0.3 + dice.random() / 10)
                        server.process.kill()
                        server.process.wait()
                    server.exit_code = 0  # as it was meant to be
                    whole, torn = _whole_lines(server.path / "stderr")
                    lines, cut = lines + whole, cut + torn
    return row_of(name, lookups, stand.is_answered, [f"kills {KILLS}", f"lines {lines}", f"cut at the end {cut}"])


@contextlib.contextmanager
def _disk(size):
    """A file system of that size, in which temporary folders are made meanwhile. It is this mount namespace's."""
    libc = ctypes.CDLL(None, use_errno=True)
    with tempfile.TemporaryDirectory(prefix="pacedns-faults-") as folder:
        assert libc.mount(b"tmpfs", folder.encode(), b"tmpfs", 0, f"size={size}".encode()) == 0, \
            os.strerror(ctypes.get_errno())
        tempfile.tempdir = folder
        try:
            yield pathlib.Path(folder)
        finally:
            tempfile.tempdir = None
            subprocess.run(["umount", "--lazy", folder], check=True)


def _fill(path):
    """Takes what is left of the file system, to the last octet."""
    with open(path, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)) > 0:
            pass


def _full_disk(name):
    """stderr is a file on a file system that is full; then there is room again."""
    with _disk(DISK) as folder, stand.forwarder(log={"level": "debug"}, status={"listen": "127.0.0.1:0"}) \
            as (_, server):
        before = watching.metrics(server)
        page = watching.status_address(server)
        _fill(folder / "ballast")
        with Asking(server.address, "full") as asking:
            time.sleep(stand.FAULT - 1)
            server.signal(signal.SIGHUP)
            time.sleep(1)
        after = watching.parse_exposition(watching.ask(page, "/metrics").text())
        lost = after["pacedns_log_lost_lines_total"] - before["pacedns_log_lost_lines_total"]
        (folder / "ballast").unlink()
        known = len(server.stderr())
        names = itertools.count()
        pacedns.wait_for(lambda: server.query(f"room-{next(names)}.pool.example.") and len(server.stderr()) > known,
                         "the log's going on")
        row = row_of(name, asking.lookups, stand.is_answered, [f"lost lines {lost:.0f}"])
        row.require(lost > 0, "no line was lost: the disk was not full")
        row.require(after['pacedns_reloads_total{result="success"}'] > 0, "no reload while the disk was full")
        return row


def faults():
    yield Fault("stopped for 10 s", lambda: _stopped("stopped for 10 s"))
    yield Fault("SIGHUP storm", lambda: _hangups("SIGHUP storm"))
    yield Fault("EMFILE/TCP clients", lambda: _without_descriptors("EMFILE/TCP clients"))
    yield Fault("EMFILE/upstreams", lambda: _without_descriptors_for_upstreams("EMFILE/upstreams"))
    yield Fault("killed amid log writes", lambda: _killed("killed amid log writes"))
    yield Fault("full disk", lambda: _full_disk("full disk"), ("--mount",))
