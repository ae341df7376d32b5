"""A response as a chat completion, whole and as a stream of chunks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from onellm.call import Reply
from onellm.capabilities import Prices
from onellm.decode.json import Table, array, table
from onellm.decode.limits import Limits
from onellm.errors import OneLLMError
from onellm.openai_compatible.answers import settle_usage
from onellm.openai_compatible.responses.events import ENDS, EventReader
from onellm.openai_compatible.responses.from_chat import ITEMS
from onellm.openai_compatible.spec import Spec
from onellm.types.chat import (
    ChatCompletionResponse,
    Choice,
    CustomCall,
    FinishReason,
    FunctionCall,
    Logprobs,
    Message,
    TokenLogprob,
    ToolCall,
    Usage,
)
from onellm.types.chunk import ChatCompletionChunk, ChunkChoice, Delta, FunctionCallDelta, ToolCallDelta
from onellm.types.response import ResponseEvent, ResponseItem, ResponseObject

PLAIN = frozenset({"message", "function_call"})
"""Items that the message of a chat says in full."""


def to_chat(spec: Spec, response: ResponseObject, prices: Prices | None) -> ChatCompletionResponse:
    """The chat completion that a response amounts to."""
    finish, native = ending(response)
    choice = Choice(
        index=0,
        message=_message(spec, response),
        finish_reason=finish,
        native_finish_reason=native,
        logprobs=_logprobs(response),
    )
    return ChatCompletionResponse(
        id=response.id,
        created=int(response.created_at),
        model=response.model,
        choices=[choice],
        usage=_usage(spec, response, prices),
        service_tier=(response.model_extra or {}).get("service_tier"),
    )


def ending(response: ResponseObject) -> tuple[FinishReason | None, str | None]:
    """The finish reason in chat's words, and in the service's."""
    reason = table(response.incomplete_details).get("reason")
    if response.status == "completed":
        calls = any(item.call_id and item.type in ("function_call", "custom_tool_call") for item in response.output)
        return ("tool_calls" if calls else "stop"), "completed"
    if response.status == "incomplete":
        words: dict[Any, FinishReason] = {"max_output_tokens": "length", "content_filter": "content_filter"}
        return words.get(reason, "error"), str(reason or "incomplete")
    return "error", response.status


def _usage(spec: Spec, response: ResponseObject, prices: Prices | None) -> Usage | None:
    if response.usage is None:
        return None
    usage = response.usage.as_chat()
    settle_usage(usage, prices, spec, response)
    return usage


def _message(spec: Spec, response: ResponseObject) -> Message:
    text = response.output_text
    refusal = "".join(part.refusal or "" for item in response.output for part in item.content or ())
    thoughts = "\n\n".join(filter(None, map(_thought, response.output)))
    calls = [call for item in response.output if (call := _call(item)) is not None]
    notes = _notes(response)
    extra: dict[str, Any] = {"annotations": notes} if notes else {}
    return Message(
        content=text if text or not (calls or refusal) else None,
        refusal=refusal or None,
        reasoning_content=thoughts or None,
        tool_calls=calls or None,
        provider_state=state(spec, response.output),
        **extra,
    )


def state(spec: Spec, items: list[ResponseItem]) -> dict[str, Any] | None:
    """The items, for the next turn, where they are more than the message says (reasoning, the service's own tools)."""
    if all(item.type in PLAIN for item in items):
        return None
    return {spec.name: {ITEMS: [item.model_dump(exclude_none=True) for item in items]}}


def _thought(item: ResponseItem) -> str:
    if item.type != "reasoning":
        return ""
    own = "".join(part.text or "" for part in item.content or ())
    return own or "\n\n".join(part.text or "" for part in item.summary or ())


def _call(item: ResponseItem) -> ToolCall | None:
    if item.type == "function_call":
        function = FunctionCall(name=item.name or "", arguments=item.arguments or "")
        return ToolCall(id=item.call_id or item.id or "", function=function)
    if item.type == "custom_tool_call":
        custom = CustomCall(name=item.name or "", input=str(item.input or ""))
        return ToolCall(id=item.call_id or item.id or "", type="custom", custom=custom)
    return None


def _notes(response: ResponseObject) -> list[Table]:
    """The annotations of all texts."""
    parts = [part for item in response.output for part in item.content or ()]
    return [_note(note) for part in parts for note in part.annotations or ()]


def _note(note: Table) -> Table:
    """An annotation as a chat has it: its facts under its type."""
    kind = str(note.get("type"))
    return {"type": kind, kind: {name: value for name, value in note.items() if name != "type"}}


def _logprobs(response: ResponseObject) -> Logprobs | None:
    found = [
        TokenLogprob.model_validate(each)
        for item in response.output
        for part in item.content or ()
        for each in array((part.model_extra or {}).get("logprobs"))
    ]
    return Logprobs(content=found) if found else None


class ChunkReader:
    """The chunks of a chat completion from a stream of Responses events.

    The finish reason comes with the last event only; tool calls are numbered in the order in which they begin.
    """

    def __init__(self, spec: Spec, error: Callable[[Reply], OneLLMError], prices: Prices | None) -> None:
        self.done = False
        self.complete = False
        self.failure: OneLLMError | None = None
        self._spec = spec
        self._prices = prices
        self._events = EventReader(error, lambda response: None)
        self._head: dict[str, Any] = {"id": "", "created": 0, "model": ""}
        self._calls: dict[int, int] = {}
        self._custom: set[int] = set()
        self._items: dict[int, ResponseItem] = {}
        self._thinking: tuple[Any, ...] | None = None
        self._began = False

    def limit(self, limits: Limits) -> None:
        """Keep these limits in the place of the usual ones."""
        self._events.limit(limits)

    def feed(self, data: bytes) -> list[ChatCompletionChunk]:
        return self._chunks(self._events.feed(data))

    def close(self) -> list[ChatCompletionChunk]:
        return self._chunks(self._events.close())

    def _chunks(self, events: list[ResponseEvent]) -> list[ChatCompletionChunk]:
        chunks = [chunk for event in events if (chunk := self._chunk(event)) is not None]
        reader = self._events
        self.done, self.complete, self.failure = reader.done, reader.complete, reader.failure
        return chunks

    def _chunk(self, event: ResponseEvent) -> ChatCompletionChunk | None:
        if event.response is not None:
            found = event.response
            self._head = {"id": found.id, "created": int(found.created_at), "model": found.model}
        if event.type in ENDS:
            return None if event.type == "response.failed" else self._last(event.response or ResponseObject())
        delta = self._delta(event)
        if delta is None and self._began:
            return None
        return self._made(ChunkChoice(index=0, delta=delta or Delta(), logprobs=_delta_logprobs(event)))

    def _made(self, choice: ChunkChoice, usage: Usage | None = None) -> ChatCompletionChunk:
        if not self._began:
            self._began = True
            choice.delta.role = "assistant"
        return ChatCompletionChunk(choices=[choice], usage=usage, **self._head)

    def _last(self, response: ResponseObject) -> ChatCompletionChunk:
        if not response.output and self._items:  # some hosts leave it out of the last event
            response.output = [item for _, item in sorted(self._items.items())]
        finish, native = ending(response)
        kept = state(self._spec, response.output)
        notes = [
            _note(note) for item in response.output for part in item.content or () for note in part.annotations or ()
        ]
        extra: dict[str, Any] = {
            **({"provider_state": kept} if kept else {}),
            **({"annotations": notes} if notes else {}),
        }
        choice = ChunkChoice(index=0, delta=Delta(**extra), finish_reason=finish, native_finish_reason=native)
        return self._made(choice, _usage(self._spec, response, self._prices))

    def _delta(self, event: ResponseEvent) -> Delta | None:
        text = event.delta if isinstance(event.delta, str) else ""
        if event.item is not None:
            return self._item(event, event.item)
        if event.type == "response.output_text.delta":
            return Delta(content=text)
        if event.type == "response.refusal.delta":
            return Delta(refusal=text)
        if event.type in ("response.reasoning_summary_text.delta", "response.reasoning_text.delta"):
            place = (event.output_index, (event.model_extra or {}).get("summary_index"))
            gap = "\n\n" if self._thinking is not None and self._thinking != place else ""
            self._thinking = place
            return Delta(reasoning_content=gap + text)
        if event.type == "response.function_call_arguments.delta":
            return self._fragment(event.output_index, FunctionCallDelta(arguments=text))
        if event.type == "response.custom_tool_call_input.delta" and event.output_index in self._calls:
            number = self._calls[event.output_index]
            return Delta(tool_calls=[_custom(number, {"input": text})])
        return None

    def _item(self, event: ResponseEvent, item: ResponseItem) -> Delta | None:
        place = event.output_index if event.output_index is not None else len(self._items)
        known = place in self._items
        self._items[place] = item
        if item.type not in ("function_call", "custom_tool_call"):
            return None
        if place in self._calls:
            return None
        number = self._calls[place] = len(self._calls)
        whole = known or event.type == "response.output_item.done"
        if item.type == "custom_tool_call":
            custom = {"name": item.name, "input": str(item.input or "") if whole else ""}
            return Delta(tool_calls=[_custom(number, custom, item.call_id)])
        function = FunctionCallDelta(name=item.name, arguments=(item.arguments or "") if whole else "")
        return Delta(tool_calls=[ToolCallDelta(index=number, id=item.call_id, type="function", function=function)])

    def _fragment(self, place: int | None, function: FunctionCallDelta) -> Delta | None:
        if place is None or place not in self._calls:
            return None
        return Delta(tool_calls=[ToolCallDelta(index=self._calls[place], function=function)])


def _custom(number: int, custom: Table, call_id: str | None = None) -> ToolCallDelta:
    kind: Table = {"id": call_id, "type": "custom"} if call_id else {}
    return ToolCallDelta.model_validate({"index": number, "custom": custom, **kind})


def _delta_logprobs(event: ResponseEvent) -> Logprobs | None:
    found = array((event.model_extra or {}).get("logprobs")) if event.type == "response.output_text.delta" else []
    return Logprobs(content=[TokenLogprob.model_validate(each) for each in found]) if found else None
