#!/usr/bin/env python3
"""Takes the picture of the status page: runs pacedns against five simulated upstreams, asks names for a while, at a
modest rate that rises and falls, and has a browser open the page at the end. One upstream, the fastest, is dark in
between.

Needs Debian's chromium, chromium-driver and python3-selenium, and the built executables."""

import argparse
import contextlib
import json
import math
import pathlib
import random
import signal
import socket
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/demo"))

from browser import chromium  # noqa: E402 (found beside this file)
from demo import DELAYS_MS, POOL, Client, simulator_script  # noqa: E402 (found by the line above)
from palette_png import with_palette  # noqa: E402
from processes import Daemon, DemoError, Simulator  # noqa: E402

from selenium import webdriver  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402

WIDTH, FIRST_HEIGHT = 1280, 900
LARGEST_PICTURE = 300_000  # octets
SCALES = [2, 1.5, 1]  # the first with which the picture is small enough
PAGE_SETTLES = 3  # seconds

WHOLE = 300  # seconds: as much as the plots show
DARK, DARK_FROM, DARK_TO = "fast50", 0.55, 0.65  # shares of the whole
RATE, SWING, SWINGS = 14, 6, 4  # queries a second, up and down by so much, so many times
NEW_NAME, NO_SUCH_NAME = 0.12, 0.01  # shares of the queries
LABELS = ["www", "mail", "api", "cdn", "img", "static", "auth", "docs", "news", "shop"]
POPULAR = [f"{label}.pool.example" for label in LABELS]


def daemon_configuration(addresses: dict[str, str], status: str) -> str:
    servers = [f"    - {{ name: {name}, address: '{address}' }}\n" for name, address in addresses.items()]
    return ("listen: ['127.0.0.1:0']\n"
            "upstream:\n"
            "  servers:\n" + "".join(servers) +
            f"status: {{ listen: '{status}', privacy: full }}\n"
            "log: { level: info, target: stderr }\n")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Names:
    """Whom to ask for next: mostly what has been asked for before."""

    def __init__(self) -> None:
        self._random = random.Random(1)
        self._count = 0

    def next(self) -> str:
        drawn = self._random.random()
        if drawn > NEW_NAME + NO_SUCH_NAME:
            return self._random.choice(POPULAR)
        self._count += 1
        zone = "pool.example" if drawn < NEW_NAME else "nx.example"
        return f"{self._random.choice(LABELS)}{self._count}.{zone}"


def ask(client: Client, simulator: Simulator, seconds: float) -> None:
    """Asks for so long; the dark upstream goes and returns on the way."""
    names = Names()
    begin = time.monotonic()
    to_do = [(DARK_FROM, "on"), (DARK_TO, "off")]
    while (share := (time.monotonic() - begin) / seconds) < 1:
        if to_do and share >= to_do[0][0]:
            simulator.command(f"set {DARK} dark {to_do.pop(0)[1]}")
        asked_at = time.monotonic()
        client.ask(names.next())
        pause = 1 / (RATE + SWING * math.sin(share * SWINGS * math.tau))
        time.sleep(max(0.0, asked_at + pause - time.monotonic()))


def flight_to_show(page: str) -> int | None:
    """The latest one that has collected what all upstreams have, or else the latest that is over."""
    with urllib.request.urlopen(page + "api/flights?limit=50", timeout=5) as response:
        flights = [flight for flight in json.load(response)["flights"] if not flight["open"]]
    complete = [flight for flight in flights if len(flight["addresses"]) == POOL
                and len(flight["attempts"]) == len(DELAYS_MS)]
    return next((flight["id"] for flight in [*complete, *flights]), None)


def picture(driver: webdriver.Chrome, page: str) -> bytes:
    """The whole page in its light scheme, as PNG."""
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                           {"features": [{"name": "prefers-color-scheme", "value": "light"}]})
    resize(driver, FIRST_HEIGHT, 1)
    driver.get(page)
    time.sleep(PAGE_SETTLES)
    if driver.find_element(By.ID, "connection").get_attribute("data-state") != "live":
        raise DemoError("the status page shows no live data")
    if (chosen := flight_to_show(page)) is not None:
        driver.execute_script("document.getElementById(arguments[0])?.click()", f"flight-{chosen}")
        time.sleep(PAGE_SETTLES)
    height = driver.execute_script("return document.scrollingElement.scrollHeight")
    for scale in SCALES:
        resize(driver, height, scale)
        time.sleep(PAGE_SETTLES)
        png = with_palette(driver.get_screenshot_as_png())
        if len(png) < LARGEST_PICTURE:
            break
    return png


def resize(driver: webdriver.Chrome, height: int, scale: int) -> None:
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                           {"width": WIDTH, "height": height, "deviceScaleFactor": scale, "mobile": False})


def run(build: pathlib.Path, seconds: float) -> bytes:
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pacedns-screenshot-")))
        script, configuration = folder / "upstreams.yaml", folder / "pacedns.yaml"
        status = f"127.0.0.1:{free_port()}"
        script.write_text(simulator_script(), encoding="ascii")
        simulator = stack.enter_context(Simulator(build / "pacedns-upstream", script))
        configuration.write_text(daemon_configuration(simulator.wait_ready(), status), encoding="ascii")
        daemon = stack.enter_context(Daemon(build / "pacedns", configuration))
        client = stack.enter_context(contextlib.closing(Client(daemon.wait_ready())))
        ask(client, simulator, seconds)
        return picture(stack.enter_context(chromium("--hide-scrollbars")), f"http://{status}/")


def end_by_signal(number: int, _) -> None:
    raise SystemExit(128 + number)


def main() -> int:
    parser = argparse.ArgumentParser(description="Takes the picture of the status page.")
    parser.add_argument("--build-dir", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs/status-page.png")
    parser.add_argument("--seconds", type=float, default=WHOLE)
    arguments = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end_by_signal)
    print(f"Asking names for {arguments.seconds:.0f} s ...", flush=True)
    try:
        png = run(arguments.build_dir.resolve(), arguments.seconds)
        arguments.output.write_bytes(png)
    except (DemoError, OSError) as error:
        print(f"screenshot: {error}", file=sys.stderr)
        return 1
    print(f"{arguments.output}: {len(png)} octets")
    return 0


if __name__ == "__main__":
    sys.exit(main())
