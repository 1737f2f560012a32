"""tocsin index: what is on the topic is in Elasticsearch, each exactly once,
or among the dead letters."""

import json
import random
import subprocess
import time

import pytest

from support import from_ndjson, wait_until
from support.fake_elastic import FakeElastic
from support.topics import Topics
from support.writer import now_utc

SEPARATOR = b"\x1e"


def event(number, **fields):
    found = {
        "ServiceKey": f"SERVICE_{number % 5}", "ComponentKey": "TEST",
        "RequestKey": f"request-{number // 10}", "HostAddress": "10.0.0.1",
        "TimeStampUTC": now_utc(), "Title": "NUMBERED", "Level": "INFO",
        "Seq": number,
    }
    found.update(fields)
    return json.dumps(found).encode()


def produce(pipeline, values, headers=None):
    """Many records in one go, spread over the partitions."""
    command = ["kcat", "-b", pipeline.stack.brokers, "-P", "-t",
               pipeline.topic("logs"), "-D", SEPARATOR.decode(),
               "-X", "partitioner=random", "-X", "message.max.bytes=5000000",
               "-X", "sticky.partitioning.linger.ms=0"]
    for name, text in (headers or {}).items():
        command += ["-H", f"{name}={text}"]
    subprocess.run(command, input=SEPARATOR.join(values), check=True,
                   timeout=120, capture_output=True)


def produce_numbers(pipeline, first, last, **fields):
    produce(pipeline, [event(n, **fields) for n in range(first, last + 1)])


def assert_accounts(daemon):
    """received is the sum of what became of the records, at any moment."""
    sample = {name: value for (name, labels), value in
              daemon.metrics().items() if not labels}
    parts = ["indexed_total", "duplicate_total", "dead_total",
             "skipped_total", "returned_total", "in_flight"]
    total = sum(sample["tocsin_index_" + part] for part in parts)
    assert sample["tocsin_index_received_total"] == total, sample
    return sample


def wait_finished(daemon, timeout=60):
    """Until nothing is in flight and the lag is 0; then the counts."""
    wait_until(lambda: daemon.metric("tocsin_kafka_lag") == 0 and
               daemon.metric("tocsin_index_in_flight") == 0 and
               daemon.metric("tocsin_index_received_total") > 0,
               timeout, lambda: f"finished: {daemon.status()}", every=0.2)
    return assert_accounts(daemon)


def log_partitions(pipeline, daemon):
    """How many partitions of the logs it has."""
    return sum(one["topic"] == pipeline.topic("logs")
               for one in daemon.status()["partitions"])


def reasons(pipeline):
    return [record["headers"] for record in
            pipeline.kafka.records(pipeline.topic("dead"))]


# Restarts and rebalances


def test_killed_five_times_each_event_is_there_once(pipeline):
    pipeline.setup()
    index = pipeline.daemon("index", "index.bulk_events=100",
                            "index.in_flight=2", start=False)
    last = 0
    for _ in range(5):
        index.start(ready=False)
        for _ in range(3):
            produce_numbers(pipeline, last + 1, last + 2000)
            last += 2000
        time.sleep(random.uniform(0.1, 1.5))
        index.kill9()
    index.start()
    pipeline.assert_numbers(range(1, last + 1), timeout=120)
    assert_accounts(index)


def test_killed_with_its_hands_full_it_takes_the_same_records_again(
        pipeline, stack):
    pipeline.setup()
    index = pipeline.daemon("index", "index.bulk_events=100",
                            "index.in_flight=2")
    produce_numbers(pipeline, 1, 100)
    pipeline.wait_documents(100)
    stack.pause("elasticsearch")
    produce_numbers(pipeline, 101, 3000)
    wait_until(lambda: index.metric("tocsin_index_in_flight") == 2900, 30,
               "all records taken")
    time.sleep(2.5)  # more than the time between two commits
    index.kill9()
    stack.resume("elasticsearch")
    index.start()
    pipeline.assert_numbers(range(1, 3001))


def test_what_is_finished_out_of_order_is_not_committed(pipeline, fake):
    stuck = {"type": "index_closed_exception", "reason": "closed"}
    fake.refuse = lambda source: (
        (400, stuck) if source["Seq"] % 500 == 7 else None)
    produce_numbers(pipeline, 1, 2000)
    index = pipeline.daemon("index", "index.bulk_events=100")
    wait_until(lambda: index.metric("tocsin_index_blocked_seconds") > 2.5, 30,
               "blocked")
    index.kill9()
    fake.refuse = None
    index.start()
    wait_finished(index)
    assert fake.numbers() == list(range(1, 2001))


def test_stopped_under_load_it_ends_in_order(pipeline):
    pipeline.setup()
    index = pipeline.daemon("index", "index.bulk_events=50",
                            "index.in_flight=1", "index.buffer_bytes=1048576",
                            start=False)
    produce_numbers(pipeline, 1, 10000)
    index.start()
    wait_until(lambda: index.metric("tocsin_index_indexed_total") > 0, 30,
               "the first documents")
    index.term(timeout=30)
    before = pipeline.search.count(pipeline.indices)
    assert before < 10000
    index.start()
    pipeline.assert_numbers(range(1, 10001))
    sample = wait_finished(index)
    assert sample["tocsin_index_duplicate_total"] == 0
    assert sample["tocsin_index_indexed_total"] == 10000 - before


