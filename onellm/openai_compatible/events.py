"""Streams whose events say in `type` what they are (images, transcriptions)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Generic, TypeVar

from onellm.call import Reply
from onellm.decode.json import table
from onellm.decode.limits import DEFAULT, Limits
from onellm.decode.sse import SSEDecoder
from onellm.errors import BadResponseError, OneLLMError, StreamInterrupted
from onellm.types.base import Result

E = TypeVar("E", bound=Result)
SHOWN = 200


class EventDecoder(Generic[E]):
    """Events of a stream as `event` values.

    The stream is whole after an event whose type ends in `last`; `[DONE]` may follow. An error event, broken JSON or
    an early end becomes `failure`, after the events before it. Events without a type, such as pings, are passed over.
    An event may have `room` bytes, even where the client's limit on events is smaller.
    """

    def __init__(self, event: type[E], last: str, error: Callable[[Reply], OneLLMError], room: int = 0) -> None:
        self.done = False
        self.complete = False
        self.failure: OneLLMError | None = None
        self._event = event
        self._last = last
        self._error = error
        self._room = room
        self.limit(DEFAULT)

    def limit(self, limits: Limits) -> None:
        """Keep these limits in the place of the usual ones."""
        self._sse = SSEDecoder(Limits(max(limits.event, self._room), limits.arguments, limits.depth))

    def feed(self, data: bytes) -> list[E]:
        events: list[E] = []
        try:
            for name, payload in self._sse.feed(data):
                self._take(name, payload, events)
                if self.done or self.failure is not None:
                    break
        except BadResponseError as error:
            self.failure = error
        return events

    def close(self) -> list[E]:
        events: list[E] = []
        for name, payload in self._sse.close():
            self._take(name, payload, events)
        if not self.complete and not self.done and self.failure is None:
            self.failure = StreamInterrupted("The stream ended before the answer was finished.")
        return events

    def _take(self, name: str, payload: bytes, events: list[E]) -> None:
        if payload == b"[DONE]":
            self.done = True
            if not self.complete:
                self.failure = StreamInterrupted("The stream ended before the answer was finished.")
            return
        try:
            fields = table(json.loads(payload))
            kind = fields.get("type")
            if name == "error" or kind == "error" or fields.get("error"):
                self.failure = self._error(Reply(200, None, payload))
            elif isinstance(kind, str) and kind:
                events.append(self._event.model_validate_json(payload))
                self.complete = self.complete or kind.endswith(self._last)
        except (ValueError, RecursionError):
            text = payload[:SHOWN].decode("utf-8", "replace")
            self.failure = BadResponseError(
                "An event of the stream is not what the format says; the answer has a hole here.", body=text
            )
