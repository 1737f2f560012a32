"""Who is told of an alert: every member of a large group, whoever it belongs to
by now, and the alerts about Tocsin itself that others' tests leave out."""

import json
from collections import Counter

import pytest

from support.waiting import wait_until

from test_alert import event, now, of, produce, transitions, wait_for
from test_broken_alert import reload

ALERTS = 1800
BODY = 512 * 1024
GO = {"name": "go", "type": "any", "query": "Title:GO",
      "group_by": ["ServiceKey"], "keep_firing_for": "1h"}
OVER = {**GO, "keep_firing_for": "1s"}
AT_ONCE = {"group_wait": "200ms", "group_interval": "1s"}


def go(pipeline, *services):
    produce(pipeline, [event(service, level="INFO", title="GO")
                       for service in services])


def told(receiver, status):
    return Counter(alert["labels"]["ServiceKey"]
                   for alert in receiver.alerts(status, "go"))


def wait_told(receiver, status, services, timeout=60):
    wait_until(lambda: set(told(receiver, status)) == set(services), timeout,
               lambda: f"{receiver.url} {status}: "
               f"{len(told(receiver, status))} of {len(services)}, "
               f"{len(receiver.requests())} requests", every=0.2)


def end_all(pipeline, worker, **rule):
    """All alerts of the rule are over."""
    pipeline.write_rules({**OVER, **rule})
    reload(worker)


def test_a_large_group_is_told_in_messages_of_bounded_size(pipeline):
    ops = pipeline.receiver()
    pipeline.settings["route"] = {"receiver": "ops", **AT_ONCE}
    pipeline.write_rules(GO)
    pipeline.setup()
    worker = pipeline.daemon("alert")
    services = [f"SHOP_{number:04}" for number in range(ALERTS)]
    go(pipeline, *services)
    wait_told(ops, "firing", services)
    end_all(pipeline, worker)
    wait_told(ops, "resolved", services)
    bodies = {}
    for request in ops.requests():
        alerts = request["body"]["alerts"]
        assert 0 < len(alerts) <= 500
        assert request["body"]["truncatedAlerts"] == 0
        assert int(request["headers"]["Content-Length"]) <= BODY
        bodies.setdefault(request["headers"]["webhook-id"], []).append(alerts)
    assert all(body == same[0] for same in bodies.values() for body in same)
    # One group: each firing was told before its resolve.
    last = {}
    for alert in ops.alerts(name="go"):
        last.setdefault(alert["fingerprint"], []).append(alert["status"])
    assert len(last) == ALERTS
    assert all(steps == sorted(steps) and set(steps) == {"firing", "resolved"}
               for steps in last.values())


@pytest.mark.parametrize("by", ["rule", "route"])
def test_who_an_alert_belongs_to_by_now_is_told_of_its_firing(pipeline, by):
    old, new, other = [pipeline.receiver(name=name)
                       for name in ("old", "new", "other")]

    def belong_to(name, rule):
        receivers = {"receivers": [name]} if by == "rule" else {}
        pipeline.settings["route"] = {
            "receiver": "other" if by == "rule" else name, **AT_ONCE}
        pipeline.write_rules({**rule, **receivers})
        pipeline.write_config()

    belong_to("old", GO)
    pipeline.setup()
    worker = pipeline.daemon("alert")
    go(pipeline, "A", "B")
    wait_told(old, "firing", "AB")
    belong_to("new", GO)
    reload(worker)
    wait_told(new, "firing", "AB")
    belong_to("new", OVER)
    reload(worker)
    for receiver in (old, new):
        wait_told(receiver, "resolved", "AB")
        assert {a["episode"] for a in receiver.alerts(name="go")} == {1}
    assert not other.requests()
    # An update is no transition, and is told of once.
    assert len(of(transitions(pipeline), "go", "firing")) == 2
    updates = [t for t in transitions(pipeline)
               if t["rule"] == "go" and "updatedAt" in t]
    assert len(updates) == (2 if by == "rule" else 0)


def test_groups_beyond_max_groups_raise_an_alert(pipeline):
    ops = pipeline.receiver()
    pipeline.settings["route"] = {"receiver": "ops", **AT_ONCE}
    pipeline.settings["alert"]["builtin_for"] = "5s"
    pipeline.write_rules({
        "name": "many", "type": "frequency", "group_by": ["ServiceKey"],
        "num_events": 1000, "timeframe": "1h", "max_groups": 3})
    pipeline.setup()
    worker = pipeline.daemon("alert")
    groups = 40
    produce(pipeline, [event(f"SHOP_{n}") for n in range(groups)])
    name = "TocsinGroupsDropped"
    [fired] = wait_until(lambda: ops.alerts("firing", name), 30,
                         lambda: f"{name}: {ops.requests()}")
    assert fired["labels"]["severity"] == "warning"
    assert "max_groups" in fired["annotations"]["summary"]
    kept = worker.metric("tocsin_alert_groups")
    assert 3 <= kept <= 9  # of three partitions
    assert worker.metric("tocsin_alert_groups_dropped_total") == groups - kept
    wait_until(lambda: ops.alerts("resolved", name), 30,
               lambda: f"{name} resolved: {ops.requests()}")
    assert [t["state"] for t in transitions(pipeline)
            if t["rule"] == name and "updatedAt" not in t] == [
                "firing", "resolved"]


def test_an_alert_about_tocsin_is_no_alert_whose_rule_is_gone(pipeline):
    """Those have no rule. This one names a cause that has passed, and was
    renewed by its worker just now."""
    ops = pipeline.receiver()
    pipeline.settings["route"] = {"receiver": "ops", **AT_ONCE}
    pipeline.write_rules(GO)
    pipeline.setup()
    fires = {"rule": "TocsinGroupsDropped", "group": {"worker": "elsewhere"},
             "state": "firing", "at": now(), "startsAt": now(), "episode": 1,
             "cause": "0:0", "count": 1, "labels": {}, "annotations": {}}
    mine = {**fires, "rule": "no-such-rule", "id": "b" * 16}
    for value in ({**fires, "id": "a" * 16}, mine):
        pipeline.kafka.produce(pipeline.topic("alerts"), json.dumps(value).encode(),
                               key=value["id"].encode())
    pipeline.daemon("alert")
    go(pipeline, *[f"SHOP_{number}" for number in range(20)])
    wait_for(pipeline, "go", "firing", count=20)
    wait_for(pipeline, "no-such-rule", "resolved")
    assert [t["state"] for t in transitions(pipeline)
            if t["id"] == "a" * 16] == ["firing"]
