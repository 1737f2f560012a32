"""Records by kcat: what other producers and consumers see."""

import json
import subprocess
from pathlib import Path

from .ndjson import from_ndjson


class Kafka:
    def __init__(self, stack):
        self._stack = stack

    def produce(self, topic, value, key=None, headers=None,
                compression=None):
        """One record; value and key are bytes. None with a key: a tombstone."""
        command = ["-P", "-t", topic, "-c", "1", "-D", "\x1e",
                   "-X", "message.max.bytes=100000000"]
        if compression:
            command += ["-z", compression]
        if value is None:
            command.append("-Z")
            value = b""
        if key is not None:
            command += ["-K", "\x1f"]
            value = key + b"\x1f" + value
        for name, text in (headers or {}).items():
            command += ["-H", f"{name}={text}"]
        self._kcat(command, value)

    def records(self, topic):
        """All records: topic, partition, offset, ts, headers, key, payload."""
        found = from_ndjson(self._kcat(["-C", "-e", "-q", "-J", "-t", topic]))
        for record in found:
            flat = record.get("headers") or []
            record["headers"] = dict(zip(flat[::2], flat[1::2]))
        return found

    def topics(self):
        meta = json.loads(self._kcat(["-L", "-J"]))
        return {topic["topic"]: len(topic["partitions"])
                for topic in meta["topics"]}

    def delete_topic(self, topic):
        """By the broker's own client; kcat cannot."""
        subprocess.run(
            ["java", "-cp", self._stack.kafka_class_path,
             str(Path(__file__).with_name("DeleteTopic.java")),
             self._stack.brokers, topic],
            check=True, timeout=60, capture_output=True)

    def _kcat(self, words, stdin=b""):
        done = subprocess.run(
            ["kcat", "-b", self._stack.brokers, *words], input=stdin,
            capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode("utf-8", "replace")
