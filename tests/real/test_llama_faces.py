"""Text completions and embeddings of a real llama.cpp server. Its text is noise: only its shape is asserted."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import reduce
from typing import Any

import httpx
import pytest

import onellm
from tests.real.conftest import MODEL, serving
from tests.real.llama_server import BINARY

pytestmark = pytest.mark.real
both = pytest.mark.parametrize("kind", ["sync", "async"])


@pytest.fixture(scope="module")
def embedder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a llama-server that embeds."""
    if not BINARY.exists():
        pytest.skip("there is no llama-server: `make test-real` builds it")
    from tests.real import tiny_model  # needs the extra `real`

    folder = tmp_path_factory.mktemp("llama-embeddings")
    tiny_model.write(folder / "tiny-chat.gguf")
    with serving(folder / "tiny-chat.gguf", "--embeddings --pooling mean -c 2048 -np 2") as url:
        yield url


def ask(kind: str, url: str, operation: str, *args: Any, **params: Any) -> Any:
    """Call an operation; of a stream, its events and the whole."""
    settings = {"llama_server": {"base_url": url}}
    if kind == "sync":
        with onellm.OneLLM(providers=settings) as client:
            got = reduce(getattr, operation.split("."), client)(*args, **params)  # type: ignore[operator]
            return (list(got), got.final()) if params.get("stream") else got

    async def main() -> Any:
        async with onellm.AsyncOneLLM(providers=settings) as client:
            got = await reduce(getattr, operation.split("."), client)(*args, **params)  # type: ignore[operator]
            return ([each async for each in got], await got.final()) if params.get("stream") else got

    return asyncio.run(main())


@both
def test_completions(kind: str, server: str) -> None:
    whole = ask(kind, server, "completions.create", MODEL, "Once upon", max_tokens=8, seed=1, temperature=0)
    assert whole.text
    assert (whole.choices[0].finish_reason, whole.usage.completion_tokens) == ("length", 8)
    chunks, final = ask(
        kind, server, "completions.create", MODEL, "Once upon", max_tokens=8, seed=1, temperature=0, stream=True
    )
    assert len(chunks) > 1
    assert all(chunk.choices for chunk in chunks)
    assert final.text == whole.text
    assert (final.choices[0].finish_reason, final.usage.completion_tokens) == ("length", 8)


@both
def test_several_prompts(kind: str, server: str) -> None:
    got = ask(kind, server, "completions.create", MODEL, ["Once", "Twice"], max_tokens=4, seed=1)
    assert [choice.index for choice in got.choices] == [0, 1]
    assert all(choice.text for choice in got.choices)


@both
def test_logprobs_of_a_completion(kind: str, server: str) -> None:
    (choice,) = ask(kind, server, "completions.create", MODEL, "Once", max_tokens=4, logprobs=2, seed=1).choices
    assert "".join(choice.logprobs.tokens) == choice.text
    assert all(number <= 0 for number in choice.logprobs.token_logprobs)
    assert [len(each) for each in choice.logprobs.top_logprobs] == [2] * 4


@both
def test_embeddings_in_both_forms(kind: str, embedder: str) -> None:
    """Base64 and floats give the same vectors, in the order of the input; the server's own answer judges them."""
    texts = ["one", "two words", "three short words"]
    packed = ask(kind, embedder, "embeddings.create", MODEL, texts)
    plain = ask(kind, embedder, "embeddings.create", MODEL, texts, encoding_format="float")
    raw = httpx.post(f"{embedder}/embeddings", json={"model": "tiny-chat", "input": texts}).json()
    judge = [row["embedding"] for row in sorted(raw["data"], key=lambda row: row["index"])]
    for ours, theirs, other in zip(packed.vectors, judge, plain.vectors, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-6)
        assert other == pytest.approx(theirs, abs=1e-6)
    assert packed.usage.prompt_tokens == raw["usage"]["prompt_tokens"] > 0


@both
def test_an_input_that_is_too_long(kind: str, embedder: str) -> None:
    with pytest.raises(onellm.APIError) as caught:
        ask(kind, embedder, "embeddings.create", MODEL, "word " * 9000, max_retries=0)
    assert caught.value.provider == "llama_server"
