"""Each type of receiver on the wire, and a real Alertmanager."""

import json
import subprocess
from datetime import datetime, timezone

from support.alertmanager import Alertmanager
from support.receiver import Receiver
from support.waiting import free_port, wait_until

ROUTING_KEY = "0123456789abcdef0123456789abcdef"
API_KEY = "e3b0c442-98fc-1c14-9afb-f4c8996fb924"
HOSTILE = "@everyone <!here> **x** [a](http://evil) \u202e\U0001f525 {{DATE(x)}}"

REFUSED = {
    "name": "refused", "type": "any", "query": "Title:REFUSED",
    "group_by": ["ServiceKey"], "keep_firing_for": "3s",
    "labels": {"severity": "critical"},
    "annotations": {"summary": "{{group.ServiceKey}} refused"},
}


def now():
    text = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def refuse(pipeline, service):
    event = {"ServiceKey": service, "ComponentKey": "TEST", "Title": "REFUSED",
             "Level": "ERROR", "HostAddress": "10.0.0.1",
             "TimeStampUTC": now()}
    subprocess.run(
        ["kcat", "-b", pipeline.stack.brokers, "-P", "-t",
         pipeline.topic("logs"), "-X", "linger.ms=5"],
        input=(json.dumps(event) + "\n").encode(), check=True, timeout=60)


def route_to_all(pipeline):
    names = [receiver["name"] for receiver in pipeline.settings["receivers"]]
    pipeline.settings["route"] = {
        "receiver": names[0], "group_wait": "0s", "group_interval": "1s",
        "routes": [{"receiver": name, "continue": True} for name in names]}


def start(pipeline):
    pipeline.write_rules(REFUSED)
    pipeline.setup()
    return pipeline.daemon("alert")


def bodies(receiver, count):
    wait_until(lambda: len(receiver.requests()) >= count, 60,
               lambda: f"{count} requests, got {receiver.requests()}")
    return [request["body"] for request in receiver.requests()]


