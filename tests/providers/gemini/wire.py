"""What leaves for Gemini, judged by the types of its own SDK, and what is made of its answers."""

from __future__ import annotations

import base64
import json
from typing import Any, cast

from google.genai import types

from onellm import ChatCompletionResponse
from tests.wire import Stream, call, received, received_stream

NAME = "gemini"
OLD, BUDGET, NEW = "gemini-1.5-pro", "gemini-2.5-flash", "gemini-3-flash-preview"
"""A model that takes a subset of schemas, one with a thinking budget, one with levels and signatures."""
USER = {"role": "user", "content": "Hi"}
HI = {"role": "user", "parts": [{"text": "Hi"}]}
PNG = "iVBORw0KGgo="
SIGNATURE = base64.b64encode(b"signed").decode()


def body(*messages: Any, model: str = NEW, name: str = NAME, **params: Any) -> dict[str, Any]:
    """The body of a chat, which the SDK's types accept."""
    made = cast("dict[str, Any]", call(name, list(messages) or [USER], model, **params).json)
    judge(made)
    return made


def contents(*messages: Any, **params: Any) -> list[dict[str, Any]]:
    """The body's turns."""
    return cast("list[dict[str, Any]]", body(*messages, **params)["contents"])


def config(**params: Any) -> dict[str, Any]:
    """The body's configuration."""
    return cast("dict[str, Any]", body(**params).get("generationConfig", {}))


def judge(made: dict[str, Any]) -> None:
    """Fail where the SDK's types, which allow no other field, refuse the body, or read another value of it."""
    rest = {**made}
    for each in rest.pop("contents"):
        same(types.Content.model_validate(each), each)
    inner = {**rest.pop("generationConfig", {}), **rest}
    read = types.GenerateContentConfig.model_validate(inner)
    schema = inner.pop("responseJsonSchema", None)
    assert read.response_json_schema == schema
    same(read, inner)


def same(read: Any, sent: dict[str, Any]) -> None:
    """Fail where a read value says anything but what was sent."""
    found = json.loads(read.model_dump_json(by_alias=True, exclude_none=True))
    assert _plain(found) == _plain({name: value for name, value in sent.items() if value is not None}), (found, sent)


def _plain(value: Any) -> Any:
    """JSON without the differences that the SDK makes in writing: the alphabet of base64, words in one case."""
    if isinstance(value, dict):
        return {
            name: _plain(item)
            for name, item in value.items()
            if name not in ("responseJsonSchema", "systemInstruction")
        }
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.replace("-", "+").replace("_", "/") if isinstance(value, str) else value


# -- answers -----------------------------------------------------------------------------------------------------------


def answer(*parts: Any, reason: str | None = "STOP", **fields: Any) -> dict[str, Any]:
    """A whole answer as the service sends it."""
    made = [{"text": part} if isinstance(part, str) else part for part in parts]
    candidate = {"content": {"role": "model", "parts": made}, "index": 0}
    if reason:
        candidate["finishReason"] = reason
    return {
        "candidates": [{**candidate, **fields.pop("candidate", {})}],
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5},
        "modelVersion": NEW,
        "responseId": "r1",
        **fields,
    }


def function_call(name: str = "f", args: Any = None, signature: str | None = None, **fields: Any) -> dict[str, Any]:
    part: dict[str, Any] = {"functionCall": {"name": name, "args": args or {}, **fields}}
    return {**part, "thoughtSignature": signature} if signature else part


def events(value: dict[str, Any], size: int = 3) -> list[bytes]:
    """The same answer as the events of a stream: texts in pieces, the finish reason in the last."""
    (candidate,) = value["candidates"]
    head: dict[str, Any] = {name: value[name] for name in ("modelVersion", "responseId") if name in value}
    made: list[dict[str, Any]] = []
    for part in candidate["content"]["parts"]:
        contents = ({"role": "model", "parts": [piece]} for piece in _pieces(part, size))
        made += [{"candidates": [{"content": content, "index": 0}], **head} for content in contents]
    last = {**candidate, "content": {"role": "model", "parts": [{"text": ""}]}}
    rest = {name: item for name, item in value.items() if name != "candidates"}
    made.append({"candidates": [last], **rest})
    return [sse(item) for item in made]


def sse(value: Any) -> bytes:
    return f"data: {json.dumps(value, ensure_ascii=False)}\r\n\r\n".encode()


def _pieces(part: dict[str, Any], size: int) -> list[dict[str, Any]]:
    if "text" not in part or "thoughtSignature" in part:
        return [part]
    text = part["text"]
    return [{**part, "text": text[at : at + size]} for at in range(0, len(text), size)]


def read(value: dict[str, Any], name: str = NAME) -> ChatCompletionResponse:
    """What is made of a whole answer."""
    return received(name, value)


def streamed(value: dict[str, Any] | bytes, **params: Any) -> Stream:
    """What is made of the same answer as a stream, or of the bytes of a stream."""
    data = value if isinstance(value, bytes) else b"".join(events(value))
    return received_stream(NAME, data, **params)


def both_ways(value: dict[str, Any]) -> ChatCompletionResponse:
    """What is made of an answer, which is the same whole and streamed."""
    one, other = read(value), streamed(value)
    assert other.failure is None
    assert one.model_dump() == other.final.model_dump()
    return one


def said_back(response: ChatCompletionResponse) -> dict[str, Any]:
    """The message as it comes back from a caller who kept it as JSON."""
    return cast("dict[str, Any]", json.loads(response.choices[0].message.model_dump_json()))
