"""HTTP to servers on this machine, past any proxy."""

import json
import urllib.request

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def request(url, body=None, method=None, timeout=30):
    """The answer's text; urllib's errors for anything but 2xx."""
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(
        url, data, {"Content-Type": "application/json"}, method=method)
    with _OPENER.open(asked, timeout=timeout) as answer:
        return answer.read().decode()


def request_json(url, body=None, method=None, timeout=30):
    return json.loads(request(url, body, method, timeout))
