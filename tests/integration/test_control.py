"""The control socket, from the daemon's side and from that of `pacedns status` and the other commands: who may use it,
what becomes of its file, and what is said when there is nobody."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading

import pytest
from pacedns import BUILD, SOON, Daemon, addresses, config, free_address, merged, wait_for
from test_lifecycle import ELSEWHERE, PACEDNS, run, written
from watching import HttpClient, ask

COMMANDS = [["status"], ["explain", "www.example"], ["flush", "--all"], ["dump"], ["status", "--watch"],
            ["status", "--json"], ["dump", "--json"]]
PERMISSIONS = 0o660


@pytest.fixture(name="path")
def _path(tmp_path):
    return tmp_path / "control.sock"


@pytest.fixture(name="serve")
def _serve(upstreams, daemon, path):
    """serve({"A": {}}): a daemon with a control socket, and its upstreams."""
    def start(each, **sections):
        servers = upstreams(each)
        return daemon(servers, control={"socket": str(path)}, **sections), servers
    return start


def command(place, *arguments):
    """What a command prints, asked of a socket; it must succeed."""
    code, out, err = run(*arguments, "--socket", place)
    assert (code, err) == (0, ""), (code, out, err)
    return out


def failure(*arguments, **how):
    """The one line that a command fails with; its exit code is 1."""
    code, out, err = run(*arguments, **how)
    assert (code, out, len(err.splitlines())) == (1, "", 1) and err.startswith("pacedns: "), (code, out, err)
    return err


def left_behind(path):
    """A socket's file that nobody listens at, as a process that was killed leaves it."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
        dead.listen()


# -- status -----------------------------------------------------------------------------------------------------

def row_of(text, name):
    return next(line.split() for line in text.splitlines() if line.split()[:1] == [name])


def test_the_status_shows_a_dark_upstream(serve, path):
    server, servers = serve({"fast": {}, "dark": {"dark": "on"}}, upstream={"total_collect_timeout": "500ms"})
    def down():
        server.query(f"n{len(servers.events('query'))}.pool.example.")
        return row_of(command(path, "status"), "dark")[1] == "down"
    wait_for(down, "its being down")
    server.finished_flight()
    said = json.loads(command(path, "status", "--json"))
    upstreams = {each["name"]: each for each in said["upstreams"]}
    text = command(path, "status")
    assert row_of(text, "fast")[1] == upstreams["fast"]["state"] == "up" and upstreams["fast"]["wins"] > 0
    assert row_of(text, "dark")[2:4] == ["-", "0"] and int(row_of(text, "dark")[-1]) == upstreams["dark"]["failures"] > 0
    assert f"pid {server.process.pid}, 2 workers" in text and said["privacy"] == "full"
    assert max(map(len, text.splitlines())) <= 80 and text.isascii()


def test_the_socket_hides_nothing_whatever_the_page_does(serve, path):
    server, _ = serve({"A": {}}, status={"listen": "127.0.0.1:0", "privacy": "hidden"})
    server.query("secret.pool.example.")
    assert ask(path, "/api/flights").json()["flights"][0]["name"] == "secret.pool.example."
    assert "secret.pool.example." in command(path, "explain", "secret.pool.example")


def test_the_socket_serves_what_the_page_does(serve, path):
    serve({"A": {}})
    with HttpClient(path) as client:
        for target, status in [("/", 200), ("/metrics", 200), ("/api/status", 200), ("/api/history", 200),
                               ("/api/nothing", 404), ("/api/flush?all=1", 405), ("/api/explain?name=", 400)]:
            client.request(target)
            assert client.response().status == status
    assert ask(path, "/api/status", "POST").status == 405
    assert ask(path, "/api/status", host="anything.example").status == 200  # there is no browser to be deceived
    for wrong in ("", "?name=a&all=1", "?all=yes", "?nothing=a", "?name=a..b"):
        assert ask(path, "/api/flush" + wrong, "POST").status == 400


