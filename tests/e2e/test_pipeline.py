"""The main job: written, shipped, indexed, noticed, told; whatever is killed."""

import datetime
import json
import random
import threading
import time

from support import from_ndjson, wait_until

FREQUENCY = {
    "name": "errors", "type": "frequency", "query": "Level:ERROR",
    "group_by": ["ServiceKey"], "num_events": 20, "timeframe": "5s",
    "annotations": {"summary": "{{count}} in {{group.ServiceKey}}"},
}
REFUSED = {
    "name": "refused", "type": "any",
    "query": 'Title:"PAYMENT_GATEWAY_REFUSED"', "keep_firing_for": "2s",
}
AT_ONCE = {"receiver": "ops", "group_wait": "50ms", "group_interval": "1s"}


def start_all(pipeline):
    pipeline.setup()
    return [pipeline.daemon(name) for name in ("ship", "index", "alert")]


def test_what_services_write_is_indexed_and_told(pipeline):
    receiver = pipeline.receiver()
    pipeline.settings["route"] = AT_ONCE
    pipeline.write_rules(FREQUENCY, REFUSED)
    writer = pipeline.writer(files=4)
    start_all(pipeline)
    writer.write(5000)
    writer.write(1, Title="PAYMENT_GATEWAY_REFUSED",
                 Additional="one line\u2028to JSON")
    writer.write(60, Level="ERROR", ServiceKey="PAYMENT")
    pipeline.assert_numbers(writer.numbers)

    def resolved():
        return (len(receiver.alerts("resolved", "errors")) >= 1 and
                len(receiver.alerts("resolved", "refused")) >= 1)
    # Quiet events move the clock on; silence would too.
    wait_until(resolved, 60, lambda: f"both resolved: {receiver.requests()}",
               every=0.2)
    fired = receiver.alerts("firing", "errors")
    assert [a["labels"]["ServiceKey"] for a in fired] == ["PAYMENT"]
    assert fired[0]["annotations"]["summary"].endswith("in PAYMENT")
    assert len(receiver.alerts("firing", "refused")) == 1
    assert len(receiver.alerts("resolved", "errors")) == 1
    assert len(receiver.alerts("resolved", "refused")) == 1


def test_a_request_is_traced_over_all_services(pipeline):
    writer = pipeline.writer(files=3)
    pipeline.setup()
    pipeline.daemon("ship")
    pipeline.daemon("index")
    writer.write(95)
    # No end of a line to JSON, whatever editors and splitlines() think.
    odd = writer.event(RequestKey="request-7", Title="LINE\u2028TWO\u0085")
    writer.write_raw(json.dumps(odd, ensure_ascii=False).encode() + b"\n")
    pipeline.assert_numbers(writer.numbers)
    traced = pipeline.tocsin("trace", "request-7", "--json")
    assert traced.returncode == 0, traced.stderr
    events = from_ndjson(traced.stdout)
    assert [event["Seq"] for event in events] == [*range(70, 80), 96]
    assert events[-1]["Title"] == odd["Title"]
    records = pipeline.kafka.records(f"{pipeline.prefix}.logs")
    assert len(records) == 96
    readable = pipeline.tocsin("trace", "request-7")
    assert readable.returncode == 0
    assert readable.stdout.count("NUMBER_WRITTEN") == 10
    assert "\x1b" not in readable.stdout
    nothing = pipeline.tocsin("trace", "no-such-request")
    assert nothing.returncode == 1


def kill_at_random(daemon, times, pause, errors):
    """Kills and restarts one daemon, never waiting for it to be ready."""
    try:
        for _ in range(times):
            time.sleep(random.uniform(*pause))
            daemon.kill9()
            daemon.start(ready=False)
    except Exception as error:  # pylint: disable=broad-except
        errors.append(error)


