"""nginx with TLS before Elasticsearch: passwords, API keys, certificates."""

import os
import subprocess

from .waiting import free_port, port_is_open, wait_until

CONFIG = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ }}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  client_max_body_size 200m;
  ssl_certificate {certificate};
  ssl_certificate_key {key};
  ssl_client_certificate {ca};
  proxy_http_version 1.1;
  proxy_set_header Authorization "";
  server {{
    listen 127.0.0.1:{password_port} ssl;
    auth_basic "search";
    auth_basic_user_file {folder}/users;
    location / {{ proxy_pass {upstream}; }}
  }}
  server {{
    listen 127.0.0.1:{api_key_port} ssl;
    if ($http_authorization != "ApiKey {api_key}") {{ return 401; }}
    location / {{ proxy_pass {upstream}; }}
  }}
  server {{
    listen 127.0.0.1:{certificate_port} ssl;
    ssl_verify_client on;
    location / {{ proxy_pass {upstream}; }}
  }}
  server {{
    listen 127.0.0.1:{open_port} ssl;
    location / {{ proxy_pass {open_upstream}; }}
  }}
}}
"""


class Nginx:
    """Three doors to one upstream, each asks for something else; and one that
    asks for nothing, to another."""

    def __init__(self, folder, authority, upstream, api_key,
                 open_upstream=None):
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        ports = [free_port() for _ in range(4)]
        (self.password_url, self.api_key_url, self.certificate_url,
         self.open_url) = (f"https://127.0.0.1:{port}" for port in ports)
        self._ports = ports
        certificate, key = authority.sign("nginx")
        self._config = folder / "nginx.conf"
        self._config.write_text(CONFIG.format(
            user="user root;" if os.geteuid() == 0 else "", folder=folder,
            certificate=certificate, key=key, ca=authority.certificate,
            upstream=upstream, api_key=api_key, password_port=ports[0],
            api_key_port=ports[1], certificate_port=ports[2],
            open_port=ports[3], open_upstream=open_upstream or upstream))
        self._process = None

    def set_password(self, user, password):
        """Counts from the next request on."""
        changed = self._folder / "users.new"
        changed.write_text(f"{user}:{{PLAIN}}{password}\n")
        changed.rename(self._folder / "users")

    def start(self):
        log = open(self._folder / "output.log", "wb")
        with log:
            self._process = subprocess.Popen(
                [_program(), "-c", str(self._config), "-e",
                 str(self._folder / "error.log")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

        def answers():
            assert self._process.poll() is None, (
                self._folder / "output.log").read_text()
            return all(port_is_open(port) for port in self._ports)
        wait_until(answers, 20, "nginx answers")
        return self

    def statuses(self):
        """Status of every request so far."""
        lines = (self._folder / "access.log").read_text().splitlines()
        return [int(line.split('" ')[1].split()[0]) for line in lines]

    def stop(self):
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(20)


def _program():
    return "/usr/sbin/nginx" if os.path.exists("/usr/sbin/nginx") else "nginx"