def test_workers_come_and_go_and_nothing_is_lost_or_doubled(pipeline):
    pipeline.setup()
    settings = ("index.bulk_events=200",)
    first = pipeline.daemon("index", *settings)
    produce_numbers(pipeline, 1, 5000)
    second = pipeline.daemon("index", *settings)
    third = pipeline.daemon("index", *settings)
    produce_numbers(pipeline, 5001, 10000)
    wait_until(lambda: [log_partitions(pipeline, daemon) for daemon in
                        (first, second, third)] == [1, 1, 1], 60,
               "three partitions of logs are shared out")
    assert sum(len(daemon.status()["partitions"]) for daemon in
               (first, second, third)) == 4, "and one of alerts"
    for daemon in (first, second, third):
        assert_accounts(daemon)
    produce_numbers(pipeline, 10001, 12000)
    second.term()
    produce_numbers(pipeline, 12001, 14000)
    third.kill9()
    produce_numbers(pipeline, 14001, 16000)
    pipeline.assert_numbers(range(1, 16001), timeout=90)
    wait_until(lambda: log_partitions(pipeline, first) == 3, 60,
               "all partitions back")
    wait_finished(first)


# Elasticsearch away or unwilling


def test_elasticsearch_stopped_and_started(pipeline, stack):
    pipeline.setup()
    index = pipeline.daemon("index")
    produce_numbers(pipeline, 1, 1000)
    pipeline.wait_documents(1000)
    stack.stop_es()
    produce_numbers(pipeline, 1001, 3000)
    wait_until(lambda: index.metric("tocsin_index_blocked_seconds") > 2, 30,
               "blocked")
    assert index.is_ready()
    assert index.status()["blocked"]["why"]
    assert index.status()["paused"]
    assert_accounts(index)
    stack.start_es()
    started = time.monotonic()
    pipeline.assert_numbers(range(1, 3001))
    assert time.monotonic() - started < 15
    assert wait_finished(index)["tocsin_index_blocked_seconds"] == 0
    assert "blocked: documents wait" in index.log()
    assert "no longer blocked" in index.log()


def test_elasticsearch_frozen_for_a_while(pipeline, stack):
    pipeline.settings["elasticsearch"]["timeout"] = "2s"
    pipeline.setup()
    index = pipeline.daemon("index")
    produce_numbers(pipeline, 1, 500)
    pipeline.wait_documents(500)
    stack.pause("elasticsearch")
    produce_numbers(pipeline, 501, 2500)
    wait_until(lambda: index.metric("tocsin_index_blocked_seconds") > 3, 30,
               "blocked")
    stack.resume("elasticsearch")
    pipeline.assert_numbers(range(1, 2501))
    wait_finished(index)


def test_started_before_elasticsearch(pipeline, stack):
    pipeline.setup()
    stack.stop_es()
    index = pipeline.daemon("index")
    produce_numbers(pipeline, 1, 100)
    wait_until(lambda: index.metric("tocsin_index_blocked_seconds") > 1, 30,
               "blocked")
    assert index.metric("tocsin_index_received_total") == 0
    stack.start_es()
    pipeline.assert_numbers(range(1, 101))


def test_stopping_does_not_wait_for_an_elasticsearch_that_is_away(
        pipeline, stack):
    pipeline.setup()
    index = pipeline.daemon("index")
    produce_numbers(pipeline, 1, 100)
    pipeline.wait_documents(100)
    stack.stop_es()
    produce_numbers(pipeline, 101, 200)
    wait_until(lambda: index.metric("tocsin_index_blocked_seconds") > 1, 30,
               "blocked")
    index.term(timeout=10)
    stack.start_es()
    index.start()
    pipeline.assert_numbers(range(1, 201))


def test_a_closed_index_blocks_and_fills_no_dead_letters(pipeline):
    pipeline.setup()
    index = pipeline.daemon("index")
    produce_numbers(pipeline, 1, 10)
    pipeline.wait_documents(10)
    name = pipeline.documents()[0]["_index"]
    pipeline.search.request(f"/{name}/_close", method="POST")
    produce_numbers(pipeline, 11, 500)
    wait_until(lambda: index.metric("tocsin_index_blocked_seconds") > 1, 30,
               "blocked")
    assert "closed" in index.status()["blocked"]["why"]
    assert index.metric("tocsin_index_dead_total") == 0
    assert_accounts(index)
    pipeline.search.request(f"/{name}/_open", method="POST")
    pipeline.assert_numbers(range(1, 501))
    assert index.metric("tocsin_index_dead_total") == 0


def today_index(pipeline):
    return pipeline.prefix + time.strftime("-%Y.%m.%d", time.gmtime())


