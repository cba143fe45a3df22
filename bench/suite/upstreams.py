"""The simulated upstreams that all servers under test forward to."""

import subprocess

from suite.ours import BUILD
from suite.server import LOAD_CORE, prepared

TTL = 86400  # nothing expires during a benchmark


class Upstreams:
    """`settings` by name, in the order in which servers are told of them; the keys stand in
    tools/upstream/README.md. Each has an address of its own, since some servers tell upstreams apart by that alone.
    With `log`, a path, every event is written there."""

    def __init__(self, folder, settings, log=None):
        self.script = folder / "upstreams.yaml"
        self.settings = settings
        self.log = log
        self.addresses = {}

    def __enter__(self):
        lines = [f"  - {{ name: {name}, listen: \"127.0.0.{number}:0\", ttl: {TTL}, "
                 + "".join(f"{key}: {value}, " for key, value in keys.items()) + "}\n"
                 for number, (name, keys) in enumerate(self.settings.items(), 1)]
        self.script.write_text("synthesize: true\nupstreams:\n" + "".join(lines), encoding="ascii")
        log = ["--log", str(self.log)] if self.log else []
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            [str(BUILD / "pacedns-upstream"), "-c", str(self.script), "--control", *log],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
            preexec_fn=prepared({LOAD_CORE}))
        for line in self.process.stdout:
            if line == "ready all\n":
                return self
            fields = dict(field.split("=", 1) for field in line.split()[1:])
            self.addresses[fields["name"]] = fields["address"]
        raise RuntimeError("pacedns-upstream did not start")

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(10)

    def command(self, text):
        """Sends a command and returns the lines that it gives."""
        self.process.stdin.write(text + "\n")
        lines = []
        for line in self.process.stdout:
            if line == "ok\n":
                return lines
            lines.append(line)
        raise RuntimeError(f"pacedns-upstream ended at: {text}")

    def queries(self):
        """How many have arrived at all upstreams together, over UDP and TCP."""
        fields = [field.split("=") for line in self.command("count") for field in line.split()]
        return sum(int(field[1]) for field in fields if field[0] in ("udp", "tcp"))
