"""deploy/local/receiver as a test uses it."""

import json
import re
import subprocess
import sys

from .ndjson import from_ndjson
from .paths import LOCAL
from .waiting import wait_until


class Receiver:
    """A webhook receiver; `script` is a list of answers, one a request."""

    def __init__(self, folder, script=(), name="receiver", port=0):
        self.out = folder / f"{name}.jsonl"
        self.log = folder / f"{name}.log"
        self._script = folder / f"{name}.script"
        self._script.write_text(
            "".join(json.dumps(step) + "\n" for step in script))
        self._port = port
        self._process = None
        self.address = None

    def start(self):
        with open(self.log, "wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, LOCAL / "receiver", "--out", self.out,
                 "--script", self._script, "--port", str(self._port)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        ready = wait_until(
            lambda: re.search(r"listening on (\S+):(\d+)",
                              self.log.read_text()),
            15, lambda: "receiver ready: " + self.log.read_text())
        self._port = int(ready[2])
        self.address = f"{ready[1]}:{ready[2]}"
        return self

    def stop(self):
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(10)

    @property
    def url(self):
        return f"http://{self.address}/webhook"

    def requests(self):
        """All so far: received_at, method, path, headers, body, status."""
        if not self.out.exists():
            return []
        whole = self.out.read_text().rpartition("\n")[0]
        return from_ndjson(whole)

    def accepted(self):
        return [request for request in self.requests()
                if request["status"] == 200]

    def alerts(self, status=None, name=None):
        """Alerts of accepted webhook requests, each with `received_at`."""
        found = []
        for request in self.accepted():
            for alert in request["body"]["alerts"]:
                alert = dict(alert, received_at=request["received_at"])
                if status in (None, alert["status"]) and \
                   name in (None, alert["labels"]["alertname"]):
                    found.append(alert)
        return found