def assert_blocks_then_resumes(pipeline, index, why, mend, count=500):
    """What was produced before waits, nothing dies, and after mend() all of
    it is there."""
    wait_until(lambda: index.metric("tocsin_index_blocked_seconds") > 1, 30,
               lambda: f"blocked: {index.status()}")
    assert why in index.status()["blocked"]["why"]
    assert index.metric("tocsin_index_dead_total") == 0
    assert_accounts(index)
    mend()
    pipeline.assert_numbers(range(1, count + 1))
    assert wait_finished(index)["tocsin_index_dead_total"] == 0
    assert reasons(pipeline) == []


def test_an_alias_without_write_index_blocks(pipeline):
    pipeline.setup()
    search = pipeline.search
    behind = ["b1" + pipeline.prefix, "b2" + pipeline.prefix]
    for name in behind:
        search.request(f"/{name}", {"aliases": {today_index(pipeline): {}}},
                       "PUT")
    index = pipeline.daemon("index")
    produce_numbers(pipeline, 1, 500)

    def mend():
        search.request("/_aliases", {"actions": [{"add": {
            "index": behind[0], "alias": today_index(pipeline),
            "is_write_index": True}}]})
    assert_blocks_then_resumes(pipeline, index, "no write index", mend)


def test_a_full_cluster_blocks(pipeline):
    pipeline.setup()
    limit = "cluster.max_shards_per_node"

    def set_limit(value):
        pipeline.search.request("/_cluster/settings", {
            "transient": {limit: value}}, "PUT")
    set_limit(1)
    try:
        index = pipeline.daemon("index")
        produce_numbers(pipeline, 1, 500)
        assert_blocks_then_resumes(pipeline, index, "shards",
                                   lambda: set_limit(None))
    finally:
        set_limit(None)


def test_a_flood_stage_block_blocks(pipeline):
    pipeline.setup()
    index = pipeline.daemon("index")
    produce_numbers(pipeline, 1, 10)
    pipeline.wait_documents(10)

    def block(value):
        pipeline.search.request(f"/{today_index(pipeline)}/_settings", {
            "index.blocks.read_only_allow_delete": value}, "PUT")
    block(True)
    produce_numbers(pipeline, 11, 500)
    assert_blocks_then_resumes(pipeline, index, "block",
                               lambda: block(None))


def test_a_read_only_index_blocks(pipeline):
    pipeline.setup()
    index = pipeline.daemon("index")
    produce_numbers(pipeline, 1, 10)
    pipeline.wait_documents(10)

    def block(value):
        pipeline.search.request(f"/{today_index(pipeline)}/_settings", {
            "index.blocks.write": value}, "PUT")
    block(True)
    produce_numbers(pipeline, 11, 500)
    assert_blocks_then_resumes(pipeline, index, "block",
                               lambda: block(None))


def test_an_id_that_is_too_long_is_not_used(pipeline):
    pipeline.setup()
    index = pipeline.daemon("index")
    produce(pipeline, [event(1)], {"tocsin-id": "x" * 512})
    produce(pipeline, [event(2)], {"tocsin-id": "x" * 513})
    produce_numbers(pipeline, 3, 100)
    pipeline.assert_numbers(range(1, 101))
    sample = wait_finished(index)
    assert sample["tocsin_index_dead_total"] == 0
    assert index.metric("tocsin_index_bad_header_total",
                        header="tocsin-id") == 1
    names = {hit["_source"]["Seq"]: hit["_id"]
             for hit in pipeline.documents()}
    assert names[1] == "x" * 512
    assert names[2].startswith(pipeline.topic("logs"))


# The topic changes



def test_partitions_added_under_load(pipeline):
    pipeline.setup()
    index = pipeline.daemon("index", "index.start=latest",
                            "kafka.properties=[\"topic.metadata.refresh"
                            ".interval.ms=1000\"]")
    produce_numbers(pipeline, 1, 2000)
    Topics(pipeline.kafka, pipeline.stack.brokers).add_partitions(
        pipeline.topic("logs"), 6)
    for first in range(2001, 8001, 1000):
        produce_numbers(pipeline, first, first + 999)
    wait_until(lambda: log_partitions(pipeline, index) == 6, 60,
               "six partitions")
    produce_numbers(pipeline, 8001, 9000)
    pipeline.assert_numbers(range(1, 9001))
    wait_finished(index)


def test_the_topic_created_again_loses_and_doubles_nothing(pipeline):
    pipeline.setup()
    index = pipeline.daemon("index")
    produce_numbers(pipeline, 1, 900)
    pipeline.assert_numbers(range(1, 901))
    wait_finished(index)
    pipeline.kafka.delete_topic(pipeline.topic("logs"))
    wait_until(lambda: pipeline.topic("logs") not in pipeline.kafka.topics(),
               30, "the topic is gone")
    pipeline.setup()
    wait_until(lambda: index.log().count("reading again from 0") == 3, 60,
               "it says that each partition is another one")
    produce_numbers(pipeline, 901, 1500)
    pipeline.assert_numbers(range(1, 1501), timeout=90)
    sample = wait_finished(index)
    assert sample["tocsin_index_dead_total"] == 0
    assert sample["tocsin_index_duplicate_total"] == 0
    assert "was its topic created again?" in index.log()


# Records that are not as they should be


