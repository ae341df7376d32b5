"""A streamed response of Venice: its events decoded, and the whole made of them.

Venice does not describe the events; these are those of OpenAI's Responses API, and unknown ones are handed on as they
come.
"""

from __future__ import annotations

from collections.abc import Callable

from onellm.call import Reply
from onellm.decode.events import EventStream
from onellm.errors import BadResponseError, OneLLMError
from onellm_providers.venice.types.responses import ResponseEvent, ResponseItem, VeniceResponse

ENDS = frozenset({"response.completed", "response.failed", "response.incomplete", "response.cancelled"})


class ResponseDecoder(EventStream[ResponseEvent]):
    """Events from the bytes of a stream. An error event, or an end before the last event, becomes `failure`."""

    cut = "The stream ended before the response was finished."

    def __init__(self, error: Callable[[Reply], OneLLMError]) -> None:
        super().__init__()
        self._error = error

    def _take(self, name: str, payload: bytes, events: list[ResponseEvent]) -> None:
        if payload == b"[DONE]":
            self.done = True
            return
        try:
            event = ResponseEvent.model_validate_json(payload)
        except ValueError:
            self.failure = self._unreadable(name, payload)
            return
        if event.type == "error":
            self.failure = self._error(Reply(200, None, payload))
            return
        events.append(event)
        self.complete = self.complete or event.type in ENDS

    def _unreadable(self, name: str, payload: bytes) -> OneLLMError:
        """An error as Venice's chat sends it inside a stream, or bytes that are no event."""
        if name == "error" or b'"error"' in payload:
            return self._error(Reply(200, None, payload))
        return BadResponseError("An event of the stream is no event of a response.")


class ResponseAssembler:
    """The whole response: that of the last event, or what came up to then."""

    def __init__(self, model: str) -> None:
        self._whole = VeniceResponse(id="", model=model)
        self._items: dict[int, ResponseItem] = {}
        self._texts: dict[int, list[str]] = {}

    def add(self, event: ResponseEvent) -> None:
        if event.response is not None:
            self._whole = event.response
        place = event.output_index or 0
        if event.item is not None:
            self._items[place] = event.item
        if event.type == "response.output_text.delta" and event.delta is not None:
            self._texts.setdefault(place, []).append(event.delta)

    def result(self) -> VeniceResponse:
        if self._whole.output or self._whole.status not in ("in_progress", "queued"):
            return self._whole
        return self._whole.model_copy(update={"output": [self._item(place) for place in self._places()]})

    def _places(self) -> list[int]:
        return sorted({*self._items, *self._texts})

    def _item(self, place: int) -> ResponseItem:
        item = self._items.get(place) or ResponseItem(type="message", role="assistant", status="in_progress")
        text = "".join(self._texts.get(place, ()))
        if not text or item.text:
            return item
        return item.model_copy(update={"content": [{"type": "output_text", "text": text}]})
