"""systemd understands the units, and the service's sandbox stays as tight as it is."""

import packaging

UNITS = packaging.ROOT / "systemd"
# systemd's own measure, 0.0 to 10.0, times ten: what is left is what a DNS server needs (addresses, port 53).
HIGHEST_EXPOSURE = 15


def test_systemd_finds_nothing_wrong(tmp_path):
    # As installed, but for the daemon's place and its man pages.
    for unit in ("pacedns.service", "pacedns.socket"):
        text = (UNITS / unit).read_text(encoding="utf-8")
        (tmp_path / unit).write_text(text.replace("/usr/bin/pacedns", str(packaging.DAEMON)), encoding="utf-8")
    result = packaging.run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
                           *sorted(map(str, tmp_path.iterdir())))
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


def test_the_sandbox_is_tight():
    result = packaging.run("systemd-analyze", "security", "--no-pager", "--offline=yes",
                           f"--threshold={HIGHEST_EXPOSURE}", str(UNITS / "pacedns.service"))
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Overall exposure level for pacedns.service" in result.stdout


def test_the_account_is_the_services():
    service = (UNITS / "pacedns.service").read_text(encoding="utf-8")
    kind, account, *_ = (UNITS / "pacedns.sysusers").read_text(encoding="utf-8").split()
    assert kind == "u"
    assert f"\nUser={account}\n" in service and f"\nGroup={account}\n" in service
