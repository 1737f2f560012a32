"""TLS, passwords, keys and signatures: to Kafka, Elasticsearch, receivers; and
that no secret is ever shown."""

import shutil
import tempfile
import urllib.parse
import uuid
from pathlib import Path

import pytest

from support import Pipeline, wait_until
from support.aws import AwsDoor, signature
from support.certificates import Authority
from support.more_servers import GuardedKafka
from support.nginx import Nginx

USER = "tocsin"
REFUSED = {"name": "refused", "type": "any", "query": "Title:REFUSED"}
AT_ONCE = {"receiver": "ops", "group_wait": "50ms", "group_interval": "1s"}


class Secrets:
    """Fresh ones, so that finding one anywhere is no accident."""

    def __init__(self):
        self.kafka = "kafka-" + uuid.uuid4().hex
        self.scram = "scram-" + uuid.uuid4().hex
        self.password = "search-" + uuid.uuid4().hex
        self.api_key = uuid.uuid4().hex + "=="
        self.webhook = "webhook-" + uuid.uuid4().hex
        self.aws = "aws/" + uuid.uuid4().hex

    def assert_hidden(self, text, where):
        for name, secret in vars(self).items():
            assert secret not in text, f"the {name} secret is in {where}"


@pytest.fixture(name="secrets", scope="module")
def fixture_secrets():
    return Secrets()


@pytest.fixture(name="authority", scope="module")
def fixture_authority():
    folder = Path(tempfile.mkdtemp(prefix="tocsin-test-ca-")).resolve()
    yield Authority(folder)
    shutil.rmtree(folder)


@pytest.fixture(name="guarded", scope="module")
def fixture_guarded(servers, authority, secrets):
    """A Kafka that takes TLS and a password on one of its listeners."""
    folder = Path(tempfile.mkdtemp(prefix="tocsin-test-kafka-")).resolve()
    kafka = GuardedKafka(folder / "servers", authority, servers, USER,
                         secrets.kafka)
    try:
        kafka.start()
        yield kafka
    finally:
        kafka.stop()
        shutil.rmtree(folder)


@pytest.fixture(name="nginx")
def fixture_nginx(stack, authority, secrets, tmp_path):
    nginx = Nginx(tmp_path / "nginx", authority, stack.es_url, secrets.api_key)
    nginx.set_password(USER, secrets.password)
    nginx.start()
    yield nginx
    nginx.stop()


def secret_file(pipeline, name, secret):
    path = pipeline.folder / name
    path.write_text(secret + "\n")
    path.chmod(0o600)
    return str(path)


def by_password(pipeline, nginx, authority, secrets):
    """elasticsearch = { ... } of who knows the password."""
    return {"urls": [nginx.password_url], "ca_file": authority.certificate,
            "user": USER, "password_file":
            secret_file(pipeline, "password", secrets.password)}


def assert_nothing_shown(pipeline, secrets):
    for daemon in pipeline.daemons:
        secrets.assert_hidden(daemon.log(), f"{daemon.command}'s log")
        if daemon.is_running():
            for page in ("/status", "/metrics"):
                secrets.assert_hidden(daemon.get(page),
                                      daemon.command + page)
    for words in ((), ("--servers",), ("--strict",)):
        done = pipeline.tocsin("check", *words)
        secrets.assert_hidden(done.stdout + done.stderr, f"check {words}")


def wait_blocked(daemon, said):
    def blocked():
        state = daemon.status()["blocked"]
        return state and said in state["why"]
    wait_until(blocked, 30, lambda: f"blocked by {said}: {daemon.status()}",
               every=0.2)


# All of it


@pytest.fixture(name="guarded_pipeline")
def fixture_guarded_pipeline(guarded, authority, tmp_path, secrets):
    pipeline = Pipeline(guarded, tmp_path)
    pipeline.settings["kafka"].update(
        brokers=guarded.secure_brokers,
        properties=["security.protocol=SASL_SSL", "sasl.mechanism=PLAIN",
                    f"sasl.username={USER}",
                    f"ssl.ca.location={authority.certificate}"],
        sasl_password_file=secret_file(pipeline, "kafka", secrets.kafka))
    yield pipeline
    pipeline.stop()
    for daemon in pipeline.daemons:
        assert not daemon.sanitizer_report(), daemon.sanitizer_report()


