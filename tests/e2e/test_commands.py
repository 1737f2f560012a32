"""The commands beside the daemons, on real servers."""

import json
import os
import time

from support import wait_until
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
    return [json.loads(line) for line in done.stdout.splitlines()]


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
    assert len(listed(pipeline)) == 4
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
    assert done.stdout == "3 replayed, 1 left out: no usable tocsin-id\n"


def test_dead_without_its_topic_or_kafka_is_69(pipeline):
    pipeline.write_config()
    done = pipeline.tocsin("dead", "list")
    assert done.returncode == 69
    assert "there is no topic" in done.stderr
