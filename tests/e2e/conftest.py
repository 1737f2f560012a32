"""Fixtures: one stack of real servers a session, one pipeline a test."""

import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

import pytest

from support import Stack
from support.paths import TOCSIN
from support.pipeline import pipeline_on

LOG_TAIL = 60
STOP_SECONDS = 60
FOLDER = "TOCSIN_TEST_FOLDER"  # of the servers of all workers


def pytest_configure(config):
    """SIGTERM ends a run as Ctrl-C does: what was started is stopped."""
    if not getattr(config.option, "numprocesses", None):
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        return
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="tocsin-test-")
    signal.signal(signal.SIGTERM, stop_workers_first)


def pytest_unconfigure(config):
    if getattr(config.option, "numprocesses", None):
        shutil.rmtree(os.environ.pop(FOLDER))


def stop_workers_first(*_):
    """xdist kills its workers, which would leave their servers behind."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for pid in Path("/proc/thread-self/children").read_text().split():
        os.kill(int(pid), signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline and os.listdir(os.environ[FOLDER]):
        time.sleep(0.1)
    raise KeyboardInterrupt


@pytest.fixture(scope="session")
def servers():
    """The stack, started once; data in a folder that goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="tocsin-test-",
                                   dir=os.environ.get(FOLDER))).resolve()
    stack = Stack(folder / "servers")
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
        shutil.rmtree(folder)


@pytest.fixture
def stack(servers):
    """The same stack, whole again after a test that broke it."""
    yield servers
    servers.heal()


@pytest.fixture
def pipeline(stack, tmp_path):
    """Topics, indices, files and daemons of this test alone."""
    assert TOCSIN.exists(), f"{TOCSIN} is not built"
    with pipeline_on(stack, tmp_path) as pipeline:
        yield pipeline


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Adds the end of every daemon's log to the report of a failed test."""
    outcome = yield
    report = outcome.get_result()
    pipeline = getattr(item, "funcargs", {}).get("pipeline")
    if report.failed and pipeline:
        for daemon in pipeline.daemons:
            tail = "\n".join(daemon.log().splitlines()[-LOG_TAIL:])
            report.sections.append((daemon.log_path.name, tail))
