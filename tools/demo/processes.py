"""The simulated upstreams and the daemon, as processes that end with the demo, however it ends."""

import pathlib
import queue
import shutil
import subprocess
import threading
from collections.abc import Callable

from flights import FlightLog

START_TIMEOUT = 5.0
STOP_TIMEOUT = 4.0


class DemoError(Exception):
    """Something did not happen as it should; the message says what."""


def _tied_to_parent() -> list[str]:
    """What a command begins with so that the kernel ends it should the demo be killed."""
    return ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []


class Process:
    """A child whose output lines go to `on_line`. In a session of its own, so that a Ctrl-C reaches the demo
    alone, which then stops its children in order."""

    def __init__(self, command: list[str | pathlib.Path], on_line: Callable[[str], None],
                 on_end: Callable[[], None]) -> None:
        self._child = subprocess.Popen(
            [*_tied_to_parent(), *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, start_new_session=True)
        self._reader = threading.Thread(target=self._read, args=(on_line, on_end), daemon=True)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self._child.terminate()
        try:
            self._child.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._reader.join(1)

    def write_line(self, text: str) -> None:
        try:
            self._child.stdin.write(text + "\n")
            self._child.stdin.flush()
        except BrokenPipeError:
            raise DemoError(f"{type(self).__name__.lower()}: ended") from None

    def _read(self, on_line: Callable[[str], None], on_end: Callable[[], None]) -> None:
        for line in self._child.stdout:
            on_line(line)
        on_end()


class Simulator(Process):
    """pacedns-upstream, taking commands."""

    def __init__(self, executable: pathlib.Path, script: pathlib.Path) -> None:
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        super().__init__([executable, "-c", script, "--control"], self._lines.put, lambda: self._lines.put(""))

    def wait_ready(self) -> dict[str, str]:
        """IP:port of each upstream by its name."""
        addresses = {}
        while (line := self._next_line()) != "ready all":
            words = dict(word.split("=", 1) for word in line.split() if "=" in word)
            if set(words) != {"name", "address"}:
                raise DemoError(f"the simulated upstreams did not start: {line}")
            addresses[words["name"]] = words["address"]
        return addresses

    def command(self, text: str) -> None:
        self.write_line(text)
        if (line := self._next_line()) != "ok":
            raise DemoError(f"the simulator refused '{text}': {line}")

    def _next_line(self) -> str:
        try:
            line = self._lines.get(timeout=START_TIMEOUT)
        except queue.Empty:
            raise DemoError(f"the simulator said nothing for {START_TIMEOUT:.0f} s") from None
        if not line:
            raise DemoError("the simulator ended")
        return line.rstrip()


class Daemon(Process):
    """pacedns itself; `log` follows what it logs."""

    def __init__(self, executable: pathlib.Path, configuration: pathlib.Path) -> None:
        self.log = FlightLog()
        super().__init__([executable, "run", "-c", configuration], self.log.feed, self.log.close)

    def wait_ready(self) -> tuple[str, int]:
        address = self.log.address(START_TIMEOUT)
        if not address:
            raise DemoError("\n  ".join(["the daemon did not start; its last lines:", *self.log.last_lines]))
        host, port = address.rsplit(":", 1)
        return host, int(port)
