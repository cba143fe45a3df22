"""What the status server says of a daemon at work: the page, the metrics and the JSON, and what they show of names."""

import socket
import subprocess

import dns.name
import dns.rcode
import pytest
from pacedns import SOON, addresses, make_query, merged, parse, wait_for
from test_lifecycle import run
from watching import HttpClient, api, ask, flights, metrics, parse_exposition, status_address

FIVE = {"A": {"delay": "50ms"}, "B": {"delay": "80ms"}, "C": {"delay": "120ms"}, "D": {"delay": "160ms"},
        "E": {"delay": "200ms"}}
DELAYS_MS = {name: float(each["delay"].removesuffix("ms")) for name, each in FIVE.items()}
PATIENT = {"fallback_timeout": "5s", "total_collect_timeout": "10s"}
ROUNDING_MS = 1
PAGE = {"/": "text/html", "/page.css": "text/css", "/page.js": "text/javascript"}


@pytest.fixture(name="serve")
def _serve(upstreams, daemon):
    """serve({"A": {}}, cache={...}): a daemon whose status server hides nothing, and its upstreams."""
    def start(each, status=None, upstream=None, **sections):
        servers = upstreams(each)
        server = daemon(servers, status={"listen": "127.0.0.1:0", "privacy": "full", **(status or {})},
                        upstream={**PATIENT, **(upstream or {})}, **sections)
        return server, servers
    return start


def promtool(text):
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False,
                          timeout=SOON)
    return done.returncode, done.stdout + done.stderr


def upstreams_of(server):
    return {each["name"]: each for each in api(server, "/api/status")["upstreams"]}


def indicators(server):
    return {each["id"]: each for each in api(server, "/api/status")["indicators"]["list"]}


# -- Documents --------------------------------------------------------------------------------------------------

def test_the_page_comes_with_a_policy_that_lets_nothing_else_in(serve):
    server, _ = serve({"A": {}})
    with HttpClient(status_address(server)) as client:  # all over one connection, as browsers do
        for path in [*PAGE, "/metrics", "/api/status", "/api/history", "/api/flights", "/nowhere"]:
            client.request(path)
            response = client.response()
            assert response.status == (404 if path == "/nowhere" else 200)
            assert response.headers["content-type"].startswith(PAGE.get(path, ""))
            assert int(response.headers["content-length"]) == len(response.body) > 0
            policy = dict(each.strip().split(" ", 1) for each in response.headers["content-security-policy"].split(";"))
            assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
            assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
            assert response.headers["x-content-type-options"] == "nosniff"
            assert response.headers["cache-control"] == "no-store"
            assert response.headers["referrer-policy"] == "no-referrer"
            assert "access-control-allow-origin" not in response.headers


def test_curl_gets_all_of_it(serve):
    server, _ = serve({"A": {}})
    base = "http://{}:{}".format(*status_address(server))
    for path in [*PAGE, "/metrics", "/api/status", "/api/history", "/api/flights"]:
        done = subprocess.run(["curl", "-sSf", base + path], capture_output=True, check=False, timeout=SOON)
        assert (done.returncode, done.stderr) == (0, b"") and done.stdout, path


def test_promtool_has_nothing_to_say_of_the_metrics(upstreams, daemon):
    servers = upstreams({"A": {}, "B": {"dark": "on"}}).servers()
    servers[0]["name"] = r"a\n<b>&{c=1},#"
    server = daemon(servers, status={"listen": "127.0.0.1:0"}, upstream={"total_collect_timeout": "500ms"})
    assert promtool(ask(status_address(server), "/metrics").text()) == (0, "")  # while there is nothing to count
    server.query("www.pool.example.")
    server.finished_flight()
    text = ask(status_address(server), "/metrics").text()
    assert promtool(text) == (0, "")
    named = r'{upstream="a\\n<b>&{c=1},#"}'
    assert parse_exposition(text)[f"pacedns_upstream_wins_total{named}"] == 1


# -- Numbers ----------------------------------------------------------------------------------------------------