def test_a_day_that_nobody_believes_makes_no_index(pipeline):
    pipeline.setup()
    pipeline.daemon("index")
    produce(pipeline, [
        event(1, TimeStampUTC="1999-01-01T00:00:00Z"),
        event(2, TimeStampUTC="2099-01-01T00:00:00Z"),
        event(3, TimeStampUTC="0001-01-01T00:00:00Z"),
        event(4, TimeStampUTC=-1),
        event(5)])
    days = [time.strftime("%Y-%m-%dT%H:%M:%SZ",
                          time.gmtime(time.time() + days * 86400))
            for days in (-399, 0.9)]
    produce(pipeline, [event(6 + n, TimeStampUTC=day)
                       for n, day in enumerate(days)])
    pipeline.assert_numbers(range(1, 8))
    found = {hit["_source"]["Seq"]: hit for hit in pipeline.documents()}
    for number in range(1, 5):
        assert found[number]["_index"] == today_index(pipeline)
        assert found[number]["_source"]["Repaired"] == ["time"]
        assert "TimeStampRaw" in found[number]["_source"]
    for number, day in enumerate(days, 6):
        assert found[number]["_index"] == (
            pipeline.prefix + "-" + day[:10].replace("-", "."))
        assert "Repaired" not in found[number]["_source"]



def test_ugly_records_are_mended_and_indexed(pipeline):
    pipeline.setup()
    index = pipeline.daemon("index")
    deep = b'{"a":' * 1000 + b"1" + b"}" * 1000
    values = [
        deep,
        b'{"Title":"INVALID \xff\xc3","Seq":2}',
        b'{"Title":"TWICE","Title":"LAST","Seq":3}',
        b'{"Title":"NEWLINES",\n"Seq"\r\n:4,"Additional":{"a":\n1}}',
        b"not json at all",
        b'{"Title":"NUL","Additional":{"k\\u0000":"v\\u0000","ok":1}}',
        event(7, _id="x", **{"@timestamp": 1, "a.b": 2}),
        event(8, Additional="x" * 900000),
        event(9, Additional={"big": "y" * 900000, "small": "z"}),
        event(10, Additional={f"k{i}": i for i in range(20000)}),
        event(11, Additional={"deep": json.loads(
            '{"a":' * 100 + "1" + "}" * 100)}),
        event(12, ServiceKey="s" * 40000, Title="t" * 40000),
        event(13, TimeStampUTC="1969-01-01T00:00:00Z"),
        event(14, TimeStampUTC="2500-01-01T00:00:00Z"),
        event(15, Level=["x"], Additional=[1, [2]]),
        b'{"Title":"\\ud800"}',
        b'"a string"', b"[1,2,3]", b"1e999", b"\xef\xbb\xbf{}",
    ]
    produce(pipeline, values)
    produce(pipeline, [b"   "])
    pipeline.kafka.produce(pipeline.topic("logs"), b"", key=b"k")
    pipeline.wait_documents(len(values))
    sample = wait_finished(index)
    assert sample["tocsin_index_indexed_total"] == len(values)
    assert sample["tocsin_index_skipped_total"] == 2
    assert reasons(pipeline) == []
    sources = {hit["_source"].get("Seq"): hit["_source"]
               for hit in pipeline.documents()}
    assert sources[3]["Title"] == "LAST"
    assert sources[3]["Repaired"] == ["time", "service", "host", "level",
                                      "duplicate"]
    assert sources[4]["Additional"] == {"a": 1}
    assert "big" not in sources[9]["AdditionalFlat"]
    assert sources[9]["AdditionalFlat"]["small"] == "z"
    assert sources[7]["Others"] == {"_id": "x", "@timestamp": 1, "a.b": 2}


def test_a_refused_document_goes_to_the_dead_letters(pipeline):
    pipeline.setup()
    today = time.strftime("%Y.%m.%d", time.gmtime())
    name = f"{pipeline.prefix}-{today}"
    pipeline.search.request(f"/{name}", {"mappings": {"properties": {
        "Odd": {"type": "integer"}}}}, "PUT")
    index = pipeline.daemon("index")
    bad = event(50, Odd="no number")
    produce(pipeline, [event(n, Odd=n) for n in range(50)] + [bad])
    pipeline.wait_documents(50)
    sample = wait_finished(index)
    assert sample["tocsin_index_dead_total"] == 1
    [letter] = pipeline.kafka.records(pipeline.topic("dead"))
    assert letter["payload"].encode() == bad
    headers = letter["headers"]
    topic, partition, offset = headers["tocsin-origin"].split(":")
    assert topic == pipeline.topic("logs")
    assert headers["tocsin-reason"].startswith("mapper_parsing_exception: ")
    assert headers["tocsin-status"] == "400"
    assert headers["tocsin-index"] == name
    assert headers["tocsin-attempts"] == "1"
    assert headers["tocsin-id"].startswith(f"{topic}:{partition}:{offset}:")