def test_everything_through_tls_and_passwords(
        guarded_pipeline, authority, secrets, tmp_path):
    pipeline = guarded_pipeline
    webhook = pipeline.receiver(
        ca_file=authority.certificate,
        secret_file=secret_file(pipeline, "webhook", secrets.webhook))
    nginx = Nginx(tmp_path / "nginx", authority, pipeline.stack.es_url,
                  secrets.api_key, f"http://{webhook.address}")
    nginx.set_password(USER, secrets.password)
    nginx.start()
    try:
        entry = pipeline.settings["receivers"][0]
        door = urllib.parse.urlsplit(nginx.open_url).netloc
        entry["url"] = urllib.parse.urlsplit(entry["url"])._replace(
            scheme="https", netloc=door).geturl()
        pipeline.settings["elasticsearch"] = by_password(
            pipeline, nginx, authority, secrets)
        pipeline.settings["route"] = AT_ONCE
        pipeline.write_rules(REFUSED)
        writer = pipeline.writer(files=3)
        pipeline.setup()
        daemons = [pipeline.daemon(name)
                   for name in ("ship", "index", "alert")]
        writer.write(500)
        writer.write(1, Title="REFUSED")
        pipeline.assert_numbers(writer.numbers)
        wait_until(lambda: webhook.alerts("firing", "refused"), 30,
                   "the webhook is told over TLS")
        traced = pipeline.tocsin("trace", "request-7")
        assert traced.stdout.count("NUMBER_WRITTEN") == 10, traced.stderr
        checked = pipeline.tocsin("check", "--servers")
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert 401 not in nginx.statuses()
        assert_nothing_shown(pipeline, secrets)
        for daemon in daemons:
            daemon.term()
    finally:
        nginx.stop()


@pytest.fixture(name="scram_user", scope="module")
def fixture_scram_user(guarded, secrets):
    guarded.add_scram_user("scrambled", secrets.scram)
    return "scrambled"


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_scram_works_unless_check_says_why_not(guarded_pipeline, scram_user,
                                               secrets, mechanism):
    """Kafka 4 refuses what librdkafka before 2.6.1 sends."""
    pipeline = guarded_pipeline
    kafka = pipeline.settings["kafka"]
    kafka["properties"] = [
        f"sasl.mechanism={mechanism}", f"sasl.username={scram_user}",
        *(p for p in kafka["properties"]
          if not p.startswith(("sasl.mechanism", "sasl.username")))]
    kafka["sasl_password_file"] = secret_file(pipeline, "scram", secrets.scram)
    pipeline.write_config()
    warned = "refuses SCRAM" in pipeline.tocsin("check").stderr
    if warned:
        done = pipeline.tocsin("check", "--servers")
        assert done.returncode == 69
        assert "uthentication failed" in done.stdout
    else:
        writer = pipeline.writer()
        pipeline.setup()
        for name in ("ship", "index"):
            pipeline.daemon(name)
        writer.write(50)
        pipeline.assert_numbers(writer.numbers)
    assert_nothing_shown(pipeline, secrets)


def test_a_wrong_kafka_password_is_said_and_not_shown(guarded_pipeline,
                                                      secrets):
    wrong = "wrong-" + uuid.uuid4().hex
    kafka = guarded_pipeline.settings["kafka"]
    del kafka["sasl_password_file"]
    kafka["sasl_password"] = "${KAFKA_PASSWORD}"
    guarded_pipeline.write_config()
    done = guarded_pipeline.tocsin("check", "--servers",
                                   env={"KAFKA_PASSWORD": wrong})
    assert done.returncode == 69
    assert "kafka: could not" in done.stdout
    assert "uthentication failed" in done.stdout
    assert wrong not in done.stdout + done.stderr
    unset = guarded_pipeline.tocsin("check", env={})
    assert unset.returncode == 78
    assert "kafka.sasl_password" in unset.stderr
    right = guarded_pipeline.tocsin("setup",
                                    env={"KAFKA_PASSWORD": secrets.kafka})
    assert right.returncode == 0, right.stderr


# Elasticsearch


def test_a_foreign_certificate_is_not_trusted(pipeline, nginx, authority,
                                              secrets):
    pipeline.setup()
    pipeline.settings["elasticsearch"] = by_password(pipeline, nginx,
                                                     authority, secrets)
    foreign = Authority(pipeline.folder / "foreign")
    for ca_file in (str(foreign.certificate), ""):  # "": the system's
        pipeline.settings["elasticsearch"]["ca_file"] = ca_file
        pipeline.write_config()
        done = pipeline.tocsin("check", "--servers")
        assert done.returncode == 69
        assert "certificate" in done.stdout
    index = pipeline.daemon("index")
    writer = pipeline.writer()
    pipeline.daemon("ship")
    writer.write(10)
    wait_blocked(index, "certificate")
    # No request went to who could not show whom they are.
    assert nginx.statuses() == []
    pipeline.settings["elasticsearch"]["ca_file"] = authority.certificate
    pipeline.write_config()
    index.term()
    index.start()
    pipeline.assert_numbers(writer.numbers)
    assert_nothing_shown(pipeline, secrets)


