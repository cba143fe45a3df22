"""The status page in a browser: Debian's chromium, headless, driven by Selenium, against the daemon.

The page is asked for by identifiers and data attributes; texts are looked at where words are what matters."""

import contextlib
import itertools
import sys

import pytest
from pacedns import ROOT, Background, free_address, wait_for
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

sys.path.insert(0, str(ROOT / "tools" / "screenshot"))
from browser import chromium  # noqa: E402 pylint: disable=wrong-import-position

FIVE = {"slow200": {"delay": "200ms"}, "mid120": {"delay": "120ms"}, "fast50": {"delay": "50ms"},
        "slow160": {"delay": "160ms"}, "fast80": {"delay": "80ms"}}
INDICATORS = ["active_tier_answers", "second_tier_before_answer", "background_collected", "launch_peak",
              "miss_latency"]
ADDRESSES_EACH = 2
PHONE_WIDTH = 360


class Page:
    """The status page, opened; what it shows, by selector."""

    def __init__(self, browser, url):
        self.browser = browser
        self.url = url
        browser.get(url)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def script(self, text):
        return self.browser.execute_script("return " + text)

    def emulate(self, command, **parameters):
        self.browser.execute_cdp_cmd("Emulation." + command, parameters)

    def settle(self, condition, what, **limit):
        """Waits like `wait_for`; a node that the page has just replaced counts as not there yet."""
        def holds():
            with contextlib.suppress(StaleElementReferenceException):
                return condition()
            return None
        return wait_for(holds, what, **limit)

    def connection(self):
        return self.one("#connection").get_attribute("data-state")

    def await_connection(self, state):
        self.settle(lambda: self.connection() == state, f"the page's state '{state}'")

    def upstream_state(self, name):
        return self.one(f"#upstreams tr[data-name='{name}']").get_attribute("data-state")

    def option(self, name):
        """The entry of the newest flight for this name, None while there is none."""
        return next((each for each in self.all("#flight-list [role=option]") if name in each.text.split()), None)

    def await_option(self, name):
        return self.settle(lambda: self.option(name), f"{name} in the list of flights")

    def chosen(self):
        selected = self.all("#flight-list [aria-selected=true]")
        return selected[0].get_attribute("data-flight") if selected else None

    def shown_flight(self):
        return self.one("#flight").get_attribute("data-flight")

    def choose(self, name):
        self.await_option(name).click()
        self.settle(lambda: self.one("#flight-name").text == name, f"the flight for {name} to be shown")

    def errors(self):
        return [entry for entry in self.browser.get_log("browser") if entry["level"] == "SEVERE"]


class Traffic(Background):
    """Asks for a new name every 50 ms."""

    def __init__(self, server):
        super().__init__()
        self.server = server

    def run(self):
        for number in itertools.count():
            if self.over.wait(0.05):
                return
            self.server.query(f"traffic{number}.pool.example.")


@pytest.fixture(name="browser", scope="module")
def _browser():
    """One for all tests: starting it takes longer than they do."""
    with chromium("--window-size=1280,1000") as browser:
        yield browser


def base_url(server):
    return f"http://{server.settings['status']['listen']}/"


@pytest.fixture(name="serve")
def _serve(upstreams, daemon):
    """serve(privacy="full"): a daemon with a status page, and its five upstreams."""
    def start(**status):
        servers = upstreams(FIVE)
        return daemon(servers, status={"listen": free_address(), "privacy": "full", **status}), servers
    return start


@pytest.fixture(name="open_page")
def _open_page(browser):
    """open_page(server): its page, live; at the test's end the console must not have shown an error.

    A test that stops the daemon says so with `page.expects_failures`."""
    opened = []
    def start(server):
        page = Page(browser, base_url(server))
        page.expects_failures = False
        opened.append(page)
        page.await_connection("live")
        return page
    yield start
    for page in opened:
        page.emulate("clearDeviceMetricsOverride")
        page.emulate("setEmulatedMedia", features=[])
        errors = page.errors()
        browser.get("about:blank")
        assert page.expects_failures or not errors, errors


def test_a_fresh_daemon_is_described(serve, open_page):
    server, _ = serve()
    page = open_page(server)
    assert "pacedns" in page.browser.title
    assert page.one("h1").text == "pacedns"
    indicators = page.settle(lambda: page.all("#indicators [data-id]"), "the indicators")
    assert [each.get_attribute("data-id") for each in indicators] == INDICATORS
    assert all("no data yet" in each.text for each in indicators)
    rows = page.all("#upstreams tr")
    assert [row.get_attribute("data-name") for row in rows] == list(FIVE)
    assert {page.upstream_state(name) for name in FIVE} == {"up"}
    assert page.one("#flights-empty").is_displayed()
    assert not page.one("#flight").is_displayed()


