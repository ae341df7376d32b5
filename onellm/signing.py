"""From a call to the request of one attempt: the body's bytes, the headers, the signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onellm import __version__
from onellm.body import encode_body
from onellm.call import Call, Parts, Reply, Request, StreamCall, Work
from onellm.errors import InvalidRequestError

AGENT = ("User-Agent", f"onellm/{__version__}")
WHOLE: Parts = [AGENT, ("Accept", "application/json"), ("Accept-Encoding", "gzip, deflate")]
STREAM_TYPE = "text/event-stream"
STREAMED: Parts = [AGENT, ("Accept", STREAM_TYPE), ("Accept-Encoding", "identity")]

RESERVED = frozenset({
    "authorization", "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "host",
    "content-length", "content-type", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade",
    "accept-encoding",
})  # fmt: skip


class Signed:
    """The request of one attempt, signed; `again` signs anew where the service's refusal asks for it.

    `work`: what must be computed before the request can be signed (`done` takes what came of it).
    """

    __slots__ = ("_auth", "request", "work")

    def __init__(self, call: Call[Any] | StreamCall[Any, Any]) -> None:
        body = call.body() if callable(call.body) else call.body
        media_type, content = encode_body(body)
        headers = list(WHOLE if isinstance(call, Call) else STREAMED)
        if isinstance(call, StreamCall) and call.media_type != STREAM_TYPE:
            headers[1] = ("Accept", call.media_type)
        if call.headers:
            given = {pair[0].lower(): pair for pair in call.headers.items()}  # the last of one name counts
            headers = [pair for pair in headers if pair[0].lower() not in given]
            headers.extend(given.values())
        if media_type:
            headers.append(("Content-Type", media_type))
        request = Request(call.method, call.url, headers, content)
        self._auth = call.auth.flow(request) if call.auth is not None else None
        self.request = request
        self.work: Work[Any] | None = None
        if self._auth is not None:
            self._take(next(self._auth))

    def done(self, outcome: Any) -> None:
        """Go on signing with what the work gave."""
        if self._auth is not None:
            self._take(self._auth.send(outcome))

    def _take(self, step: Request | Work[Any]) -> None:
        if isinstance(step, Request):
            self.request, self.work = step, None
        else:
            self.work = step

    def again(self, reply: Reply) -> bool:
        """Whether the request was signed anew because of this refusal (401, 402) and is to be sent again."""
        if self._auth is None or reply.status not in (401, 402):
            return False
        try:
            self._take(self._auth.send(reply))
        except StopIteration:
            return False
        return True


def check_headers(headers: Mapping[str, object] | None) -> dict[str, str]:
    """The caller's extra headers, if they may be sent.

    Raises InvalidRequestError for a header that OneLLM sets itself or that carries a credential, and for one that would
    break out of its line.
    """
    checked: dict[str, str] = {}
    for name, value in (headers or {}).items():
        if name.lower() in RESERVED:
            raise InvalidRequestError(f"extra_headers: {name} is set by OneLLM; give keys as api_key of the provider.")
        if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
            raise InvalidRequestError(f"extra_headers: {name!r} is no name of a header.")
        if not isinstance(value, str) or not value.isascii() or not value.replace("\t", " ").isprintable():
            raise InvalidRequestError(f"extra_headers: the value of {name} must be one line of ASCII text.")
        checked[name] = value
    return checked