def test_a_wrong_password_blocks_until_either_side_is_mended(
        pipeline, nginx, authority, secrets):
    pipeline.settings["elasticsearch"] = by_password(pipeline, nginx,
                                                     authority, secrets)
    pipeline.setup()
    pipeline.daemon("ship")
    index = pipeline.daemon("index")
    writer = pipeline.writer()
    writer.write(50)
    pipeline.assert_numbers(writer.numbers)
    nginx.set_password(USER, "changed")
    writer.write(50)
    wait_blocked(index, "401")
    assert index.is_ready()
    done = pipeline.tocsin("check", "--servers")
    assert done.returncode == 69
    assert "status 401" in done.stdout
    nginx.set_password(USER, secrets.password)
    pipeline.assert_numbers(writer.numbers)
    # A new password in our own file is read without a restart.
    renewed = "renewed-" + uuid.uuid4().hex
    nginx.set_password(USER, renewed)
    writer.write(50)
    wait_blocked(index, "401")
    secret_file(pipeline, "password", renewed)
    pipeline.assert_numbers(writer.numbers)
    wait_until(lambda: index.status()["blocked"] is None, 30, "not blocked")
    assert index.metric("tocsin_index_dead_total") == 0
    assert_nothing_shown(pipeline, secrets)
    assert renewed not in index.log() + index.get("/status")


def index_some(pipeline):
    """setup, 500 events through index, and a trace of one request."""
    writer = pipeline.writer()
    pipeline.setup()
    index = pipeline.daemon("index")
    pipeline.daemon("ship")
    writer.write(500)
    pipeline.assert_numbers(writer.numbers)
    traced = pipeline.tocsin("trace", "request-7", "--json")
    assert len(traced.stdout.splitlines()) == 10, traced.stderr
    return index


def test_an_api_key_and_a_certificate_open_doors(pipeline, nginx, authority,
                                                 secrets):
    certificate, key = authority.sign("client")
    trusted = {"urls": [nginx.api_key_url], "ca_file": authority.certificate}
    pipeline.settings["elasticsearch"] = dict(
        trusted, api_key_file=secret_file(pipeline, "key", secrets.api_key))
    index_some(pipeline)
    assert_nothing_shown(pipeline, secrets)
    trusted["urls"] = [nginx.certificate_url]
    for settings, status in (({}, 69), ({"client_cert_file": certificate,
                                         "client_key_file": key}, 0)):
        pipeline.settings["elasticsearch"] = dict(trusted, **settings)
        pipeline.write_config()
        done = pipeline.tocsin("check", "--servers")
        assert done.returncode == status, done.stdout
        assert ("elasticsearch: ok" in done.stdout) == (status == 0)


def test_requests_are_signed_as_aws_wants(pipeline, stack, secrets):
    door = AwsDoor(stack.es_url, "eu-west-1", "es", "AKIDEXAMPLE", secrets.aws)
    try:
        pipeline.settings["elasticsearch"] = {
            "urls": [door.url], "aws_region": "eu-west-1",
            "aws_access_key": "AKIDEXAMPLE", "aws_secret_key_file":
            secret_file(pipeline, "aws", secrets.aws)}
        index_some(pipeline)
        assert door.refused == []
        assert {"/_bulk"} <= {path.partition("?")[0]
                              for _, path in door.passed}
        assert_nothing_shown(pipeline, secrets)
        secret_file(pipeline, "aws", "another")
        done = pipeline.tocsin("check", "--servers")
        assert done.returncode == 69
        assert door.refused[-1].endswith(": signature")
    finally:
        door.stop()


def test_the_fake_signs_as_the_published_example():
    """AWS General Reference, test suite: get-vanilla-query-order-key-case."""
    assert signature(
        "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "20150830/us-east-1/service/aws4_request", "20150830T123600Z",
        ("GET", "/", "Param2=value2&Param1=value1",
         [("host", "example.amazonaws.com"),
          ("x-amz-date", "20150830T123600Z")],
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    ) == "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"


# Configuration


@pytest.mark.parametrize("line, said", [
    ('user = "a"; password = "hunter2"; password_file = "b";',
     '"elasticsearch.password" and "elasticsearch.password_file"'),
    ('user = "a"; password = "hunter2"; api_key = "hunter2";', "keep one"),
    ('password = "hunter2";', '"elasticsearch.password" needs'),
    ('urls = ["https://bob:hunter2@es:9200"];', "must not hold a user"),
])
@pytest.mark.parametrize("command", ["check", "setup", "index", "alert"])
def test_contradictions_are_named_by_file_and_line(tmp_path, pipeline, command,
                                                   line, said):
    pipeline.config = tmp_path / "wrong.conf"
    pipeline.config.write_text("elasticsearch = {\n" + line + "\n};\n")
    done = pipeline.tocsin(command)
    assert done.returncode == 78
    assert f"{pipeline.config}:2: " in done.stderr
    assert said in done.stderr
    assert "hunter2" not in done.stdout + done.stderr
