"""The machine from within: systemd, the journal, and pacedns as its service.

The tests here run as root on a system that was booted for them, one after the other, and share it; test_systemd.py
outside says in which order. `Service` puts pacedns into a known state and hands it over.
"""

import contextlib
import json
import pathlib
import subprocess

import dns.rcode
import yaml
from pacedns import SOON, TcpClient, UdpClient, fields, make_query, merged, parse, wait_for

PLACE = pathlib.Path("/srv/system-test")
CONFIGURATION = pathlib.Path("/etc/pacedns/pacedns.yaml")
RESOLV_CONF = pathlib.Path("/etc/resolv.conf")
DROP_INS = pathlib.Path("/run/systemd/system/pacedns.service.d")
ADDRESS = ("127.0.0.1", 53)


def run(*command, check=True, timeout=2 * SOON):
    """Runs a program to its end: what it printed, both streams, and its exit code with check=False."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                          text=True, check=False, timeout=timeout)
    if not check:
        return done.returncode, done.stdout
    assert done.returncode == 0, f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}"
    return done.stdout


def show(unit="pacedns.service"):
    """The properties of a unit."""
    return dict(line.split("=", 1) for line in run("systemctl", "show", unit).splitlines() if "=" in line)


def main_pid():
    return int(show()["MainPID"])


def is_up():
    return show()["ActiveState"] == "active"


def named_after_the_package():
    """The files of the system with its name, but for documents and the tests' own."""
    places = ["/etc", "/usr", "/run", "/var/lib", "/var/log", "/var/cache"]
    return {path for place in places for path in pathlib.Path(place).rglob("*pacedns*")}


class Journal:
    """What pacedns and systemd have logged about the service since this was made."""

    def __init__(self):
        run("journalctl", "--sync")
        shown = run("journalctl", "--lines=1", "--show-cursor", "--quiet")
        self.cursor = shown.rsplit("-- cursor: ", 1)[1].strip()

    def messages(self):
        run("journalctl", "--sync")
        lines = run("journalctl", "--unit=pacedns.service", f"--after-cursor={self.cursor}", "--output=json",
                    "--quiet").splitlines()
        return [json.loads(line)["MESSAGE"] for line in lines]

    def events(self, event):
        """The daemon's own lines about one kind of event."""
        return [line for line in map(fields, self.messages()) if line.get("event") == event]

    def await_event(self, event):
        return wait_for(lambda: self.events(event), event)[-1]


def ask(name, rdtype="A", address=ADDRESS, tcp=False, timeout=SOON):
    """One question over a socket of its own: the reply. Fails when there is none."""
    message = make_query(name, rdtype)
    with TcpClient(address) if tcp else UdpClient(address) as client:
        client.send(message)
        wire = client.receive(timeout)
    assert wire, f"no reply to {name} from {address}"
    reply = parse(wire)
    assert message.is_response(reply)
    return reply


def answers(name, address=ADDRESS):
    """Whether a question gets an answer just now."""
    with contextlib.suppress(ConnectionError, AssertionError):
        return ask(name, address=address, timeout=2).rcode() == dns.rcode.NOERROR
    return False


class Service:
    """pacedns, started with these settings laid over the tests' own."""

    def __init__(self, servers, **sections):
        self.settings = merged({"listen": ["127.0.0.1:53"], "workers": 2, "upstream": {"servers": servers}}, sections)
        self.write(self.settings)
        run("systemctl", "reset-failed")
        self.journal = Journal()

    def restart(self):
        run("systemctl", "restart", "pacedns")
        assert is_up()

    @staticmethod
    def write(settings):
        text = settings if isinstance(settings, str) else yaml.safe_dump(settings)
        CONFIGURATION.write_text(text, encoding="utf-8")

    def reload(self, **sections):
        """Edits the file, and returns once the daemon has taken it."""
        self.settings = merged(self.settings, sections)
        self.write(self.settings)
        known = len(self.journal.events("reload_finished"))
        run("systemctl", "reload", "pacedns")
        wait_for(lambda: len(self.journal.events("reload_finished")) > known, "the reload")
