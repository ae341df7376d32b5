"""What leaves for Cohere, judged by the types of its own SDK, and what is made of its answers."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from typing import Any, cast

import cohere
from cohere.v2 import types as v2
from pydantic import BaseModel, TypeAdapter

from onellm import ChatCompletionResponse, Reply
from tests.wire import Stream, call, received_stream

NAME = "cohere"
MODEL = "command-a-03-2025"
USER = {"role": "user", "content": "Hi"}

CHAT: dict[str, Any] = {
    "messages": list[cohere.ChatMessageV2],
    "tools": list[cohere.ToolV2],
    "documents": list[str | cohere.Document],
    "citation_options": cohere.CitationOptions,
    "response_format": cohere.ResponseFormatV2,
    "thinking": cohere.Thinking,
    "tool_choice": v2.V2ChatRequestToolChoice,
    "safety_mode": v2.V2ChatRequestSafetyMode,
}
"""The types of the SDK for what is more than a number or a text."""
EVENT: TypeAdapter[Any] = TypeAdapter(v2.V2ChatStreamResponse)


def body(*messages: Any, model: str = MODEL, **params: Any) -> dict[str, Any]:
    """The body of a chat, which the SDK's types accept."""
    made = cast("dict[str, Any]", call(NAME, list(messages) or [USER], model, **params).json)
    judge(made)
    return made


def parameters(**params: Any) -> dict[str, Any]:
    """The body without model and messages."""
    return {key: value for key, value in body(**params).items() if key not in ("model", "messages")}


def judge(made: dict[str, Any]) -> None:
    """Fail where the SDK has no such parameter, or its types refuse a value or do not know a key of it."""
    assert not made.keys() - {"stream"} - set(inspect.signature(cohere.ClientV2.chat).parameters)
    for name, kind in CHAT.items():
        if name in made:
            check(TypeAdapter(kind).validate_python(made[name]))


def judge_event(value: dict[str, Any]) -> None:
    """Fail where an event is none of the SDK's typed union."""
    check(EVENT.validate_python(value))


def check(value: Any) -> None:
    """Fail where a model of the SDK holds what it does not know."""
    if isinstance(value, BaseModel):
        assert not value.model_extra, (type(value), value.model_extra)
        for name in type(value).model_fields:
            check(getattr(value, name))
    elif isinstance(value, (list, tuple)):
        for each in value:
            check(each)


# -- answers -----------------------------------------------------------------------------------------------------------


def answer(*content: Any, finish_reason: str = "COMPLETE", **fields: Any) -> dict[str, Any]:
    """A whole answer as the service sends it; `fields` are of the message, but for usage and logprobs."""
    usage = {
        "billed_units": {"input_tokens": 5, "output_tokens": 10},
        "tokens": {"input_tokens": 15, "output_tokens": 10},
    }
    outer: dict[str, Any] = {name: fields.pop(name) for name in ("usage", "logprobs") if name in fields}
    blocks = [{"type": "text", "text": item} if isinstance(item, str) else item for item in content]
    message: dict[str, Any] = {"role": "assistant", **({"content": blocks} if blocks else {}), **fields}
    return {"id": "a1", "finish_reason": finish_reason, "message": message, "usage": usage, **outer}


def events(said: dict[str, Any], size: int = 3) -> list[bytes]:
    """The same answer as the events of a stream, texts in pieces of `size` characters; each is one of the SDK's."""
    made = list(_values(said, size))
    for value in made:
        judge_event(value)
    return [sse(value) for value in made]


def sse(value: dict[str, Any]) -> bytes:
    """One event, named as its data's type."""
    return f"event: {value['type']}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def _values(said: dict[str, Any], size: int) -> Iterator[dict[str, Any]]:
    message = said["message"]
    yield {"type": "message-start", "id": said["id"], "delta": {"message": {"role": "assistant"}}}
    for index, block in enumerate(message.get("content", ())):
        kind = block["type"]
        yield _event("content-start", index, {"content": {"type": kind, kind: ""}})
        for piece in _pieces(block[kind], size):
            yield _event("content-delta", index, {"content": {kind: piece}})
        yield {"type": "content-end", "index": index}
    for piece in _pieces(message.get("tool_plan", ""), size):
        yield {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": piece}}}
    for index, each in enumerate(message.get("tool_calls", ())):
        begun = {**each, "function": {**each["function"], "arguments": ""}}
        yield _event("tool-call-start", index, {"tool_calls": begun})
        for piece in _pieces(each["function"]["arguments"], size):
            yield _event("tool-call-delta", index, {"tool_calls": {"function": {"arguments": piece}}})
        yield {"type": "tool-call-end", "index": index}
    for index, each in enumerate(message.get("citations", ())):
        yield _event("citation-start", index, {"citations": each})
        yield {"type": "citation-end", "index": index}
    yield {"type": "message-end", "delta": {"finish_reason": said["finish_reason"], "usage": said["usage"]}}


def _event(kind: str, index: int, message: dict[str, Any]) -> dict[str, Any]:
    return {"type": kind, "index": index, "delta": {"message": message}}


def _pieces(text: str, size: int) -> Iterator[str]:
    return (text[at : at + size] for at in range(0, len(text), size))


def read(said: dict[str, Any]) -> ChatCompletionResponse:
    """What is made of a whole answer."""
    return call(NAME, model=MODEL).parse(Reply(200, {}, json.dumps(said).encode()))


def streamed(said: dict[str, Any] | bytes, **params: Any) -> Stream:
    """What is made of the same answer as a stream, or of the bytes of a stream."""
    data = said if isinstance(said, bytes) else b"".join(events(said))
    return received_stream(NAME, data, model=MODEL, **params)


def both_ways(said: dict[str, Any]) -> ChatCompletionResponse:
    """What is made of an answer, which is the same whole and streamed."""
    one, other = read(said), streamed(said)
    assert other.failure is None
    assert one.model_dump() == other.final.model_dump()
    return one


def said_back(said: ChatCompletionResponse) -> dict[str, Any]:
    """The message as it comes back from a caller who kept it as JSON."""
    return cast("dict[str, Any]", json.loads(said.choices[0].message.model_dump_json()))
