"""The commands beside the daemons, on real servers."""

import fcntl
import json
import os
import pty
import subprocess
import termios
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from support import from_ndjson, wait_until
from support.daemon import run_tocsin
from support.paths import TOCSIN
from test_index import event, produce


# link


def test_ship_follows_a_link_that_was_made_before_its_file(pipeline):
    pipeline.setup()
    pipeline.logs.mkdir(exist_ok=True)
    path = pipeline.logs / "FORUM"
    for said in ("made", "already there"):
        done = pipeline.tocsin("link", path)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"{path}.structoutv1: {said}\n"
    assert os.readlink(f"{path}.structoutv1") == "FORUM"
    pipeline.daemon("ship")
    pipeline.daemon("index")
    path.write_bytes(b"".join(event(n) + b"\n" for n in range(20)))
    pipeline.assert_numbers(range(20))


def test_link_leaves_a_file_alone_that_has_the_name(pipeline):
    pipeline.write_config()
    path = pipeline.folder / "A.structoutv1"
    path.write_text("precious", encoding="utf-8")
    done = pipeline.tocsin("link", pipeline.folder / "A")
    assert done.returncode == 1
    assert "is no link" in done.stderr
    assert path.read_text(encoding="utf-8") == "precious"


# dead


def refused(pipeline, number):
    """A daemon and one dead letter, and how to mend the cause."""
    pipeline.setup()
    today = time.strftime("%Y.%m.%d", time.gmtime())
    path = f"/{pipeline.prefix}-{today}"
    pipeline.search.request(path, {"mappings": {"properties": {
        "Odd": {"type": "integer"}}}}, "PUT")
    index = pipeline.daemon("index")
    produce(pipeline, [event(number, Odd="no number"), event(number + 1)])
    wait_until(lambda: index.metric("tocsin_index_dead_total") == 1, 60,
               "a dead letter")

    def mend():
        pipeline.search.request(f"{path}/_mapping", {"properties": {
            "Odd": {"type": "integer", "ignore_malformed": True}}}, "PUT")
    return index, mend


def listed(pipeline, *words):
    done = pipeline.tocsin("dead", "list", "--json", *words)
    assert done.returncode == (0 if done.stdout else 1), done.stderr
    return from_ndjson(done.stdout)


def test_a_replayed_dead_letter_is_one_document_with_its_own_id(pipeline):
    index, mend = refused(pipeline, 1)
    [letter] = listed(pipeline)
    assert letter["reason"].startswith("mapper_parsing_exception: ")
    assert (letter["status"], letter["attempts"]) == (400, 1)
    assert letter["index"].startswith(pipeline.prefix)
    assert letter["id"].startswith(letter["origin"] + ":")
    table = pipeline.tocsin("dead", "list").stdout.splitlines()
    assert table[0].split() == ["TIME", "STATUS", "TRIES", "BYTES", "INDEX",
                                "ORIGIN", "ID", "REASON"]
    assert letter["id"] in table[1]
    mend()
    for replays in (1, 2):
        done = pipeline.tocsin("dead", "replay", "--id", letter["id"])
        assert (done.returncode, done.stdout) == (0, "1 replayed\n")
        wait_until(lambda: index.metric("tocsin_index_received_total") ==
                   2 + replays, 60, "the replayed record")
    pipeline.assert_numbers([1, 2])
    assert letter["id"] in [hit["_id"] for hit in pipeline.documents()]
    records = pipeline.kafka.records(pipeline.topic("logs"))
    replayed = [record for record in records
                if record["headers"].get("tocsin-id")]
    assert [record["headers"] for record in replayed] == [
        {"tocsin-id": letter["id"]}] * 2
    assert len({record["payload"] for record in replayed} |
               {event_1["payload"] for event_1 in records
                if '"no number"' in event_1["payload"]}) == 1


