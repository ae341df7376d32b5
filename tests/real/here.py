"""What the tests of llama.cpp in this process share: a model's name, a tool, and how to ask."""

from __future__ import annotations

from typing import Any

import pydantic
import pytest

import onellm
from tests.both import Either

both = pytest.mark.parametrize("kind", ["sync", "async"])

MODEL = "llama_cpp/tiny-chat"
HELLO = [{"role": "user", "content": "Hello"}]


class Trip(pydantic.BaseModel, extra="forbid", strict=True):
    """What the model must answer, or call a tool with."""

    city: str = pydantic.Field(max_length=20)
    days: int


TOOL: dict[str, Any] = {"type": "function", "function": {"name": "book", "parameters": Trip.model_json_schema()}}


async def whole(either: Either, **params: Any) -> onellm.ChatCompletionResponse:
    answer: onellm.ChatCompletionResponse = await either.chat(**{"messages": HELLO, "model": MODEL, **params})
    return answer


async def streamed(either: Either, **params: Any) -> tuple[list[Any], onellm.ChatCompletionResponse]:
    stream = await either.chat(**{"messages": HELLO, "model": MODEL, **params}, stream=True)
    chunks = await either.do(list, stream) if either.blocking else [chunk async for chunk in stream]
    return chunks, await either.do(stream.final)
