"""A later version of the package, and its end."""

import pathlib
import re

from machine import (CONFIGURATION, PLACE, RESOLV_CONF, answers, is_up, main_pid, named_after_the_package,
                     run)
from pacedns import wait_for


def test_an_upgrade_keeps_an_edited_configuration_and_restarts_the_service(service, tmp_path):
    service(access={"allow": ["loopback"]})
    edited = CONFIGURATION.read_bytes()
    pid = main_pid()
    run("dpkg-deb", "--raw-extract", PLACE / "package.deb", tmp_path / "package")
    control = tmp_path / "package/DEBIAN/control"
    control.write_text(re.sub(r"^(Version: .*)", r"\1+later", control.read_text(), flags=re.MULTILINE))
    run("dpkg-deb", "-Zgzip", "--build", tmp_path / "package", tmp_path / "later.deb")
    run("dpkg", "--install", tmp_path / "later.deb")
    assert run("dpkg-query", "--show", "--showformat=${Version}", "pacedns").endswith("+later")
    wait_for(lambda: is_up() and main_pid() not in (0, pid), "another daemon")
    assert CONFIGURATION.read_bytes() == edited
    assert answers("upgraded.pool.example.")


def test_purging_leaves_nothing(service, fresh_system):
    service()
    pid = main_pid()
    resolv_conf = RESOLV_CONF.read_bytes()
    files = [pathlib.Path(path) for path in run("dpkg", "--listfiles", "pacedns").splitlines()]
    run("dpkg", "--purge", "pacedns")
    assert not pathlib.Path(f"/proc/{pid}").exists()
    assert [path for path in files if path.is_file()] == []
    assert named_after_the_package() - fresh_system == set()
    assert run("systemctl", "cat", "pacedns.service", check=False)[0] != 0
    assert run("systemctl", "list-units", "--all", "--plain", "--no-legend", "pacedns*") == ""
    assert RESOLV_CONF.read_bytes() == resolv_conf