def test_dead_letters_are_chosen_and_nothing_by_accident(pipeline):
    pipeline.setup()
    dead = pipeline.topic("dead")
    for number, reason in enumerate(["first: a", "second: b", "second: c"]):
        pipeline.kafka.produce(dead, event(number), key=b"k", headers={
            "tocsin-id": f"id-{number}", "tocsin-reason": reason,
            "tocsin-origin": "x:0:1", "traceparent": f"trace-{number}"})
    pipeline.kafka.produce(dead, b"{}", headers={
        "tocsin-id": "alert", "tocsin-reason": "third: a transition",
        "tocsin-origin": pipeline.topic("alerts") + ":0:7"})
    pipeline.kafka.produce(dead, b"\xff\x00\x1b[2J", headers={
        "tocsin-reason": "second \x1b[2J\u202e", "tocsin-status": "\x1b[2J"})
    for words in ([], ["--reason", ""], ["--all", "--reason", "a"],
                  ["--from", "soon"], ["--json", "--all"],
                  ["--from", "2026-01-02", "--to", "2026-01-01"]):
        assert pipeline.tocsin("dead", "replay", *words).returncode == 64
    assert pipeline.tocsin("dead", "delete").returncode == 64
    for words in (["--reason", "*"], ["--id", "id-*"],
                  ["--to", "2020-01-01T00:00:00Z"]):
        done = pipeline.tocsin("dead", "replay", *words)
        assert (done.returncode, done.stdout) == (1, "0 replayed\n")
    assert pipeline.kafka.records(pipeline.topic("logs")) == []
    shown = pipeline.tocsin("dead", "list")
    assert "\x1b" not in shown.stdout and "\\u001b[2J" in shown.stdout
    assert len(listed(pipeline)) == 5
    done = pipeline.tocsin("dead", "replay", "--reason", "third")
    assert done.stdout == (
        "0 replayed, 1 left out: transitions of alerts\n")
    assert [letter["id"] for letter in listed(
        pipeline, "--reason", "first", "--from", "2020-01-01T00:00:00Z")] == [
            "id-0"]
    done = pipeline.tocsin("dead", "replay", "--reason", "second")
    assert (done.returncode, done.stdout) == (
        1, "2 replayed, 1 left out: no usable tocsin-id\n")
    records = pipeline.kafka.records(pipeline.topic("logs"))
    assert sorted((record["headers"]["tocsin-id"],
                   record["headers"]["traceparent"], record["key"],
                   len(record["headers"])) for record in records) == [
        ("id-1", "trace-1", "k", 2), ("id-2", "trace-2", "k", 2)]
    done = pipeline.tocsin("dead", "replay", "--all")
    assert done.stdout == ("3 replayed, 1 left out: no usable tocsin-id, "
                           "1 left out: transitions of alerts\n")


def test_dead_without_its_topic_or_kafka_is_69(pipeline):
    pipeline.write_config()
    done = pipeline.tocsin("dead", "list")
    assert done.returncode == 69
    assert "there is no topic" in done.stderr


# prune


def names(pipeline):
    """All indices that begin with the test's prefix, without it."""
    found = pipeline.search.request(
        f"/{pipeline.prefix}*/_settings?expand_wildcards=all")
    return sorted(name.removeprefix(pipeline.prefix) for name in found)


