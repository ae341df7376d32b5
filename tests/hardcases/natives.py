"""The providers with a format of their own, and Azure, in one table: how each says Hello, in its own bytes.

A case that the catalogue marks for all is tried on each of them (`natives`); a further provider is a further row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.providers.anthropic import wire as anthropic
from tests.providers.bedrock import wire as bedrock
from tests.providers.cohere import wire as cohere
from tests.providers.gemini import wire as gemini
from tests.providers.ollama import wire as ollama
from tests.providers.replicate import wire as replicate
from tests.support import DONE, KEY, Answer, ByteServer, chunk, completion, event, streamed, whole

WORDS = "Hello there"


@dataclass(frozen=True)
class Native:
    """A provider, one of its models, and its Hello, whole and as the pieces of a stream."""

    name: str
    model: str
    whole: Any
    stream: Sequence[bytes]
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    before: Callable[[ByteServer, bool], list[Answer]] = lambda server, stream: []
    """What it answers before the chat itself is asked for."""

    def __str__(self) -> str:
        return self.name

    @property
    def full_name(self) -> str:
        return f"{self.name}/{self.model}"

    def providers(self, server: ByteServer) -> dict[str, dict[str, Any]]:
        """A client's settings for a server of bytes."""
        return {self.name: {"base_url": server.url, "api_key": KEY, **self.settings}}

    def good(self, server: ByteServer, *, stream: bool) -> list[Answer]:
        """The answers that together make a Hello."""
        said = streamed(*self.stream) if stream else whole(self.whole)
        return [*self.before(server, stream), said]


def _prediction(server: ByteServer, stream: bool) -> list[Answer]:
    return [whole(replicate.model()), replicate.created(server, stream=stream)]


_CHUNKS = [event(chunk("Hello")), event(chunk(" there")), event(chunk(finish="stop")), DONE]
_REPLICATE = replicate.sse(("output", "Hello"), ("output", " there"), ("done", "{}"))
_PREDICTED = replicate.prediction(output=["Hello", " there"])

NATIVES = (
    Native("anthropic", anthropic.OLD, anthropic.message(WORDS), anthropic.events(anthropic.message(WORDS))),
    Native("gemini", gemini.NEW, gemini.answer(WORDS), gemini.events(gemini.answer(WORDS))),
    Native("vertex", gemini.NEW, gemini.answer(WORDS), gemini.events(gemini.answer(WORDS))),
    Native(
        "bedrock", bedrock.CLAUDE, bedrock.message(WORDS), bedrock.frames(bedrock.message(WORDS)),
        {"region": "us-east-1"},
    ),
    Native("azure", "gpt-4o", completion(WORDS), _CHUNKS),
    Native("cohere", cohere.MODEL, cohere.answer(WORDS), cohere.events(cohere.answer(WORDS))),
    Native("ollama", ollama.MODEL, ollama.answer(WORDS), ollama.lines(ollama.answer(WORDS))),
    Native(
        "replicate", replicate.LLAMA, _PREDICTED, [each + b"\n\n" for each in _REPLICATE.split(b"\n\n") if each],
        {"poll_interval": 0.005}, _prediction,
    ),
)  # fmt: skip

natives = pytest.mark.parametrize("native", NATIVES, ids=str)
"""Runs a test once for each."""
with_tools = pytest.mark.parametrize("native", [each for each in NATIVES if each.name != "replicate"], ids=str)
"""Those whose models call tools."""


def error_body(**fields: Any) -> bytes:
    """A refusal in the form that most services share."""
    return json.dumps({"error": {"message": "no", **fields}}).encode()
