"""Operations of a service that nobody offers: the smallest calls, streams and work, for tests of the engines."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from onellm.call import Call, Reply, StreamCall
from onellm.decode.ndjson import NDJSONDecoder
from onellm.error_bodies import build_error
from onellm.errors import OneLLMError, StreamInterrupted
from onellm.options import Options, RetryPolicy, Timeout
from tests.support import Answer, Caller, Piece, streamed, whole

CALLERS = [pytest.param(Caller("sync"), id="sync"), pytest.param(Caller("async"), id="async")]
both = pytest.mark.parametrize("caller", CALLERS)
"""Runs a test once with each engine."""

ORIGIN = ("acme", "m1")
error = functools.partial(build_error, provider="acme", model="m1")


def text(reply: Reply) -> str:
    """The body as text."""
    return reply.body.decode()


def call(url: str, parse: Callable[[Reply], Any] = text, **fields: Any) -> Call[str]:
    """A POST of nothing."""
    given: dict[str, Any] = {"method": "POST", "url": url, "parse": parse, "error": error, "origin": ORIGIN}
    return Call(**{**given, **fields})


def ok(body: str = "ok", **headers: str) -> Answer:
    """A whole answer of text."""
    return whole(body.encode(), 200, headers, "text/plain")


class Lines:
    """Events are lines; `end` is the last."""

    def __init__(self) -> None:
        self.done = False
        self.complete = False
        self.failure: OneLLMError | None = None
        self._lines = NDJSONDecoder()

    def feed(self, data: bytes) -> Sequence[str]:
        return self._take(self._lines.feed(data))

    def close(self) -> Sequence[str]:
        events = self._take(self._lines.close())
        if not self.done:
            self.failure = StreamInterrupted("cut")
        return events

    def _take(self, lines: list[bytes]) -> list[str]:
        events: list[str] = []
        for line in lines:
            if line == b"end":
                self.done = True
                break
            if not line.startswith(b"#"):
                events.append(line.decode())
        return events


class Joined:
    """The whole answer is the events in a list."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def add(self, event: str) -> None:
        self.events.append(event)

    def result(self) -> list[str]:
        return list(self.events)


def stream_call(url: str, **fields: Any) -> StreamCall[str, list[str]]:
    """A POST of nothing that answers with lines."""
    given: dict[str, Any] = {"method": "POST", "url": url, "error": error, "origin": ORIGIN, "decoder": Lines, **fields}
    return StreamCall(assembler=Joined, **given)


def lines(*pieces: Piece | str, end: bool = True, **params: Any) -> Answer:
    """A stream of lines; `end` writes the last."""
    wire = [piece.encode() + b"\n" if isinstance(piece, str) else piece for piece in pieces]
    return streamed(*wire, *([b"end\n"] if end else []), end=end, **params)


def options(
    retries: int = 2, *, deadline: float | None = 20, unknown: bool = False, progress: Any = None, **limits: Any
) -> Options:
    """Options that do not wait between attempts."""
    policy = RetryPolicy(max_retries=retries, base=0, retry_unknown=unknown)
    return Options(timeout=Timeout(**limits), deadline=deadline, retry=policy, on_progress=progress)