def test_prune_deletes_old_days_and_nothing_else(pipeline):
    pipeline.write_config()
    today = time.strftime("-%Y.%m.%d", time.gmtime())
    old = ["-2024.02.29", "-2026.01.01", "-2026.01.02"]
    others = ["-2026.13.01", "-2026.02.29", "-2026.01.01-x", "-2026.1.1",
              "-audit-2026.01.01", "2-2026.01.01", today, "x"]
    for name in old + others:
        pipeline.search.request(f"/{pipeline.prefix}{name}", method="PUT")
    # Names of aliases: one that looks like a day, one that holds a day.
    pipeline.search.request(
        f"/{pipeline.prefix}x/_alias/{pipeline.prefix}-2026.01.03",
        method="PUT")
    pipeline.search.request(
        f"/{pipeline.prefix}-2026.01.01/_alias/{pipeline.prefix}-everything",
        method="PUT")
    pipeline.search.request(f"/{pipeline.prefix}-2026.01.02/_close",
                            method="POST")
    everything = sorted(old + others)
    shown = pipeline.tocsin("prune", "--keep", "30d")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert [line for line in shown.stdout.splitlines()
            if line.startswith("would delete")] == [
                f"would delete {pipeline.prefix}{name}" for name in old]
    assert "3 would be deleted, 1 kept" in shown.stdout
    for name in ["-2026.13.01", "-2026.01.01-x", "-2026.1.1",
                 "-audit-2026.01.01"]:
        assert f"left alone, not ours: {pipeline.prefix}{name}\n" in \
            shown.stdout
    assert f"left alone, an alias: {pipeline.prefix}-2026.01.03\n" in \
        shown.stdout
    assert names(pipeline) == everything
    kept = pipeline.tocsin("prune", "--keep", "36500d", "--apply")
    assert kept.stdout.endswith("0 deleted, 4 kept\n")
    assert names(pipeline) == everything
    done = pipeline.tocsin("prune", "--keep", "30d", "--apply")
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 deleted, 1 kept" in done.stdout
    assert names(pipeline) == sorted(others)
    again = pipeline.tocsin("prune", "--keep", "30d", "--apply")
    assert (again.returncode, "0 deleted, 1 kept" in again.stdout) == (0, True)


class Resolver:
    """A server that answers every GET alike and writes down what is asked."""

    def __init__(self, answer, deletes=200):
        self.asked = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(200, answer)

            def do_DELETE(self):
                self.answer(deletes, {"error": {
                    "type": "security_exception", "reason": "not you"}})

            def answer(self, status, body):
                asked.append((self.command, self.path))
                body = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever,
                         daemon=True).start()

    def prune(self, *words):
        return run_tocsin("prune", "-c", "/dev/null", "--keep", "30d", *words,
                          "-s", f"elasticsearch.urls={self.url}")

    def deleted(self):
        return [path for method, path in self.asked if method == "DELETE"]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def resolver():
    started = []

    def start(*words, **options):
        started.append(Resolver(*words, **options))
        return started[-1]
    yield start
    for server in started:
        server.stop()


def test_prune_sends_one_exact_name_whatever_the_server_says(resolver):
    hostile = ["*", "structout-*", "structout-2026.01.01,*", "_all", "",
               "structout-2026.01.01\x00", "structout-2026.01.0\u0661",
               "structout-2026.01.01\x1b[2J", "structout-2026.01.01/_doc/1",
               "audit-2026.01.01", 7, None]
    server = resolver({
        "indices": [{"name": name, "attributes": ["open"]}
                    for name in hostile] + [
            {"name": "structout-2026.01.02", "data_stream": "mine"},
            {"attributes": []}, "structout-2026.01.03",
            {"name": "structout-2026.01.05"},
            {"name": "structout-2026.01.04"}],
        "aliases": [{"name": "structout-2026.01.06", "indices": ["a"]}],
        "data_streams": [{"name": "structout-2026.01.07"}]})
    done = server.prune("--apply")
    assert (done.returncode, done.stderr) == (0, "")
    assert server.deleted() == ["/structout-2026.01.04",
                                "/structout-2026.01.05"]
    assert "\x1b" not in done.stdout
    for said in ("of a data stream: structout-2026.01.02",
                 "a data stream: structout-2026.01.07"):
        assert f"left alone, {said}\n" in done.stdout


def test_prune_stops_where_it_is_refused(resolver):
    server = resolver({"indices": [{"name": "structout-2026.01.01"},
                                   {"name": "structout-2026.01.02"}]},
                      deletes=403)
    done = server.prune("--apply")
    assert done.returncode == 69
    assert "structout-2026.01.01: could not delete" in done.stderr
    assert "security_exception" in done.stderr
    assert server.deleted() == ["/structout-2026.01.01"]
    assert "0 deleted" in done.stdout