def test_a_repeated_line_is_one_document(pipeline):
    pipeline.setup()
    index = pipeline.daemon("index")
    line = event(1)
    for _ in range(3):
        produce(pipeline, [line], {"tocsin-source": "0123456789abcdef:42"})
    produce(pipeline, [event(2)], {"tocsin-source": "0123456789ABCDEF:42"})
    produce(pipeline, [event(3)], {"tocsin-id": "as it was"})
    pipeline.wait_documents(3)
    sample = wait_finished(index)
    assert sample["tocsin_index_duplicate_total"] == 2
    names = {hit["_source"]["Seq"]: hit["_id"]
             for hit in pipeline.documents()}
    assert names[1] == "0123456789abcdef:42"
    assert names[2].startswith(pipeline.topic("logs"))
    assert names[3] == "as it was"
    assert index.metric("tocsin_index_bad_header_total",
                        header="tocsin-source") == 1


def test_numbers_can_be_averaged(pipeline):
    pipeline.settings["index"]["numbers"] = ["elapsed_ms", "db.rows"]
    pipeline.setup()
    pipeline.daemon("index")
    produce(pipeline, [
        event(1, Additional={"elapsed_ms": 10, "db": {"rows": 3}}),
        event(2, Additional={"elapsed_ms": "20.5"}),
        event(3, Additional={"elapsed_ms": "much"}),
        event(4, Additional={"elapsed_ms": float("1e308"), "x": 1}),
    ])
    pipeline.wait_documents(4)
    found = pipeline.search.request(f"/{pipeline.indices}/_search", {
        "size": 0,
        "query": {"query_string": {"query": "AdditionalNum.elapsed_ms:<100"}},
        "aggs": {"mean": {"avg": {"field": "AdditionalNum.elapsed_ms"}},
                 "rows": {"sum": {"field": "AdditionalNum.db.rows"}}}})
    assert found["aggregations"]["mean"]["value"] == 15.25
    assert found["aggregations"]["rows"]["value"] == 3


# What is indexed


def test_only_what_the_query_matches_is_indexed(pipeline):
    pipeline.settings["fields"] = ["Seq"]
    pipeline.settings["index"]["query"] = \
        "NOT Level:DEBUG AND (ServiceKey:SERVICE_1 OR Level:ERROR)"
    pipeline.setup()
    index = pipeline.daemon("index")
    produce_numbers(pipeline, 1, 500)
    produce_numbers(pipeline, 501, 600, Level="ERROR")
    produce_numbers(pipeline, 601, 700, Level="DEBUG")
    produce(pipeline, [b'{"Level":"fatal","Seq":701}', b"no json"])
    wanted = [n for n in range(1, 501) if n % 5 == 1]
    pipeline.assert_numbers(wanted + list(range(501, 601)) + [701])
    sample = wait_finished(index)
    assert sample["tocsin_index_skipped_total"] == 501
    assert sample["tocsin_index_left_out_total"] == 501
    index.term()
    index.start()
    pipeline.wait_documents(201)
    wait_until(lambda: index.metric("tocsin_kafka_lag") == 0, 30, "no lag")
    assert index.metric("tocsin_index_received_total") == 0


def test_a_wrong_query_is_told_with_its_place(pipeline):
    pipeline.settings["index"]["query"] = "Level:ERROR AND (Title:X"
    pipeline.write_config()
    for command in ("index", "check"):
        done = pipeline.tocsin(command)
        assert done.returncode == 78
        assert "index.query, column " in done.stderr
    assert f"{pipeline.config}:" in done.stderr


def test_a_doubtful_query_is_a_warning_of_check(pipeline):
    pipeline.settings["index"]["query"] = "Title:A B"
    pipeline.write_config()
    done = pipeline.tocsin("check", "--strict")
    assert done.returncode == 78
    assert "index.query, column " in done.stderr


# A range once more


def test_a_range_is_indexed_again_and_doubles_nothing(pipeline):
    pipeline.setup()
    index = pipeline.daemon("index")
    produce_numbers(pipeline, 1, 1000)
    pipeline.wait_documents(1000)
    index.term()
    time.sleep(1)
    begin = now_utc()
    time.sleep(1)
    produce_numbers(pipeline, 1001, 3000)
    time.sleep(1)
    end = now_utc()
    time.sleep(1)
    produce_numbers(pipeline, 3001, 3100)
    done = pipeline.tocsin("index", "--from", begin, "--to", end)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ("indexed 2000, there already 0, dead letters 0, "
                           "skipped 0\n")
    pipeline.assert_numbers(range(1, 3001))
    done = pipeline.tocsin("index", "--from", "2020-01-01T00:00:00Z")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ("indexed 100, there already 3000, dead letters 0, "
                           "skipped 0\n")
    pipeline.assert_numbers(range(1, 3101))
    # The daemon goes on where it was: no offset has moved.
    index.start()
    wait_until(lambda: index.metric("tocsin_index_duplicate_total") == 2100,
               30, "the group's own place")
    pipeline.assert_numbers(range(1, 3101))


def test_an_empty_range_ends_at_once(pipeline):
    pipeline.setup()
    produce_numbers(pipeline, 1, 10)
    done = pipeline.tocsin("index", "--from", "2020-01-01T00:00:00Z", "--to",
                           "2020-01-02T00:00:00Z")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("indexed 0, there already 0,")


