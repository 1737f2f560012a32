"""Waiting for something to become true, and ports that nobody uses."""

import socket
import time


def wait_until(condition, timeout, what, every=0.05):
    """The first true value of condition(); AssertionError after `timeout` s.

    `what` says in the error what was awaited; a callable is called for it.
    """
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            text = what() if callable(what) else what
            raise AssertionError(f"not within {timeout} s: {text}")
        time.sleep(every)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def port_is_open(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
