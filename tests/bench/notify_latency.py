#!/usr/bin/env python3
"""From an event on the topic to the request on the wire, over many alerts.

usage: notify_latency.py [--alerts 1000] [--every-ms 20]
       TOCSIN=build/release/tocsin tests/bench/notify_latency.py

Starts a Kafka of its own, one alert worker and a webhook receiver; produces
one event a time, each of which is an alert and a message of its own, and
prints p50 and p99 by the receiver's clock (record time of the event to arrival
of the request) and by tocsin_notify_latency_seconds (to acceptance).
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

# pylint: disable=wrong-import-position
from support import Pipeline, Stack  # noqa: E402
from support.waiting import wait_until  # noqa: E402

RULE = {"name": "refused", "type": "any", "query": "Title:REFUSED",
        "group_by": ["ServiceKey"], "keep_firing_for": "1h"}


def event(number):
    now = datetime.now(timezone.utc).isoformat(timespec="microseconds")
    return {"ServiceKey": f"SHOP_{number:06}", "ComponentKey": "BENCH",
            "Title": "REFUSED", "Level": "ERROR", "HostAddress": "10.0.0.1",
            "TimeStampUTC": now.replace("+00:00", "Z")}


def produce(pipeline, options):
    with subprocess.Popen(
            ["kcat", "-b", pipeline.stack.brokers, "-P", "-u", "-t",
             pipeline.topic("logs"), "-X", "linger.ms=0"],
            stdin=subprocess.PIPE) as kcat:
        for number in range(options.alerts):
            kcat.stdin.write(json.dumps(event(number)).encode() + b"\n")
            kcat.stdin.flush()
            time.sleep(options.every_ms / 1000)
        kcat.stdin.close()
        assert kcat.wait() == 0


def by_receiver(pipeline, receiver):
    """Milliseconds from record time to arrival, one for each alert."""
    written = {json.loads(r["payload"])["ServiceKey"]: r["ts"]
               for r in pipeline.kafka.records(pipeline.topic("logs"))}
    waited = {}
    for request in receiver.requests():
        at = datetime.fromisoformat(
            request["received_at"].replace("Z", "+00:00")).timestamp() * 1000
        for alert in request["body"]["alerts"]:
            name = alert["labels"]["ServiceKey"]
            waited.setdefault(name, at - written[name])
    return sorted(waited.values())


def by_metric(worker, share):
    """The bucket's upper bound that holds this share, in seconds."""
    name = "tocsin_notify_latency_seconds"
    buckets = sorted(
        (float(dict(labels)["le"]), value)
        for (found, labels), value in worker.metrics().items()
        if found == name + "_bucket")
    return next(le for le, n in buckets if n >= share * buckets[-1][1])


def measure(options, folder):
    stack = Stack(folder / "servers")
    pipeline = None
    try:
        stack.start()
        pipeline = Pipeline(stack, folder)
        receiver = pipeline.receiver()
        pipeline.settings["route"] = {"receiver": "ops", "group_by": ["..."],
                                      "group_wait": options.group_wait}
        pipeline.settings["alert"]["builtin"] = False
        pipeline.write_rules(RULE)
        pipeline.setup()
        worker = pipeline.daemon("alert")
        produce(pipeline, options)
        wait_until(lambda: len(receiver.requests()) >= options.alerts, 120,
                   lambda: f"{len(receiver.requests())} requests", every=0.5)
        waited = by_receiver(pipeline, receiver)
        assert len(waited) == options.alerts
        print(f"{len(waited)} alerts, group_wait {options.group_wait}")
        print(f"receiver's clock: p50 {waited[len(waited) // 2]:.0f} ms, "
              f"p99 {waited[len(waited) * 99 // 100]:.0f} ms, "
              f"most {waited[-1]:.0f} ms")
        print(f"tocsin_notify_latency_seconds: p50 <= "
              f"{by_metric(worker, 0.5)}, p99 <= {by_metric(worker, 0.99)}")
    finally:
        if pipeline:
            pipeline.stop()
        stack.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=1000)
    parser.add_argument("--every-ms", type=float, default=20)
    parser.add_argument("--group-wait", default="200ms")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tocsin-bench-"))
    try:
        measure(parser.parse_args(), folder)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
