"""An Elasticsearch that gives the answers a real one gives rarely.

It keeps documents as a real one does (create, or index with a version; 409 if
it is there already) and follows a script: one step for each _bulk request, then
normal answers.
"""

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ITEM_429 = {"type": "es_rejected_execution_exception", "reason": "busy"}


class FakeElastic:
    """Steps are dicts:

    {"status": N, "headers": {...}, "error": {...}}  the whole request fails
    {"taken": True, "cut": N}      all is kept, but the answer ends after N
                                   bytes and the connection with it
    {"taken": True, "items": N}    all is kept, the answer has N items
    {"every": N, "status": S, "error": {...}}  each Nth item fails, the rest
                                   is kept
    """

    def __init__(self, script=(), max_bytes=None, refuse=None):
        self.script = list(script)
        self.max_bytes = max_bytes  # 413 for a longer body
        self.refuse = refuse        # refuse(source) -> (status, error) or None
        self.refuse_whole = None    # refuse_whole(sources) -> status or None
        self.documents = {}         # _id: source
        self.versions = {}          # _id: version of an alert, else 0
        self.requests = []          # (status, documents, bytes)
        self.lock = threading.Lock()
        fake = self

        class Handler(_Handler):
            elastic = fake

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

    def numbers(self):
        with self.lock:
            return sorted(source["Seq"] for source in self.documents.values())

    # What a bulk request gets: (status, headers, body, cut)

    def bulk(self, raw):
        lines = raw.split(b"\n")[:-1]
        pairs = [(json.loads(lines[i]), json.loads(lines[i + 1]))
                 for i in range(0, len(lines), 2)]
        with self.lock:
            answer = self._answer(raw, pairs)
            self.requests.append((answer[0], len(pairs), len(raw)))
        return answer

    def _answer(self, raw, pairs):
        if self.max_bytes and len(raw) > self.max_bytes:
            return 413, {}, b"", None
        if self.refuse_whole:
            status = self.refuse_whole([source for _, source in pairs])
            if status:
                return status, {}, _error("a_new_exception"), None
        step = self.script.pop(0) if self.script else {}
        if "status" in step and "every" not in step:
            return (step["status"], step.get("headers", {}),
                    _error(step.get("error", "whole_request")), None)
        items = [self._item(i, action, source, step)
                 for i, (action, source) in enumerate(pairs)]
        if "items" in step:
            items = (items * 2)[:step["items"]]
        body = json.dumps({"took": 1, "errors": False, "items": items})
        return 200, {}, body.encode(), step.get("cut")

    def _item(self, i, action, source, step):
        [(word, place)] = action.items()
        if "every" in step and i % step["every"] == 0:
            return {word: {"status": step["status"],
                           "error": step.get("error", ITEM_429)}}
        refused = self.refuse(source) if self.refuse else None
        if refused:
            return {word: {"status": refused[0], "error": refused[1]}}
        name = place["_id"]
        version = place.get("version", 0)
        if name in self.documents and version <= self.versions[name]:
            return {word: {"status": 409, "error": {
                "type": "version_conflict_engine_exception",
                "reason": "document already exists"}}}
        self.documents[name] = source
        self.versions[name] = version
        return {word: {"status": 201}}


def _error(error):
    if isinstance(error, str):
        error = {"type": error, "reason": "as the script says"}
    return json.dumps({"error": error}).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    elastic = None

    def _body(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Encoding") == "gzip":
            raw = gzip.decompress(raw)
        return raw

    def _reply(self, status, body=b"{}", headers=None, cut=None):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body if cut is None else body[:cut])
        if cut is not None:
            self.close_connection = True

    def do_GET(self):  # pylint: disable=invalid-name
        self._reply(404)

    def do_PUT(self):  # pylint: disable=invalid-name
        self._body()
        self._reply(200, b'{"acknowledged":true}')

    def do_POST(self):  # pylint: disable=invalid-name
        status, headers, body, cut = self.elastic.bulk(self._body())
        self._reply(status, body, headers, cut)

    def log_message(self, *_):
        pass
