"""The notify stage: rates, receivers that fail, alerts about Tocsin itself."""

import json
import socket
import time
from collections import Counter
from datetime import datetime
from email.utils import formatdate

import pytest

from support import Receiver
from support.waiting import free_port, wait_until

from test_alert import event, produce, transitions

REFUSED = {
    "name": "refused", "type": "any", "query": "Title:REFUSED",
    "group_by": ["ServiceKey"], "keep_firing_for": "1h",
}
SHORT = {**REFUSED, "keep_firing_for": "1s"}
ROUTE = {"receiver": "ops", "group_by": ["ServiceKey"], "group_wait": "50ms",
         "group_interval": "1s"}


def seconds(request):
    return datetime.fromisoformat(
        request["received_at"].replace("Z", "+00:00")).timestamp()


def services(requests):
    """Of the alerts in webhook requests, in order."""
    return [alert["labels"]["ServiceKey"] for request in requests
            for alert in request["body"]["alerts"]]


def refuse(pipeline, *names):
    produce(pipeline, [event(name, level="INFO", title="REFUSED")
                       for name in names])


def built_in(pipeline, name, state=None):
    """Transitions of a built-in alert, without renewals."""
    return [t for t in transitions(pipeline)
            if t["rule"] == name and state in (None, t["state"]) and
            "updatedAt" not in t]


def wait_alert(receiver, status, name, timeout=60):
    return wait_until(lambda: receiver.alerts(status, name), timeout,
                      lambda: f"{name} {status}: {receiver.requests()}",
                      every=0.2)


def expect_once(pipeline, name, states=("firing", "resolved")):
    assert [t["state"] for t in built_in(pipeline, name)] == list(states)


