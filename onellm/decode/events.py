"""What the decoders of streams share: reading event by event, limits, and an end that comes too early."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

from onellm.decode.limits import DEFAULT, Limits
from onellm.decode.sse import SSEDecoder
from onellm.errors import BadResponseError, OneLLMError, StreamInterrupted

E = TypeVar("E")
END = b"[DONE]"
"""What many services send last."""
SHOWN = 200
"""Bytes of an unreadable event that its error shows."""


class Framing(Protocol):
    """Takes the bytes of a stream apart into events, each a name and a payload. Raises BadResponseError."""

    def feed(self, data: bytes, /) -> Iterable[tuple[str, bytes]]: ...

    def close(self) -> Iterable[tuple[str, bytes]]: ...


class EventStream(Generic[E]):
    """A `Decoder` of events, server-sent ones unless `framing` says otherwise. A format says in `_take` what one is.

    It sets `done` or `complete` at its end, and `failure` for what went wrong; reading stops at either. What it holds
    back goes out in `_release`: after the last event, and before the failure.
    """

    cut: str = "The stream ended before the answer was finished."

    done: bool
    complete: bool
    failure: OneLLMError | None

    def __init__(self) -> None:
        self.done = self.complete = False
        self.failure = None
        self._limits = DEFAULT
        self._frames = self.framing(DEFAULT)

    def framing(self, limits: Limits) -> Framing:
        """How the bytes are taken apart."""
        return SSEDecoder(limits)

    def limit(self, limits: Limits) -> None:
        """Keep these limits in the place of the usual ones."""
        self._limits = limits
        self._frames = self.framing(limits)

    def feed(self, data: bytes, /) -> list[E]:
        events: list[E] = []
        try:
            for name, payload in self._frames.feed(data):
                self._take(name, payload, events)
                if self.done or self.failure is not None:
                    break
        except BadResponseError as error:
            self.failure = error
        if self.done or self.failure is not None:
            self._release(events)
        return events

    def close(self) -> list[E]:
        events: list[E] = []
        try:
            for name, payload in self._frames.close():
                if not _cut_off(payload):
                    self._take(name, payload, events)
        except BadResponseError as error:
            self.failure = error
        if not self.done and not self.complete and self.failure is None:
            self.failure = StreamInterrupted(self.cut)
        self._release(events)
        return events

    def _take(self, name: str, payload: bytes, events: list[E], /) -> None:
        """Read one event of the stream, and append what it gives."""
        raise NotImplementedError

    def _release(self, events: list[E], /) -> None:
        """Append what was held back; most formats hold back nothing."""

    def _hole(self, payload: bytes, what: str = "not what the format says") -> None:
        """Fail: an event cannot be read, and the answer lacks what it said."""
        text = payload[:SHOWN].decode("utf-8", "replace")
        self.failure = BadResponseError(f"An event of the stream is {what}; the answer has a hole here.", body=text)


def _cut_off(payload: bytes) -> bool:
    """Whether a last event that has no ending is the beginning of one, which says nothing."""
    start = payload.strip()
    if not start.startswith(b"{"):
        return start != END and END.startswith(start)
    try:
        json.loads(payload)
    except (ValueError, RecursionError):
        return True
    return False
