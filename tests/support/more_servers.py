"""Servers beside the stack's: a guarded Kafka, another search engine."""

import contextlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from .pipeline import pipeline_on
from .stack import Stack
from .waiting import free_port

EXTRA = """
listeners=PLAINTEXT://127.0.0.1:{plain},SECURE://localhost:{secure},\
CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{plain},SECURE://localhost:{secure}
controller.quorum.voters=1@127.0.0.1:{controller}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,\
SECURE:SASL_SSL
listener.name.secure.sasl.enabled.mechanisms=\
PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.secure.scram-sha-256.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.secure.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.secure.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required \
user_{user}="{password}";
listener.name.secure.ssl.keystore.type=PEM
listener.name.secure.ssl.keystore.location={keystore}
"""


class GuardedKafka(Stack):
    """A Kafka whose second listener takes TLS and a password; the search
    engine is another stack's."""

    def __init__(self, folder, authority, search, user, password):
        super().__init__(folder)
        self._search = search
        self._plain = free_port()
        self._secure = free_port()
        certificate, key = authority.sign("kafka")
        home = folder / "kafka"
        home.mkdir(parents=True)
        keystore = home / "keystore.pem"
        keystore.write_text(key.read_text() + certificate.read_text())
        (home / "extra.properties").write_text(EXTRA.format(
            plain=self._plain, secure=self._secure, controller=free_port(),
            user=user, password=password, keystore=keystore))

    def start(self):
        self._run("up", "--only", "kafka", "--kafka-port", str(self._plain))

    def add_scram_user(self, user, password):
        """By the broker's own client, over the listener that asks nothing."""
        subprocess.run(
            ["java", "-cp", self.kafka_class_path,
             str(Path(__file__).with_name("AddScramUser.java")),
             self.brokers, user], input=password.encode() + b"\n",
            check=True, timeout=120, capture_output=True)

    @property
    def secure_brokers(self):
        return f"localhost:{self._secure}"

    @property
    def es_url(self):
        return self._search.es_url


class OtherEngine(Stack):
    """A search engine of deploy/local/up; the Kafka is another stack's."""

    def __init__(self, folder, kafka, engine):
        super().__init__(folder)
        self._kafka = kafka
        self._engine = engine

    def start(self):
        self._run("up", "--engine", self._engine, "--only", self._engine,
                  "--es-port", "0")

    def stop(self):
        self._run("down", "--engine", self._engine, "--purge")

    @property
    def brokers(self):
        return self._kafka.brokers

    @property
    def es_url(self):
        return f"http://127.0.0.1:{self._read(self._engine, 'port')}"


@contextlib.contextmanager
def pipeline_on_engine(engine, stack, folder):
    """A pipeline with the stack's Kafka and another search engine."""
    data = Path(tempfile.mkdtemp(prefix="tocsin-test-engine-")).resolve()
    search = OtherEngine(data / "servers", stack, engine)
    try:
        search.start()
        with pipeline_on(search, folder) as pipeline:
            yield pipeline
    finally:
        search.stop()
        shutil.rmtree(data)