def test_a_flight_appears_and_shows_its_winner_and_whose_the_addresses_are(serve, open_page):
    server, _ = serve()
    page = open_page(server)
    server.query("www.pool.example.")
    winner = server.finished_flight("www.pool.example.").answered_by()
    page.choose("www.pool.example.")

    everything = len(FIVE) * ADDRESSES_EACH
    addresses = page.settle(lambda: (found := page.all("#addresses li")) and len(found) == everything and found,
                            f"{everything} addresses")
    shown = [each.text.split() for each in addresses]
    assert {given_by for _, given_by in shown} == set(FIVE)
    number = list(FIVE).index("slow200")
    assert [f"10.77.{number}.1", "slow200"] in shown

    rows = {row.find_element(By.CSS_SELECTOR, "th").text: row for row in page.all("#attempts tr")}
    assert set(rows) == set(FIVE)
    assert [name for name, row in rows.items() if row.get_attribute("data-winner")] == [winner]
    assert len(page.all("#timeline svg .attempt")) == len(FIVE)
    assert len(page.all("#timeline .mark")) == 3  # second tier, answer, end of collection
    assert winner in page.one("#timeline .upstream.winner").text
    assert winner in page.one("#flight-summary").text


def test_it_follows_what_happens_without_being_loaded_again(serve, open_page):
    server, _ = serve()
    page = open_page(server)
    page.script("void (window.loadedOnce = true)")
    queries = page.settle(lambda: page.one("#facts dd").text, "the counters")
    server.query("first.pool.example.")
    page.settle(lambda: page.one("#facts dd").text != queries, "another number of queries")
    page.settle(lambda: page.one("#flight-name").text == "first.pool.example.", "the first flight")
    server.query("second.pool.example.")
    page.settle(lambda: page.one("#flight-name").text == "second.pool.example.", "the newest flight")
    page.settle(lambda: page.all("#indicators [data-met]"), "an indicator with a value")
    page.settle(lambda: "M" in (page.one("#plots .line.series-1").get_attribute("d") or ""), "latencies in the plot")
    assert page.script("window.loadedOnce") is True


def test_a_chosen_flight_stays_chosen_until_following_is_resumed(serve, open_page):
    server, _ = serve()
    page = open_page(server)
    server.query("chosen.pool.example.")
    page.choose("chosen.pool.example.")
    assert page.one("#follow").get_attribute("aria-pressed") == "false"
    server.query("later.pool.example.")
    page.await_option("later.pool.example.")
    assert page.one("#flight-name").text == "chosen.pool.example."

    page.one("#follow").click()
    page.settle(lambda: page.one("#flight-name").text == "later.pool.example.", "the newest flight")
    server.query("latest.pool.example.")
    page.settle(lambda: page.one("#flight-name").text == "latest.pool.example.", "the next newest flight")


def test_flights_are_chosen_by_keyboard(serve, open_page):
    server, _ = serve()
    page = open_page(server)
    for name in ("one", "two", "three"):
        server.query(f"{name}.pool.example.")
    page.await_option("one.pool.example.")
    listed = [each.get_attribute("data-flight") for each in page.all("#flight-list [role=option]")]
    assert page.chosen() == listed[0]

    focus = page.browser.switch_to.active_element
    focus.send_keys(Keys.TAB)
    assert page.browser.switch_to.active_element.text == "Skip to the content"
    page.script("document.getElementById('flight-list').focus()")
    keys = [(Keys.ARROW_DOWN, 1), (Keys.ARROW_DOWN, 2), (Keys.ARROW_DOWN, 2), (Keys.ARROW_UP, 1), (Keys.HOME, 0), (Keys.END, 2)]
    for key, expected in keys:
        page.one("#flight-list").send_keys(key)
        assert (page.chosen(), page.shown_flight()) == (listed[expected], listed[expected])
        active = page.one("#flight-list").get_attribute("aria-activedescendant")
        assert page.one(f"[id='{active}']").get_attribute("data-flight") == listed[expected]


def test_a_dark_upstream_is_shown_as_such_and_comes_back(serve, open_page):
    server, servers = serve()
    page = open_page(server)
    with Traffic(server):
        page.settle(lambda: page.all("#flight-list [role=option]"), "a flight")
        servers.set("fast50", "dark", "on")
        page.settle(lambda: page.upstream_state("fast50") in ("suspect", "down"), "the dark upstream's state")
        row = page.one("#upstreams tr[data-name='fast50']")
        page.settle(lambda: page.upstream_state("fast50") in row.text, "the state as a word")
        assert page.upstream_state("slow200") == "up"
        servers.set("fast50", "dark", "off")
        page.settle(lambda: page.upstream_state("fast50") == "up", "its return")