@pytest.fixture
def silent_port():
    """Takes connections and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield listener.getsockname()[1]


def everywhere(*names):
    """A route that tells each alert to all of these receivers."""
    return {**ROUTE, "receiver": names[0], "routes": [
        {"receiver": name, "continue": True} for name in names]}


def test_a_busy_receiver_is_waited_for_and_dead_ones_delay_nobody(
        pipeline, silent_port):
    busy = pipeline.receiver([{"status": 429, "retry_after": 5}], name="busy")
    good = pipeline.receiver(name="good")
    for name, port in (("refusing", free_port()), ("hanging", silent_port)):
        pipeline.settings["receivers"].append(
            {"name": name, "type": "webhook", "timeout": "2s",
             "url": f"http://127.0.0.1:{port}/"})
    pipeline.settings["route"] = everywhere("refusing", "hanging", "busy",
                                            "good")
    pipeline.write_rules(REFUSED)
    pipeline.setup()
    pipeline.daemon("alert")
    names = [f"SHOP_{n:02}" for n in range(20)]
    refuse(pipeline, names[0])
    wait_until(busy.requests, 30, "the first request")
    refuse(pipeline, *names[1:])
    wait_until(lambda: set(services(busy.accepted())) == set(names), 60,
               lambda: f"all at the busy one: {busy.requests()}", every=0.2)
    tries = busy.requests()
    assert tries[0]["status"] == 429
    assert seconds(tries[1]) - seconds(tries[0]) >= 5
    assert Counter(services(busy.accepted())) == Counter(names)
    assert tries[0]["headers"]["webhook-id"] in [
        r["headers"]["webhook-id"] for r in busy.accepted()]
    # Beside it nothing waited: neither for the busy one, nor a second.
    told = good.requests()
    assert Counter(services(told)) == Counter(names)
    assert min(map(seconds, told)) < seconds(tries[1])
    written = {t["group"]["ServiceKey"]: t["ts"] / 1000
               for t in transitions(pipeline) if t["state"] == "firing"}
    waited = sorted(seconds(request) - written[services([request])[0]]
                    for request in told)
    assert waited[len(waited) // 2] < 1, waited


def test_retry_after_may_be_a_date(pipeline):
    until = int(time.time()) + 15
    busy = pipeline.receiver(
        [{"status": 503, "retry_after": formatdate(until, usegmt=True)}],
        name="busy")
    pipeline.settings["route"] = {**ROUTE, "receiver": "busy"}
    pipeline.write_rules(REFUSED)
    pipeline.setup()
    pipeline.daemon("alert")
    refuse(pipeline, "SHOP")
    wait_until(busy.accepted, 60, lambda: f"accepted: {busy.requests()}")
    first, second = busy.requests()
    assert seconds(first) < until
    assert seconds(second) >= until


def test_a_storm_becomes_a_digest_for_chats_and_stays_whole_for_others(
        pipeline):
    chat = pipeline.receiver(name="chat", kind="slack")
    hook = pipeline.receiver(name="hook")
    pipeline.settings["route"] = everywhere("chat", "hook")
    pipeline.write_rules(REFUSED)
    pipeline.setup()
    alert = pipeline.daemon("alert")
    names = [f"SHOP_{n:03}" for n in range(100)]
    refuse(pipeline, *names)
    wait_until(lambda: Counter(services(hook.accepted())) == Counter(names),
               60, lambda: f"each by itself: {len(hook.requests())}")
    assert len(hook.requests()) == len(names)

    def told():
        return len(pipeline.kafka.records(pipeline.topic("deliveries"))) >= 200
    wait_until(told, 60, "all recorded as delivered", every=0.5)
    texts = [json.dumps(request["body"]) for request in chat.requests()]
    assert len(texts) < 20
    assert any(" more" in text for text in texts), texts
    assert alert.metric("tocsin_notify_sent_total", receiver="chat",
                        result="accepted") == len(texts)
    times = list(map(seconds, chat.requests()))
    assert all(b - a >= 1 for a, b in zip(times, times[1:])), times


def test_what_was_refused_is_kept_shown_and_told_again_on_reload(pipeline):
    ops = pipeline.receiver([{"status": 400}])
    pipeline.settings["route"] = ROUTE
    pipeline.write_rules(REFUSED)
    pipeline.setup()
    alert = pipeline.daemon("alert")
    refuse(pipeline, "SHOP")

    def kept():
        return alert.status()["notify"]["refused"]
    [letter] = wait_until(kept, 60, "shown as refused", every=0.2)
    assert (letter["receiver"], letter["rule"]) == ("ops", "refused")
    assert alert.metric("tocsin_notify_sent_total", receiver="ops",
                        result="refused") == 1
    [record] = [json.loads(r["payload"])
                for r in pipeline.kafka.records(pipeline.topic("deliveries"))]
    assert record["refused"].startswith("status 400")
    assert len(ops.requests()) == 1
    alert.hup()
    wait_until(ops.accepted, 60, "told again")
    wait_until(lambda: not kept(), 30, "no longer refused", every=0.2)
    assert len(ops.requests()) == 2
    assert services(ops.accepted()) == ["SHOP"]


def test_a_heartbeat_comes_only_while_alerting_works(pipeline):
    heart = Receiver(pipeline.folder, name="heart").start()
    ops = pipeline.receiver([{"status": 500}] * 12)
    pipeline.settings["receivers"].append(
        {"name": "heart", "type": "heartbeat", "url": heart.url,
         "interval": "1s"})
    pipeline.settings["alert"]["blocked_after"] = "1s"
    pipeline.settings["route"] = ROUTE
    pipeline.write_rules(REFUSED)
    pipeline.setup()
    try:
        alert = pipeline.daemon("alert")
        wait_until(lambda: len(heart.requests()) >= 2, 60, "two heartbeats")
        assert heart.requests()[0]["method"] == "GET"
        refuse(pipeline, "SHOP")
        wait_until(lambda: 'withheld" reason="no receiver takes messages"' in
                   alert.log(), 60, "withheld")
        wait_until(lambda: built_in(pipeline, "TocsinBlocked"), 30,
                   "TocsinBlocked", every=0.3)
        before = len(heart.requests())
        wait_until(lambda: len(ops.requests()) >= 4, 30, "tries")
        assert len(heart.requests()) == before
    finally:
        heart.stop()


def test_dead_letters_raise_an_alert_that_no_restart_doubles(pipeline):
    ops = pipeline.receiver()
    pipeline.settings["route"] = ROUTE
    pipeline.settings["alert"]["builtin_for"] = "15s"
    pipeline.setup()
    workers = [pipeline.daemon("alert"), pipeline.daemon("alert")]
    pipeline.kafka.produce(pipeline.topic("dead"), b"what nobody can index")
    [alert] = wait_alert(ops, "firing", "TocsinDeadLetters")
    assert alert["labels"]["severity"] == "warning"
    for worker in workers:
        worker.kill9()
        worker.start(ready=False)
    wait_alert(ops, "resolved", "TocsinDeadLetters")
    expect_once(pipeline, "TocsinDeadLetters")
    assert len(ops.alerts("firing", "TocsinDeadLetters")) == 1


def test_a_refused_reload_raises_an_alert_until_it_is_mended(pipeline):
    ops = pipeline.receiver()
    pipeline.settings["route"] = ROUTE
    pipeline.write_rules(REFUSED)
    pipeline.setup()
    alert = pipeline.daemon("alert")
    good = pipeline.rules.read_text()
    pipeline.write_rules({**REFUSED, "type": "no-such-type"})
    alert.hup()
    wait_alert(ops, "firing", "TocsinReloadRefused")
    assert '"type" must be one of' in ops.alerts(
        name="TocsinReloadRefused")[0]["annotations"]["summary"]
    pipeline.rules.write_text(good)
    alert.hup()
    wait_alert(ops, "resolved", "TocsinReloadRefused")
    expect_once(pipeline, "TocsinReloadRefused")


def test_an_index_that_stands_still_is_behind(pipeline):
    ops = pipeline.receiver()
    pipeline.settings["route"] = ROUTE
    pipeline.settings["alert"]["behind_after"] = "2s"
    pipeline.setup()
    index = pipeline.daemon("index")
    produce(pipeline, [event("A") for _ in range(30)])
    pipeline.wait_documents(30)
    index.stop()
    pipeline.daemon("alert")
    produce(pipeline, [event("A") for _ in range(30)])
    [behind] = wait_alert(ops, "firing", "TocsinBehind")
    assert behind["labels"]["group"] == f"{pipeline.prefix}-index"
    index.start()
    wait_alert(ops, "resolved", "TocsinBehind")
    expect_once(pipeline, "TocsinBehind")


def test_alerts_long_over_leave_the_topics(pipeline):
    ops = pipeline.receiver()
    pipeline.settings["route"] = ROUTE
    pipeline.settings["alert"]["keep_resolved"] = "1s"
    pipeline.settings["alert"]["builtin"] = False
    pipeline.write_rules(SHORT)
    pipeline.setup()
    pipeline.daemon("alert")
    refuse(pipeline, "SHOP")
    wait_alert(ops, "resolved", "refused")

    def latest(topic):
        return {r["key"]: r["payload"]
                for r in pipeline.kafka.records(pipeline.topic(topic))}
    for topic in ("alerts", "deliveries"):
        wait_until(lambda: list(latest(topic).values()) == [None], 60,
                   lambda: f"{topic}: {latest(topic)}", every=0.5)
    refuse(pipeline, "SHOP")
    wait_until(lambda: len(ops.alerts("firing", "refused")) == 2, 60,
               "told of the next one")
