"""The providers with a format of their own, and Azure, in one table: how each says Hello, in its own bytes.

A case that the catalogue marks for all is tried on each of them (`natives`); a further provider is a further row.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from onellm import ChatCompletionChunk, ChatCompletionResponse, ChatRequest
from onellm.call import StreamCall
from tests.providers.anthropic import wire as anthropic
from tests.providers.bedrock import wire as bedrock
from tests.providers.cohere import wire as cohere
from tests.providers.gemini import wire as gemini
from tests.providers.ollama import wire as ollama
from tests.providers.replicate import contract as replicate_contract
from tests.providers.replicate import wire as replicate
from tests.support import DONE, KEY, Answer, ByteServer, chunk, completion, event, streamed, whole
from tests.wire import USER, provider

WORDS = "Hello there"


@dataclass(frozen=True)
class Native:
    """A provider, one of its models, and how it says a text: whole, and as the pieces of a stream."""

    name: str
    model: str
    says: Callable[[str], Any]
    pieces: Callable[[str], list[bytes]]
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    before: Callable[[ByteServer, bool], list[Answer]] = lambda server, stream: []
    """What it answers before the chat itself is asked for."""
    lines: str = "sse"
    """How its stream is framed: `sse`, `json` (a line each) or `frames`."""

    def __str__(self) -> str:
        return self.name

    @property
    def full_name(self) -> str:
        return f"{self.name}/{self.model}"

    @property
    def whole(self) -> Any:
        return self.says(WORDS)

    @property
    def stream(self) -> list[bytes]:
        return self.pieces(WORDS)

    def providers(self, server: ByteServer) -> dict[str, dict[str, Any]]:
        """A client's settings for a server of bytes."""
        return {self.name: {"base_url": server.url, "api_key": KEY, **self.settings}}

    def good(self, server: ByteServer, *, stream: bool) -> list[Answer]:
        """The answers that together make a Hello."""
        said = streamed(*self.stream) if stream else whole(self.whole)
        return [*self.before(server, stream), said]

    def stream_call(self) -> StreamCall[ChatCompletionChunk, ChatCompletionResponse]:
        """The call whose answer is the stream."""
        if self.name == "replicate":
            return replicate_contract.TestReplicate().stream_call()
        made = provider(self.name).chat_stream(ChatRequest(model=self.model, messages=[USER]))
        return cast("StreamCall[ChatCompletionChunk, ChatCompletionResponse]", made)


def _prediction(server: ByteServer, stream: bool) -> list[Answer]:
    return [whole(replicate.model()), replicate.created(server, stream=stream)]


def _thirds(text: str) -> list[str]:
    return [text[at : at + 3] for at in range(0, len(text), 3)]


def _chunks(text: str) -> list[bytes]:
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    return [*(event(chunk(each)) for each in _thirds(text)), event(chunk(finish="stop", usage=usage)), DONE]


def _outputs(text: str) -> list[bytes]:
    return [replicate.sse(each) for each in (*(("output", part) for part in _thirds(text)), ("done", "{}"))]


NATIVES = (
    Native("anthropic", anthropic.OLD, anthropic.message, lambda text: anthropic.events(anthropic.message(text))),
    Native("gemini", gemini.NEW, gemini.answer, lambda text: gemini.events(gemini.answer(text))),
    Native("vertex", gemini.NEW, gemini.answer, lambda text: gemini.events(gemini.answer(text))),
    Native(
        "bedrock", bedrock.CLAUDE, bedrock.message, lambda text: bedrock.frames(bedrock.message(text)),
        {"region": "us-east-1"}, lines="frames",
    ),
    Native("azure", "gpt-4o", completion, _chunks),
    Native("cohere", cohere.MODEL, cohere.answer, lambda text: cohere.events(cohere.answer(text))),
    Native("ollama", ollama.MODEL, ollama.answer, lambda text: ollama.lines(ollama.answer(text)), lines="json"),
    Native(
        "replicate", replicate.LLAMA, lambda text: replicate.prediction(output=_thirds(text)), _outputs,
        {"poll_interval": 0.005}, _prediction,
    ),
)  # fmt: skip

natives = pytest.mark.parametrize("native", NATIVES, ids=str)
"""Runs a test once for each."""


def error_body(**fields: Any) -> bytes:
    """A refusal in the form that most services share."""
    return json.dumps({"error": {"message": "no", **fields}}).encode()
