"""What leaves for Anthropic, judged by the types of its own SDK, and what is made of its answers."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any, cast

from anthropic.types import message_create_params
from anthropic.types.beta import message_create_params as beta_params
from pydantic import TypeAdapter

from onellm import ChatCompletionResponse
from tests.faces.asking import tell
from tests.support import ByteServer
from tests.wire import Stream, call, received, received_stream

NAME = "anthropic"
OLD = "claude-sonnet-4-5"
"""A model that takes sampling parameters, budgets and prefills."""
USER = {"role": "user", "content": "Hi"}
HI = [{"type": "text", "text": "Hi"}]
PNG = "iVBORw0KGgo="


OLDER = ("$.temperature", "$.top_p", "$.top_k")
"""What API version 2023-06-01 takes, and the SDK, which is made for the later one, leaves out of its types."""


def body(*messages: Any, model: str = OLD, **params: Any) -> dict[str, Any]:
    """The body of a chat, which the SDK's types accept."""
    made = cast("dict[str, Any]", call(NAME, list(messages) or [USER], model, **params).json)
    judge(made)
    return made


def turns(*messages: Any, **params: Any) -> list[dict[str, Any]]:
    """The body's messages."""
    return cast("list[dict[str, Any]]", body(*messages, **params)["messages"])


def parameters(model: str = OLD, **params: Any) -> dict[str, Any]:
    """The body without model, messages and max_tokens."""
    made = body(model=model, **params)
    return {key: value for key, value in made.items() if key not in ("model", "messages", "max_tokens")}


def judge(made: dict[str, Any], *, beta: bool = False) -> None:
    """Fail where the SDK's types refuse the body, or know a key of it not."""
    kept = _drained(_types(beta, "stream" in made).validate_python(made))
    lost = (path for path in _lost(made, kept, "$") if path not in OLDER)
    unknown = [path for path in lost if ".input_schema." not in path]  # the types name two keywords of JSON Schema
    assert not unknown, unknown


@functools.cache
def _types(beta: bool, stream: bool) -> TypeAdapter[Any]:
    types: Any = beta_params if beta else message_create_params
    return TypeAdapter(types.MessageCreateParamsStreaming if stream else types.MessageCreateParamsNonStreaming)


def _drained(value: Any) -> Any:
    """What the types left for later is validated now: they hold iterables."""
    if isinstance(value, dict):
        return {name: _drained(item) for name, item in value.items()}
    if isinstance(value, (str, bytes, int, float, type(None))):
        return value
    return [_drained(item) for item in value]


def _lost(sent: Any, kept: Any, path: str) -> Iterator[str]:
    if isinstance(sent, dict) and isinstance(kept, dict):
        for name, value in sent.items():
            if name in kept:
                yield from _lost(value, kept[name], f"{path}.{name}")
            else:
                yield f"{path}.{name}"
    elif isinstance(sent, list) and isinstance(kept, list):
        for index, (one, other) in enumerate(zip(sent, kept, strict=True)):
            yield from _lost(one, other, f"{path}[{index}]")


# -- answers -----------------------------------------------------------------------------------------------------------


def message(*content: Any, stop_reason: str | None = "end_turn", **fields: Any) -> dict[str, Any]:
    """A whole answer as the service sends it."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5-20250929",
        "content": [
            {"type": "text", "text": item, "citations": None} if isinstance(item, str) else item for item in content
        ],
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {"input_tokens": 3, "output_tokens": 2},
        **fields,
    }


def events(answer: dict[str, Any], size: int = 3) -> list[bytes]:
    """The same answer as the events of a stream, texts and input in pieces of `size` characters."""
    usage = answer["usage"]
    start = {**answer, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    made: list[dict[str, Any]] = [{"type": "message_start", "message": start}, {"type": "ping"}]
    for index, block in enumerate(answer["content"]):
        made.append({"type": "content_block_start", "index": index, "content_block": _empty(block)})
        made += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in _deltas(block, size)]
        made.append({"type": "content_block_stop", "index": index})
    ending = {name: answer.get(name) for name in ("stop_reason", "stop_sequence", "stop_details")}
    made += [{"type": "message_delta", "delta": ending, "usage": usage}, {"type": "message_stop"}]
    return [sse(item) for item in made]


def sse(value: dict[str, Any]) -> bytes:
    """One event, named as its data's type."""
    return f"event: {value['type']}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n".encode()


def _empty(block: dict[str, Any]) -> dict[str, Any]:
    empty: dict[str, dict[str, Any]] = {
        "text": {"text": "", "citations": None},
        "thinking": {"thinking": "", "signature": ""},
    }
    return {**block, **empty.get(block["type"], {"input": {}} if "input" in block else {})}


def _deltas(block: dict[str, Any], size: int) -> Iterator[dict[str, Any]]:
    def pieces(text: str) -> Iterator[str]:
        return (text[at : at + size] for at in range(0, len(text), size))

    if block["type"] == "text":
        for citation in block.get("citations") or ():
            yield {"type": "citations_delta", "citation": citation}
        yield from ({"type": "text_delta", "text": piece} for piece in pieces(block["text"]))
    elif block["type"] == "thinking":
        yield from ({"type": "thinking_delta", "thinking": piece} for piece in pieces(block["thinking"]))
        yield from ({"type": "signature_delta", "signature": piece} for piece in pieces(block["signature"]))
    elif "input" in block:
        yield {"type": "input_json_delta", "partial_json": ""}
        text = json.dumps(block["input"], ensure_ascii=False) if block["input"] else ""
        yield from ({"type": "input_json_delta", "partial_json": piece} for piece in pieces(text))


def read(answer: dict[str, Any]) -> ChatCompletionResponse:
    """What is made of a whole answer."""
    return received(NAME, answer)


def streamed(answer: dict[str, Any] | bytes, **params: Any) -> Stream:
    """What is made of the same answer as a stream, or of the bytes of a stream."""
    data = answer if isinstance(answer, bytes) else b"".join(events(answer))
    return received_stream(NAME, data, **params)


def both_ways(answer: dict[str, Any]) -> ChatCompletionResponse:
    """What is made of an answer, which is the same whole and streamed."""
    one, other = read(answer), streamed(answer)
    assert other.failure is None
    assert one.model_dump() == other.final.model_dump()
    return one


def said_back(answer: ChatCompletionResponse) -> dict[str, Any]:
    """The message as it comes back from a caller who kept it as JSON."""
    return cast("dict[str, Any]", json.loads(answer.choices[0].message.model_dump_json()))


def ask(kind: str, server: ByteServer, operation: str, *args: Any, **params: Any) -> Any:
    """Call `batches.create` and the like on a client of this kind whose Anthropic is the server."""

    def do(client: Any) -> Any:
        return functools.reduce(getattr, operation.split("."), client)(*args, **params)

    return tell(kind, do, server, providers={NAME: server.provider()["openai"]})
