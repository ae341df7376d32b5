"""The recorded exchanges with Responses APIs."""

from __future__ import annotations

import functools
import gzip
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from tests.providers.recordings import Exchange, _body, _Loader


@functools.cache
def responses(folder: Path) -> tuple[Exchange, ...]:
    """The recorded POSTs to …/responses (and GETs of a stored one) in a folder."""
    found: list[Exchange] = []
    for path in sorted(folder.glob("*.yaml")):
        for number, each in enumerate(yaml.load(path.read_text(encoding="utf-8"), _Loader)["interactions"]):
            request: Any = each.get("request")
            place = urlsplit(request["uri"]).path if request else ""
            if place.endswith("/responses") or "/responses/resp_" in place:
                asked = json.loads(_body(request) or b"null")
                status = each["response"]["status"]["code"]
                body = _body(each["response"])
                body = gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
                found.append(Exchange(f"{path.stem}:{number}", asked, status, body))
    return tuple(found)