@contextlib.contextmanager
def watching(*arguments):
    """A command that goes on, and a function for what it has printed on stdout and stderr; ended by SIGINT."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen([PACEDNS, *arguments], stdout=out, stderr=err)

        def printed(file):
            return os.pread(file.fileno(), 1 << 20, 0).decode()
        try:
            yield lambda: printed(out), lambda: printed(err)
            assert process.poll() is None, "it has ended"
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(SOON)


@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
def test_watching_survives_a_restart(serve, path, daemon, as_json):
    first, servers = serve({"A": {}})
    with watching("status", "--watch", "--socket", path, *(["--json"] if as_json else [])) as (out, err):
        def pids():
            if as_json:
                return {json.loads(line)["pid"] for line in out().splitlines(keepends=True) if line.endswith("\n")}
            return {each.process.pid for each in servers_seen if f"pid {each.process.pid}," in out()}
        servers_seen = [first]
        wait_for(lambda: pids() == {first.process.pid}, "the first status")
        assert first.stop() == 0
        away = "there is no socket"
        wait_for(lambda: away in (err if as_json else out)(), "a word about its being away")
        second = daemon(servers, control={"socket": str(path)})
        servers_seen.append(second)
        wait_for(lambda: pids() == {first.process.pid, second.process.pid}, "the status of the second")
        if not as_json:
            assert "pacedns was restarted while this ran" in out() and err() == ""


# -- When there is nobody ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("arguments", COMMANDS)
def test_without_a_daemon_it_says_so(path, arguments):
    said = failure(*arguments, "--socket", path)
    assert f"there is no socket {path}: pacedns does not run" in said and "given with --socket" in said


@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_socket_that_was_left_behind_is_recognised(path, arguments):
    left_behind(path)
    assert f"nobody listens on {path}" in failure(*arguments, "--socket", path)


def test_what_is_no_socket_is_recognised(path):
    path.write_text("mine", encoding="utf-8")
    assert "nobody listens" in failure("status", "--socket", path)
    assert failure("status", "--socket", path.parent) and failure("status", "--socket", path / "below")
    assert failure("status", "--socket", f"/{'x' * 200}")
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("reply", [b"", b"SSH-2.0-nobody\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
                                   b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{",
                                   b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
                                   b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"])
def test_who_is_not_pacedns_is_recognised(path, reply):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def answer():
            peer, _ = listener.accept()
            with peer:
                peer.recv(65536)
                peer.sendall(reply)
        thread = threading.Thread(target=answer)
        thread.start()
        assert str(path) in failure("status", "--socket", path)
        thread.join()


def test_the_configuration_says_where_the_socket_is(serve, path, tmp_path):
    server, _ = serve({"A": {}})
    code, out, _ = run("status", "-c", server.path / "pacedns.yaml")
    assert code == 0 and f"pid {server.process.pid}," in out
    off = written(tmp_path, config(ELSEWHERE, control={"socket": "off"}), "off.yaml")
    assert f"control.socket is off in {off}" in failure("status", "-c", off)
    other = written(tmp_path, config(ELSEWHERE, control={"socket": str(tmp_path / "other.sock")}), "other.yaml")
    assert f"there is no socket {tmp_path / 'other.sock'}" in failure("flush", "--all", "-c", other)
    # The option goes before the file.
    assert f"pid {server.process.pid}," in command(path, "status", "-c", other)


def test_a_wrong_file_is_bad_usage_and_nobody_is_asked(tmp_path):
    bad = written(tmp_path, "upstream: [", "bad.yaml")
    for file in (bad, tmp_path / "missing.yaml"):
        for arguments in COMMANDS:
            code, out, err = run(*arguments, "-c", file)
            assert (code, out) == (2, "") and err.startswith(f"{file}:")


@pytest.mark.parametrize("arguments", [["explain"], ["flush"], ["flush", "a.example", "--all"], ["status", "more"],
                                       ["explain", "a b"], ["explain", ""], ["dump", "--watch"], ["status", "--socket", ""]])
def test_bad_usage_is_2(arguments):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "") and err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_who_may_not_use_the_socket_is_told(upstreams, daemon):
    with tempfile.TemporaryDirectory(prefix="pacedns-test-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        shutil.copy(BUILD / "pacedns", folder)
        place = folder / "control.sock"
        server = daemon(upstreams({"A": {}}), control={"socket": str(place)})
        server.query("www.pool.example.")

        def as_nobody(group, *arguments):
            done = subprocess.run(["setpriv", "--reuid=65534", f"--regid={group}", "--clear-groups", folder / "pacedns",
                                   *arguments, "--socket", place], capture_output=True, text=True, check=False, timeout=SOON)
            return done.returncode, done.stdout, done.stderr
        for arguments in (["status"], ["flush", "--all"], ["dump"]):
            code, out, err = as_nobody(65534, *arguments)
            assert (code, out) == (1, "") and "permission denied: run it as root or as a member of the group" in err
        assert as_nobody(place.stat().st_gid, "status")[0] == 0  # the group may
        assert command(place, "dump")


# -- The socket's file --------------------------------------------------------------------------------------------

@pytest.mark.parametrize("umask", [0, 0o077])
def test_the_file_is_for_owner_and_group_and_gone_after_the_end(stack, path, umask):
    server = stack.enter_context(Daemon(config(ELSEWHERE, control={"socket": str(path)}), umask=umask))
    mode = path.stat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == PERMISSIONS
    assert server.log("control_listening", socket=str(path))
    assert server.stop() == 0
    assert not path.exists()


def test_a_file_that_was_left_behind_is_replaced(daemon, path):
    left_behind(path)
    server = daemon(ELSEWHERE, control={"socket": str(path)})
    assert f"pid {server.process.pid}," in command(path, "status")


def start_failure(tmp_path, place):
    """What a start fails with, for the control socket is to be at this place."""
    code, _, err = run("-c", written(tmp_path, config(ELSEWHERE, control={"socket": str(place)})))
    assert code == 1 and "event=ready" not in err
    line = next(line for line in err.splitlines() if "event=control_failed" in line)
    assert f"socket={place} " in line and "level=error" in line and "control.socket" in line
    return line


def test_what_is_no_socket_is_not_removed_and_the_start_fails(tmp_path, path):
    path.write_text("mine", encoding="utf-8")
    assert "socket" in start_failure(tmp_path, path)
    assert path.read_text(encoding="utf-8") == "mine"
    link = tmp_path / "link"
    link.symlink_to(path)
    start_failure(tmp_path, link)
    assert link.is_symlink() and path.exists()
    folder = tmp_path / "folder"
    folder.mkdir()
    start_failure(tmp_path, folder)
    assert "No such file or directory" in start_failure(tmp_path, tmp_path / "absent" / "control.sock")


def test_a_second_daemon_does_not_take_the_socket(serve, tmp_path, path):
    server, _ = serve({"A": {}})
    assert "Address already in use" in start_failure(tmp_path, path)
    assert f"pid {server.process.pid}," in command(path, "status")
    assert addresses(server.query("www.pool.example."))


def test_a_file_that_is_another_daemons_by_now_stays(serve, daemon, path):
    first, servers = serve({"A": {}})
    path.unlink()
    second = daemon(servers, control={"socket": str(path)})
    assert first.stop() == 0
    assert f"pid {second.process.pid}," in command(path, "status")


@pytest.mark.parametrize("folders", ["{0}", "{0}:/nowhere"])
def test_auto_is_in_the_folder_of_the_service(daemon, tmp_path, path, monkeypatch, folders):
    monkeypatch.setenv("RUNTIME_DIRECTORY", folders.format(tmp_path))
    server = daemon(ELSEWHERE)
    assert server.log("control_listening", socket=str(path))
    assert f"pid {server.process.pid}," in command(path, "status")
    assert server.stop() == 0 and not path.exists()


def test_auto_without_such_a_folder_is_none_and_keeps_nobody_from_answering(upstreams, daemon, tmp_path, path, monkeypatch):
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    servers = upstreams({"A": {}})
    assert not daemon(servers).log("control_listening")
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    path.write_text("mine", encoding="utf-8")
    server = daemon(servers)
    assert server.log("control_failed", level="warning", socket=str(path))
    assert addresses(server.query("www.pool.example.")) and path.read_text(encoding="utf-8") == "mine"


def test_off_is_none(daemon, tmp_path, path, monkeypatch):
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    server = daemon(ELSEWHERE, control={"socket": "off"})
    assert not server.log("control_listening") and not path.exists()


def test_another_path_needs_a_restart_and_the_log_says_so(serve, path, tmp_path):
    server, _ = serve({"A": {}})
    assert server.reload(merged(server.settings, {"control": {"socket": str(tmp_path / "other.sock")}}))
    assert server.log("reloaded", key="control.socket", effect="restart")
    assert command(path, "status") and not (tmp_path / "other.sock").exists()


def test_connections_that_are_open_do_not_hold_up_the_end(serve, path):
    server, _ = serve({"A": {}})
    with HttpClient(path) as idle, HttpClient(path) as half, HttpClient(path) as asked:
        half.send(b"GET /api/st")
        asked.request("/api/status")
        assert asked.response().status == 200
        assert server.stop() == 0
        assert idle.is_closed() and half.is_closed() and asked.is_closed()


# -- The keys -----------------------------------------------------------------------------------------------------

NEW_KEYS = {"log": {"queries": True, "query_sample": 10, "query_rate": 100, "query_clients": "truncated"},
            "status": {"listen": "127.0.0.1:0", "allow": ["loopback", "192.0.2.0/24"], "privacy": "hidden", "history": "1MiB"},
            "control": {"socket": "/run/pacedns/other.sock"}}


def test_the_check_knows_all_keys_and_their_limits(tmp_path):
    settings = config(ELSEWHERE, listen=[free_address()], **NEW_KEYS)
    code, out, err = run("check", "-c", written(tmp_path, settings))
    assert (code, err) == (0, "") and "the configuration is valid" in out
    wrong = {"log": {"queries": "some", "query_sample": 0, "query_rate": 0, "query_clients": "none"},
             "status": {"listen": "localhost:80", "allow": ["nobody"], "privacy": "none", "history": "2GiB"},
             "control": {"socket": "control.sock"}}
    code, out, err = run("check", "-c", written(tmp_path, merged(settings, wrong)))
    keys = {line.split(": ")[1] for line in err.splitlines()}
    assert (code, out) == (2, "") and keys == {f"{section}.{key}" for section, each in wrong.items() for key in each}
