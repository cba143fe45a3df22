"""pacedns and the echo floor, as servers under test."""

import os
import pathlib
import subprocess

from suite.server import Server

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("PACEDNS_BUILD_DIR", "build/release")

# What 10 addresses and all overhead of a cached name take at the most.
BYTES_PER_NAME = 700

# More than any benchmark has open at a time: overload is not what they measure.
INFLIGHT_QUERIES = 100_000


class Floor(Server):
    """A bare echo: what carrying a query and a reply costs when nothing is done in between."""

    name = "echo floor"

    def version(self):
        return "with this benchmark" if (BUILD / "pacedns-echo").exists() else None

    def command(self, task):
        return [str(BUILD / "pacedns-echo"), str(task.port)]


class Pacedns(Server):
    """The daemon; `upstream` lays keys over the defaults of its section."""

    def __init__(self, name="pacedns", **upstream):
        self.name = name
        self.upstream = upstream

    def version(self):
        program = BUILD / "pacedns"
        if not program.exists():
            return None
        output = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
        return output.split()[-1]

    def command(self, task):
        upstream = {"servers": "[" + ", ".join(f'"{address}"' for address in task.upstreams) + "]", **self.upstream}
        keys = "".join(f"  {key}: {value}\n" for key, value in upstream.items())
        size = max(64, task.names * BYTES_PER_NAME >> 20)
        path = task.folder / "pacedns.yaml"
        path.write_text(f'listen: ["127.0.0.1:{task.port}"]\nworkers: {task.workers}\nupstream:\n{keys}'
                        f"cache: {{ size: {size}MiB }}\nlimits: {{ inflight_queries: {INFLIGHT_QUERIES} }}\n"
                        + self.observed(task), encoding="ascii")
        return [str(BUILD / "pacedns"), "-c", str(path)]

    def observed(self, _):
        """The sections that say what can be seen of it: nothing."""
        return "log: { level: warning, target: stderr }\ncontrol: { socket: off }\n"
