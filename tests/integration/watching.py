"""What tests ask of the status page's server and of the control socket.

    with HttpClient(status_address(server)) as client:    # or the path of a control socket
        client.request("/api/status")
        client.response().json()
    api(server, "/api/status")["cache"]["hits"]           # one request, its JSON
    metrics(server)['pacedns_cache_hits_total']           # by series, as the exposition writes them
"""

import http.client
import json
import re
import socket

from pacedns import SOON, as_address

SERIES = re.compile(r'(\w+(?:\{(?:\w+="(?:[^"\\]|\\.)*",?)*\})?) (\S+)')
EXPOSITION = "text/plain; version=0.0.4"


class Response:
    """An HTTP response as it came."""

    def __init__(self, received):
        self.status = received.status
        self.headers = {name.lower(): value for name, value in received.getheaders()}
        self.body = received.read()

    def text(self):
        return self.body.decode("utf-8")  # nothing else is sent

    def json(self):
        assert self.headers["content-type"] == "application/json", self.headers
        return json.loads(self.text())


class HttpClient:
    """A connection to an address, or to a Unix socket by its path; octets out, responses in."""

    def __init__(self, place):
        if isinstance(place, tuple):
            self.socket = socket.create_connection(place, timeout=SOON)
            self.host = "{}:{}".format(*place)
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(SOON)
            self.socket.connect(str(place))
            self.host = "localhost"

    def send(self, octets):
        self.socket.sendall(octets)

    def request(self, target, method="GET", host=None, fields=()):
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host or self.host}", *fields, "", ""]
        self.send("\r\n".join(lines).encode("latin-1"))

    def response(self, method="GET"):
        """The next response; None if the connection ends before it."""
        received = http.client.HTTPResponse(self.socket, method=method)
        try:
            received.begin()
        except (http.client.BadStatusLine, ConnectionError):
            return None
        return Response(received)

    def is_closed(self):
        """Waits for the other side to close, and for nothing else to come."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def status_address(server):
    return as_address(server.log("status_listening")[0]["address"])


def ask(place, target, method="GET", **how):
    """One request over a connection of its own; None without a response."""
    with HttpClient(place) as client:
        client.request(target, method, **how)
        return client.response(method)


def api(server, target):
    response = ask(status_address(server), target)
    assert response.status == 200, response.body
    return response.json()


def flights(server, name=None):
    """Those at /api/flights, newest first; those with this name only."""
    return [flight for flight in api(server, "/api/flights?limit=200")["flights"] if name in (None, flight["name"])]


def parse_exposition(text):
    """The value of each series."""
    series = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            match = SERIES.fullmatch(line)
            assert match, f"not a line of an exposition: {line}"
            assert match[1] not in series, f"twice: {line}"
            series[match[1]] = float(match[2])
    return series


def metrics(server):
    response = ask(status_address(server), "/metrics")
    assert response.status == 200 and response.headers["content-type"].startswith(EXPOSITION)
    return parse_exposition(response.text())