@pytest.mark.parametrize("words", [
    ["--to", "2020-01-01T00:00:00Z"], ["--from", "yesterday"],
    ["--from", "2020-01-02T00:00:00Z", "--to", "2020-01-01T00:00:00Z"]])
def test_a_wrong_range_is_wrong_usage(pipeline, words):
    pipeline.write_config()
    assert pipeline.tocsin("index", *words).returncode == 64


@pytest.mark.parametrize("section, settings", [
    ("elasticsearch", {"urls": ["http://127.0.0.1:1"]}),
    ("kafka", {"brokers": "127.0.0.1:1"})])
def test_a_range_says_which_server_it_cannot_reach(
        pipeline, section, settings):
    pipeline.setup()
    pipeline.settings[section] = settings
    pipeline.write_config()
    done = pipeline.tocsin("index", "--from", "2020-01-01T00:00:00Z")
    assert done.returncode == 69, done.stderr


# What the indices are like


def conflicts(index, problem):
    return index.metric("tocsin_index_mapping_conflicts", problem=problem)


def test_indices_of_our_own_agree_with_the_template(pipeline):
    pipeline.settings["index"]["numbers"] = ["elapsed_ms", "db.rows"]
    pipeline.setup()
    index = pipeline.daemon("index")
    produce_numbers(pipeline, 1, 10)
    produce_alert(pipeline, transition(1))
    pipeline.wait_documents(10)
    wait_until(lambda: alerts(pipeline), 30, "the alert")
    index.term()
    index.start()
    wait_until(lambda: len([name for name, _ in index.metrics() if
                            name == "tocsin_index_mapping_conflicts"]) == 4,
               30, "both are compared")
    assert index.metric("tocsin_index_mapping_conflicts") == 0
    assert "mapping" not in index.log()


def test_an_index_with_another_mapping_is_told_and_used(pipeline):
    pipeline.setup()
    today = time.strftime("%Y.%m.%d", time.gmtime())
    for day in (today, "2001.01.01"):
        pipeline.search.request("/_index_template/" + pipeline.prefix,
                                method="DELETE")
        pipeline.search.request(f"/{pipeline.prefix}-{day}", {
            "mappings": {"dynamic": False, "properties": {
                "Level": {"type": "text"}}}}, "PUT")
        pipeline.setup()
    index = pipeline.daemon("index")
    produce_numbers(pipeline, 1, 10)
    pipeline.assert_numbers(range(1, 11))
    wait_until(lambda: conflicts(index, "different") == 1, 30, "compared")
    assert conflicts(index, "missing") > 10
    told = [line for line in index.log().splitlines()
            if "field=Level " in line]
    assert len(told) == 1
    assert f"index={pipeline.prefix}-{today}" in told[0]
    assert "wanted=keyword found=text indices=2" in told[0]
    assert "AdditionalFlat" in index.log()
    assert "reindex" in index.log()


# Alerts


def transition(number, state="firing", episode=1, **fields):
    found = {
        "id": f"{number:016x}", "rule": "r", "state": state,
        "at": now_utc(), "startsAt": now_utc(), "episode": episode,
        "cause": f"0:{number}", "group": {"ServiceKey": "A"},
        "value": 1, "reference": None, "count": 1,
        "labels": {"severity": "page"}, "annotations": {"summary": "s"},
        "samples": [{"Title": "T", "Additional": {"a": 1}}]}
    found.update(fields)
    return json.dumps(found).encode()


def produce_alert(pipeline, value):
    key = json.loads(value)["id"].encode() if value[:1] == b"{" else b"key"
    pipeline.kafka.produce(pipeline.topic("alerts"), value, key=key)


def alerts(pipeline):
    if pipeline.search.count(f"{pipeline.alerts_prefix}-*") == 0:
        return {}
    return {hit["_id"]: hit for hit in
            pipeline.search.es_all(f"{pipeline.alerts_prefix}-*")}


def test_every_transition_is_a_document(pipeline):
    pipeline.setup()
    index = pipeline.daemon("index")
    at = "2026-11-20T23:59:59.500Z"
    values = [transition(1, "pending", 1, at=at),
              transition(1, "firing", 1, value="text"),
              transition(1, "resolved", 1, reason="forgotten"),
              transition(1, "firing", 2),
              transition(2, "firing", 1)]
    for value in values + values[:2]:
        produce_alert(pipeline, value)
    produce_alert(pipeline, b"")
    wait_until(lambda: len(alerts(pipeline)) == 5, 60, "five documents")
    sample = wait_finished(index)
    assert sample["tocsin_index_received_total"] == 8
    assert sample["tocsin_index_skipped_total"] == 1
    assert reasons(pipeline) == []
    one = f"{1:016x}"
    found = alerts(pipeline)
    assert set(found) == {f"{one}:1:pending", f"{one}:1:firing",
                          f"{one}:1:resolved", f"{one}:2:firing",
                          f"{2:016x}:1:firing"}
    pending = found[f"{one}:1:pending"]
    assert pending["_index"] == f"{pipeline.alerts_prefix}-2026.11.20"
    assert pending["_source"] == {**json.loads(values[0]), "@timestamp": at}
    assert pipeline.search.count(pipeline.indices) == 0
    counted = pipeline.search.request(
        f"/{pipeline.alerts_prefix}-*/_search", {"query": {"query_string": {
            "query": "labels.severity:page AND group.ServiceKey:A AND "
                     "value:[1 TO 1] AND state:firing"}}})
    assert counted["hits"]["total"]["value"] == 2


