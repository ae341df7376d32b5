"""Requests and answers as values: what leaves for a service, and what is made of what comes back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import pytest

from onellm import (
    ChatCompletionChunk,
    ChatCompletionResponse,
    ChatRequest,
    OneLLMError,
    OpenAICompatible,
    Provider,
    Reply,
    Spec,
    get_provider,
)
from onellm.call import Call, StreamCall
from onellm.config import resolve
from onellm.types.base import Result
from tests.support import KEY, Caller

HOST = "https://h.example/v1"
USER = {"role": "user", "content": "Hi"}
ROWS = ("openai", "azure", "venice", "openrouter", "groq", "llama_server", "vllm", "openai_compatible")
"""Providers that speak OpenAI's format and leave it as it is where a test is about all of them."""

HOMELESS = ("anyscale", "azure", "cloudflare", "databricks", "github", "openai_compatible", "snowflake")
"""Those that have no base URL of their own, or one for each customer."""

ChatCall = Call[ChatCompletionResponse]
ChatStreamCall = StreamCall[ChatCompletionChunk, ChatCompletionResponse]

both = pytest.mark.parametrize("caller", [Caller("sync"), Caller("async")], ids=["sync", "async"])
"""Runs a test once with each engine."""

rows = pytest.mark.parametrize("name", ROWS)
"""Runs a test once for each provider of OpenAI's format."""


def provider(name: str, **settings: Any) -> Provider:
    """A provider with a key; one that has no base URL of its own gets one."""
    given: dict[str, Any] = {"api_key": KEY, **settings}
    if name.startswith("bedrock"):
        given.setdefault("region", "us-east-1")
    if name in HOMELESS:
        given.setdefault("base_url", HOST)
    return get_provider(name, **given)


def call(name: str, messages: Any = None, model: str = "m", **params: Any) -> ChatCall:
    """The call of a whole chat completion."""
    request = ChatRequest(model=model, messages=[USER] if messages is None else messages, **params)
    return cast("ChatCall", provider(name).chat(request))


def stream_call(name: str, messages: Any = None, model: str = "m", **params: Any) -> ChatStreamCall:
    """The call of a streamed chat completion."""
    request = ChatRequest(model=model, messages=[USER] if messages is None else messages, **params)
    return cast("ChatStreamCall", provider(name).chat_stream(request))


def sent(name: str, messages: Any = None, model: str = "m", **params: Any) -> dict[str, Any]:
    """The body of a whole chat completion."""
    return cast("dict[str, Any]", call(name, messages, model, **params).json)


def sent_messages(name: str, *messages: Any, **params: Any) -> list[dict[str, Any]]:
    """The body's messages."""
    return cast("list[dict[str, Any]]", sent(name, list(messages), **params)["messages"])


def sent_parameters(name: str, **params: Any) -> dict[str, Any]:
    """The body without model and messages."""
    return {key: value for key, value in sent(name, **params).items() if key not in ("model", "messages")}


def received(name: str, body: Any) -> ChatCompletionResponse:
    """What is made of a whole answer."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return call(name).parse(Reply(200, {}, content))


@dataclass
class Stream:
    """What is made of a streamed answer: its chunks, the whole, and the failure that ended it."""

    chunks: Sequence[ChatCompletionChunk]
    final: ChatCompletionResponse
    failure: OneLLMError | None


def received_stream(name: str, data: bytes, **params: Any) -> Stream:
    """Decode and assemble the bytes of a stream."""
    streamed = stream_call(name, **params)
    decoder = streamed.decoder()
    chunks = list(decoder.feed(data))
    chunks += decoder.close()
    assembler = streamed.assembler()
    for chunk in chunks:
        assembler.add(chunk)
    return Stream(chunks, assembler.result(), decoder.failure)


def dump(value: Result) -> dict[str, Any]:
    """A result as plain JSON values, without what is not there."""
    return value.model_dump(mode="json", exclude_none=True)


def tool(name: str = "f", **fields: Any) -> dict[str, Any]:
    """A function tool."""
    function = {"name": name, "description": "d", "parameters": {"type": "object", "properties": {}}, **fields}
    return {"type": "function", "function": function}


def tool_call(call_id: str = "call_1", name: str = "f", arguments: Any = "{}") -> dict[str, Any]:
    """A tool call as an assistant message holds it."""
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def calling(*calls: dict[str, Any], content: Any = None, **fields: Any) -> dict[str, Any]:
    """An assistant message with tool calls."""
    return {"role": "assistant", "content": content, "tool_calls": list(calls), **fields}


def result(call_id: str = "call_1", content: Any = "ok", **fields: Any) -> dict[str, Any]:
    """A tool's result."""
    return {"role": "tool", "tool_call_id": call_id, "content": content, **fields}


def of_spec(spec: Spec, **settings: Any) -> OpenAICompatible:
    """A provider of a row that is not registered."""
    return OpenAICompatible(resolve(spec.host, {"api_key": KEY, **settings}), None, spec)
