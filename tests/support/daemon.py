"""One process of tocsin: a daemon under test, or a command run to its end."""

import os
import re
import signal
import subprocess

from . import web
from .paths import TOCSIN
from .waiting import free_port, wait_until

_SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_SANITIZER = re.compile(r"ERROR: \w+Sanitizer|runtime error:")


def run_tocsin(*words, stdin="", timeout=60, env=None):
    """Runs a command to its end; the CompletedProcess with text output."""
    return subprocess.run(
        [TOCSIN, *map(str, words)], input=stdin, capture_output=True,
        text=True, timeout=timeout, check=False, env=env)


class Daemon:
    """tocsin ship, index or alert. Its log is appended to over restarts."""

    def __init__(self, command, config, log, settings=()):
        self.command = command
        self.port = free_port()
        self.log_path = log
        self.process = None
        self._argv = [TOCSIN, command, "-c", config,
                      "-s", f'{command}.http="127.0.0.1:{self.port}"']
        for setting in settings:
            self._argv += ["-s", setting]

    # Life

    def start(self, ready=True):
        assert not self.is_running()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in self._argv], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True)
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self, timeout=60):
        def ready():
            assert self.is_running(), self._ended()
            return self.is_ready()
        wait_until(ready, timeout, f"tocsin {self.command} ready")

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/status",
                  encoding="ascii") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        raise AssertionError(self._ended())

    def kill9(self):
        self.process.kill()
        self.process.wait()

    def term(self, timeout=40):
        """Asks it to end and expects the exit status 0."""
        self.process.terminate()
        assert self.process.wait(timeout) == 0, self._ended()

    def hup(self):
        self.process.send_signal(signal.SIGHUP)

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        """Ends it in any state, for finalizers."""
        if not self.is_running():
            return
        self.resume()
        self.process.terminate()
        try:
            self.process.wait(35)
        except subprocess.TimeoutExpired:
            self.kill9()

    # What it says

    def get(self, path, timeout=5):
        return web.request(f"http://127.0.0.1:{self.port}{path}",
                           timeout=timeout)

    def is_ready(self):
        try:
            self.get("/ready")
            return True
        except OSError:
            return False

    def status(self):
        return web.request_json(f"http://127.0.0.1:{self.port}/status")

    def metrics(self):
        """{(name, (("label", "value"), ...)): number}, labels sorted."""
        found = {}
        for line in self.get("/metrics").splitlines():
            sample = _SAMPLE.match(line)
            if sample:
                name, labels, value = sample.groups()
                key = tuple(sorted(_LABEL.findall(labels or "")))
                found[name, key] = float(value)
        return found

    def metric(self, name, **labels):
        """The sum of a metric over all series that carry these labels."""
        return sum(value for (found, series), value in self.metrics().items()
                   if found == name and labels.items() <= dict(series).items())

    def log(self):
        if not os.path.exists(self.log_path):
            return ""
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def sanitizer_report(self):
        """What AddressSanitizer and its kin wrote, or ''."""
        text = self.log()
        found = _SANITIZER.search(text)
        return text[found.start():] if found else ""

    def _ended(self):
        return (f"tocsin {self.command} ended with {self.process.returncode}:\n"
                + self.log()[-4000:])
