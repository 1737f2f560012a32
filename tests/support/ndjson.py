"""One JSON value a line."""

import json


def from_ndjson(text):
    """Lines end in LF alone: splitlines() would cut at U+2028 and others."""
    return [json.loads(line) for line in text.split("\n") if line]
