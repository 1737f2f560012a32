"""The alert worker alone, fed by a producer, judged by its topic of alerts."""

import json
import random
import subprocess
import time
from collections import Counter
from datetime import datetime, timezone

from support.waiting import wait_until

BURST = {
    "name": "burst", "type": "frequency", "query": "Level:ERROR",
    "group_by": ["ServiceKey"], "num_events": 20, "timeframe": "5s",
    "annotations": {"summary": "{{value}} in {{group.ServiceKey}}"},
}
REFUSED = {
    "name": "refused", "type": "any", "query": "Title:REFUSED",
    "keep_firing_for": "2s",
}
SPIKE = {
    "name": "spike", "type": "spike", "query": "Level:ERROR",
    "group_by": ["ServiceKey"], "timeframe": "3s", "spike_height": 3,
    "threshold_cur": 30, "threshold_ref": 2,
}


def now():
    text = datetime.now(timezone.utc).isoformat(timespec="microseconds")
    return text.replace("+00:00", "Z")


def event(service, level="ERROR", title="SOMETHING_BROKE", **more):
    return {"ServiceKey": service, "ComponentKey": "TEST", "Title": title,
            "Level": level, "HostAddress": "10.0.0.1", "TimeStampUTC": now(),
            **more}


def produce(pipeline, events, header=None):
    """Records without a key, spread over the partitions."""
    words = ["kcat", "-b", pipeline.stack.brokers, "-P", "-t",
             pipeline.topic("logs"), "-X", "linger.ms=5"]
    if header:
        words += ["-H", header, "-p", "0"]
    lines = "".join(json.dumps(e) + "\n" for e in events)
    subprocess.run(words, input=lines.encode(), check=True, timeout=60)


def transitions(pipeline):
    found = []
    for record in pipeline.kafka.records(pipeline.topic("alerts")):
        if record.get("payload"):
            value = json.loads(record["payload"])
            value["ts"] = record["ts"]
            found.append(value)
    return found


def of(found, rule, state, service=None):
    return [t for t in found
            if t["rule"] == rule and t["state"] == state and
            "updatedAt" not in t and
            service in (None, t["group"].get("ServiceKey"))]


def wait_for(pipeline, rule, state, service=None, timeout=60, count=1):
    def there():
        return len(of(transitions(pipeline), rule, state, service)) >= count
    wait_until(there, timeout,
               lambda: f"{rule} {state} {service}: {transitions(pipeline)}",
               every=0.3)


def start(pipeline, *rules, workers=1):
    pipeline.write_rules(*rules)
    pipeline.setup()
    return [pipeline.daemon("alert") for _ in range(workers)]


def test_a_burst_fires_once_and_resolves_once(pipeline):
    start(pipeline, BURST, REFUSED)
    produce(pipeline, [event("QUIET", level="INFO") for _ in range(50)])
    produce(pipeline, [event("NOISY") for _ in range(60)])
    produce(pipeline, [event("SHOP", level="INFO", title="REFUSED")])
    wait_for(pipeline, "burst", "resolved")
    wait_for(pipeline, "refused", "resolved")
    found = transitions(pipeline)
    assert len(of(found, "burst", "firing")) == 1
    assert len(of(found, "burst", "resolved")) == 1
    assert len(of(found, "refused", "firing")) == 1
    assert len(of(found, "refused", "resolved")) == 1
    fired = of(found, "burst", "firing", "NOISY")[0]
    assert fired["value"] >= 20
    assert fired["episode"] == 1
    assert fired["annotations"]["summary"].endswith("in NOISY")
    assert fired["samples"][0]["ServiceKey"] == "NOISY"


def test_a_match_is_on_the_topic_within_a_second(pipeline):
    start(pipeline, {**REFUSED, "group_by": ["ServiceKey"]})
    services = [f"SHOP_{n}" for n in range(20)]
    for service in services:
        produce(pipeline, [event(service, title="REFUSED")])
        time.sleep(0.05)
    wait_for(pipeline, "refused", "firing", count=len(services))
    waited = []
    for fired in of(transitions(pipeline), "refused", "firing"):
        record = datetime.fromisoformat(
            fired["recordTime"].replace("Z", "+00:00")).timestamp() * 1000
        waited.append(fired["ts"] - record)
    assert len(waited) == len(services)
    assert max(waited) < 1000, waited


def test_a_spike_fires_against_the_window_before(pipeline):
    start(pipeline, SPIKE)
    for _ in range(8):
        produce(pipeline, [event("NEWS") for _ in range(4)])
        produce(pipeline, [event("STEADY") for _ in range(4)])
        time.sleep(1)
    produce(pipeline, [event("NEWS") for _ in range(200)])
    wait_for(pipeline, "spike", "firing", "NEWS", timeout=20)
    wait_for(pipeline, "spike", "resolved", "NEWS", timeout=40)
    found = transitions(pipeline)
    assert len(of(found, "spike", "firing")) == 1
    assert of(found, "spike", "firing")[0]["reference"] >= 2


