"""The types of rules on real servers: each fires, and resolves."""

import json
import subprocess
import threading
from datetime import datetime, timedelta, timezone

from support.waiting import wait_until

# Events of a kind come until stopped; the rest of a second each way is slack.
EVERY_S = 0.1


def now(ahead_s=0):
    at = datetime.now(timezone.utc) + timedelta(seconds=ahead_s)
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def event(service, level="INFO", additional=None, ahead_s=0, **more):
    return {"ServiceKey": service, "ComponentKey": "TEST", "Title": "SERVED",
            "Level": level, "HostAddress": "10.0.0.1",
            "TimeStampUTC": now(ahead_s),
            **({"Additional": additional} if additional else {}), **more}


class Producer:
    """One kcat; what it is given is spread over the partitions."""

    def __init__(self, pipeline):
        self._kcat = subprocess.Popen(
            ["kcat", "-b", pipeline.stack.brokers, "-P", "-t",
             pipeline.topic("logs"), "-X", "linger.ms=5"],
            stdin=subprocess.PIPE)
        self._streams = []

    def send(self, *events):
        lines = "".join(json.dumps(e) + "\n" for e in events)
        self._kcat.stdin.write(lines.encode())
        self._kcat.stdin.flush()

    def keep_sending(self, make):
        """make() gives events; returns what stops it."""
        stop = threading.Event()

        def run():
            while not stop.is_set():
                self.send(*make())
                stop.wait(EVERY_S)
        thread = threading.Thread(target=run)
        thread.start()
        self._streams.append((stop, thread))

        def end():
            stop.set()
            thread.join()
        return end

    def close(self):
        for stop, thread in self._streams:
            stop.set()
            thread.join()
        self._kcat.stdin.close()
        self._kcat.wait(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def transitions(pipeline, rule, state, service):
    records = pipeline.kafka.records(pipeline.topic("alerts"))
    found = [json.loads(r["payload"]) for r in records if r.get("payload")]
    return [t for t in found
            if t["rule"] == rule and t["state"] == state and
            t["group"].get("ServiceKey") == service]


def wait_for(pipeline, rule, state, service, timeout=60):
    return wait_until(
        lambda: transitions(pipeline, rule, state, service), timeout,
        lambda: f"{rule} {state} {service}", every=0.3)


def start(pipeline, *rules):
    pipeline.settings["alert"]["lateness"] = "1s"
    pipeline.write_rules(*({"group_by": ["ServiceKey"], "timeframe": "2s",
                            **rule} for rule in rules))
    pipeline.setup()
    return pipeline.daemon("alert")


def test_ratio_metric_and_cardinality_fire_and_resolve(pipeline):
    start(pipeline,
          {"name": "share", "type": "ratio", "of": "Level:ERROR",
           "min_events": 5, "max_percentage": 50},
          {"name": "slow", "type": "metric", "min_events": 5,
           "field": "AdditionalFlat.elapsed_ms", "aggregate": "p95",
           "max_threshold": 500},
          {"name": "users", "type": "cardinality", "max_cardinality": 3,
           "field": "AdditionalFlat.user"},
          {"name": "warm", "type": "cardinality", "min_cardinality": 2,
           "query": "ServiceKey:WARM", "field": "AdditionalFlat.user"})
    with Producer(pipeline) as producer:
        # Well until it is warm, which WARM tells; then badly; then well.
        end = producer.keep_sending(lambda: [
            event("SHOP", additional={"elapsed_ms": "20", "user": "a"}),
            event("SHOP", additional={"elapsed_ms": 21, "user": ["b", "c"]}),
            event("QUIET", additional={"elapsed_ms": 5, "user": 1}),
            event("WARM", additional={"elapsed_ms": 5, "user": 1})])
        wait_for(pipeline, "warm", "firing", "WARM")
        assert not transitions(pipeline, "share", "firing", "SHOP")
        assert not transitions(pipeline, "slow", "firing", "SHOP")
        assert not transitions(pipeline, "users", "firing", "SHOP")
        bad = producer.keep_sending(lambda: [
            event("SHOP", "ERROR", {"elapsed_ms": 900, "user": f"u{n}"})
            for n in range(9)])
        share = wait_for(pipeline, "share", "firing", "SHOP")[0]
        slow = wait_for(pipeline, "slow", "firing", "SHOP")[0]
        users = wait_for(pipeline, "users", "firing", "SHOP")[0]
        assert share["value"] > 50 and share["reference"] == 50
        assert slow["value"] == 900 and slow["reference"] == 500
        assert users["value"] == 4 and users["reference"] == 3
        bad()
        for rule in ("share", "slow", "users"):
            wait_for(pipeline, rule, "resolved", "SHOP")
            assert not transitions(pipeline, rule, "firing", "QUIET")
        end()


def test_silence_fires_and_ends_and_a_fast_clock_moves_nobody(pipeline):
    start(pipeline,
          {"name": "silent", "type": "flatline", "threshold": 1,
           "timeframe": "5s",
           "expect": [{"ServiceKey": "NEVER_SEEN"}]})
    with Producer(pipeline) as producer:
        steady = producer.keep_sending(lambda: [event("STEADY")])
        beat = producer.keep_sending(lambda: [event("BEAT")])
        wait_for(pipeline, "silent", "firing", "NEVER_SEEN")
        # A host two hours ahead: the others do not fall silent by that.
        producer.send(event("AHEAD", ahead_s=7200))
        wait_for(pipeline, "silent", "firing", "AHEAD")
        assert not transitions(pipeline, "silent", "firing", "STEADY")
        assert not transitions(pipeline, "silent", "firing", "BEAT")
        beat()
        fired = wait_for(pipeline, "silent", "firing", "BEAT")[0]
        assert fired["value"] == 0 and fired["reference"] == 1
        producer.keep_sending(lambda: [event("BEAT"), event("NEVER_SEEN")])
        wait_for(pipeline, "silent", "resolved", "BEAT")
        wait_for(pipeline, "silent", "resolved", "NEVER_SEEN")
        assert not transitions(pipeline, "silent", "firing", "STEADY")
        steady()
