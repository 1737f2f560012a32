"""Reading Elasticsearch whole."""

import urllib.error

from . import web


class Search:
    def __init__(self, stack):
        self._stack = stack

    def request(self, path, body=None, method=None):
        return web.request_json(self._stack.es_url + path, body, method)

    def refresh(self, pattern):
        self.request(f"/{pattern}/_refresh?allow_no_indices=true",
                     method="POST")

    def count(self, pattern):
        """Documents now; 0 also while the server is away."""
        try:
            self.refresh(pattern)
            return self.request(f"/{pattern}/_count")["count"]
        except (urllib.error.URLError, OSError):
            return 0

    def es_all(self, pattern, fields=True):
        """Every document of the indices: _index, _id and _source."""
        self.refresh(pattern)
        page = self.request(
            f"/{pattern}/_search?scroll=1m",
            {"size": 10000, "sort": ["_doc"], "_source": fields})
        found = []
        while page["hits"]["hits"]:
            found += page["hits"]["hits"]
            page = self.request("/_search/scroll", {
                "scroll": "1m", "scroll_id": page["_scroll_id"]})
        self.request("/_search/scroll", {"scroll_id": page["_scroll_id"]},
                     method="DELETE")
        return found

    def numbers(self, pattern):
        """Seq of every document, sorted, repeats kept."""
        return sorted(hit["_source"]["Seq"]
                      for hit in self.es_all(pattern, ["Seq"])
                      if "Seq" in hit["_source"])
