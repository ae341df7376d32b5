"""Embeddings of both services: the bodies are those of Google's own SDK, the vectors in the order of the texts."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from google import genai
from google.genai import types
from google.oauth2.credentials import Credentials
from onellm_providers.gemini.simulator import cloud_routes
from onellm_providers.vertex import AsyncVertex, Vertex

import onellm
from onellm import Reply
from onellm.testing import Simulator
from onellm.types.embedding import EmbeddingRequest
from tests.providers.gemini.wire import NEW
from tests.support import Caller, serve, whole
from tests.wire import USER, both, provider, tool

CONFIG = types.EmbedContentConfig(task_type="RETRIEVAL_QUERY", output_dimensionality=8)
CLOUD = {"project": "p", "access_token": "t"}


def embed(name: str, model: str, texts: list[str]) -> Any:
    settings = CLOUD if name == "vertex" else {}
    request = EmbeddingRequest(model=model, input=texts, dimensions=8, input_type="query")
    return provider(name, **settings).embed(request)


@pytest.mark.parametrize("texts", [["a"], ["a", "b"]])
@pytest.mark.parametrize(
    ("name", "model"),
    [("gemini", "gemini-embedding-2"), ("vertex", "gemini-embedding-2"), ("vertex", "text-embedding-005")],
)
def test_emb_03_the_sdk_sends_the_same(name: str, model: str, texts: list[str]) -> None:
    value = {"values": [1.0]}
    replies = {
        "predict": {"predictions": [{"embeddings": value}] * len(texts)},
        "embedContent": {"embedding": value},
        "batchEmbedContents": {"embeddings": [value] * len(texts)},
    }
    made = embed(name, model, texts)
    answer = json.dumps(replies[made.url.rpartition(":")[2]]).encode()
    with serve(whole(answer)) as server:
        options = types.HttpOptions(base_url=server.url, api_version="v")
        settings: dict[str, Any] = (
            {"vertexai": True, "project": "p", "location": "global", "credentials": Credentials("t")}  # type: ignore[no-untyped-call]
            if name == "vertex"
            else {"api_key": "k"}
        )
        contents: list[Any] = [types.Content(role="user", parts=[types.Part(text=text)]) for text in texts]
        sdk = genai.Client(http_options=options, **settings)
        theirs = sdk.models.embed_content(model=model, contents=contents if "gemini" in model else texts, config=CONFIG)
        (sent,) = server.requests
    assert made.json == sent.json
    assert sent.path.endswith(made.url.partition("/models/")[2])
    ours = made.parse(Reply(200, {}, answer))
    assert [row.embedding for row in ours.data] == [each.values for each in theirs.embeddings or ()]


@both
@pytest.mark.parametrize(
    ("model", "calls"), [("gemini-embedding-2", 3), ("text-embedding-005", 3), ("gemini-embedding-001", 201)]
)
def test_emb_02_many_texts_at_vertex_keep_their_order(caller: Caller, model: str, calls: int) -> None:
    texts = [f"text {number}" for number in range(201)]
    with Simulator(services={"vertex": cloud_routes}) as sim:

        def make(some: Any) -> Any:
            found = onellm.get_provider("vertex", **sim.providers["vertex"])
            return found.embed(EmbeddingRequest(model=model, input=some, dimensions=32))

        answer = caller.run(lambda: make(texts))
        assert len(sim.requests) == calls
        assert [row.index for row in answer.data] == list(range(201))
        alone = caller.run(lambda: make(texts[150]))
    assert answer.data[150].embedding == alone.data[0].embedding
    assert len({tuple(row.embedding) for row in answer.data}) == 201
    assert answer.usage.prompt_tokens > 201


def test_tokens_and_models_at_vertex() -> None:
    def city(name: str) -> str:
        """A city."""
        return name

    with Simulator(services={"vertex": cloud_routes}) as sim:
        settings = sim.providers["vertex"]
        with Vertex(api_key=settings["api_key"], base_url=settings["base_url"]) as client:
            counted = client.messages.count_tokens(NEW, [USER], tools=[city])
            assert counted > 0

        async def main() -> int:
            async with AsyncVertex("p", access_token="t", base_url=settings["base_url"]) as other:
                return await other.messages.count_tokens(NEW, [USER], tools=[city])

        assert asyncio.run(main()) == counted
        with onellm.OneLLM(providers=sim.providers) as whole_client:
            assert NEW in {each.id for each in whole_client.list_models("vertex")}


def test_counting_at_vertex_sends_what_the_sdk_sends() -> None:
    """google-genai knows contents, systemInstruction, tools and generationConfig there, and nothing else."""
    request = onellm.ChatRequest(
        model=NEW,
        messages=[{"role": "system", "content": "S"}, USER],
        tools=[tool(strict=True)],
        temperature=0.5,
        seed=1,
    )
    made: Any = provider("vertex", **CLOUD)
    assert set(made.count_tokens(request).json) == {"contents", "systemInstruction", "tools", "generationConfig"}
