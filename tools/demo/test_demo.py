"""The demo's parts: the log, the chart, the sentences, the messages. Nothing is started."""

import struct
import textwrap
import threading

import pytest

from chart import INDENT, SPAN, Style, chart
from demo import print_text
from dns_message import Reply, build_query, read_reply
from flights import Attempt, Flight, FlightLog, fields_of
from report import Phase, describe, table, time_range

LOG = """\
time=T level=info event=listening address=127.0.0.1:5300 transports=udp,tcp
time=T level=info event=ready
time=T level=debug event=flight_started flight=4 qname=b.example. qtype=A do=0 cd=0 upstreams=3
time=T level=debug event=asked flight=4 t=0.0 upstream=fast tier=active transport=udp edns=1 probe=0
time=T level=debug event=asked flight=4 t=0.0 upstream=dark tier=active transport=udp edns=1 probe=0
time=T level=debug event=replied flight=4 t=50.3 upstream=fast transport=udp rcode=NOERROR verdict=usable
time=T level=debug event=answered flight=4 t=50.4 upstream=fast rcode=NOERROR waiters=1
time=T level=debug event=second_tier flight=4 t=50.4 reason=first_reply
time=T level=debug event=asked flight=4 t=50.4 upstream=broken tier=second transport=udp edns=1 probe=0
time=T level=debug event=failed flight=4 t=51.0 upstream=broken reason="Connection refused"
time=T level=info event=upstream_state upstream=dark from=up to=suspect smoothed_rtt_ms=80.0 swallowed=0
time=T level=debug event=failed flight=4 t=3000.0 upstream=dark reason="no reply by the deadline"
time=T level=debug event=flight_finished flight=4 t=3000.0 pool_additions=0
"""


def log_of(text: str) -> FlightLog:
    log = FlightLog()
    for line in text.splitlines():
        log.feed(line)
    return log


def healthy_flight() -> Flight:
    return Flight(
        "a.example.",
        [Attempt("fast50", "active", 0, 50.3, True), Attempt("fast80", "active", 0.1, 80, True),
         Attempt("slow200", "second", 100.4, 300.6, True)],
        [0, 0.1, 100.4], 50.3, "fast50", "first_reply", 300.6)


def dark_flight() -> Flight:
    return Flight(
        "a.example.",
        [Attempt("fast50", "active", 0, asked_again=[400, 700]), Attempt("mid120", "second", 300, 420, True),
         Attempt("slow200", "second", 350, 599.2, True)],
        [0, 300, 350, 400, 700], 420, "mid120", "fallback_timeout", 3000)


def test_fields_with_and_without_quotes():
    assert fields_of('level=debug event=failed t=1.5 reason="Connection refused" empty= qname=x.') == {
        "level": "debug", "event": "failed", "t": "1.5", "reason": "Connection refused", "empty": "", "qname": "x."}


def test_log_gives_the_flight():
    flight = log_of(LOG).finished_flight("b.example", timeout=0)
    assert flight == Flight(
        "b.example.",
        [Attempt("fast", "active", 0.0, 50.3, True), Attempt("dark", "active", 0.0),
         Attempt("broken", "second", 50.4, 51.0, False)],
        [0.0, 0.0, 50.4], 50.4, "fast", "first_reply", 3000.0)
    assert flight.silent() == ["dark", "broken"]


def test_log_gives_address_and_states():
    log = log_of(LOG)
    assert log.address(timeout=0) == "127.0.0.1:5300"
    assert (log.state("dark"), log.state("fast")) == ("suspect", "up")


def test_log_keeps_flights_apart():
    log = log_of(LOG + LOG.replace("flight=4", "flight=6").replace("b.example", "c.example"))
    assert [len(log.flights_for(name)) for name in ("b.example", "c.example", "d.example")] == [1, 1, 0]


def test_truncated_reply_does_not_end_the_attempt():
    truncated = LOG.replace("verdict=usable", "verdict=truncated")
    assert log_of(truncated).flights_for("b.example")[0].attempt("fast").ended_at is None


def test_retransmission_is_a_launch_within_the_attempt():
    again = "event=asked flight=4 t=60.0 upstream=dark tier=retransmission transport=udp edns=1 probe=0\n"
    flight = log_of(LOG + again).flights_for("b.example")[0]
    assert (len(flight.attempts), len(flight.launches)) == (3, 4)
    assert flight.attempt("dark").asked_again == [60.0]


def test_waiting_ends_with_the_line_or_with_the_log():
    log = log_of(LOG.rsplit("\n", 2)[0])
    assert log.finished_flight("b.example", timeout=0.01) is None
    threading.Timer(0.02, log.feed, [LOG.splitlines()[-1]]).start()
    assert log.finished_flight("b.example", timeout=5) is not None
    threading.Timer(0.02, log.close).start()
    assert log.finished_flight("never.example", timeout=5) is None