def test_a_line_shipped_twice_counts_once(pipeline):
    start(pipeline, {**BURST, "num_events": 4})
    for offset in (0, 100, 200):
        for _ in range(5):
            produce(pipeline, [event("TWICE")],
                    header=f"tocsin-source=00000000000000aa:{offset}")
    produce(pipeline, [event("ONCE") for _ in range(4)])
    wait_for(pipeline, "burst", "firing", "ONCE")
    time.sleep(2)
    assert not of(transitions(pipeline), "burst", "firing", "TWICE")


def kill_now_and_then(workers, until):
    while time.monotonic() < until:
        time.sleep(random.uniform(0.3, 1.5))
        worker = random.choice(workers)
        worker.kill9()
        worker.start(ready=False)


def assert_told_once(pipeline, services):
    for service in services:
        wait_for(pipeline, "burst", "resolved", service, timeout=120)
    found = transitions(pipeline)
    for state in ("firing", "resolved"):
        told = Counter((t["group"]["ServiceKey"], t["episode"])
                       for t in of(found, "burst", state))
        assert told == Counter({(s, 1): 1 for s in services}), told


def test_kills_lose_no_burst_and_double_none(pipeline):
    workers = start(pipeline, BURST)
    services = [f"S{n}" for n in range(12)]
    for service in services:
        produce(pipeline, [event(service) for _ in range(random.randint(
            25, 60))])
        kill_now_and_then(workers, time.monotonic() + 0.8)
    assert_told_once(pipeline, services)


def test_two_workers_killed_in_turn_lose_and_double_nothing(pipeline):
    workers = start(pipeline, BURST, workers=2)
    services = [f"S{n}" for n in range(12)]
    for service in services:
        produce(pipeline, [event(service) for _ in range(40)])
        kill_now_and_then(workers, time.monotonic() + 0.8)
    assert_told_once(pipeline, services)


def test_an_old_owner_that_wakes_up_changes_nothing(pipeline):
    workers = start(pipeline, BURST, workers=2)
    produce(pipeline, [event("BEFORE") for _ in range(40)])
    wait_for(pipeline, "burst", "firing", "BEFORE")
    workers[0].pause()
    produce(pipeline, [event("MEANWHILE") for _ in range(40)])
    time.sleep(15)
    workers[0].resume()
    produce(pipeline, [event("AFTER") for _ in range(40)])
    services = ["BEFORE", "MEANWHILE", "AFTER"]
    for service in services:
        wait_for(pipeline, "burst", "resolved", service, timeout=120)
    found = transitions(pipeline)
    for service in services:
        # An old owner may repeat itself, under the same cause.
        causes = {t["cause"] for t in of(found, "burst", "firing", service)}
        assert len(causes) == 1, (service, found)


def test_a_worker_stops_in_order_and_goes_on(pipeline):
    worker, = start(pipeline, BURST)
    produce(pipeline, [event("ONE") for _ in range(40)])
    wait_for(pipeline, "burst", "firing", "ONE")
    worker.term()
    produce(pipeline, [event("TWO") for _ in range(40)])
    worker.start()
    assert_told_once(pipeline, ["ONE", "TWO"])


def test_a_reload_takes_new_rules_and_refuses_wrong_ones(pipeline):
    worker, = start(pipeline, BURST)
    pipeline.rules.write_text("rules = ( { name = \"x\"; typ = \"any\"; } );")
    worker.hup()
    wait_until(lambda: worker.metric("tocsin_alert_reload_refused_total") == 1,
               10, "the wrong rules are refused")
    pipeline.write_rules(BURST, REFUSED)
    worker.hup()
    wait_until(lambda: len(worker.status()["rules"]) == 2, 30,
               "both rules are there")
    worker.wait_ready()
    produce(pipeline, [event("SHOP", title="REFUSED")])
    wait_for(pipeline, "refused", "firing")


def test_a_reload_keeps_every_window_and_ends_what_has_no_rule(pipeline):
    kept = {**BURST, "name": "kept", "num_events": 40, "timeframe": "10m"}
    edited = {**kept, "name": "edited", "num_events": 4000}
    gone = {**REFUSED, "name": "gone", "keep_firing_for": "1h"}
    worker, = start(pipeline, kept, edited, gone)
    produce(pipeline, [event("SHOP") for _ in range(39)])
    produce(pipeline, [event("SHOP", level="INFO", title="REFUSED")])
    wait_for(pipeline, "gone", "firing")
    pipeline.write_rules(kept, {**edited, "num_events": 40}, REFUSED)
    worker.hup()
    wait_for(pipeline, "gone", "resolved")
    assert not of(transitions(pipeline), "kept", "firing")
    produce(pipeline, [event("SHOP")])
    for rule in ("kept", "edited"):
        wait_for(pipeline, rule, "firing")
        assert of(transitions(pipeline), rule, "firing")[0]["count"] == 40
    assert of(transitions(pipeline), "gone", "resolved")[0]["reason"] == \
        "rule changed"