@pytest.mark.parametrize("words", [
    [], ["--keep", "0s"], ["--keep", "23h"], ["--keep", "30"],
    ["--keep", "-1d"], ["--keep", ""], ["--apply"], ["--keep", "0"],
    ["--keep", "0d"], ["--keep", "36501d"], ["--keep", "106751991167d"],
    ["--keep", "106751991168d"], ["--keep", "18446744073709551646d"],
])
def test_prune_wants_a_day_to_a_hundred_years(words):
    result = run_tocsin("prune", "-c", "/dev/null", *words)
    assert result.returncode == 64
    assert ("from 1d to 36500d, such as \"30d\", not \"" + words[1] + '"'
            if len(words) > 1 else "--keep") in result.stderr


# top


def shown_by_top(pipeline, daemons, *words, **env):
    """The table, as a dict of lines by daemon, and the exit status."""
    addresses = [word for name in ("ship", "index", "alert") for word in
                 ("-s", f"{name}.http=" + (
                     f"127.0.0.1:{daemons[name].port}" if name in daemons
                     else ""))]
    done = pipeline.tocsin("top", *addresses, *words,
                           env={**os.environ, **env})
    return {line.split()[0]: line for line in
            done.stdout.splitlines()[1:]}, done.returncode


def test_top_shows_what_flows_and_what_is_blocked(pipeline):
    pipeline.setup()
    pipeline.logs.mkdir()
    daemons = {name: pipeline.daemon(name)
               for name in ("ship", "index", "alert")}
    lines, status = shown_by_top(pipeline, daemons)
    assert status == 0
    assert [lines[name].split()[1] for name in daemons] == ["up"] * 3
    pipeline.stack.stop_es()
    writer = pipeline.logs / "A.structoutv1"
    writer.write_bytes(b"".join(event(n) + b"\n" for n in range(10)))
    wait_until(lambda: daemons["index"].metric(
        "tocsin_index_blocked_seconds") > 1, 60, "blocked")
    lines, status = shown_by_top(pipeline, daemons, "--once")
    assert lines["index"].split()[1] == "blocked"
    assert "  since 20" in lines["index"]
    assert pipeline.stack.es_url in lines["index"]
    assert lines["ship"].split()[1] == "up"
    daemons["ship"].kill9()
    del daemons["alert"]
    lines, status = shown_by_top(pipeline, daemons)
    assert lines["ship"].split()[1] == "away"
    assert "could not" in lines["ship"]
    assert lines["alert"].split()[1] == "off"
    assert status == 0
    assert shown_by_top(pipeline, {})[1] == 69


def on_a_terminal(keys, *words, **env):
    """Runs top on a terminal of its own, types `keys` after the first table;
    what it drew, its exit status, and the terminal's modes before and after.
    """
    main, side = pty.openpty()
    before = termios.tcgetattr(side)
    with subprocess.Popen(
            [TOCSIN, "top", "-c", "/dev/null", *words], stdin=side,
            stdout=side, stderr=side, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={**os.environ, **env}) as process:
        drawn = b""
        while b"alert" not in drawn:
            drawn += os.read(main, 65536)
        os.write(main, keys)
        while b"\x1b[?1049l" not in drawn:
            drawn += os.read(main, 65536)
        status = process.wait(20)
    after = termios.tcgetattr(side)
    os.close(main)
    os.close(side)
    return drawn, status, before == after


@pytest.mark.parametrize("keys", [b"q", b"\x03", b"xyQ"])
def test_top_gives_the_terminal_back_as_it_was(keys):
    drawn, status, same = on_a_terminal(keys, NO_COLOR="")
    assert (status, same) == (0, True)
    assert b"\x1b[1m" in drawn
    assert drawn.startswith(b"\x1b[?1049h\x1b[?25l")
    assert drawn.endswith(b"\x1b[?25h\x1b[?1049l")


def test_top_without_colour():
    drawn, status, _ = on_a_terminal(b"q", NO_COLOR="1")
    assert status == 0
    assert b"\x1b[1m" not in drawn and b"\x1b[1;31m" not in drawn
