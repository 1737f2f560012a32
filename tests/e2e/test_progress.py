"""Long work shows how far it is on a terminal, and nothing in a pipe."""

import os
import pty
import subprocess

import pytest

from support.paths import TOCSIN
from test_index import event

RANGE = ("index", "--from", "2020-01-01T00:00:00Z")
REPLAY = ("dead", "replay", "--all")


def on_terminal(pipeline, words, **env):
    """What stderr shows where it is a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
            [TOCSIN, words[0], "-c", pipeline.config, *words[1:]],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs,
            env={**os.environ, "TERM": "xterm", **env}) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                shown += os.read(ours, 65536)
            except OSError:  # nobody holds the other end any more
                break
        process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 0, shown
    return shown.decode()


@pytest.mark.parametrize("words, said", [
    (RANGE, "20 of 20 records"), (REPLAY, "20 of 20 letters")])
def test_progress_is_for_terminals(pipeline, words, said):
    pipeline.setup()
    topic = pipeline.topic("dead" if words is REPLAY else "logs")
    for number in range(20):
        pipeline.kafka.produce(topic, event(number), key=b"k",
                               headers={"tocsin-id": str(number)})
    shown = on_terminal(pipeline, words)
    assert "100%  " + said in shown
    assert "\033[32m" in shown
    plain = on_terminal(pipeline, words, NO_COLOR="1")
    assert "] 100%  " + said in plain
    assert "\033[32m" not in plain
    piped = pipeline.tocsin(*words)
    assert piped.returncode == 0
    assert " of 20 " not in piped.stderr + piped.stdout
