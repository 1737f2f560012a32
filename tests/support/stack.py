"""The real Kafka and Elasticsearch, as deploy/local/up starts them."""

import os
import signal
import subprocess

from .paths import LOCAL

KAFKA = "kafka"
ELASTICSEARCH = "elasticsearch"


class Stack:
    """One Kafka and one Elasticsearch on free ports, data in `folder`.

    Servers that a test stopped or paused are brought back with heal().
    """

    def __init__(self, folder):
        self.folder = folder

    def start(self):
        self._run("up", "--kafka-port", "0", "--es-port", "0")

    def stop(self):
        for server in (KAFKA, ELASTICSEARCH):
            self.resume(server)
        self._run("down", "--purge")

    def heal(self):
        for server in (KAFKA, ELASTICSEARCH):
            self.resume(server)
        self._run("up")

    @property
    def kafka_port(self):
        return int(self._read(KAFKA, "port"))

    @property
    def brokers(self):
        return f"127.0.0.1:{self.kafka_port}"

    @property
    def es_url(self):
        return f"http://127.0.0.1:{self._read(ELASTICSEARCH, 'port')}"

    @property
    def kafka_class_path(self):
        with open(f"/proc/{self.pid(KAFKA)}/cmdline",
                  encoding="utf-8") as words:
            words = words.read().split("\0")
        return words[words.index("-cp") + 1]

    def stop_es(self):
        self._run("down", "--only", ELASTICSEARCH)

    def start_es(self):
        self._run("up", "--only", ELASTICSEARCH)

    def stop_kafka(self):
        self._run("down", "--only", KAFKA)

    def start_kafka(self):
        self._run("up", "--only", KAFKA)

    def kill(self, server):
        """As a power cut; bring it back with start_kafka() or start_es()."""
        os.kill(self.pid(server), signal.SIGKILL)

    def pause(self, server):
        """The server keeps its connections and answers nothing."""
        os.kill(self.pid(server), signal.SIGSTOP)

    def resume(self, server):
        pid = self.pid(server)
        if pid:
            os.kill(pid, signal.SIGCONT)

    def pid(self, server):
        """None if the server does not run."""
        try:
            pid = int(self._read(server, "pid"))
            with open(f"/proc/{pid}/cmdline", "rb") as line:
                is_ours = os.fsencode(self.folder) in line.read()
        except OSError:
            return None
        return pid if is_ours else None

    def _read(self, server, name):
        return (self.folder / server / name).read_text().strip()

    def _run(self, command, *options):
        done = subprocess.run(
            [LOCAL / command, "--data", self.folder, *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False)
        assert done.returncode == 0, done.stdout
