"""Search engines beside the stack's Elasticsearch."""

import pytest

from support import from_ndjson
from support.more_servers import pipeline_on_engine


@pytest.fixture(name="on_opensearch")
def fixture_on_opensearch(stack, tmp_path):
    with pipeline_on_engine("opensearch", stack, tmp_path) as pipeline:
        yield pipeline


def test_opensearch_takes_and_finds_events(on_opensearch):
    pipeline = on_opensearch
    writer = pipeline.writer(files=2)
    pipeline.setup()
    index = pipeline.daemon("index")
    pipeline.daemon("ship")
    writer.write(200)
    writer.write(1, Additional={"user": {"name": "bob"}})
    writer.write(1, Additional="The user bob went away")
    pipeline.assert_numbers(writer.numbers)
    assert index.metric("tocsin_index_dead_total") == 0
    traced = pipeline.tocsin("trace", "request-7", "--json")
    assert traced.returncode == 0, traced.stderr
    numbers = [one["Seq"] for one in from_ndjson(traced.stdout)]
    assert numbers == list(range(70, 80))
    for query, count in (("AdditionalFlat.user.name:bob", 1),
                         ("AdditionalText:bob", 1),
                         ("Title:NUMBER_WRITTEN AND Seq:*", 0),
                         ("Title:NUMBER_WRITTEN", 202)):
        found = pipeline.search.request(
            f"/{pipeline.indices}/_count",
            {"query": {"query_string": {"query": query}}})
        assert found["count"] == count, query
    again = pipeline.tocsin("setup")
    assert again.returncode == 0, again.stderr
    assert ": created" not in again.stdout
    checked = pipeline.tocsin("check", "--servers")
    assert checked.returncode == 0, checked.stdout
