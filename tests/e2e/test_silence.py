"""Holds on messages: silences by command, by API and by amtool, inhibition;
and what the API and the commands say of alerts."""

import json
import subprocess
import time
from datetime import datetime, timedelta, timezone

from support import web
from support.waiting import wait_until

REFUSED = {"name": "refused", "type": "any", "query": "Title:REFUSED",
           "group_by": ["ServiceKey"], "keep_firing_for": "6s",
           "labels": {"severity": "warning"}}
LASTING = dict(REFUSED, name="lasting", query="Title:LASTING",
               keep_firing_for="1h")
DOWN = dict(LASTING, name="down", query="Title:DOWN",
            labels={"severity": "critical"})


def now():
    text = datetime.now(timezone.utc).isoformat(timespec="microseconds")
    return text.replace("+00:00", "Z")


def produce(pipeline, title, service):
    event = {"ServiceKey": service, "ComponentKey": "TEST", "Title": title,
             "Level": "ERROR", "HostAddress": "10.0.0.1",
             "TimeStampUTC": now()}
    subprocess.run(["kcat", "-b", pipeline.stack.brokers, "-P", "-t",
                    pipeline.topic("logs")],
                   input=json.dumps(event).encode(), check=True, timeout=60)


def start(pipeline, *rules, **settings):
    ops = pipeline.receiver()
    pipeline.settings["route"] = {
        "receiver": "ops", "group_by": ["..."], "group_interval": "0s"}
    pipeline.settings.update(settings)
    pipeline.write_rules(*rules)
    pipeline.setup()
    return ops, pipeline.daemon("alert")


def told(ops, service):
    """What the receiver got about a service: a list of states."""
    return [alert["status"] for alert in ops.alerts()
            if alert["labels"].get("ServiceKey") == service]


def wait_told(ops, service, *states):
    wait_until(lambda: told(ops, service) == list(states), 60,
               lambda: f"{service}: {told(ops, service)}, not {states}",
               every=0.1)


def wait_state(pipeline, service, *states):
    """Wait for the alert's latest state on the topic."""
    def there():
        found = [json.loads(record["payload"]) for record in
                 pipeline.kafka.records(pipeline.topic("alerts"))
                 if record.get("payload")]
        of = [t["state"] for t in found
              if t["group"].get("ServiceKey") == service]
        return of and of[-1] in states
    wait_until(there, 60, f"{service} {states}", every=0.3)


def api(worker, path):
    return web.request_json(f"http://127.0.0.1:{worker.port}{path}")


