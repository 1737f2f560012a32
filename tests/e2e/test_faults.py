"""Faults that hit several daemons at once, and ends at awkward moments."""

import json
import random
import threading
import time
import urllib.error

from support.waiting import wait_until

AT_ONCE = {"receiver": "ops", "group_wait": "50ms", "group_interval": "1s"}
REFUSED = {"name": "refused", "type": "any", "query": "Title:REFUSED",
           "keep_firing_for": "2s"}


def why_not_ready(daemon):
    """'' if it is ready, else the reason that it gives."""
    try:
        daemon.get("/ready")
        return ""
    except urllib.error.HTTPError as answer:
        return answer.read().decode()
    except OSError:
        return ""


def wait_unready(daemon, word):
    wait_until(lambda: word in why_not_ready(daemon), 60,
               lambda: f"{daemon.command} says {word}: "
               f"{why_not_ready(daemon)}", every=0.1)


# Kafka away


def test_kafka_stopped_and_started_under_all_three(pipeline, stack):
    receiver = pipeline.receiver()
    pipeline.settings["route"] = AT_ONCE
    pipeline.write_rules(REFUSED)
    pipeline.setup()
    writer = pipeline.writer(files=2)
    ship, index, alert = (pipeline.daemon(name)
                          for name in ("ship", "index", "alert"))
    writer.write(500)
    pipeline.assert_numbers(writer.numbers)
    stack.stop_kafka()
    writer.write(500)
    writer.write(1, Title="REFUSED")
    for daemon in (alert, index):
        wait_unready(daemon, "kafka")
    stack.start_kafka()
    pipeline.assert_numbers(writer.numbers)
    wait_until(lambda: receiver.alerts(name="refused"), 60,
               lambda: f"the rule fires: {receiver.requests()}")
    for daemon in (ship, index, alert):
        daemon.wait_ready()
    assert index.metric("tocsin_index_dead_total") == 0


# Topics


def test_index_says_which_topic_it_waits_for(pipeline):
    pipeline.setup()
    pipeline.kafka.delete_topic(pipeline.topic("dead"))
    index = pipeline.daemon("index", start=False).start(ready=False)
    wait_until(lambda: f'could not find topic \\"{pipeline.topic("dead")}\\": '
               "run tocsin setup" in index.log(), 30, "it says so")
    wait_unready(index, pipeline.topic("dead"))
    writer = pipeline.writer()
    pipeline.daemon("ship")
    writer.write(100)
    pipeline.setup()
    pipeline.assert_numbers(writer.numbers)
    index.wait_ready()


def test_a_dead_letter_that_is_not_delivered_is_not_forgotten(pipeline):
    """Killed before its letter arrives, index reads the record again."""
    pipeline.setup()
    today = time.strftime("%Y.%m.%d", time.gmtime())
    pipeline.search.request(f"/{pipeline.prefix}-{today}", {"mappings": {
        "properties": {"Odd": {"type": "integer"}}}}, "PUT")
    index = pipeline.daemon("index")
    pipeline.kafka.delete_topic(pipeline.topic("dead"))
    writer = pipeline.writer()
    pipeline.daemon("ship")
    writer.write(1, Odd="no number", RequestKey="one")
    writer.write(99, RequestKey="one")
    pipeline.assert_numbers(writer.numbers[1:])
    assert index.metric("tocsin_index_in_flight") == 1
    assert index.metric("tocsin_index_dead_total") == 0
    index.kill9()
    pipeline.setup()
    index.start()
    wait_until(lambda: index.metric("tocsin_index_dead_total") == 1, 60,
               lambda: f"the letter is delivered: {index.status()}")
    [letter] = pipeline.kafka.records(pipeline.topic("dead"))
    assert '"Seq": 1,' in letter["payload"]
    pipeline.assert_numbers(writer.numbers[1:])


# Hostile bytes


def test_values_over_the_limit_and_of_nothing_stop_nothing(pipeline):
    pipeline.setup()
    index = pipeline.daemon("index")
    line = pipeline.writer().event(Additional="x" * 4100000)
    topic = pipeline.topic("logs")
    pipeline.kafka.produce(topic, json.dumps(line).encode())
    pipeline.kafka.produce(topic, None, key=b"tombstone")
    pipeline.wait_documents(1)
    wait_until(lambda: index.metric("tocsin_index_skipped_total") == 1, 30,
               "the tombstone is skipped")
    [found] = pipeline.documents()
    assert found["_source"]["Seq"] == line["Seq"]
    assert "cut" in found["_source"]["Repaired"]
    assert len(json.dumps(found["_source"]["Additional"])) <= 1 << 20
    assert not pipeline.kafka.records(pipeline.topic("dead"))


# Disk


def test_a_full_disk_under_the_state_stops_nothing(pipeline):
    pipeline.setup()
    state = pipeline.folder / "ship"
    state.mkdir()
    (state / "registry.new").symlink_to("/dev/full")
    writer = pipeline.writer()
    ship = pipeline.daemon("ship")
    writer.write(200)
    wait_until(lambda: "registry not saved" in ship.log(), 30, "it says so")
    assert "No space left on device" in ship.log()
    wait_until(lambda: ship.metric("tocsin_ship_delivered_total") == 200, 30,
               "what is written is sent all the same")
    assert ship.is_ready()
    (state / "registry.new").unlink()
    wait_until(lambda: "registry saved again" in ship.log() or
               writer.write(1), 30, "it says that it saves again", every=0.3)
    ship.term()
    ship.start()
    pipeline.daemon("index")
    pipeline.assert_numbers(writer.numbers)


# Ends at awkward moments


def start_and_stop(daemon, times, errors):
    try:
        for turn in range(1, times + 1):
            daemon.start(ready=False)
            wait_until(lambda: daemon.log().count("msg=indexing") == turn, 30,
                       "it has begun")
            time.sleep(random.uniform(0, 2))
            daemon.term()
    except Exception as error:  # pylint: disable=broad-except
        errors.append(error)


def test_index_ends_in_order_while_it_joins_its_group(pipeline):
    pipeline.setup()
    daemons = [pipeline.daemon("index", start=False) for _ in range(4)]
    errors = []
    threads = [threading.Thread(target=start_and_stop,
                                args=(daemon, 3, errors))
               for daemon in daemons]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors
