"""What deploy/local/demo does once everything is built.

Owns a folder with the data of the servers, of the daemons and of the traffic,
and every process that it starts: all end with it, by process id, whatever
happens, unless --keep was given and all went well.
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

LOCAL = pathlib.Path(__file__).resolve().parent
TOCSIN = LOCAL.parent.parent / "build" / "release" / "tocsin"
KEPT = pathlib.Path(
    os.environ.get("XDG_STATE_HOME") or pathlib.Path.home() / ".local/state"
) / "tocsin" / "demo"
DAEMONS = ("ship", "index", "alert")
EVENTS = 24000
RATE = 2000
BURST = 300
PATIENCE_S = 60


class Failed(Exception):
    """The demo did not show what it is to show; the text says what."""


# Small tools

def say(text):
    print(f"== {text}", flush=True)


def http_json(url, body=None, method=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        url, data, {"Content-Type": "application/json"}, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        return json.load(answer)


def is_ready(port):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{port}/ready", timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, condition, seconds=PATIENCE_S, check=lambda: None):
    """The first true value of condition(); check() may raise meanwhile."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        check()
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(0.05)


def instant(text):
    """RFC 3339 in UTC to seconds since 1970."""
    whole, fraction = re.fullmatch(r"([^.Z]+)(?:\.(\d+))?Z", text).groups()
    at = datetime.datetime.fromisoformat(whole + "+00:00").timestamp()
    return at + (float("0." + fraction) if fraction else 0)


class Progress:
    """One line that is written over, on a terminal only."""

    def __init__(self):
        self.wanted = sys.stdout.isatty()

    def show(self, text):
        if self.wanted:
            print(f"\r   {text}\x1b[K", end="", flush=True)

    def end(self):
        if self.wanted:
            print("\r\x1b[K", end="", flush=True)


# Processes

def belongs_to(pid, folder):
    """Does this process carry our folder on its command line?"""
    try:
        line = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return os.fsencode(folder) in line


def end_process(pid, folder, seconds=30):
    if not belongs_to(pid, folder):
        return
    os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + seconds
    while belongs_to(pid, folder):
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


class Demo:
    def __init__(self, folder, keep):
        self.folder = folder
        self.keep = keep
        self.children = {}
        self.config = folder / "tocsin.conf"
        self.webhooks = folder / "webhooks.jsonl"

    # Start

    def start(self):
        say("starting Kafka and Elasticsearch")
        self.start_servers()
        say("starting the receiver, tocsin setup, ship, index and alert")
        receiver = self.start_receiver()
        self.write_config(receiver)
        self.tocsin("setup")
        for name in DAEMONS:
            self.spawn(name, [TOCSIN, name, "-c", self.config])
        for name in DAEMONS:
            wait_for(f"{name} ready", lambda: is_ready(self.ports[name]),
                     check=self.check_children)

    def start_servers(self):
        command = [LOCAL / "up", "--data", self.folder / "servers"]
        if not self.keep:
            command += ["--kafka-port", "0", "--es-port", "0"]
        if subprocess.run(command, check=False).returncode != 0:
            raise Failed("the servers could not be started")
        data = self.folder / "servers"
        engine = (data / "engine").read_text().strip()
        kafka = (data / "kafka" / "port").read_text().strip()
        search = (data / engine / "port").read_text().strip()
        self.kafka = f"127.0.0.1:{kafka}"
        self.search = f"http://127.0.0.1:{search}"

    def start_receiver(self):
        self.spawn("receiver", [sys.executable, LOCAL / "receiver",
                                "--out", self.webhooks])
        log = self.folder / "receiver.log"
        address = wait_for(
            "receiver ready",
            lambda: re.search(r"listening on (\S+)", log.read_text()),
            check=self.check_children)
        return f"http://{address[1]}/webhook"

    def write_config(self, webhook):
        if self.keep:
            self.ports = dict(zip(DAEMONS, (9601, 9602, 9603)))
        else:
            self.ports = {name: free_port() for name in DAEMONS}
        values = {"KAFKA": self.kafka, "SEARCH": self.search,
                  "FOLDER": self.folder, "WEBHOOK": webhook,
                  "RULES": LOCAL / "demo.d" / "rules.conf"}
        for name in DAEMONS:
            values[name.upper() + "_PORT"] = self.ports[name]
        text = (LOCAL / "demo.d" / "tocsin.conf.in").read_text()
        for word, value in values.items():
            text = text.replace(f"@{word}@", str(value))
        self.config.write_text(text)

    def spawn(self, name, command):
        with open(self.folder / f"{name}.log", "wb") as log:
            child = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True)
        self.children[name] = child
        pids = {name: child.pid for name, child in self.children.items()}
        (self.folder / "pids").write_text(json.dumps(pids))

    def tocsin(self, *words):
        done = subprocess.run(
            [TOCSIN, *words, "-c", self.config], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failed(f"tocsin {words[0]} ended with {done.returncode}: "
                         f"{done.stderr.strip()}")
        return done.stdout

    def check_children(self):
        for name, child in self.children.items():
            if child.poll() is not None and name != "traffic":
                raise Failed(f"{name} ended with {child.returncode}")

    # Run

    def traffic(self):
        say(f"a news site and a forum write {EVENTS} events, {RATE}/s, "
            "then payments fail")
        self.spawn("traffic", [LOCAL / "traffic", "--dir",
                               self.folder / "logs", "--events", EVENTS,
                               "--rate", RATE, "--burst", BURST])
        progress = Progress()
        while self.children["traffic"].poll() is None:
            progress.show(f"{self.documents()} documents")
            self.check_children()
            time.sleep(0.2)
        progress.end()
        log = (self.folder / "traffic.log").read_text()
        if self.children.pop("traffic").returncode != 0:
            raise Failed(f"the traffic program failed: {log}")
        return json.loads(log)

    def documents(self):
        try:
            return http_json(f"{self.search}/structout-*/_count")["count"]
        except urllib.error.URLError:
            return 0

    # Check

    def check_documents(self, summary):
        say("counting, by number, what arrived in Elasticsearch")
        progress = Progress()

        def enough():
            http_json(f"{self.search}/structout-*/_refresh", method="POST")
            count = self.documents()
            progress.show(f"{count} of {summary['events']} documents")
            return count >= summary["events"]

        try:
            wait_for(f"{summary['events']} documents in Elasticsearch", enough,
                     check=self.check_children)
        finally:
            progress.end()
        found = self.sequence_numbers()
        written = set(range(summary["first_seq"], summary["last_seq"] + 1))
        missing = len(written - set(found))
        twice = len(found) - len(set(found))
        if sorted(found) != sorted(written):
            raise Failed(f"{missing} events are missing, "
                         f"{twice} are there more than once")
        print(f"   {summary['events']} events written, {len(found)} documents "
              "found, the same set")

    def sequence_numbers(self):
        page = http_json(
            f"{self.search}/structout-*/_search?scroll=1m",
            {"size": 10000, "sort": ["_doc"], "_source": ["Seq"]})
        found = []
        while page["hits"]["hits"]:
            found += [hit["_source"]["Seq"] for hit in page["hits"]["hits"]]
            page = http_json(f"{self.search}/_search/scroll",
                             {"scroll": "1m", "scroll_id": page["_scroll_id"]})
        return found

    def alerts(self):
        """Firing alerts by name, each with when its webhook was received."""
        found = {}
        if not self.webhooks.exists():
            return found
        # Not splitlines(): a text may hold other ends of lines, as U+2028.
        for line in self.webhooks.read_text().split("\n")[:-1]:
            request = json.loads(line)
            for alert in request["body"]["alerts"]:
                if alert["status"] == "firing":
                    found.setdefault(alert["labels"]["alertname"], []).append(
                        (request["received_at"], alert))
        return found

    def check_alerts(self, summary):
        say("the webhooks, as the receiver got them")
        names = {"ErrorSpike", "PaymentRefused"}
        wait_for("both webhooks", lambda: names <= set(self.alerts()),
                 check=self.check_children)
        alerts = self.alerts()
        if set(alerts) != names or any(len(got) > 1 for got in alerts.values()):
            counts = {name: len(got) for name, got in alerts.items()}
            raise Failed(f"expected each of {sorted(names)} once, got {counts}")
        received, spike = alerts["ErrorSpike"][0]
        if spike["labels"].get("ServiceKey") != "PAYMENT_SERVICE":
            raise Failed(f"the spike was seen elsewhere: {spike['labels']}")
        self.show_alert(spike, received, spike["startsAt"])
        received, refused = alerts["PaymentRefused"][0]
        self.show_alert(refused, received, summary["refused_at"])

    @staticmethod
    def show_alert(alert, received, event):
        name = alert["labels"]["alertname"]
        summary = alert["annotations"].get("summary", "")
        print(f"   {name:15} {instant(received) - instant(event):6.3f} s from "
              f"the event to the webhook   {summary}")

    def check_trace(self, summary):
        key = summary["request_key"]
        say(f"tocsin trace {key}")
        lines = self.tocsin("trace", key, "--json").split("\n")[:-1]
        if len(lines) != summary["request_events"]:
            raise Failed(f"the trace has {len(lines)} events, "
                         f"{summary['request_events']} were written")
        print(self.tocsin("trace", key), end="")

    # End

    def stop(self):
        for name in reversed(list(self.children)):
            end_process(self.children[name].pid, self.folder)
        if (self.folder / "servers").exists():
            subprocess.run([LOCAL / "down", "--data", self.folder / "servers"],
                           stdout=subprocess.DEVNULL, check=False)

    def show_logs(self):
        for name in self.children:
            log = self.folder / f"{name}.log"
            lines = log.read_text(errors="replace").splitlines()
            print(f"-- the end of {log}", file=sys.stderr)
            print("\n".join(lines[-15:]), file=sys.stderr)

    def show_addresses(self):
        print(f"""
   Kafka          {self.kafka}
   Elasticsearch  {self.search}   (index structout-*)
   ship           http://127.0.0.1:{self.ports['ship']}/status
   index          http://127.0.0.1:{self.ports['index']}/status
   alert          http://127.0.0.1:{self.ports['alert']}/status
   configuration  {self.config}
   webhooks       {self.webhooks}

   More traffic:  {LOCAL}/traffic --dir {self.folder}/logs --first-seq 1000001
   Stop it all:   {LOCAL}/demo --stop""")


def stop_kept():
    if not KEPT.exists():
        print("no demo was kept running")
        return
    pids = KEPT / "pids"
    if pids.exists():
        for pid in json.loads(pids.read_text()).values():
            end_process(pid, KEPT)
    subprocess.run([LOCAL / "down", "--data", KEPT / "servers"], check=True)
    shutil.rmtree(KEPT)


def show(demo):
    start = time.monotonic()
    demo.start()
    summary = demo.traffic()
    demo.check_documents(summary)
    demo.check_alerts(summary)
    demo.check_trace(summary)
    say(f"all of it happened, in {time.monotonic() - start:.0f} s")


def make_folder(keep):
    if not keep:
        return pathlib.Path(tempfile.mkdtemp(prefix="tocsin-demo-"))
    if KEPT.exists():
        sys.exit(f"a demo is kept in {KEPT}, stop it first: "
                 f"{LOCAL}/demo --stop")
    KEPT.mkdir(parents=True)
    return KEPT


def interrupted(*_):
    raise KeyboardInterrupt


def run(keep):
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGHUP, interrupted)
    demo = Demo(make_folder(keep), keep)
    status, stopping = 1, True
    try:
        show(demo)
        status, stopping = 0, not keep
    except Failed as failure:
        demo.show_logs()
        print(f"demo: {failure}\ndemo: its files are in {demo.folder}",
              file=sys.stderr)
    except KeyboardInterrupt:
        status = 130
    finally:
        if stopping:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            demo.stop()
    if keep and status == 0:
        demo.show_addresses()
    elif status != 1:
        shutil.rmtree(demo.folder)
    return status


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--stop", action="store_true")
    options = parser.parse_args()
    if options.stop:
        stop_kept()
        return 0
    return run(options.keep)


if __name__ == "__main__":
    sys.exit(main())