def test_five_kills_of_each_daemon_lose_and_double_nothing(pipeline):
    pipeline.receiver()
    pipeline.write_rules(FREQUENCY)
    writer = pipeline.writer(files=20)
    daemons = start_all(pipeline)
    errors = []
    killers = [threading.Thread(target=kill_at_random,
                                args=(daemon, 5, (1, 4), errors))
               for daemon in daemons]
    for killer in killers:
        killer.start()
    for turn in range(200):
        writer.write(1000)
        if turn % 10 == 9:
            writer.rotate(random.randrange(20))
        time.sleep(0.05)
    for killer in killers:
        killer.join()
    assert not errors
    pipeline.assert_numbers(writer.numbers, timeout=240)


def test_a_burst_told_once_though_alert_is_killed(pipeline):
    receiver = pipeline.receiver()
    pipeline.settings["route"] = AT_ONCE
    pipeline.write_rules(FREQUENCY)
    writer = pipeline.writer()
    _, _, alert = start_all(pipeline)
    errors = []
    killer = threading.Thread(target=kill_at_random,
                              args=(alert, 5, (0.3, 2), errors))
    killer.start()
    services = [f"BURST_{n}" for n in range(8)]
    for service in services:
        writer.write(30, Level="ERROR", ServiceKey=service)
        time.sleep(1)
    killer.join()
    assert not errors
    alert.wait_ready()

    def told(status):
        return {a["labels"]["ServiceKey"]
                for a in receiver.alerts(status, "errors")}
    wait_until(lambda: told("resolved") >= set(services), 90,
               lambda: f"all resolved, told: {told('resolved')}", every=0.2)
    assert told("firing") | told("resolved") == set(services)
    # At least once, under one id: what came twice is the same message.
    episodes = {}
    for request in receiver.accepted():
        for told_alert in request["body"]["alerts"]:
            key = (told_alert["fingerprint"], told_alert["status"])
            episodes.setdefault(key, set()).add(told_alert["episode"])
    assert all(numbers == {1} for numbers in episodes.values()), episodes


def test_elasticsearch_away_and_back(pipeline, stack):
    writer = pipeline.writer(files=2)
    pipeline.setup()
    pipeline.daemon("ship")
    index = pipeline.daemon("index")
    writer.write(2000)
    pipeline.assert_numbers(writer.numbers)
    stack.stop_es()
    writer.write(5000)
    wait_until(lambda: index.metric("tocsin_index_blocked_seconds") > 0, 60,
               "index says that it is blocked")
    assert index.is_ready()
    stack.start_es()
    pipeline.assert_numbers(writer.numbers, timeout=120)
    wait_until(lambda: index.metric("tocsin_index_blocked_seconds") == 0, 60,
               "index says that it goes on")
    assert index.metric("tocsin_index_dead_total") == 0


def test_daemons_stop_in_order(pipeline):
    pipeline.receiver()
    pipeline.write_rules(FREQUENCY)
    writer = pipeline.writer(files=3)
    daemons = start_all(pipeline)
    writer.write(20000)
    for daemon in daemons:
        daemon.term()
    for daemon in daemons:
        daemon.start()
    writer.write(1000)
    pipeline.assert_numbers(writer.numbers, timeout=120)


def test_rules_are_read_again_all_or_nothing(pipeline):
    receiver = pipeline.receiver()
    pipeline.settings["route"] = AT_ONCE
    pipeline.write_rules(REFUSED)
    writer = pipeline.writer()
    _, _, alert = start_all(pipeline)
    pipeline.rules.write_text('rules = ( { nmae = "x"; type = "any"; } );')
    alert.hup()
    wait_until(lambda: alert.metric("tocsin_alert_reload_refused_total") == 1,
               30, "the bad rules are refused")
    assert "name" in alert.log().split("rules refused", 1)[1]
    writer.write(1, Title="PAYMENT_GATEWAY_REFUSED")
    wait_until(lambda: receiver.alerts("firing", "refused"), 30,
               "the old rule still fires")
    pipeline.write_rules(dict(REFUSED, name="other", query="Title:OTHER"))
    alert.hup()
    wait_until(lambda: alert.log().count("rules read") == 2, 30,
               "the new rules are read")
    alert.wait_ready()
    writer.write(1, Title="OTHER")
    wait_until(lambda: receiver.alerts("firing", "other"), 30,
               "the new rule fires")
    alert.term()


