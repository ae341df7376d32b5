"""A stream of Responses events: decoded, and assembled to the response."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from onellm.call import Reply
from onellm.decode.events import SHOWN, EventStream
from onellm.decode.json import table
from onellm.errors import OneLLMError
from onellm.meta import Meta
from onellm.types.response import ResponseEvent, ResponseItem, ResponseObject, ResponsePart

ENDS = ("response.completed", "response.incomplete", "response.failed", "response.cancelled")


class EventReader(EventStream[ResponseEvent]):
    """Events from the bytes of a stream.

    The stream is whole after `response.completed` or `response.incomplete`. After `response.failed` and `error` comes
    the service's error, as `failure`; so do broken JSON and an early end, after the events before them.
    """

    cut = "The stream ended before the response was finished."

    def __init__(self, error: Callable[[Reply], OneLLMError], settle: Callable[[ResponseObject], None]) -> None:
        super().__init__()
        self._error = error
        self._settle = settle
        self._validate = ResponseEvent.__pydantic_validator__.validate_json
        self._places: dict[str, int] = {}

    def _take(self, name: str, payload: bytes, events: list[ResponseEvent]) -> None:
        if payload == b"[DONE]":
            self.done = self.complete
            return
        if name == "error":
            self.failure = self._error(Reply(200, None, _as_error(table(_load(payload)))))
            return
        try:
            event = self._validate(payload)
        except ValueError:
            fields = table(_load(payload))
            if fields.get("error") or fields.get("code"):
                self.failure = self._error(Reply(200, None, _as_error(fields)))
            elif fields.keys() - {"type"}:
                self._hole(payload)
            return
        if event.type == "error":
            self.failure = self._error(Reply(200, None, _as_error(table(_load(payload)))))
            return
        if event.response is not None:
            self._settle(event.response)
        if event.output_index is None and (own := event.item_id or (event.item.id if event.item is not None else None)):
            event.output_index = self._places.setdefault(own, len(self._places))  # llama.cpp leaves it out
        events.append(event)
        if event.type in ENDS:
            self.complete = self.done = True
        if event.type == "response.failed":
            said = table(event.response.error if event.response is not None else None)
            self.failure = self._error(Reply(200, None, _as_error(said)))


def _load(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return {"bytes": payload[:SHOWN].decode("utf-8", "replace")}


def _as_error(said: dict[str, Any]) -> bytes:
    """An error event as an error body; some come with `error` inside, OpenAI's is flat."""
    inner = table(said.get("error")) or {name: value for name, value in said.items() if name != "type"}
    kind = inner.get("type") or inner.get("code") or "response_failed"
    return json.dumps({"error": {"message": "the response failed", **inner, "type": kind}}).encode()


class ResponseAssembler:
    """The response of a stream: the last event's, or as far as it came."""

    def __init__(self) -> None:
        self._response: ResponseObject | None = None
        self._whole = False
        self._items: dict[int, ResponseItem] = {}

    def add(self, event: ResponseEvent) -> None:
        if event.response is not None:
            self._response = event.response
            self._whole = event.type in ENDS
        elif event.output_index is not None:
            self._add_to_item(event, event.output_index)

    def result(self) -> ResponseObject:
        """The response so far."""
        if self._response is None or (not self._whole and not self._response.output):
            response = (self._response or ResponseObject()).model_copy()
            response.output = [item for _, item in sorted(self._items.items())]
            return response
        if self._whole and not self._response.output and self._items:  # some hosts leave it out of the last event
            self._response.output = [item for _, item in sorted(self._items.items())]
        return self._response

    def account(self, meta: Meta) -> None:
        """Tell the meta what the response costs, once that is known."""
        if self._response is not None:
            self._response.account(meta)

    def _add_to_item(self, event: ResponseEvent, index: int) -> None:
        if event.item is not None:
            self._items[index] = event.item
            return
        item = self._items.get(index)
        if item is None or not isinstance(event.delta, str):
            return
        if event.type in ("response.output_text.delta", "response.refusal.delta", "response.reasoning_text.delta"):
            kind = {"response.refusal.delta": "refusal", "response.reasoning_text.delta": "reasoning_text"}
            item.content = _grown(item.content, event.content_index, kind.get(event.type, "output_text"), event.delta)
        elif event.type == "response.reasoning_summary_text.delta":
            place: Any = (event.model_extra or {}).get("summary_index")
            item.summary = _grown(item.summary, place if isinstance(place, int) else 0, "summary_text", event.delta)
        elif event.type == "response.function_call_arguments.delta":
            item.arguments = (item.arguments or "") + event.delta
        elif event.type == "response.custom_tool_call_input.delta":
            item.input = (item.input or "") + event.delta


def _grown(parts: list[ResponsePart] | None, place: int | None, kind: str, delta: str) -> list[ResponsePart]:
    grown = list(parts or [])
    while len(grown) <= (place or 0):
        grown.append(ResponsePart(type=kind))
    part = grown[place or 0]
    if kind == "refusal":
        part.refusal = (part.refusal or "") + delta
    else:
        part.text = (part.text or "") + delta
    return grown
