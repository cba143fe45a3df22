"""Fixtures that start the simulator and the daemon, and hold their end against the test (see pacedns.py)."""

import contextlib
import os

import network
import pacedns
import pytest


@pytest.fixture
def own_network():
    """The test and what it starts have a network of their own. To be asked for before them, so that it is left last."""
    if os.geteuid() != 0:
        pytest.skip("network namespaces need root")
    with network.own():
        yield


@pytest.fixture(name="stack")
def _stack():
    """Everything started for this test; ended in reverse order, each one even if another fails."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def upstreams(stack):
    """upstreams({"A": {...settings}, "B": {}}, records={...}, seed=1): a running simulator."""
    def start(each, **script):
        listed = [{"name": name, **settings} for name, settings in each.items()]
        return stack.enter_context(pacedns.Upstreams({**script, "upstreams": listed}))
    return start


@pytest.fixture
def daemon(stack):
    """daemon(servers, upstream={...}, cache={...}): a running daemon, as `pacedns.config` configures it."""
    def start(servers, **sections):
        return stack.enter_context(pacedns.Daemon(pacedns.config(servers, **sections)))
    return start


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport():
    """A failed test shows the ends of its processes' logs."""
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        for process in pacedns.Process.running:
            report.sections.append((f"stderr of {process.name}", process.stderr()[-12000:]))