def received(request):
    return datetime.datetime.fromisoformat(
        request["received_at"].replace("Z", "+00:00")).timestamp()


def test_a_receiver_is_asked_again_when_it_says_and_delays_no_other(pipeline):
    busy = pipeline.receiver(
        [{"status": 429, "retry_after": 3}, {"close": True}, {"status": 500}],
        name="busy")
    other = pipeline.receiver(name="other")
    pipeline.settings["route"] = {
        "receiver": "other", "group_wait": "50ms", "routes": [
            {"match": {"alertname": "refused"}, "receiver": "busy",
             "continue": True},
            {"match": {"alertname": "refused"}, "receiver": "other"}]}
    pipeline.write_rules(dict(REFUSED, keep_firing_for="1h"))
    writer = pipeline.writer()
    pipeline.setup()
    pipeline.daemon("ship")
    pipeline.daemon("alert")
    writer.write(1, Title="PAYMENT_GATEWAY_REFUSED")
    wait_until(busy.accepted, 60, lambda: f"accepted: {busy.requests()}")
    tries = busy.requests()
    assert len(tries) == 4
    assert len({request["headers"]["webhook-id"] for request in tries}) == 1
    assert len({json.dumps(request["body"]) for request in tries}) == 1
    assert received(tries[1]) - received(tries[0]) >= 3
    assert len(other.alerts("firing", "refused")) == 1
    assert received(other.requests()[0]) < received(tries[1])


def test_alert_answers_while_it_stops_or_reads_rules_again(pipeline):
    """A receiver that hangs keeps both waiting, and a probe asks meanwhile."""
    receiver = pipeline.receiver([{"delay": 60}] * 10)
    pipeline.settings["route"] = AT_ONCE
    pipeline.write_rules(REFUSED)
    writer = pipeline.writer()
    _, _, alert = start_all(pipeline)
    writer.write(1, Title="PAYMENT_GATEWAY_REFUSED")
    wait_until(receiver.requests, 30, "the receiver is asked")
    for stop in (alert.hup, alert.process.terminate):
        stop()
        wait_until(lambda: not alert.is_ready(), 30, "not ready")
        for page in ("/health", "/status", "/metrics"):
            assert alert.get(page)
        if stop == alert.hup:
            alert.wait_ready()
    assert alert.process.wait(40) == 0


def test_a_topic_made_anew_is_read_from_its_beginning(pipeline):
    receiver = pipeline.receiver()
    pipeline.settings["route"] = AT_ONCE
    pipeline.write_rules(REFUSED)
    writer = pipeline.writer()
    daemons = start_all(pipeline)
    writer.write(3000)
    pipeline.assert_numbers(writer.numbers)
    pipeline.kafka.delete_topic(pipeline.topic("logs"))
    pipeline.setup()
    wait_until(lambda: "made anew" in daemons[2].log() or
               (writer.write(1) or False), 60, "alert sees the new topic",
               every=0.5)
    writer.write(1, Title="PAYMENT_GATEWAY_REFUSED")
    wait_until(lambda: receiver.alerts("firing", "refused"), 60,
               lambda: f"the rule fires: {receiver.requests()}")
    pipeline.assert_numbers(writer.numbers)


def test_ship_and_index_outlive_sighup(pipeline):
    writer = pipeline.writer()
    pipeline.setup()
    daemons = [pipeline.daemon(name) for name in ("ship", "index")]
    for daemon in daemons:
        daemon.hup()
    writer.write(100)
    pipeline.assert_numbers(writer.numbers)
    for daemon in daemons:
        assert "read again" in daemon.log()
        daemon.term()


def test_a_command_asked_often_always_ends(pipeline):
    pipeline.setup()
    for _ in range(20):
        assert pipeline.tocsin("trace", "nobody", timeout=30).returncode == 1
