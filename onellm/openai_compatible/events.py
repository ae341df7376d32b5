"""Streams whose events say in `type` what they are (images, transcriptions)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeVar

from onellm.call import Reply
from onellm.decode.events import EventStream
from onellm.decode.json import table
from onellm.decode.limits import DEFAULT, Limits
from onellm.errors import OneLLMError, StreamInterrupted
from onellm.types.base import Result

E = TypeVar("E", bound=Result)


class EventDecoder(EventStream[E]):
    """Events of a stream as `event` values.

    The stream is whole after an event whose type ends in `last`; `[DONE]` may follow. An error event, broken JSON or
    an early end becomes `failure`, after the events before it. Events without a type, such as pings, are passed over.
    An event may have `room` bytes, even where the client's limit on events is smaller.
    """

    def __init__(self, event: type[E], last: str, error: Callable[[Reply], OneLLMError], room: int = 0) -> None:
        super().__init__()
        self._event = event
        self._last = last
        self._error = error
        self._room = room
        self.limit(DEFAULT)

    def limit(self, limits: Limits) -> None:
        """Keep these limits in the place of the usual ones."""
        super().limit(Limits(max(limits.event, self._room), limits.arguments, limits.depth))

    def _take(self, name: str, payload: bytes, events: list[E]) -> None:
        if payload == b"[DONE]":
            self.done = True
            if not self.complete:
                self.failure = StreamInterrupted(self.cut)
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
            self._hole(payload)