def test_of_updates_of_an_alert_the_latest_stays(pipeline, fake):
    fake.script = [{"every": 1, "status": 503}]
    index = pipeline.daemon("index", "index.bulk_events=1")
    values = [transition(7, count=n, updatedAt=now_utc())
              for n in range(1, 51)]
    for value in values[:5]:
        produce_alert(pipeline, value)
    subprocess.run(["kcat", "-b", pipeline.stack.brokers, "-P", "-t",
                    pipeline.topic("alerts"), "-k", f"{7:016x}"],
                   input=b"\n".join(values[5:]),
                   check=True, timeout=60, capture_output=True)
    wait_finished(index)
    assert [one["count"] for one in fake.documents.values()] == [50]
    index.term()
    index.start()
    produce_alert(pipeline, transition(8))
    wait_until(lambda: len(fake.documents) == 2, 30, "the next alert")
    assert sorted(one["count"] for one in fake.documents.values()) == [1, 50]


def test_what_is_no_transition_is_a_dead_letter(pipeline):
    pipeline.setup()
    index = pipeline.daemon("index")
    produce_alert(pipeline, b"no transition")
    produce_alert(pipeline, transition(1, episode="one"))
    produce_alert(pipeline, transition(2))
    wait_until(lambda: len(alerts(pipeline)) == 1, 60, "one document")
    sample = wait_finished(index)
    assert sample["tocsin_index_dead_total"] == 2
    assert all("transition" in headers["tocsin-reason"]
               for headers in reasons(pipeline))
    assert {headers["tocsin-origin"].split(":")[0]
            for headers in reasons(pipeline)} == {pipeline.topic("alerts")}


def test_what_alert_writes_is_indexed(pipeline):
    pipeline.write_rules({"name": "each", "type": "any",
                          "query": "Title:NUMBERED"})
    pipeline.receiver()
    pipeline.setup()
    pipeline.daemon("index")
    pipeline.daemon("alert")
    produce_numbers(pipeline, 1, 1)
    wait_until(lambda: alerts(pipeline), 60, "the alert's document")
    [found] = alerts(pipeline).values()
    assert found["_source"]["rule"] == "each"
    assert found["_source"]["state"] == "firing"
    assert found["_index"].startswith(pipeline.alerts_prefix + "-")


# Answers that a real server gives rarely


@pytest.fixture(name="fake")
def fake_elastic(pipeline):
    elastic = FakeElastic()
    pipeline.settings["elasticsearch"]["urls"] = [elastic.url]
    pipeline.setup()
    yield elastic
    elastic.stop()


def index_all(pipeline, fake, count=400, **fields):
    produce_numbers(pipeline, 1, count, **fields)
    index = pipeline.daemon("index", "index.bulk_events=100")
    sample = wait_finished(index)
    assert fake.numbers() == list(range(1, count + 1))
    assert reasons(pipeline) == []
    return index, sample


@pytest.mark.parametrize("step", [
    {"status": 429},
    {"status": 429, "headers": {"Retry-After": "1"}},
    {"status": 503},
    {"status": 500},
    {"status": 401},
    {"status": 403},
    {"status": 404},
    {"cut": 40},
    {"cut": 0},
    {"items": 99},
    {"items": 101},
    {"items": 0},
    {"every": 2, "status": 429},
    {"every": 3, "status": 503},
    {"every": 1, "status": 403, "error": {"type": "cluster_block_exception",
                                          "reason": "read-only"}},
    {"every": 5, "status": 400, "error": {"type": "index_closed_exception",
                                          "reason": "closed"}},
    {"every": 5, "status": 400, "error": {
        "type": "validation_exception",
        "reason": "this action would add [2] total shards"}},
], ids=lambda step: "-".join(f"{k}-{v}" for k, v in step.items()
                             if not isinstance(v, dict)))
def test_an_answer_that_is_no_success_is_no_loss(pipeline, fake, step):
    fake.script = [step, {}, step]
    _, sample = index_all(pipeline, fake)
    assert sample["tocsin_index_retries_total"] >= 1


def test_a_bulk_that_is_too_large_is_halved_and_the_size_learned(
        pipeline, fake):
    fake.max_bytes = 20000
    index, _ = index_all(pipeline, fake, Additional="x" * 500)
    assert index.metric("tocsin_index_bulk_bytes") <= 40000
    too_large = [request for request in fake.requests if request[0] == 413]
    assert 1 <= len(too_large) <= 10
    produce_numbers(pipeline, 401, 1000, Additional="x" * 500)
    wait_until(lambda: len(fake.numbers()) == 1000, 30, "all documents")


