"""What a dead letter keeps of the record that it was."""

import time

from support import wait_until
from test_index import event

SOURCE = "0123456789abcdef:4711"
OURS = {"tocsin-reason", "tocsin-status", "tocsin-index", "tocsin-id",
        "tocsin-origin", "tocsin-attempts"}


def dead_of(pipeline, count):
    """All dead letters' headers, once there are so many."""
    found = []

    def there():
        found[:] = pipeline.kafka.records(pipeline.topic("dead"))
        return len(found) >= count
    wait_until(there, 60, f"{count} dead letters", every=0.2)
    assert len(found) == count
    return [record["headers"] for record in found]


def refuse_odd(pipeline):
    """Today's index takes only numbers in Odd; the way to mend that."""
    today = time.strftime("%Y.%m.%d", time.gmtime())
    path = f"/{pipeline.prefix}-{today}"
    pipeline.search.request(path, {"mappings": {"properties": {
        "Odd": {"type": "integer"}}}}, "PUT")
    return lambda: pipeline.search.request(f"{path}/_mapping", {
        "properties": {"Odd": {"type": "integer",
                               "ignore_malformed": True}}}, "PUT")


def test_a_record_keeps_its_headers_through_death_and_replay(pipeline):
    pipeline.setup()
    mend = refuse_odd(pipeline)
    pipeline.daemon("index")
    logs = pipeline.topic("logs")
    own = {"tocsin-source": SOURCE, "traceparent": "00-aa-bb-01"}
    pipeline.kafka.produce(logs, event(1, Odd="no number"), key=b"k",
                           headers={**own, "tocsin-reason": "of nobody"})
    replay = ("dead", "replay", "--reason", "mapper_parsing")
    for deaths in (1, 2):
        letters = dead_of(pipeline, deaths)
        for headers in letters:
            assert set(headers) == OURS | set(own)
            assert own.items() <= headers.items()
            assert headers["tocsin-id"] == SOURCE
            assert headers["tocsin-reason"].startswith("mapper_parsing")
        assert len({headers["tocsin-origin"]
                    for headers in letters}) == deaths
        if deaths == 2:
            mend()
        done = pipeline.tocsin(*replay)
        assert (done.returncode, done.stdout) == (0, f"{deaths} replayed\n")
    pipeline.assert_numbers([1])
    assert [hit["_id"] for hit in pipeline.documents()] == [SOURCE]
    replayed = [record for record in pipeline.kafka.records(logs)
                if "tocsin-id" in record["headers"]]
    assert len(replayed) == 3
    for record in replayed:
        assert record["key"] == "k"
        assert record["headers"] == {**own, "tocsin-id": SOURCE}


def test_a_letter_too_large_for_our_producers_usual_limit_is_delivered(
        pipeline):
    """Junk of 6 MB that compresses well fits its topic, and so this one."""
    pipeline.setup()
    index = pipeline.daemon("index")
    pipeline.kafka.produce(pipeline.topic("alerts"), b"x" * 6_000_000,
                           key=b"k", compression="gzip")
    [headers] = dead_of(pipeline, 1)
    assert headers["tocsin-origin"].startswith(pipeline.topic("alerts"))
    assert index.metric("tocsin_index_dead_total") == 1