def silence(pipeline, *words):
    """Set by the command; its id and the line behind it."""
    done = pipeline.tocsin("silence", "add", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def amtool(worker, *words):
    done = subprocess.run(
        ["amtool", f"--alertmanager.url=http://127.0.0.1:{worker.port}",
         *words], capture_output=True, text=True, timeout=30, check=False,
        env={"HOME": "/nonexistent", "PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    return done.stdout


def wait_known(worker, identity, state="active"):
    def known():
        found = api(worker, "/api/v2/silences")
        return [s for s in found if s["id"] == identity and
                s["status"]["state"] == state]
    wait_until(known, 30, f"silence {identity} {state}", every=0.1)


def test_a_silence_holds_messages_and_not_alerts(pipeline):
    ops, worker = start(pipeline, REFUSED, LASTING)
    # Got the firing before the hold: gets the resolve during it.
    produce(pipeline, "REFUSED", "BEFORE")
    wait_told(ops, "BEFORE", "firing")
    identity, line = silence(
        pipeline, "ServiceKey=~BEFORE|INSIDE|STAYS", "--for", "1h",
        "--author", "me", "--comment", "new disks")
    assert "1 firing alert" in line
    wait_known(worker, identity)
    # Fired inside: one resolves inside, one stays. One is not concerned.
    for service, title in (("INSIDE", "REFUSED"), ("STAYS", "LASTING"),
                           ("OTHER", "LASTING")):
        produce(pipeline, title, service)
    wait_told(ops, "OTHER", "firing")
    wait_told(ops, "BEFORE", "firing", "resolved")
    wait_state(pipeline, "STAYS", "firing")
    wait_state(pipeline, "INSIDE", "resolved")
    assert told(ops, "INSIDE") == told(ops, "STAYS") == []
    # The hold survives a restart.
    worker.kill9()
    worker.start()
    wait_known(worker, identity)
    produce(pipeline, "LASTING", "AGAIN")
    wait_told(ops, "AGAIN", "firing")
    assert told(ops, "INSIDE") == told(ops, "STAYS") == []
    # It ends: what still fires is announced then.
    assert pipeline.tocsin("silence", "expire", identity).returncode == 0
    wait_told(ops, "STAYS", "firing")
    produce(pipeline, "LASTING", "LAST")
    wait_told(ops, "LAST", "firing")
    assert told(ops, "INSIDE") == []
    assert told(ops, "OTHER") == told(ops, "AGAIN") == ["firing"]
    assert told(ops, "BEFORE") == ["firing", "resolved"]


def test_a_silence_ends_by_itself(pipeline):
    ops, worker = start(pipeline, LASTING)
    identity, _ = silence(pipeline, "ServiceKey=A", "--for", "8s")
    wait_known(worker, identity)
    produce(pipeline, "LASTING", "A")
    wait_state(pipeline, "A", "firing")
    wait_told(ops, "A", "firing")
    received = ops.alerts()[0]["received_at"]
    ended = api(worker, f"/api/v2/silence/{identity}")
    assert ended["status"]["state"] == "expired"
    end = datetime.fromisoformat(ended["endsAt"].replace("Z", "+00:00"))
    if isinstance(received, str):
        received = datetime.fromisoformat(
            received.replace("Z", "+00:00")).timestamp()
    assert received >= end.timestamp()


def test_another_worker_knows_silences_and_alerts(pipeline):
    ops, worker = start(pipeline, LASTING)
    other = pipeline.daemon("alert")
    produce(pipeline, "LASTING", "A")
    wait_told(ops, "A", "firing")
    body = {"matchers": [{"name": "ServiceKey", "value": "B.*",
                          "isRegex": True}],
            "startsAt": now(), "createdBy": "me", "comment": "",
            "endsAt": (datetime.now(timezone.utc) +
                       timedelta(hours=1)).isoformat()}
    url = f"http://127.0.0.1:{worker.port}/api/v2/silences"
    made = web.request_json(url, body)
    assert api(worker, "/api/v2/silences")[0]["id"] == made["silenceID"]
    wait_known(other, made["silenceID"])
    produce(pipeline, "LASTING", "BB")
    wait_until(lambda: len(api(other, "/api/v2/alerts")) == 2, 30, "alerts")
    wait_until(lambda: len(api(worker, "/api/v2/alerts")) == 2, 30, "alerts")
    for one in (worker, other):
        found = {a["labels"]["ServiceKey"]: a["status"]
                 for a in api(one, "/api/v2/alerts")}
        assert found["A"]["state"] == "active"
        assert found["BB"]["state"] == "suppressed"
        assert found["BB"]["silencedBy"] == [made["silenceID"]]
        shown = api(one, "/api/v2/alerts?silenced=false")
        assert [a["labels"]["ServiceKey"] for a in shown] == ["A"]
        groups = api(one, "/api/v2/alerts/groups")
        assert {g["receiver"]["name"] for g in groups} == {"ops"}
        assert len(groups) == 2
    rules = [api(one, "/api/rules")["rules"][0] for one in (worker, other)]
    groups = [g for rule in rules for g in rule["groups"]]
    assert sorted(g["group"]["ServiceKey"] for g in groups) == ["A", "BB"]
    assert {g["state"] for g in groups} == {"firing"}
    # Whoever sends: the silence holds there too.
    worker.term()
    produce(pipeline, "LASTING", "C")
    wait_told(ops, "C", "firing")
    assert told(ops, "BB") == []


def test_what_a_page_in_a_browser_could_send_is_refused(pipeline):
    _, worker = start(pipeline, LASTING)
    url = f"http://127.0.0.1:{worker.port}/api/v2/silences"

    def status(method, path, body=b"", kind="text/plain"):
        words = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-X",
                 method, "-H", f"Content-Type: {kind}", "--data-binary", "@-",
                 path]
        done = subprocess.run(words, input=body, capture_output=True,
                              check=True, timeout=30)
        return int(done.stdout)

    good = json.dumps({"matchers": [{"name": "a", "value": "b"}],
                       "startsAt": now(), "endsAt": "2100-01-01T00:00:00Z",
                       "createdBy": "", "comment": ""}).encode()
    assert status("POST", url, good) == 415
    assert status("POST", url, good, "application/x-www-form-urlencoded") == 415
    assert status("POST", url, b"{", "application/json") == 400
    assert status("POST", url, b"x" * (1 << 20) + b"x",
                  "application/json") == 413
    assert status("OPTIONS", url) == 405
    assert status("DELETE", url) == 405
    assert status("DELETE", f"http://127.0.0.1:{worker.port}/api/v2/silence/"
                  "00000000-0000-4000-8000-000000000000") == 404
    assert api(worker, "/api/v2/silences") == []
    assert status("POST", url, good, "application/json") == 200
    assert len(api(worker, "/api/v2/silences")) == 1


def test_amtool_works_against_a_worker(pipeline):
    ops, worker = start(pipeline, LASTING)
    produce(pipeline, "LASTING", "A")
    produce(pipeline, "LASTING", "B")
    wait_told(ops, "A", "firing")
    wait_told(ops, "B", "firing")
    wait_until(lambda: len(api(worker, "/api/v2/alerts")) == 2, 30, "alerts")
    assert "0.25" in subprocess.run(["amtool", "--version"], check=True,
                                    capture_output=True, text=True).stdout
    found = json.loads(amtool(worker, "alert", "query", "-o", "json"))
    assert {a["labels"]["ServiceKey"] for a in found} == {"A", "B"}
    identity = amtool(worker, "silence", "add", "ServiceKey=A",
                      "--duration=1h", "--author=me",
                      "--comment=by amtool").strip()
    listed = json.loads(amtool(worker, "silence", "query", "-o", "json"))
    assert [s["id"] for s in listed] == [identity]
    assert listed[0]["comment"] == "by amtool"
    found = json.loads(amtool(worker, "alert", "query", "-o", "json"))
    assert {a["labels"]["ServiceKey"] for a in found} == {"B"}
    found = json.loads(amtool(worker, "alert", "query", "-o", "json",
                              "ServiceKey=~A|B", "--silenced"))
    assert {a["labels"]["ServiceKey"] for a in found} == {"A"}
    # Ours knows it as well.
    assert identity in pipeline.tocsin("silence", "list").stdout
    amtool(worker, "silence", "update", "--duration=2h", identity)
    amtool(worker, "silence", "expire", identity)
    assert json.loads(amtool(worker, "silence", "query", "-o", "json")) == []
    found = json.loads(amtool(worker, "alert", "query", "-o", "json"))
    assert len(found) == 2
    amtool(worker, "config", "show")


def test_an_inhibited_alert_waits_for_its_source(pipeline):
    ops, worker = start(
        pipeline, LASTING, dict(DOWN, keep_firing_for="4s"),
        inhibit=[{"source": {"severity": "critical"},
                  "target": ["severity=~\"warn.*\""],
                  "equal": ["ServiceKey"]}])
    produce(pipeline, "DOWN", "A")
    wait_told(ops, "A", "firing")
    produce(pipeline, "LASTING", "A")
    produce(pipeline, "LASTING", "B")
    wait_told(ops, "B", "firing")
    wait_state(pipeline, "A", "firing")
    # The source resolves, then its target is told.
    wait_told(ops, "A", "firing", "resolved", "firing")
    names = [a["labels"]["alertname"] for a in ops.alerts()
             if a["labels"]["ServiceKey"] == "A"]
    assert names == ["down", "down", "lasting"]
    assert worker.is_running()


def test_a_muted_route_tells_nobody(pipeline):
    ops, _ = start(
        pipeline, LASTING,
        mute_times=[{"name": "always",
                     "intervals": [{"location": "Europe/Berlin"}]}])
    pipeline.settings["route"]["routes"] = [
        {"match": {"ServiceKey": "A"}, "mute_times": ["always"]}]
    pipeline.write_config()
    worker = pipeline.daemons[0]
    worker.term()
    worker.start()
    produce(pipeline, "LASTING", "A")
    wait_state(pipeline, "A", "firing")
    produce(pipeline, "LASTING", "B")
    wait_told(ops, "B", "firing")
    assert told(ops, "A") == []
    done = pipeline.tocsin("route", "ServiceKey=A")
    assert done.returncode == 0 and "muted now" in done.stdout
    assert "muted" not in pipeline.tocsin("route", "ServiceKey=B").stdout


def add_services(pipeline, ops):
    """A pager, whose key is not in what it is told until it is sent, and a
    cluster of two."""
    pipeline.settings["receivers"] += [
        {"name": "pager", "type": "pagerduty", "routing_key": "k" * 32,
         "url": ops.url},
        {"name": "am", "type": "alertmanager",
         "urls": [f"http://{ops.address}/one", f"http://{ops.address}/two"]}]


def check_services(pipeline, ops):
    before = len(ops.requests())
    for name in ("pager", "am"):
        done = pipeline.tocsin("notify", name, "--test")
        assert done.returncode == 0, done
        assert "k" * 32 not in done.stdout + done.stderr
    pager, *members = ops.requests()[before:]
    assert pager["body"]["routing_key"] == "k" * 32
    assert [member["path"] for member in members] == \
        ["/one/api/v2/alerts", "/two/api/v2/alerts"]
    assert members[0]["body"][0]["endsAt"] > members[0]["body"][0]["startsAt"]


def test_commands_say_what_fires_and_who_answers(pipeline):
    ops, _ = start(pipeline, LASTING)
    deaf = pipeline.receiver([{"status": 400, "body": "no \x1b[31m"}] * 3,
                             name="deaf")
    add_services(pipeline, ops)
    pipeline.write_config()
    assert pipeline.tocsin("alerts").returncode == 1
    produce(pipeline, "LASTING", "A")
    wait_told(ops, "A", "firing")
    done = pipeline.tocsin("alerts", "severity=warning")
    assert done.returncode == 0 and "ServiceKey=\"A\"" in done.stdout
    assert done.stdout.startswith("active")
    assert pipeline.tocsin("alerts", "severity=critical").returncode == 1
    assert pipeline.tocsin("alerts", "severity").returncode == 64
    found = json.loads(pipeline.tocsin("alerts", "--json").stdout)
    assert found["alert"]["group"] == {"ServiceKey": "A"}
    # silences
    assert pipeline.tocsin("silence", "list").returncode == 1
    for words in (["A=B"], ["--for", "1h"], ["A=~.*", "--for", "1h"],
                  ["A=~(", "--for", "1h"], ["A=B", "--for", "x"]):
        done = pipeline.tocsin("silence", "add", *words)
        assert done.returncode == 64, (words, done)
    made = json.loads(silence(pipeline, "ServiceKey=A", "--for", "1h",
                              "--json")[0])
    assert made["alerts"] == 1
    assert pipeline.tocsin("alerts").stdout.startswith("silenced")
    expire = ["silence", "expire", made["silenceID"]]
    assert pipeline.tocsin(*expire).returncode == 0
    assert pipeline.tocsin(*expire).returncode == 1
    # receivers
    before = len(ops.requests())
    done = pipeline.tocsin("notify", "ops", "--test")
    assert done.returncode == 0 and "accepted" in done.stdout, done
    sent = ops.requests()[before]["body"]["alerts"][0]
    assert sent["labels"]["alertname"] == "TocsinTest"
    check_services(pipeline, ops)
    done = pipeline.tocsin("notify", "deaf", "--test")
    assert done.returncode == 1 and "\x1b" not in done.stdout, done
    assert deaf.url not in done.stdout + done.stderr
    assert pipeline.tocsin("notify", "nobody", "--test").returncode == 64
    assert pipeline.tocsin("notify", "ops").returncode == 64
    deaf.stop()
    assert pipeline.tocsin("notify", "deaf", "--test").returncode == 69
    done = pipeline.tocsin("route", "severity=warning", "--json")
    way = json.loads(done.stdout)
    assert way["receiver"] == "ops" and way["muted"] is False