def ask_from(address, server, name):
    """A query from another address of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind((address, 0))
        client.settimeout(SOON)
        client.sendto(make_query(name).to_wire(), server.address)
        return parse(client.recv(65535))


def test_the_numbers_are_those_of_the_traffic(serve):
    server, _ = serve(FIVE, access={"allow": ["127.0.0.1/32"]})
    for name, rdtype in [("n1.pool.example.", "A"), ("n2.pool.example.", "A"), ("n3.pool.example.", "A"),
                         ("n1.pool.example.", "AAAA"), ("n1.pool.example.", "TXT"), ("n1.nx.example.", "A")]:
        server.query(name, rdtype)
    server.finished_flights(6)
    for tcp in (False, False, True):
        assert len(addresses(server.query("n1.pool.example.", tcp=tcp, edns=1232))) == 10
    assert server.query("n1.pool.example.", "AXFR").rcode() == dns.rcode.REFUSED
    assert ask_from("127.0.0.2", server, "n1.pool.example.").rcode() == dns.rcode.REFUSED

    numbers = metrics(server)
    expected = {
        'queries_total{transport="udp"}': 10, 'queries_total{transport="tcp"}': 1,
        'questions_total{qtype="A"}': 7, 'questions_total{qtype="AAAA"}': 1, 'questions_total{qtype="TXT"}': 1,
        'questions_total{qtype="other"}': 0,
        'responses_total{rcode="NOERROR"}': 8, 'responses_total{rcode="NXDOMAIN"}': 1,
        'responses_total{rcode="REFUSED"}': 2, 'responses_total{rcode="SERVFAIL"}': 0,
        'response_duration_seconds_count{cache="hit"}': 3, 'response_duration_seconds_count{cache="miss"}': 6,
        'refused_queries_total{reason="access"}': 1, 'refused_queries_total{reason="invalid"}': 1,
        'tcp_connections_total{result="accepted"}': 1,
        "cache_hits_total": 3, "cache_misses_total": 6, "cache_entries": 6, "cache_evictions_total": 0,
        "flights_started_total": 6, "flights_finished_total": 6, "flights_open": 0, "flights_joined_total": 0,
        'answers_total{tier="active"}': 6, 'answers_total{tier="second"}': 0, 'answers_total{tier="none"}': 0,
        'second_tier_starts_total{reason="first_reply"}': 6, 'second_tier_starts_total{reason="timeout"}': 0,
        'launches_total{tier="active"}': 12, 'launches_total{tier="second"}': 18, 'launches_total{tier="probe"}': 0,
        "launch_peak": 2, "background_queries_total": 24, "background_replies_total": 24,
        "pool_additions_total": 4 * 8, "all_upstreams_transmissions_total": 30, "all_upstreams_replies_total": 30,
    }
    assert {key: numbers["pacedns_" + key] for key in expected} == expected

    said = api(server, "/api/status")
    assert said["queries"] == {"udp": 10, "tcp": 1}
    cache = {"hits": 3, "misses": 6, "entries": 6, "evictions": 0, "bytes": numbers["pacedns_cache_bytes"],
             "size": 64 << 20}
    assert said["cache"] == cache and cache["bytes"] > 0
    assert said["flights"] == {"open": 0, "started": 6, "joined": 0, "remembered": 6}


def test_each_upstream_has_its_queries_wins_and_response_time(serve):
    server, _ = serve(FIVE)
    for number in range(4):
        server.query(f"n{number}.pool.example.")
    logged = server.finished_flights(4)
    numbers = metrics(server)
    for name, said in upstreams_of(server).items():
        wins = [flight.answered_by() for flight in logged].count(name)
        active = sum(name in flight.asked("active") for flight in logged)
        assert said["wins"] == numbers[f'pacedns_upstream_wins_total{{upstream="{name}"}}'] == wins
        assert said["queries"] == {"active": active, "second": 4 - active, "probe": 0}
        assert numbers[f'pacedns_upstream_queries_total{{upstream="{name}",tier="active"}}'] == active
        assert said["replies"] == {"usable": 4, "failure": 0, "truncated": 0, "no_edns": 0}
        assert numbers[f'pacedns_upstream_rtt_seconds_count{{upstream="{name}"}}'] == 4
        seconds = numbers[f'pacedns_upstream_smoothed_rtt_seconds{{upstream="{name}"}}']
        assert said["smoothed_rtt_ms"] / 1000 == pytest.approx(seconds)
        assert said["smoothed_rtt_ms"] >= DELAYS_MS[name] - ROUNDING_MS
        assert (said["state"], said["source"], said["failures"], said["mismatches"]) == ("up", "servers", 0, 0)
        assert numbers[f'pacedns_upstream_state{{upstream="{name}",state="up"}}'] == 1


def test_the_status_names_the_process_and_rates_follow(serve):
    server, _ = serve({"A": {}})
    said = api(server, "/api/status")
    assert f"pacedns {said['version']}\n" == run("--version")[1]
    assert (said["pid"], said["workers"], said["config"]) == (server.process.pid, 2, "pacedns.yaml")
    assert said["privacy"] == "full"
    assert all(each["value"] is None and each["met"] is None for each in said["indicators"]["list"])
    for _ in range(4):
        server.query("www.pool.example.")
    rates = wait_for(lambda: (now := api(server, "/api/status")["rates"])["hit_ratio"] == 0.75 and now, "the rates")
    assert rates["queries_per_s"] > 0
    assert 0 < rates["miss_p50_ms"] <= rates["miss_p99_ms"]
    assert api(server, "/api/status")["uptime_s"] > said["uptime_s"]


def test_the_history_grows_by_the_second(serve):
    server, _ = serve({"A": {}})
    server.query("www.pool.example.")
    before = api(server, "/api/history")
    more = len(before["hit_ratio"]) + 2
    after = wait_for(lambda: (now := api(server, "/api/history")) and len(now["hit_ratio"]) >= more and now, "2 seconds")
    assert after["interval_s"] == 1 and after["end_s"] > before["end_s"]
    series = ["queries_per_s", "hit_ratio", "miss_p50_ms", "miss_p99_ms"]
    assert {len(after[key]) for key in series} == {len(after["hit_ratio"])}
    (busy,) = [step for step, rate in enumerate(after["queries_per_s"]) if rate]
    assert after["hit_ratio"][busy] == 0 and 0 < after["miss_p50_ms"][busy] <= after["miss_p99_ms"][busy]
    assert set(after["hit_ratio"][:busy] + after["hit_ratio"][busy + 1:]) == {None}


# -- Flights ----------------------------------------------------------------------------------------------------

def test_a_flight_tells_who_was_asked_when(serve):
    server, servers = serve(FIVE)
    server.query("www.pool.example.")
    server.finished_flight()
    (flight,) = flights(server, "www.pool.example.")
    attempts = {each["upstream"]: each for each in flight["attempts"]}
    launched = {name: each["launched_ms"] for name, each in attempts.items()}
    assert [event["upstream"] for event in servers.events("query")][:2] == ["A", "B"]
    assert {name: each["tier"] for name, each in attempts.items()} == \
        {"A": "active", "B": "active", "C": "second", "D": "second", "E": "second"}
    # The active tier at the start; with the answer a batch of two, and after the stagger delay what is left.
    assert launched["A"] == launched["B"] == 0
    assert flight["second_tier"] == {"at_ms": launched["C"], "reason": "first_reply"}
    assert launched["C"] == launched["D"] == flight["answered_ms"] >= 50 - ROUNDING_MS
    assert launched["E"] - launched["D"] >= 50 - ROUNDING_MS
    assert flight["answered_by"] in ("A", "B") and flight["rcode"] == "NOERROR" and flight["clients"] == 1
    for number, (name, each) in enumerate(attempts.items()):
        assert each["ended_ms"] - each["launched_ms"] >= DELAYS_MS[name] - ROUNDING_MS
        assert (each["outcome"], each["rcode"], each["error"], each["transport"], each["edns"], each["retransmissions"]) \
            == ("usable", "NOERROR", None, "udp", True, 0)
        assert each["winner"] == (name == flight["answered_by"])
        assert each["merge"] == ("winner" if each["winner"] else "merged") and each["why"] is None
        assert each["addresses"] == [f"10.77.{number}.1", f"10.77.{number}.2"]
    assert {each["address"]: each["from"] for each in flight["addresses"]} == \
        {f"10.77.{number}.{host}": [name] for number, name in enumerate(FIVE) for host in (1, 2)}
    assert not flight["open"] and flight["finished_ms"] == max(each["ended_ms"] for each in attempts.values())


def test_a_flight_is_open_until_the_last_has_replied(serve):
    server, _ = serve({"A": {}, "B": {"delay": "2s"}})
    server.query("www.pool.example.")
    (flight,) = flights(server)
    assert flight["open"] and flight["answered_by"] == "A" and flight["finished_ms"] is None
    pending = flight["attempts"][1]
    assert (pending["upstream"], pending["outcome"], pending["ended_ms"], pending["rcode"]) == ("B", "pending", None, None)
    assert api(server, "/api/status")["flights"]["open"] == 1
    server.finished_flight()
    (flight,) = flights(server)
    assert not flight["open"] and flight["attempts"][1]["outcome"] == "usable"


def test_so_many_flights_are_listed_as_are_asked_for_newest_first(serve):
    server, _ = serve({"A": {}})
    names = [f"n{number}.pool.example." for number in range(5)]
    for name in names:
        server.query(name)
    server.finished_flights(5)
    assert [flight["name"] for flight in flights(server)] == names[::-1]
    assert [flight["name"] for flight in api(server, "/api/flights?limit=2")["flights"]] == names[:2:-1]
    assert ask(status_address(server), "/api/flights?limit=all").status == 400


def test_without_a_history_open_flights_are_all_there_is(serve):
    server, _ = serve({"A": {}, "B": {"delay": "1s"}}, status={"history": 0})
    server.query("www.pool.example.")
    server.finished_flight()
    assert flights(server) == [] and api(server, "/api/status")["flights"]["remembered"] == 0


def test_a_dark_upstream_shows_as_such_and_in_the_indicators(serve):
    server, servers = serve({"A": {"dark": "on"}, "B": {"delay": "5ms"}},
                            upstream={"fallback_timeout": "100ms", "total_collect_timeout": "500ms"})
    seen = set()

    def down():
        server.query(f"n{len(servers.events('query'))}.pool.example.")
        seen.add(upstreams_of(server)["A"]["state"])
        return "down" in seen
    wait_for(down, "A's being down")
    assert {"suspect", "down"} <= seen and upstreams_of(server)["B"]["state"] == "up"
    assert upstreams_of(server)["A"]["smoothed_rtt_ms"] is None and upstreams_of(server)["A"]["failures"] > 0
    numbers = metrics(server)
    states = {state: numbers[f'pacedns_upstream_state{{upstream="A",state="{state}"}}'] for state in ("up", "suspect", "down")}
    assert states == {"up": 0, "suspect": 0, "down": 1}
    assert numbers['pacedns_upstream_failures_total{upstream="A",reason="no_reply"}'] > 0
    assert 'pacedns_upstream_smoothed_rtt_seconds{upstream="A"}' not in numbers
    collected = wait_for(lambda: (now := indicators(server)["background_collected"])["value"] is not None and now, "a value")
    assert collected["met"] is False and collected["value"] <= 0.5
    silent = next(each for flight in flights(server) for each in flight["attempts"]
                  if each["upstream"] == "A" and not flight["open"])
    assert silent["outcome"] == "no_reply" and silent["addresses"] == []


# -- Privacy ----------------------------------------------------------------------------------------------------

ALL = [*PAGE, "/metrics", "/api/status", "/api/history", "/api/flights"]


def everything(server):
    return b"\n".join(ask(status_address(server), path).body for path in ALL)


def reload_with(server, privacy):
    assert server.reload(merged(server.settings, {"status": {"privacy": privacy}}))


def test_privacy_is_what_the_file_says_and_a_reload_changes_it(serve):
    server, _ = serve({"A": {}}, status={"privacy": "hashed"})
    for name, rdtype in [("secret.pool.example.", "A"), ("secret.pool.example.", "AAAA"), ("other.pool.example.", "A")]:
        server.query(name, rdtype)
    server.finished_flights(3)

    other, *same = flights(server)
    assert all(len(flight["name"]) == 9 and flight["name"].startswith("#") for flight in (other, *same))
    assert same[0]["name"] == same[1]["name"] != other["name"]
    assert [each["address"] for each in other["addresses"]] == ["address 1", "address 2"]
    assert other["attempts"][0]["addresses"] == ["address 1", "address 2"]
    for privacy in ("hashed", "hidden"):
        reload_with(server, privacy)
        said = everything(server)
        assert b"secret" not in said and b"10.77." not in said and b"fd00:77" not in said
        assert api(server, "/api/status")["privacy"] == privacy
    assert {flight["name"] for flight in flights(server)} == {None}

    reload_with(server, "full")
    assert api(server, "/api/status")["privacy"] == "full"
    assert flights(server)[0]["name"] == "other.pool.example."
    assert flights(server)[0]["attempts"][0]["addresses"] == ["10.77.0.1", "10.77.0.2"]


def test_hashes_are_shown_on_loopback_only(serve):
    server, _ = serve({"A": {}}, status={"listen": "0.0.0.0:0", "privacy": "hashed"})
    server.query("secret.pool.example.")
    said = ask(("127.0.0.1", status_address(server)[1]), "/api/flights").json()
    assert [flight["name"] for flight in said["flights"]] == [None]


# -- Names from the network -----------------------------------------------------------------------------------

HOSTILE = [b'"', b"'\\", b"\n\r\t", b"\0", b"\xff\xfe", b"<script>alert(1)</script>", b"a.b", b" ", b"\xe2\x80\xa8", b"%00",
           b"${x}", b"\x1b[2J", bytes(range(1, 63)), bytes(range(128, 190))]


def test_hostile_names_are_escaped_and_the_json_stays_valid(serve):
    server, _ = serve({"A": {}}, log={"queries": True})
    names = [dns.name.Name([label, b"pool", b"example", b""]) for label in HOSTILE]
    for name in names:
        assert addresses(server.query(name))
    server.finished_flights(len(names))
    shown = [flight["name"] for flight in flights(server)][::-1]
    for text, name in zip(shown, names, strict=True):
        assert text.isascii() and text.isprintable() and " " not in text
        assert dns.name.from_text(text) == name  # nothing is lost
    assert promtool(ask(status_address(server), "/metrics").text()) == (0, "")
    logged = server.log("query")
    assert len(logged) == len(names) and all(line["from"] == "A" and line["rcode"] == "NOERROR" for line in logged)
    assert server.stderr().isascii()
