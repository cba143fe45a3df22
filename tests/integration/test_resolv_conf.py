"""The C library's resolver through /etc/resolv.conf: `getent` asks the daemon on 127.0.0.1, port 53.

All of it happens in network, mount and process namespaces of its own, which this file enters by running itself
under unshare(1): there it brings the loopback interface up, lays its own resolv.conf and nsswitch.conf over those
in /etc, starts the simulator and the daemon and asks. Whatever is still running when it ends, ends with the
namespaces; the host's files are not touched, and that is tested too.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import pytest
from pacedns import SOON, Daemon, Upstreams, config

RESOLV_CONF = pathlib.Path("/etc/resolv.conf")
NSSWITCH_CONF = pathlib.Path("/etc/nsswitch.conf")
LARGE = 60  # addresses: too many for 512 octets, so the C library asks again over TCP

RECORDS = {"default": [
    "four.example. 300 IN A 192.0.2.4",
    "six.example. 300 IN AAAA 2001:db8::6",
    "both.example. 300 IN A 192.0.2.10", "both.example. 300 IN AAAA 2001:db8::10",
    "chain.example. 300 IN CNAME link.example.", "link.example. 300 IN CNAME both.example.",
    *(f"large.example. 300 IN A 198.51.100.{i + 1}" for i in range(LARGE)),
    "4.2.0.192.in-addr.arpa. 300 IN PTR four.example.",
]}
ASKED = [["ahosts", "four.example"], ["ahosts", "both.example"], ["ahosts", "chain.example"],
         ["ahosts", "large.example"], ["ahosts", "a.pool.example"], ["ahosts", "no.nx.example"],
         ["ahosts", "no.nodata.example"], ["hosts", "six.example"], ["hosts", "four.example"], ["hosts", "192.0.2.4"]]


# -- Inside the namespaces ----------------------------------------------------------------------------------

def lay_over(path, text, folder):
    """Mounts a file with this text over another, for this mount namespace."""
    own = folder / path.name
    own.write_text(text, encoding="ascii")
    own.chmod(0o644)
    subprocess.run(["mount", "--bind", own, path.resolve(strict=True)], check=True)


def hide_name_service_cache(folder):
    """A caching daemon of the host would answer instead of us."""
    socket_folder = pathlib.Path("/var/run/nscd")
    if socket_folder.exists():
        subprocess.run(["mount", "--bind", folder, socket_folder], check=True)


def getent(database, key):
    result = subprocess.run(["getent", database, key], capture_output=True, text=True, check=False, timeout=SOON)
    return {"exit_code": result.returncode, "lines": [line.split() for line in result.stdout.splitlines()]}


def inside():
    """Prints what getent said and what the daemon counted."""
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pacedns-test-")))
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        lay_over(RESOLV_CONF, f"nameserver 127.0.0.1\noptions timeout:{SOON} attempts:1\n", folder)
        lay_over(NSSWITCH_CONF, "hosts: files dns\n", folder)
        hide_name_service_cache(folder)
        upstreams = stack.enter_context(Upstreams({"upstreams": [{"name": "A"}, {"name": "B"}], "records": RECORDS}))
        daemon = stack.enter_context(Daemon(config(
            upstreams, listen=["127.0.0.1:53"], answers={"forward_names": ["2.0.192.in-addr.arpa"]})))
        said = {" ".join(asked): getent(*asked) for asked in ASKED}
        said["again"] = getent("ahosts", "both.example")
        print(json.dumps({"said": said, "statistics": daemon.statistics(), "resolv.conf": RESOLV_CONF.read_text()}))


# -- Outside ------------------------------------------------------------------------------------------------

def state_of(path):
    status = path.stat()
    return path.read_bytes(), status.st_ino, status.st_mtime_ns, status.st_mode


def mounts():
    return pathlib.Path("/proc/self/mountinfo").read_text(encoding="utf-8")


def run_in_namespaces():
    namespaces = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child"]
    result = subprocess.run([*namespaces, sys.executable, "-B", __file__], capture_output=True, text=True,
                            check=False, timeout=4 * SOON)
    assert result.returncode == 0, \
        "this test needs network, mount and process namespaces and port 53 in them: run it as root, in a " \
        f"container with CAP_SYS_ADMIN and CAP_NET_ADMIN (docker run --privileged)\n{result.stdout}{result.stderr}"
    return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture(scope="module", name="outcome")
def _outcome():
    if os.geteuid() != 0:
        pytest.skip("namespaces and port 53 need root")
    host = [(path, state_of(path)) for path in (RESOLV_CONF, NSSWITCH_CONF)], mounts()
    outcome = run_in_namespaces()
    outcome["host_untouched"] = host == ([(path, state_of(path)) for path in (RESOLV_CONF, NSSWITCH_CONF)], mounts())
    return outcome


@pytest.fixture(name="said")
def _said(outcome):
    """said("ahosts", "four.example"): the addresses, or whatever stands first on the lines, without repetitions."""
    def said(*asked):
        answer = outcome["said"][" ".join(asked)]
        assert answer["exit_code"] == 0, answer
        return list(dict.fromkeys(line[0] for line in answer["lines"]))
    return said


def test_the_host_s_resolver_is_untouched(outcome):
    assert outcome["host_untouched"]
    assert outcome["resolv.conf"].startswith("nameserver 127.0.0.1\n")
    assert RESOLV_CONF.read_text(encoding="utf-8") != outcome["resolv.conf"]


def test_a_name_with_addresses_of_one_family(said):
    assert said("ahosts", "four.example") == ["192.0.2.4"]
    assert said("hosts", "six.example") == ["2001:db8::6"]
    assert said("hosts", "four.example") == ["192.0.2.4"]


def test_a_name_with_a_and_aaaa(said):
    assert set(said("ahosts", "both.example")) == {"192.0.2.10", "2001:db8::10"}


def test_a_chain_gives_the_canonical_name(outcome, said):
    assert set(said("ahosts", "chain.example")) == {"192.0.2.10", "2001:db8::10"}
    assert outcome["said"]["ahosts chain.example"]["lines"][0][2] == "both.example"


def test_what_does_not_fit_into_a_datagram_is_fetched_over_tcp(outcome, said):
    assert set(said("ahosts", "large.example")) == {f"198.51.100.{i + 1}" for i in range(LARGE)}
    assert outcome["statistics"]["queries_tcp"] >= 1


def test_addresses_of_the_first_upstream_to_answer(said):
    found = set(said("ahosts", "a.pool.example"))
    assert found & {"10.77.0.1", "10.77.1.1"} and found & {"fd00:77::1", "fd00:77:1::1"}


@pytest.mark.parametrize("name", ["no.nx.example", "no.nodata.example"])
def test_names_without_addresses_are_not_found(outcome, name):
    assert outcome["said"][f"ahosts {name}"] == {"exit_code": 2, "lines": []}


def test_an_address_gives_its_name(outcome):
    assert outcome["said"]["hosts 192.0.2.4"]["lines"] == [["192.0.2.4", "four.example"]]


def test_a_name_asked_again_comes_from_the_cache(outcome):
    # Not in getent's order: the C library sorts, and the pool has grown.
    before, again = (sorted(outcome["said"][key]["lines"]) for key in ("ahosts both.example", "again"))
    assert [line[0] for line in again] == [line[0] for line in before]
    assert outcome["statistics"]["cache_hits"] >= 2
    assert outcome["statistics"]["answers_failed"] == 0


if __name__ == "__main__":
    inside()
