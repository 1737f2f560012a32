"""A real Alertmanager, alone, with its data in the test's folder."""

import json
import subprocess

from . import web
from .waiting import free_port, wait_until

_CONFIG = """\
global:
  resolve_timeout: {resolve_timeout}
route:
  receiver: hook
  group_wait: 0s
  group_interval: 1s
receivers:
  - name: hook
    webhook_configs:
      - url: {hook}
"""


class Alertmanager:
    """Debian's prometheus-alertmanager, which tells `hook` what it tells."""

    def __init__(self, folder, hook, resolve_timeout="5m"):
        self._folder = folder / "alertmanager"
        self._folder.mkdir()
        self._config = self._folder / "alertmanager.yml"
        self._config.write_text(
            _CONFIG.format(hook=hook, resolve_timeout=resolve_timeout))
        self._port = free_port()
        self._process = None

    def start(self):
        with open(self._folder / "log", "wb") as log:
            self._process = subprocess.Popen(
                ["prometheus-alertmanager",
                 f"--config.file={self._config}",
                 f"--storage.path={self._folder}",
                 f"--web.listen-address=127.0.0.1:{self._port}",
                 "--cluster.listen-address="],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        wait_until(self._is_ready, 30, lambda: "Alertmanager ready: " +
                   (self._folder / "log").read_text())
        return self

    def _is_ready(self):
        try:
            return web.request(self.url + "/-/ready")
        except OSError:
            return False

    def stop(self):
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(20)

    @property
    def url(self):
        return f"http://127.0.0.1:{self._port}"

    def alerts(self):
        """Those that it takes for firing, by name."""
        found = json.loads(web.request(self.url + "/api/v2/alerts"))
        return {alert["labels"]["alertname"]: alert for alert in found}

    def post(self, *alerts):
        web.request(self.url + "/api/v2/alerts", list(alerts))
