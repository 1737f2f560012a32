"""One test's own pipeline: names, files, daemons and receivers."""

import contextlib
import uuid

from .config import to_libconfig
from .daemon import Daemon, run_tocsin
from .kafka import Kafka
from .receiver import Receiver
from .search import Search
from .waiting import wait_until
from .writer import Writer


class Pipeline:
    """Shares the servers with other tests and nothing else.

    `settings` is the configuration as a dict; change it before setup(). All
    that was started ends in stop().
    """

    def __init__(self, stack, folder):
        self.stack = stack
        self.folder = folder
        self.logs = folder / "logs"
        self.config = folder / "tocsin.conf"
        self.rules = folder / "rules.conf"
        self.prefix = "t" + uuid.uuid4().hex[:10]
        self.alerts_prefix = "a" + self.prefix
        self.kafka = Kafka(stack)
        self.search = Search(stack)
        self.daemons = []
        self._others = []
        self.settings = {
            "prefix": self.prefix,
            "kafka": {"brokers": stack.brokers, "partitions": 3},
            "elasticsearch": {"urls": [stack.es_url]},
            "ship": {"paths": [f"{self.logs}/*.structoutv1"],
                     "state": str(folder / "ship")},
            "index": {"prefix": self.prefix,
                      "alerts_prefix": self.alerts_prefix},
            "alert": {"rules": [str(self.rules)]},
        }

    # Before the daemons

    def receiver(self, script=(), name="ops", kind="webhook", **settings):
        """A running receiver, in the configuration under `name`."""
        receiver = Receiver(self.folder, script, name).start()
        self._others.append(receiver)
        entry = {"name": name, "type": kind, "url": receiver.url, **settings}
        self.settings.setdefault("receivers", []).append(entry)
        self.settings.setdefault("route", {"receiver": name})
        return receiver

    def write_rules(self, *rules):
        """Each rule is a dict."""
        self.rules.write_text(to_libconfig({"rules": list(rules)}))

    def write_config(self):
        if not self.rules.exists():
            self.write_rules()
        self.config.write_text(to_libconfig(self.settings))

    def setup(self):
        self.write_config()
        done = self.tocsin("setup")
        assert done.returncode == 0, done.stderr

    # Daemons and commands

    def tocsin(self, command, *words, **options):
        return run_tocsin(command, "-c", self.config, *words, **options)

    def daemon(self, command, *settings, start=True):
        """A further ship, index or alert; settings as for -s."""
        log = self.folder / f"{command}-{len(self.daemons)}.log"
        daemon = Daemon(command, self.config, log, settings)
        self.daemons.append(daemon)
        return daemon.start() if start else daemon

    def writer(self, files=1):
        writer = Writer(self.logs, files)
        self._others.append(writer)
        return writer

    # What came out

    def topic(self, name):
        return f"{self.prefix}.{name}"

    @property
    def indices(self):
        return f"{self.prefix}-*"

    def numbers(self):
        return self.search.numbers(self.indices)

    def documents(self):
        return self.search.es_all(self.indices)

    def wait_documents(self, count, timeout=60):
        wait_until(lambda: self.search.count(self.indices) >= count, timeout,
                   lambda: f"{count} documents, there are "
                   f"{self.search.count(self.indices)}", every=0.2)

    def assert_numbers(self, expected, timeout=60):
        """Exactly these, each once."""
        expected = sorted(expected)
        self.wait_documents(len(expected), timeout)
        found = self.numbers()
        missing = sorted(set(expected) - set(found))
        extra = sorted(set(found) - set(expected))
        twice = len(found) - len(set(found))
        assert found == expected, (
            f"{len(missing)} missing {missing[:10]}, {twice} twice, "
            f"{len(extra)} never written {extra[:10]}")

    def stop(self):
        for daemon in self.daemons:
            daemon.stop()
        for other in self._others:
            if isinstance(other, Writer):
                other.close()
            else:
                other.stop()


@contextlib.contextmanager
def pipeline_on(stack, folder):
    """A pipeline that is stopped at the end, whose daemons were clean."""
    pipeline = Pipeline(stack, folder)
    try:
        yield pipeline
    finally:
        pipeline.stop()
    for daemon in pipeline.daemons:
        assert not daemon.sanitizer_report(), daemon.sanitizer_report()