def test_each_type_is_told_in_its_own_words(pipeline):
    slow = {"status": 429, "body": '{"retry_after": 1.2}'}
    told = {
        "slack": pipeline.receiver(name="slack", kind="slack"),
        "webhook": pipeline.receiver(name="webhook"),
        "teams": pipeline.receiver([{"status": 202, "body": ""}], "teams",
                                   "teams"),
        "discord": pipeline.receiver([slow], "discord", "discord"),
        "alertmanager": pipeline.receiver(name="am", kind="alertmanager"),
        "pagerduty": pipeline.receiver([{"status": 202, "body": "{}"}],
                                       "pagerduty", "pagerduty",
                                       routing_key=ROUTING_KEY),
        "opsgenie": pipeline.receiver(name="opsgenie", kind="opsgenie",
                                      api_key=API_KEY),
    }
    route_to_all(pipeline)
    daemon = start(pipeline)
    refuse(pipeline, HOSTILE)
    got = {name: bodies(receiver, 2) for name, receiver in told.items()}

    for body in got["slack"]:
        assert "<!" not in json.dumps(body["blocks"][1:]) + body["text"]
        assert "refused" in body["blocks"][1]["text"]["text"]
    assert [b["status"] for b in got["webhook"][:2]] == ["firing", "resolved"]
    card = got["teams"][0]["attachments"][0]["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert "{{" not in json.dumps(card)

    # The first was answered with 429: the same again, not before it may.
    first, second = told["discord"].requests()[:2]
    assert first["body"] == second["body"]
    assert (datetime.fromisoformat(second["received_at"][:-1]) -
            datetime.fromisoformat(first["received_at"][:-1])
            ).total_seconds() >= 1.2
    assert first["body"]["allowed_mentions"] == {"parse": []}
    assert "\\@everyone" in first["body"]["content"]

    fired, ended = got["alertmanager"][:2]
    assert fired[0]["labels"] == ended[0]["labels"]
    assert fired[0]["endsAt"] > now() >= ended[0]["endsAt"]
    assert told["alertmanager"].requests()[0]["path"] == \
        "/webhook/api/v2/alerts"

    fired, ended = got["pagerduty"][:2]
    assert [fired["event_action"], ended["event_action"]] == \
        ["trigger", "resolve"]
    assert fired["dedup_key"] == ended["dedup_key"]
    assert fired["dedup_key"].endswith(":1")
    assert fired["routing_key"] == ROUTING_KEY
    assert fired["payload"]["severity"] == "critical"

    made, closed = told["opsgenie"].requests()[:2]
    assert made["headers"]["Authorization"] == f"GenieKey {API_KEY}"
    assert made["path"] == "/webhook/v2/alerts"
    assert made["body"]["priority"] == "P1"
    alias = made["body"]["alias"].replace(":", "%3A")
    assert closed["path"] == \
        f"/webhook/v2/alerts/{alias}/close?identifierType=alias"

    log = daemon.log_path.read_text() + daemon.get("/status") + \
        daemon.get("/metrics")
    assert "telling receiver" in log
    for secret in (ROUTING_KEY, API_KEY, "/webhook"):
        assert secret not in log


def test_an_incident_that_is_over_is_opened_and_then_closed(pipeline):
    """The pager was away for the whole life of the alert."""
    port = free_port()
    other = pipeline.receiver()
    pipeline.settings["receivers"].append(
        {"name": "pd", "type": "pagerduty", "routing_key": ROUTING_KEY,
         "url": f"http://127.0.0.1:{port}/"})
    route_to_all(pipeline)
    start(pipeline)
    refuse(pipeline, "A")
    wait_until(lambda: other.alerts("resolved"), 60, "the end of the alert")
    pager = Receiver(pipeline.folder, name="away", port=port).start()
    try:
        first, second = bodies(pager, 2)[:2]
    finally:
        pager.stop()
    assert first["event_action"] == "trigger"
    assert second["event_action"] == "resolve"
    assert first["dedup_key"] == second["dedup_key"]


def test_a_real_alertmanager_shows_keeps_and_resolves_the_alert(pipeline):
    """Beside a member of its cluster that is away."""
    hook = Receiver(pipeline.folder, name="hook").start()
    manager = Alertmanager(pipeline.folder, hook.url, resolve_timeout="1s")
    try:
        manager.start()
        pipeline.settings["receivers"] = [
            {"name": "am", "type": "alertmanager",
             "urls": ["http://127.0.0.1:9", manager.url + "/"]}]
        pipeline.settings["route"] = {"receiver": "am"}
        pipeline.write_rules(dict(REFUSED, keep_firing_for="15s"))
        pipeline.setup()
        daemon = pipeline.daemon("alert")
        refuse(pipeline, HOSTILE)
        alert = wait_until(lambda: manager.alerts().get("refused"), 60,
                           lambda: f"the alert: {manager.alerts()}")
        assert alert["labels"]["ServiceKey"].startswith("@everyone <!here>")
        assert alert["labels"]["severity"] == "critical"
        assert alert["status"]["state"] == "active"
        # An alert that says no end goes after resolve_timeout, ours stays.
        manager.post({"labels": {"alertname": "probe"}})
        wait_until(lambda: "probe" in manager.alerts(), 30, "the probe")
        wait_until(lambda: "probe" not in manager.alerts(), 30,
                   "resolve_timeout")
        assert "refused" in manager.alerts(), daemon.log_path.read_text()
        wait_until(lambda: "refused" not in manager.alerts(), 60,
                   lambda: f"the resolve: {manager.alerts()}")
        told = wait_until(lambda: hook.alerts("resolved", "refused"), 60,
                          "what Alertmanager tells of the end")
        assert hook.alerts("firing", "refused")
        assert told[0]["endsAt"][:4] != "0001"
    finally:
        manager.stop()
        hook.stop()
