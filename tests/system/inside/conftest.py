"""Fixtures of the tests inside; a failed test shows what the journal has about pacedns."""

import contextlib
import shutil

import machine
import pacedns
import pytest


@pytest.fixture(scope="session", autouse=True)
def fresh_system():
    """Files with the package's name before it was installed; a copy of a machine that has it is rid of it."""
    assert machine.PLACE.is_dir(), "These tests are for the container that test_systemd.py boots, and for nothing else."
    machine.run("dpkg", "--purge", "pacedns", check=False)
    return machine.named_after_the_package()


@pytest.fixture(name="upstreams")
def _upstreams():
    """upstreams({"A": {...settings}}): a simulator. Without `listen` A, B, ... have 127.0.0.11, 127.0.0.12, ..."""
    with contextlib.ExitStack() as stack:
        def start(each):
            listed = [{"name": name, "listen": f"127.0.0.{11 + i}:5300", **settings}
                      for i, (name, settings) in enumerate(each.items())]
            return stack.enter_context(pacedns.Upstreams({"upstreams": listed}))
        yield start


@pytest.fixture
def service(upstreams):
    """service(servers, ...): the service, running with that configuration; a simulated upstream without servers.

    Whatever the test does to the service, it is stopped at the end, and is then as the package has it."""
    def start(servers=None, **sections):
        listed = servers if isinstance(servers, list) else (servers or upstreams({"A": {}})).servers()
        running = machine.Service(listed, **sections)
        running.restart()
        return running
    yield start
    machine.run("systemctl", "disable", "--quiet", "pacedns.socket", check=False)
    machine.run("systemctl", "stop", "pacedns.socket", "pacedns.service", check=False)
    shutil.rmtree(machine.DROP_INS, ignore_errors=True)
    machine.run("systemctl", "daemon-reload")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    outcome = yield
    report = outcome.get_result()
    if report.failed and hasattr(report.longrepr, "addsection"):
        _, status = machine.run("systemctl", "status", "--lines=0", "--no-pager", "pacedns.service", check=False)
        _, journal = machine.run("journalctl", "--unit=pacedns.service", "--unit=pacedns.socket", "--lines=60",
                                 "--no-pager", "--output=short-precise", check=False)
        report.longrepr.addsection("systemctl status pacedns", status)
        report.longrepr.addsection("journal of pacedns", journal)