def test_a_document_too_large_alone_is_a_dead_letter(pipeline, fake):
    fake.max_bytes = 50000
    produce_numbers(pipeline, 1, 20)
    produce(pipeline, [event(21, Additional="x" * 60000)])
    index = pipeline.daemon("index")
    sample = wait_finished(index)
    assert sample["tocsin_index_dead_total"] == 1
    assert fake.numbers() == list(range(1, 21))
    assert reasons(pipeline)[0]["tocsin-status"] == "413"


def test_one_document_that_fails_whole_requests_is_found(pipeline, fake):
    fake.refuse_whole = lambda sources: (
        400 if any(source["Seq"] == 37 for source in sources) else None)
    produce_numbers(pipeline, 1, 200)
    index = pipeline.daemon("index", "index.bulk_events=200")
    wait_until(lambda: len(fake.numbers()) == 199, 30,
               lambda: f"the others: {index.status()}")
    wait_until(lambda: index.metric("tocsin_index_in_flight") == 1, 30,
               lambda: f"one in flight: {index.status()}")
    blocked = wait_until(lambda: index.status()["blocked"], 30,
                         "index says that it is blocked")
    assert blocked["why"]
    assert index.metric("tocsin_index_dead_total") == 0
    fake.refuse_whole = None
    wait_finished(index)
    assert fake.numbers() == list(range(1, 201))


def test_a_server_that_refuses_every_request_is_not_asked_about_each(
        pipeline, fake):
    fake.refuse_whole = lambda sources: 400
    produce_numbers(pipeline, 1, 1000)
    index = pipeline.daemon("index", "index.bulk_events=1000")
    wait_until(lambda: index.metric("tocsin_index_blocked_seconds") > 3, 30,
               "blocked")
    assert len(fake.requests) < 300
    fake.refuse_whole = None
    wait_finished(index)
    assert fake.numbers() == list(range(1, 1001))


def test_when_most_documents_die_none_dies_any_more(pipeline, fake):
    error = {"type": "mapper_parsing_exception", "reason": "failed to parse"}
    fake.refuse = lambda source: (400, error)
    produce_numbers(pipeline, 1, 2000)
    index = pipeline.daemon("index", "index.bulk_events=100")
    wait_until(lambda: index.metric("tocsin_index_blocked_seconds") > 2, 30,
               "blocked")
    assert index.metric("tocsin_index_dead_total") == 500
    assert_accounts(index)
    fake.refuse = None
    sample = wait_finished(index)
    assert sample["tocsin_index_indexed_total"] == 1500
    assert len(reasons(pipeline)) == 500


def test_dead_nodes_are_left_out(pipeline, fake):
    pipeline.settings["elasticsearch"]["urls"] = [
        "http://127.0.0.1:1", fake.url, "http://127.0.0.1:2"]
    pipeline.write_config()
    _, sample = index_all(pipeline, fake)
    assert sample["tocsin_index_retries_total"] <= 4


def test_memory_is_bounded_while_nothing_is_taken(pipeline, fake):
    fake.script = [{"status": 503}] * 100000
    produce_numbers(pipeline, 1, 8000, Additional="x" * 2000)
    index = pipeline.daemon("index", "index.buffer_bytes=4194304",
                            "index.bulk_bytes=262144")
    wait_until(lambda: index.metric("tocsin_index_blocked_seconds") > 2, 30,
               "blocked")
    assert index.metric("tocsin_index_held_bytes") < 8 << 20
    assert index.status()["paused"]
    fake.script = []
    wait_finished(index)
    assert fake.numbers() == list(range(1, 8001))


# Commands


def test_setup_run_again_changes_nothing(pipeline):
    pipeline.write_config()
    first = pipeline.tocsin("setup")
    assert first.returncode == 0, first.stderr
    assert first.stdout.count(": created") == 9
    again = pipeline.tocsin("setup")
    assert again.stdout.count(": already there") == 9
    topics = pipeline.kafka.topics()
    assert topics[pipeline.topic("logs")] == 3
    assert topics[pipeline.topic("alerts")] == 1


def test_setup_says_which_server_it_cannot_reach(pipeline):
    pipeline.settings["elasticsearch"]["urls"] = ["http://127.0.0.1:1"]
    pipeline.write_config()
    done = pipeline.tocsin("setup")
    assert done.returncode == 69
    assert "127.0.0.1:1" in done.stderr


def test_trace_shows_one_request(pipeline):
    pipeline.setup()
    pipeline.daemon("index")
    values = [event(n, RequestKey="one") for n in range(450)]
    hostile = event(450, RequestKey="two", Title="\x1b[2J\nx",
                    Level="ERROR")
    produce(pipeline, values + [hostile, event(451)])
    pipeline.wait_documents(452)
    done = pipeline.tocsin("trace", "one", "--json")
    assert done.returncode == 0
    found = from_ndjson(done.stdout)
    assert sorted(one["Seq"] for one in found) == list(range(450))
    times = [one["TimeStampUTC"] for one in found]
    assert times == sorted(times)
    done = pipeline.tocsin("trace", "two")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "\\u001b[2J\\u000ax" in done.stdout
    assert "1 event of 1 service" in done.stdout
    done = pipeline.tocsin("trace", "none")
    assert done.returncode == 1
    assert done.stdout == ""
