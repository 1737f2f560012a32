"""What stands before an Amazon OpenSearch domain: it checks the signature.

Recomputed here from the request as it came, after "Signing AWS API requests"
(AWS General Reference); what is signed right is handed on to the upstream.
"""

import hashlib
import hmac
import http.client
import re
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(\S+?)/(\d{8})/(\S+?)/(\S+?)/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})")
MUST_BE_SIGNED = {"host", "x-amz-date", "x-amz-content-sha256"}
MOST_SKEW_SECONDS = 300


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def canonical_query(query):
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    return "&".join(f"{name}={value}" for name, _, value in sorted(pairs))


def signature(secret_key, scope, date, request):
    """`request` is (method, path, query, [(name, value)], sha256 of body)."""
    method, path, query, headers, body_sha256 = request
    canonical = "\n".join([
        method, urllib.parse.quote(path, safe="/-._~"),
        canonical_query(query),
        "".join(f"{name}:{value.strip()}\n" for name, value in headers),
        ";".join(name for name, _ in headers), body_sha256])
    key = ("AWS4" + secret_key).encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    text = "\n".join(["AWS4-HMAC-SHA256", date, scope,
                      hashlib.sha256(canonical.encode()).hexdigest()])
    return _hmac(key, text).hex()


class AwsDoor:
    def __init__(self, upstream, region, service, access_key, secret_key):
        self.upstream = urllib.parse.urlsplit(upstream).netloc
        self.scope = (region, service)
        self.access_key = access_key
        self.secret_key = secret_key
        self.refused = []  # why
        self.passed = []   # (method, path)
        door = self

        class Handler(_Handler):
            pass
        Handler.door = door
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever,
                         daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def what_is_wrong(self, method, target, headers, body):
        """None if the signature is right."""
        found = AUTHORIZATION.fullmatch(headers.get("Authorization", ""))
        if not found:
            return "no Authorization of the right shape"
        access_key, day, region, service, signed, given = found.groups()
        date = headers.get("X-Amz-Date", "")
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(
            time.time() - MOST_SKEW_SECONDS))
        body_sha256 = hashlib.sha256(body).hexdigest()
        names = signed.split(";")
        for wrong, what in (
                (access_key != self.access_key, "access key"),
                ((region, service) != self.scope, "region or service"),
                (not date.startswith(day) or date < stamp, "date"),
                (names != sorted(names), "order of the headers"),
                (not MUST_BE_SIGNED <= set(names), "what is signed"),
                (any(headers.get(name) is None for name in names),
                 "a header that was not sent"),
                (headers.get("X-Amz-Content-SHA256") != body_sha256, "body")):
            if wrong:
                return what
        path, _, query = target.partition("?")
        expected = signature(
            self.secret_key, f"{day}/{region}/{service}/aws4_request", date,
            (method, path, query,
             [(name, headers[name]) for name in names], body_sha256))
        return None if expected == given else "signature"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    door = None

    def _serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        wrong = self.door.what_is_wrong(self.command, self.path, self.headers,
                                        body)
        if wrong:
            self.door.refused.append(f"{self.command} {self.path}: {wrong}")
            self._reply(403, b'{"message":"refused"}')
            return
        self.door.passed.append((self.command, self.path))
        kept = {name: self.headers[name]
                for name in ("Content-Type", "Content-Encoding")
                if self.headers.get(name)}
        upstream = http.client.HTTPConnection(self.door.upstream, timeout=60)
        upstream.request(self.command, self.path, body, kept)
        answer = upstream.getresponse()
        self._reply(answer.status, answer.read())
        upstream.close()

    def _reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve

    def log_message(self, *_):
        pass
