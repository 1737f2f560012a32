"""Events in a data stream: OpenSearch has them in its core, the bare
Elasticsearch of the stack has not."""


import test_engines
from support import from_ndjson, wait_until
from test_index import alerts, event, produce_alert, transition

on_opensearch = test_engines.fixture_on_opensearch


def produce_lines(pipeline, numbers, **fields):
    """Each number is the line of a file, so always the same document."""
    for number in numbers:
        pipeline.kafka.produce(
            pipeline.topic("logs"),
            event(number, RequestKey="one", **fields), key=b"k",
            headers={"tocsin-source": f"0123456789abcdef:{number}"})


def resolved(pipeline):
    return pipeline.search.request(f"/_resolve/index/{pipeline.prefix}-*")


def test_events_go_to_a_stream_once_within_each_of_its_indices(on_opensearch):
    pipeline = on_opensearch
    stream = f"{pipeline.prefix}-stream"
    pipeline.settings["index"]["data_stream"] = True
    pipeline.setup()
    index = pipeline.daemon("index")
    produce_lines(pipeline, range(5))
    produce_lines(pipeline, [5], TimeStampUTC="2026-01-02T00:00:00Z")
    produce_alert(pipeline, transition(1))
    pipeline.assert_numbers(range(6))
    produce_lines(pipeline, range(5))
    wait_until(lambda: index.metric("tocsin_index_duplicate_total") == 5, 60,
               "the repeated lines")
    pipeline.assert_numbers(range(6))
    wait_until(lambda: alerts(pipeline), 60, "the alert")
    [one] = alerts(pipeline).values()
    assert one["_index"].startswith(pipeline.alerts_prefix + "-20")

    found = resolved(pipeline)
    assert [name["name"] for name in found["data_streams"]] == [stream]
    assert found["indices"] == []
    traced = pipeline.tocsin("trace", "one", "--json")
    assert sorted(one["Seq"] for one in from_ndjson(traced.stdout)) == list(
        range(6))
    assert index.metric("tocsin_index_mapping_conflicts", indices=stream,
                        problem="different") == 0
    assert ": created" not in pipeline.tocsin("setup").stdout

    pruned = pipeline.tocsin("prune", "--keep", "1d", "--apply")
    assert pruned.returncode == 0, pruned.stderr
    assert f"left alone, a data stream: {stream}" in pruned.stdout
    assert "the servers see to its retention" in pruned.stdout
    ranged = pipeline.tocsin("index", "--from", "2026-01-01T00:00:00Z")
    assert ranged.returncode == 78
    assert "data stream" in ranged.stderr

    pipeline.search.request(f"/{stream}/_rollover", {})
    produce_lines(pipeline, [0, 6])
    wait_until(lambda: index.metric("tocsin_index_indexed_total") == 9, 60,
               "two documents more, and the alert")
    assert pipeline.numbers() == [0, 0, 1, 2, 3, 4, 5, 6]
    assert len({hit["_index"] for hit in pipeline.documents()}) == 2
    assert index.metric("tocsin_index_dead_total") == 0


def test_a_server_without_data_streams_says_so_and_gets_nothing(pipeline):
    pipeline.settings["index"]["data_stream"] = True
    pipeline.write_config()
    done = pipeline.tocsin("setup")
    assert done.returncode == 69
    assert "[data_stream]" in done.stderr
    index = pipeline.daemon("index")
    produce_lines(pipeline, [1])
    wait_until(lambda: "[data_stream]" in (
        index.status()["blocked"] or {"why": ""})["why"], 60,
               "what it is blocked by")
    assert resolved(pipeline) == {
        "indices": [], "aliases": [], "data_streams": []}
