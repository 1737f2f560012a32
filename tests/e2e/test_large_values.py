"""Values of 5 MB, on a topic that an operator lets hold them."""

import base64
import json
import os

from support.topics import Topics
from support.waiting import wait_until

from test_dead import dead_of, refuse_odd
from test_index import event

LIMIT = 8 << 20
RULES = [{"name": name, "type": "any", "query": f"Title:{title}"}
         for name, title in (("large", "LARGE"), ("after", "AFTER"))]


def start(pipeline):
    pipeline.setup()
    Topics(pipeline.kafka, pipeline.stack.brokers).set_configs(
        pipeline.topic("logs"), {"max.message.bytes": LIMIT,
                                 "message.timestamp.type": "LogAppendTime"})


def produce(pipeline, value):
    """All into one partition, as they are."""
    pipeline.kafka.produce(pipeline.topic("logs"), value, key=b"one",
                           compression="none")


def noise(size):
    """Text that no compression makes much smaller."""
    return base64.b85encode(os.urandom(size * 4 // 5)).decode()


def wait_read(index):
    wait_until(lambda: index.metric("tocsin_kafka_lag") == 0 and
               index.metric("tocsin_index_in_flight") == 0, 60,
               lambda: f"nothing is left: {index.status()}", every=0.2)


def test_large_values_neither_stop_nor_stall_index_and_alert(pipeline):
    receiver = pipeline.receiver()
    pipeline.settings["route"] = {"receiver": "ops", "group_wait": "50ms"}
    pipeline.write_rules(*RULES)
    start(pipeline)
    index = pipeline.daemon("index")
    pipeline.daemon("alert")
    produce(pipeline, event(1, Title="LARGE", Additional=noise(5_000_000)))
    produce(pipeline, b"\xff\x00" * 2_500_000)
    produce(pipeline, event(2, Title="AFTER"))
    pipeline.wait_documents(3)
    wait_read(index)
    found = {hit["_source"]["Title"]: hit["_source"]
             for hit in pipeline.documents()}
    assert "cut" in found["LARGE"]["Repaired"]
    assert {"unparsed", "cut"} <= set(found["UNPARSED_LINE"]["Repaired"])
    assert "Repaired" not in found["AFTER"]
    for name in ("large", "after"):
        wait_until(lambda n=name: receiver.alerts(name=n), 60,
                   lambda: f"both fire: {receiver.requests()}", every=0.2)
    assert not pipeline.kafka.records(pipeline.topic("dead"))


def test_a_letter_too_large_for_its_topic_goes_as_what_was_to_be_indexed(
        pipeline):
    start(pipeline)
    mend = refuse_odd(pipeline)
    index = pipeline.daemon("index")
    large = event(1, Odd="no number", Additional=noise(7_000_000))
    produce(pipeline, large)
    produce(pipeline, event(2))
    [headers] = dead_of(pipeline, 1)
    wait_read(index)
    assert headers["tocsin-cut"] == str(len(large))
    assert headers["tocsin-reason"].startswith("mapper_parsing")
    assert "goes shortened" in index.log()
    [letter] = pipeline.kafka.records(pipeline.topic("dead"))
    kept = json.loads(letter["payload"])
    assert kept["Odd"] == "no number"
    assert kept["Repaired"] == ["cut"]
    mend()
    done = pipeline.tocsin("dead", "replay", "--all")
    assert (done.returncode, done.stdout) == (0, "1 replayed\n")
    pipeline.assert_numbers([1, 2])
    hits = {hit["_source"]["Seq"]: hit for hit in pipeline.documents()}
    assert hits[1]["_id"] == headers["tocsin-id"]
    assert hits[1]["_source"]["Repaired"] == ["cut"]
    [replayed] = [record for record in
                  pipeline.kafka.records(pipeline.topic("logs"))
                  if "tocsin-id" in record["headers"]]
    assert "tocsin-cut" not in replayed["headers"]
