"""A service that says exactly these bytes in these pieces, and a client of either kind on a tape."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from onellm.testing import Tape, record
from tests.support import DONE, KEY, Caller, Streamed, chunk, completion, event

SETTINGS = {"openai": {"api_key": KEY, "base_url": "https://api.example/v1"}}
STREAM = [event(chunk("Hel")), event(chunk("lo")), event(chunk(finish="stop")) + DONE]


class Body(httpx.SyncByteStream, httpx.AsyncByteStream):
    """Pieces, as they are; an exception among them is raised."""

    def __init__(self, pieces: Sequence[bytes | Exception]) -> None:
        self.pieces = pieces
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        self.closed += 1


class Canned(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers with one script after the other; the last repeats. Keeps the requests and the bodies."""

    def __init__(self, *scripts: Sequence[bytes | Exception], status: int = 200, **headers: str) -> None:
        self.scripts = scripts
        self.status = status
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.requests: list[httpx.Request] = []
        self.bodies: list[Body] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = Body(self.scripts[min(len(self.bodies), len(self.scripts) - 1)])
        self.requests.append(request)
        self.bodies.append(body)
        return httpx.Response(self.status, headers=self.headers, stream=body)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self.handle_request(request)


def whole(*values: Any, **options: Any) -> Canned:
    """Says these JSON values, one for each request."""
    scripts = [[json.dumps(value).encode()] for value in values or [completion()]]
    return Canned(*scripts, **{"content_type": "application/json", **options})


def streaming(*pieces: bytes | Exception, **options: Any) -> Canned:
    """Says this event stream."""
    return Canned(pieces or STREAM, **{"content_type": "text/event-stream", **options})


def recorder(path: Path, service: Canned, **options: Any) -> Any:
    return record(path, transport=service, async_transport=service, **options)


def through(tape: Tape, caller: Caller) -> dict[str, Any]:
    """Client options that put a client on the tape."""
    return {"transport": tape.transport if caller.kind == "sync" else tape.async_transport}


def ask(tape: Tape, caller: Caller, content: Any = "Hi", **params: Any) -> Any:
    """A whole chat completion on the tape."""
    return caller.chat(
        SETTINGS, messages=[{"role": "user", "content": content}], client=through(tape, caller), **params
    )


def ask_stream(tape: Tape, caller: Caller, content: Any = "Hi", **params: Any) -> Streamed:
    """A streamed one."""
    messages = [{"role": "user", "content": content}]
    return caller.chat_stream(SETTINGS, messages=messages, client=through(tape, caller), **params)


def made(path: Path, service: Canned, content: Any = "Hi", **options: Any) -> Path:
    """Record one whole chat completion, and give the path back."""
    with recorder(path, service, **options) as tape:
        ask(tape, Caller("sync"), content)
    return path


def plain_client(tape: Tape) -> httpx.Client:
    return httpx.Client(transport=tape.transport, base_url="https://api.example")


def exchanges(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["exchanges"]
    return found


def post(path: Path, service: Canned, *, headers: Mapping[str, str] | None = None, **request: Any) -> dict[str, Any]:
    """Record one request of httpx's own client, and give what the file says of it."""
    with recorder(path, service) as tape, plain_client(tape) as client:
        client.post(**{"url": "/v1/x", **request}, headers=headers)
    (exchange,) = exchanges(path)
    return exchange


def random_key() -> str:
    """A key with signs that URLs and JSON write in another way."""
    return f"sk-{secrets.token_urlsafe(24)}/+{secrets.token_hex(8)}=="


def no_trace_of(secret: str, path: Path) -> None:
    """The file holds the secret in no spelling."""
    text = path.read_text(encoding="utf-8")
    again = json.dumps(json.loads(text), ensure_ascii=False)
    spellings = (quote(secret), quote(secret, safe=""), secret.replace("/", r"\/"), json.dumps(secret)[1:-1])
    for spelling in (secret, *spellings):
        assert spelling not in text
        assert spelling not in again
