"""change, sequence and new_term on the whole way from logs to alerts."""

import subprocess

from support.waiting import wait_until
from test_alert import (event, of, produce, start, transitions, wait_for)


def test_a_change_tells_the_new_and_the_old_value(pipeline):
    start(pipeline, {
        "name": "deployed", "type": "change", "group_by": ["ServiceKey"],
        "field": "AdditionalFlat.version", "keep_firing_for": "1s",
        "annotations": {"summary": "{{reference}} to {{value}}"}})

    def running(service, version):
        produce(pipeline, [event(service, Additional={"version": version})])
    running("NEWS", "1.4.0")
    running("SHOP", "7")
    produce(pipeline, [event("NEWS")])  # has no version: does not count
    running("NEWS", "1.4.0")
    running("NEWS", "1.5.0")
    wait_for(pipeline, "deployed", "resolved", "NEWS")
    fired = of(transitions(pipeline), "deployed", "firing")
    assert [(t["group"], t["value"], t["reference"]) for t in fired] == [
        ({"ServiceKey": "NEWS"}, "1.5.0", "1.4.0")]
    assert fired[0]["annotations"]["summary"] == "1.4.0 to 1.5.0"


def test_a_sequence_ends_in_an_event_or_in_silence(pipeline):
    begun = {"query": "Title:BEGUN"}
    common = {"type": "sequence", "group_by": ["RequestKey"],
              "keep_firing_for": "1s"}
    start(pipeline,
          {**common, "name": "twice", "stages": [
              begun, {"query": "Title:REFUSED", "within": "1m"},
              {"query": "Title:REFUSED", "within": "1m"}]},
          {**common, "name": "never done", "stages": [
              begun,
              {"query": "Title:DONE", "within": "2s", "absent": True}]})

    def request(key, *titles):
        for title in titles:
            produce(pipeline, [event("SHOP", title=title, RequestKey=key)])
    request("whole", "BEGUN", "REFUSED", "DONE")
    request("refused", "BEGUN", "REFUSED", "REFUSED", "DONE")
    request("lost", "BEGUN")
    wait_for(pipeline, "twice", "resolved")
    wait_for(pipeline, "never done", "resolved")
    found = transitions(pipeline)
    assert [t["group"] for t in of(found, "twice", "firing")] == [
        {"RequestKey": "refused"}]
    assert [t["group"] for t in of(found, "never done", "firing")] == [
        {"RequestKey": "lost"}]


def memories(pipeline):
    """Partition and key of each record of the memory; keys are binary."""
    rest = subprocess.run(
        ["kcat", "-b", pipeline.stack.brokers, "-C", "-e", "-q", "-t",
         pipeline.topic("memory"), "-f", "%p %K %S\n%k%s"],
        check=True, timeout=60, capture_output=True).stdout
    found = []
    while rest:
        head, rest = rest.split(b"\n", 1)
        partition, key, value = (int(word) for word in head.split())
        found.append((partition, rest[:key]))
        rest = rest[key + value:]
    return found


def test_a_term_is_new_once_also_after_a_kill(pipeline):
    common = {"type": "new_term", "field": "Title", "keep_firing_for": "1s"}
    [worker] = start(pipeline,
                     {**common, "name": "new title", "learn": "0s"},
                     {**common, "name": "still learning", "query":
                      "Level:ERROR", "learn": "1h"})

    def seen(*titles):
        produce(pipeline, [event("SHOP", title=title) for title in titles])

    def told():
        return sorted(t["group"]["Title"] for t in
                      of(transitions(pipeline), "new title", "firing"))
    seen("OLD", "OLDER", "OLD")
    wait_for(pipeline, "new title", "resolved", count=2)
    wait_until(lambda: len(set(memories(pipeline))) == 2 + 2 + 2, 30,
               "the memory")
    worker.kill9()
    seen("OLD", "NEW")
    worker.start()
    seen("OLDER", "NEWER")
    wait_for(pipeline, "new title", "firing", count=4)
    assert told() == ["NEW", "NEWER", "OLD", "OLDER"]
    assert not of(transitions(pipeline), "still learning", "firing")
    # Each term of each rule, and when these began.
    wait_until(lambda: len(set(memories(pipeline))) == 4 + 4 + 2, 30,
               "the memory of the new ones")
