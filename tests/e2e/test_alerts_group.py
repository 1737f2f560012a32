"""Events and alerts are consumer groups of their own in `index`."""

import json
import subprocess

from support import wait_until
from test_index import alerts, event, transition


def kcat(pipeline, *words, stdin=b""):
    subprocess.run(["kcat", "-b", pipeline.stack.brokers, *words],
                   input=stdin, check=True, timeout=60, capture_output=True)


def test_the_place_of_the_common_group_of_before_is_gone_on_from(pipeline):
    """Also where a new group would begin at the end."""
    pipeline.settings["index"]["start"] = "latest"
    pipeline.setup()
    topic = pipeline.topic("alerts")
    values = [transition(number) for number in range(5)]

    def produce(some):
        for value in some:
            pipeline.kafka.produce(topic, value,
                                   key=json.loads(value)["id"].encode())
    produce(values[:3])
    kcat(pipeline, "-G", f"{pipeline.prefix}-index", "-c", "3",
         "-X", "auto.offset.reset=earliest", topic)
    produce(values[3:])
    index = pipeline.daemon("index")
    wait_until(lambda: len(alerts(pipeline)) == 2, 60, "what was not read")
    assert {json.loads(value)["id"] for value in values[3:]} == {
        hit["_source"]["id"] for hit in alerts(pipeline).values()}
    assert index.metric("tocsin_index_received_total") == 2


def test_one_worker_reads_both_topics(pipeline):
    pipeline.setup()
    index = pipeline.daemon("index")
    pipeline.kafka.produce(pipeline.topic("alerts"), transition(1), key=b"1")
    pipeline.kafka.produce(pipeline.topic("logs"), event(1), key=b"1")
    pipeline.assert_numbers([1])
    wait_until(lambda: len(alerts(pipeline)) == 1, 60, "the alert")
    status = index.status()
    assert sorted((one["topic"], one["partition"])
                  for one in status["partitions"]) == sorted(
        [(pipeline.topic("alerts"), 0)] +
        [(pipeline.topic("logs"), number) for number in range(3)])
    assert all(one["end"] >= 0 or one["next"] < 0
               for one in status["partitions"])
    index.term()
