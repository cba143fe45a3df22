"""The package on a fresh system: what is there, and running, as soon as it is installed."""

import dns.rcode
from machine import ADDRESS, CONFIGURATION, PLACE, RESOLV_CONF, ask, is_up, run, show
from pacedns import wait_for


def test_installation_leaves_the_service_enabled_and_active_and_resolv_conf_alone():
    before = RESOLV_CONF.read_bytes(), RESOLV_CONF.lstat()
    run("dpkg", "--install", PLACE / "package.deb")
    wait_for(is_up, "the service")
    assert run("systemctl", "is-enabled", "pacedns.service") == "enabled\n"
    after = RESOLV_CONF.read_bytes(), RESOLV_CONF.lstat()
    assert before[0] == after[0] and before[1].st_ino == after[1].st_ino


def test_sockets_are_not_enabled_by_installation():
    assert run("systemctl", "is-enabled", "pacedns.socket", check=False)[1] == "disabled\n"
    assert show("pacedns.socket")["ActiveState"] == "inactive"


def test_status_has_a_line_of_the_daemon():
    assert show().get("StatusText")
    assert 'Status: "' in run("systemctl", "status", "--no-pager", "pacedns")


def test_the_configuration_is_valid_and_belongs_to_the_administrator():
    assert "valid" in run("pacedns", "check")
    conffiles = run("dpkg-query", "--show", "--showformat=${Conffiles}", "pacedns")
    assert str(CONFIGURATION) in conffiles


def test_it_runs_without_privileges():
    with open(f"/proc/{show()['MainPID']}/status", encoding="ascii") as file:
        status = dict(line.split(":", 1) for line in file)
    assert "0" not in status["Uid"].split()
    assert int(status["CapEff"], 16) in (0, 1 << 10)  # CAP_NET_BIND_SERVICE


def test_a_dead_network_is_answered_with_servfail():
    assert ask("www.example.", address=ADDRESS).rcode() == dns.rcode.SERVFAIL
