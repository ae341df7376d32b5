"""One recorded exchange, and how it stands in the file.

A body is one of `json`, `text`, `base64`, and for an answer that came in several pieces `pieces`, each a text or
`{"base64": …}`; an empty body is none of them.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from onellm.decode.json import Table, array, table
from onellm.testing.recording.removal import Removal

if TYPE_CHECKING:
    from onellm.call import Request
    from onellm.transport.taped import End

_ENDS: Mapping[str, End] = {"whole": "whole", "left": "left", "broken": "broken"}


@dataclass(frozen=True)
class Asked:
    """A request without secrets. `body` is as in the file."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Table

    @classmethod
    def of(cls, request: Request, removal: Removal) -> Asked:
        """The request as it is recorded and looked up."""
        media_type = next((value for name, value in request.headers if name.lower() == "content-type"), "")
        body = request_body(_one_boundary(request.content, media_type), media_type)
        headers = removal.request_headers(request.headers)
        if "boundary=" in media_type:
            headers["content-type"] = media_type.partition(";")[0]
        return cls(request.method, request.url, headers, body).without(removal)

    def without(self, removal: Removal) -> Asked:
        """The same without what is known as secret by now."""
        body: Table = {}
        for kind, value in self.body.items():
            if kind == "json":
                body[kind] = removal.json(value)
            elif kind == "text":
                form = "urlencoded" in self.headers.get("content-type", "")
                body[kind] = removal.form(value) if form else removal.text(value)
            else:
                body[kind] = _base64(removal.data(base64.b64decode(value)))
        headers = {name: removal.text(value) for name, value in self.headers.items()}
        return Asked(self.method, removal.url(self.url), headers, body)

    @property
    def target(self) -> str:
        """Path and query."""
        parts = urlsplit(self.url)
        return f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"

    @property
    def key(self) -> tuple[str, str, str]:
        """What two requests have in common that match: method, path and query, the body with its names in order."""
        return self.method, self.target, json.dumps(self.body, sort_keys=True)


@dataclass
class Replied:
    """An answer: its pieces as they came, and how it ended: to its end, or not."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    pieces: Sequence[bytes] = ()
    end: End = "whole"


@dataclass
class Exchange:
    """A request and its answer."""

    asked: Asked
    replied: Replied

    def to_json(self) -> Table:
        """The exchange as in the file."""
        asked, replied = self.asked, self.replied
        end = {} if replied.end == "whole" else {"end": replied.end}
        return {
            "request": {"method": asked.method, "url": asked.url, "headers": dict(asked.headers), **asked.body},
            "reply": {"status": replied.status, "headers": dict(replied.headers), **_reply_body(replied), **end},
        }

    @classmethod
    def from_json(cls, value: object) -> Exchange:
        """The exchange of the file. Raises ValueError, TypeError or KeyError if it is none."""
        request, reply = table(table(value)["request"]), table(table(value)["reply"])
        body: Table = {kind: request[kind] for kind in ("json", "text", "base64") if kind in request}
        asked = Asked(_text(request["method"]), _text(request["url"]), _headers(request), body)
        end = _ENDS[reply.get("end", "whole")]
        return cls(asked, Replied(int(reply["status"]), _headers(reply), _pieces(reply), end))


def request_body(content: bytes, media_type: str = "") -> Table:
    """A request's body as in the file."""
    if not content:
        return {}
    if "multipart" not in media_type:
        try:
            return {"json": strict_json(content)}
        except ValueError:
            pass
    piece = _piece(content)
    return {"text": piece} if isinstance(piece, str) else cast("Table", piece)


def strict_json(content: bytes) -> Any:
    """The JSON value, if nothing is lost when it is written again. Raises ValueError."""
    try:
        value = json.loads(content, object_pairs_hook=_distinct)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError:
        raise ValueError("too deep") from None
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> Table:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name comes twice")
    return made


def _one_boundary(content: bytes, media_type: str) -> bytes:
    """A multipart body with a boundary that is the same each time."""
    found = re.search(r'multipart/.*boundary="?([^";]+)', media_type)
    return content.replace(found[1].encode(), b"boundary") if found else content


def _reply_body(replied: Replied) -> Table:
    content = b"".join(replied.pieces)
    if re.match(r"application/([\w.-]+\+)?json\b", replied.headers.get("content-type", "")):
        try:
            return {"json": strict_json(content)}
        except ValueError:
            pass
    if len(replied.pieces) > 1:
        return {"pieces": [_piece(piece) for piece in replied.pieces]}
    return request_body(content, "multipart") if content else {}


def _pieces(reply: Table) -> list[bytes]:
    if "json" in reply:
        return [json.dumps(reply["json"], ensure_ascii=False, separators=(",", ":")).encode()]
    if "pieces" in reply:
        return [_bytes(piece) for piece in array(reply["pieces"])]
    if "text" in reply:
        return [_bytes(_text(reply["text"]))]
    return [_bytes(reply)] if "base64" in reply else []


def _bytes(piece: object) -> bytes:
    if isinstance(piece, str):
        return piece.encode()
    return base64.b64decode(_text(table(piece)["base64"]), validate=True)


def _piece(data: bytes) -> str | dict[str, str]:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": _base64(data)}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _headers(part: Table) -> dict[str, str]:
    return {_text(name): _text(value) for name, value in table(part.get("headers")).items()}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value