def test_names_from_the_network_stay_text(serve, open_page):
    server, _ = serve()
    page = open_page(server)
    server.query("<img/src=x/onerror=alert(1)>.pool.example.")
    page.settle(lambda: page.one("#flight-name").text.startswith("<img"), "the name as it is")
    assert page.all("img, main script, iframe") == []


def test_hidden_names_are_said_to_be_hidden(serve, open_page):
    server, _ = serve(privacy="hidden")
    page = open_page(server)
    server.query("secret.pool.example.")
    page.settle(lambda: page.one("#flight-name").text == "(hidden)", "the hidden name")
    assert "status.privacy: full" in page.one("#privacy").text
    server.finished_flight("secret.pool.example.")
    page.settle(lambda: len(page.all("#addresses li")) == len(FIVE) * ADDRESSES_EACH, "numbered addresses")
    assert "secret" not in page.browser.page_source
    assert "10.77." not in page.browser.page_source


def test_no_request_leaves_the_origin_and_each_kind_is_asked_for(serve, open_page):
    server, _ = serve()
    page = open_page(server)
    def requests():
        return page.script("performance.getEntriesByType('resource').map((entry) => entry.name)")
    page.settle(lambda: len(requests()) > 20, "some requests")
    foreign = [name for name in requests() if not name.startswith((page.url, "data:"))]
    assert foreign == []
    paths = {name.removeprefix(page.url).split("?")[0] for name in requests()}
    assert {"page.css", "page.js", "api/status", "api/history", "api/flights"} <= paths


def test_it_fits_a_phone(serve, open_page):
    server, _ = serve()
    page = open_page(server)
    server.query("a-label-that-is-rather-long.and-another-one-like-it.and-one-more.pool.example.")
    page.settle(lambda: page.one("#flight").is_displayed(), "a flight")
    page.emulate("setDeviceMetricsOverride", width=PHONE_WIDTH, height=740, deviceScaleFactor=2, mobile=True)
    page.settle(lambda: page.script("innerWidth") == PHONE_WIDTH, "the width of a phone")
    page.settle(lambda: page.script("document.querySelector('#timeline svg').clientWidth") < PHONE_WIDTH, "a narrow chart")
    assert page.script("document.scrollingElement.scrollWidth") <= PHONE_WIDTH


def test_it_has_a_dark_scheme(serve, open_page):
    server, _ = serve()
    page = open_page(server)
    def brightness(scheme):
        page.emulate("setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        colour = page.one("body").value_of_css_property("background-color")
        return sum(int(part) for part in colour[colour.index("(") + 1:-1].split(",")[:3])
    assert brightness("light") > 3 * 200
    assert brightness("dark") < 3 * 60


def test_it_rests_while_nobody_sees_it(serve, open_page):
    server, _ = serve()
    page = open_page(server)
    page.script("void (window.asked = 0, window.fetched = window.fetch,"
                " window.fetch = (...of) => { window.asked += 1; return window.fetched(...of); })")
    page.settle(lambda: page.script("window.asked") > 0, "a request")
    page.script("void (Object.defineProperty(document, 'hidden', { value: true, configurable: true }),"
                " document.dispatchEvent(new Event('visibilitychange')), window.asked = 0, window.ticks = 0,"
                " setInterval(() => { window.ticks += 1; }, 500))")
    page.settle(lambda: page.script("window.ticks") >= 5, "two and a half seconds of the page's own time")
    assert page.script("window.asked") == 0
    page.script("void (delete document.hidden, document.dispatchEvent(new Event('visibilitychange')))")
    page.settle(lambda: page.script("window.asked") > 3, "requests again")


def test_it_says_when_the_daemon_is_away_and_recovers(serve, open_page, daemon):
    server, servers = serve()
    page = open_page(server)
    page.expects_failures = True
    server.query("before.pool.example.")
    page.await_option("before.pool.example.")
    assert server.stop() == 0
    page.await_connection("away")
    assert "away" in page.one("#connection").text
    assert page.one("#connection [aria-live=polite]").text == "daemon away"
    assert page.option("before.pool.example."), "what was known stays on the page"

    again = daemon(servers, status=server.settings["status"])
    page.await_connection("live")
    again.query("after.pool.example.")
    page.settle(lambda: page.option("after.pool.example.") and not page.option("before.pool.example."),
                "the flights of the new daemon")