@pytest.mark.parametrize("launches, most", [([], 0), ([0, 0, 50, 100], 2), ([0, 19.9, 20, 39.8], 3), ([0, 20], 1)])
def test_most_launched_within(launches, most):
    assert Flight("x.", launches=launches).most_launched_within(20) == most


def test_chart_of_a_healthy_flight():
    assert "\n".join(chart(healthy_flight())) == textwrap.dedent("""\
        ..................0         100       200       300       400       500       ms
        ..fast50   tier 1 |====W 50
        ..fast80   tier 1 |=======* 80
        ..slow200  tier 2           |===================* 301
        .......client answered ^                        ^ pool complete""").replace(".", " ")


def test_chart_of_a_dark_flight():
    assert "\n".join(chart(dark_flight())) == textwrap.dedent("""\
        ..................0         100       200       300       400       500       ms
        ..fast50   tier 1 |== no reply ===========================r====================>
        ..mid120   tier 2                               |===========W 420
        ..slow200  tier 2                                    |===================> * 599
        ............................................client answered ^    pool complete >""").replace(".", " ")


@pytest.mark.parametrize("length", [0, 1, 25, 200, 800])
def test_chart_never_leaves_its_columns(length):
    for answered in range(0, 3001, 10):
        end = answered + length
        attempts = [Attempt("a-very-long-name", "active", 0, answered, True),
                    Attempt("b", "second", answered, end, False), Attempt("c", "second", end)]
        lines = chart(Flight("x.", attempts, [], answered, "a-very-long-name", "", end))
        assert max(map(len, lines)) <= INDENT + SPAN == 80
        shown = "\n".join(lines)
        for mark in (f"W {answered}\n", f"x {end}\n", "client answered", "pool complete"):
            assert mark in shown, shown


def test_chart_without_an_answer():
    lines = chart(Flight("x.", [Attempt("a", "active", 0)], [0]))
    assert len(lines) == 2


def test_colour_only_where_wanted():
    assert "\033" not in "".join(chart(dark_flight()))
    coloured = chart(dark_flight(), Style(True))
    assert ["\033" in line for line in coloured] == [False, True, True, False, False]


def test_sentence():
    cached = ["10.77.1.1", "10.77.1.2", "10.77.4.1"]
    assert describe(healthy_flight(), 51.2, cached, 20) == (
        "Client answered after 51 ms by fast50; 3 addresses from 2 upstreams in the cache after 301 ms; "
        "at most 2 queries launched within 20 ms.")
    assert "(fast50: no reply)" in describe(dark_flight(), 421, cached, 20)
    assert describe(dark_flight(), None, cached, 20).startswith("Client not answered; ")


@pytest.mark.parametrize("waits, text", [([], "nothing"), ([None], "nothing"), ([50.2, 50.4], "50 ms"),
                                         ([56.1, None, 50.2], "50 to 56 ms")])
def test_time_range(waits, text):
    assert time_range(waits) == text


def test_table():
    healthy = Phase("healthy", waits=[50.0, 52.0, 60.0], flights=[healthy_flight()], cached=[["a", "b"], ["a"]])
    lines = table([healthy, Phase("lost", waits=[None])], 20, 10)
    assert [line.split() for line in lines[2:]] == [
        ["healthy", "3", "52", "ms", "60", "ms", "2", "1", "0"], ["lost", "1", "-", "0", "0", "1"]]
    assert len({len(line) for line in lines}) == 1 and len(lines[0]) <= 80


def test_text_is_wrapped(capsys):
    print_text("word " * 40)
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def reply_to(query: bytes, flags: int = 0x8180) -> bytes:
    """With a CNAME, then two addresses at its target, by compression pointer and in full."""
    alias = b"\xc0\x0c" + struct.pack("!HHIH", 5, 1, 300, 3) + b"\x01b\0"
    first = b"\xc0\x27" + struct.pack("!HHIH", 1, 1, 300, 4) + bytes([192, 0, 2, 1])
    second = b"\x01b\0" + struct.pack("!HHIH", 1, 1, 300, 4) + bytes([192, 0, 2, 2])
    return query[:2] + struct.pack("!5H", flags, 1, 3, 0, 0) + query[12:] + alias + first + second


def test_query_is_what_rfc_1035_says():
    assert build_query(0x1234, "a.example") == (
        b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" b"\x01a\x07example\x00" b"\x00\x01\x00\x01")


def test_reply_is_read():
    query = build_query(7, "a.example")
    assert read_reply(reply_to(query), query) == Reply(0, ["192.0.2.1", "192.0.2.2"])
    assert read_reply(reply_to(query, 0x8182), query).rcode == 2


def test_what_is_no_reply_is_not_taken_for_one():
    query = build_query(7, "a.example")
    assert read_reply(reply_to(build_query(8, "a.example")), query) is None
    assert read_reply(reply_to(build_query(7, "b.example")), query) is None
    assert read_reply(reply_to(query, 0x0100), query) is None
    whole = reply_to(query)
    assert [read_reply(whole[:length], query) for length in range(len(whole))] == [None] * len(whole)
