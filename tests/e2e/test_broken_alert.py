"""What an operator does to a running alert worker, and what must come of it."""

import json
import subprocess
from datetime import datetime, timezone

from support.waiting import wait_until

RULE = {"name": "go", "type": "any", "query": "Title:GO",
        "group_by": ["ServiceKey"], "keep_firing_for": "1h"}


def produce(pipeline, *services):
    now = datetime.now(timezone.utc).isoformat(timespec="microseconds")
    lines = "".join(json.dumps({
        "ServiceKey": service, "ComponentKey": "TEST", "Title": "GO",
        "Level": "ERROR", "HostAddress": "10.0.0.1",
        "TimeStampUTC": now.replace("+00:00", "Z")}) + "\n"
        for service in services)
    subprocess.run(["kcat", "-b", pipeline.stack.brokers, "-P",
                    "-t", pipeline.topic("logs")],
                   input=lines.encode(), check=True, timeout=60)


def wait_told(receiver, service):
    wait_until(lambda: any(alert["labels"]["ServiceKey"] == service
                           for alert in receiver.alerts("firing", "go")),
               30, lambda: f"{service} told: {receiver.requests()}")


def reload(worker):
    """Returns when the worker goes by what it has read."""
    before = worker.log().count('msg="rules read"')
    worker.hup()
    wait_until(lambda: worker.log().count('msg="rules read"') > before, 30,
               lambda: "rules read: " + worker.log()[-2000:])
    worker.wait_ready()


def blocked(worker):
    return worker.metric("tocsin_notify_blocked_seconds", receiver="dead")


def refused(worker):
    return worker.metric("tocsin_alert_reload_refused_total")


def test_a_reload_takes_receivers_and_routes_or_nothing(pipeline):
    one = pipeline.receiver(name="one")
    pipeline.settings["receivers"].append(
        {"name": "dead", "type": "webhook", "url": "http://127.0.0.1:1/"})
    pipeline.settings["route"] = {
        "receiver": "one", "group_by": ["..."],
        "routes": [{"match": {"alertname": "go"}, "receiver": name,
                    "continue": True} for name in ("dead", "one")]}
    pipeline.write_rules(RULE)
    pipeline.setup()
    worker = pipeline.daemon("alert")
    produce(pipeline, "A")
    wait_told(one, "A")
    wait_until(lambda: blocked(worker) > 0, 30, "dead is blocked")

    del pipeline.settings["receivers"][-1]
    pipeline.settings["route"] = {"receiver": "one", "group_by": ["..."]}
    two = pipeline.receiver(name="two")
    pipeline.write_rules({**RULE, "receivers": ["two"]})
    pipeline.write_config()
    reload(worker)
    assert blocked(worker) == 0
    produce(pipeline, "B")
    wait_told(two, "B")

    for wrong in ({"route": {"receiver": "nobody"}},
                  {"prefix": "another"},
                  {"receivers": [{**r, "ca_file": "/none"}
                                 for r in pipeline.settings["receivers"]]}):
        times = refused(worker)
        pipeline.write_rules({**RULE, "receivers": []})
        right = pipeline.settings
        pipeline.settings = {**right, **wrong}
        pipeline.write_config()
        pipeline.settings = right
        worker.hup()
        wait_until(lambda: refused(worker) > times, 30,
                   lambda: "refused: " + worker.log()[-2000:])
    worker.wait_ready()
    produce(pipeline, "C")
    wait_told(two, "C")
    assert {a["labels"]["ServiceKey"] for a in one.alerts(name="go")} == {"A"}


def test_a_blocked_receiver_stays_blocked_over_a_reload(pipeline):
    one = pipeline.receiver(name="one")
    pipeline.settings["receivers"].append(
        {"name": "dead", "type": "webhook", "url": "http://127.0.0.1:1/"})
    pipeline.settings["route"] = {
        "receiver": "one", "group_by": ["..."], "group_interval": "1s",
        "routes": [{"match": {"alertname": "go"}, "receiver": "dead"}]}
    pipeline.settings["alert"]["blocked_after"] = "1s"
    pipeline.write_rules(RULE)
    pipeline.setup()
    worker = pipeline.daemon("alert")
    produce(pipeline, "A")

    wait_until(lambda: one.alerts("firing", "TocsinBlocked"), 30,
               "told that dead is blocked")
    reload(worker)
    wait_until(lambda: blocked(worker) > 2, 30, "blocked again")
    assert not one.alerts("resolved", "TocsinBlocked")
