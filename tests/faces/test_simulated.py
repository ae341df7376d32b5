"""Every face against the simulated OpenAI, which is as strict as OpenAI's file: what leaves is taken."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from functools import reduce
from typing import Any

import pytest

import onellm
from onellm.testing.simulator import Simulator
from tests.faces.asking import PNG, WAV, both

TURNS = [{"role": "user", "content": "Hi"}]


@pytest.fixture(scope="module")
def settings() -> Iterator[dict[str, Any]]:
    with Simulator() as running:
        yield {"openai": {"base_url": running.environ["OPENAI_BASE_URL"], "api_key": "sim-key"}}


def ask(kind: str, settings: Any, operation: str, *args: Any, **params: Any) -> Any:
    """Call it; of a stream, its events and the whole."""
    streaming = params.get("stream")
    if kind == "sync":
        with onellm.OneLLM(providers=settings) as client:
            got = reduce(getattr, operation.split("."), client)(*args, **params)  # type: ignore[operator]
            return (list(got), got.final()) if streaming else got

    async def main() -> Any:
        async with onellm.AsyncOneLLM(providers=settings) as client:
            got = await reduce(getattr, operation.split("."), client)(*args, **params)  # type: ignore[operator]
            return ([each async for each in got], await got.final()) if streaming else got

    return asyncio.run(main())


@both
def test_completions(kind: str, settings: Any) -> None:
    model = "openai/gpt-3.5-turbo-instruct"
    whole = ask(kind, settings, "completions.create", model, ["a", "b"], max_tokens=4, n=2)
    assert [choice.finish_reason for choice in whole.choices] == ["length"] * 4
    chunks, final = ask(kind, settings, "completions.create", model, ["a", "b"], max_tokens=4, n=2, stream=True)
    assert [choice.text for choice in final.choices] == [choice.text for choice in whole.choices]
    assert final.usage == whole.usage
    assert len(chunks) > 4


@both
def test_embeddings(kind: str, settings: Any) -> None:
    model = "openai/text-embedding-3-small"
    packed = ask(kind, settings, "embeddings.create", model, ["a", "b"], dimensions=8)
    plain = ask(kind, settings, "embeddings.create", model, ["a", "b"], dimensions=8, encoding_format="float")
    assert packed.vectors == plain.vectors
    assert len(packed.vectors[0]) == 8


@both
def test_images(kind: str, settings: Any) -> None:
    model = "openai/gpt-image-2"
    made = ask(kind, settings, "images.generate", model, "A tide", n=2, size="1024x1024")
    assert [each.bytes[:4] for each in made.data] == [b"\x89PNG"] * 2
    edited = ask(kind, settings, "images.edit", model, [PNG, PNG], "blue", mask=PNG, n=1)
    assert edited.image.bytes != made.image.bytes
    events, final = ask(kind, settings, "images.generate", model, "A tide", stream=True, partial_images=2)
    assert [each.partial_image_index for each in events] == [0, 1, None]
    assert final.image.bytes == made.image.bytes
    events, final = ask(kind, settings, "images.edit", model, PNG, "blue", stream=True)
    assert len(events) == 1
    assert final.image.bytes == edited.image.bytes


@both
def test_audio(kind: str, settings: Any) -> None:
    spoken = ask(
        kind, settings, "audio.speech.create", "openai/gpt-4o-mini-tts", "Hi", voice="alloy", response_format="wav"
    )
    assert spoken.bytes[:4] == b"RIFF"
    pieces, final = ask(
        kind, settings, "audio.speech.create", "openai/gpt-4o-mini-tts", "Hi", voice="alloy", stream=True
    )
    assert b"".join(pieces) == final.bytes
    said = ask(kind, settings, "audio.transcriptions.create", "openai/gpt-4o-transcribe", ("a.wav", spoken.bytes))
    assert said.text == "This is what a.wav says. It is simulated."
    events, final = ask(
        kind, settings, "audio.transcriptions.create", "openai/gpt-4o-transcribe", ("a.wav", WAV), stream=True
    )
    assert "".join(each.delta for each in events) == final.text == said.text
    for asked in ("srt", "vtt", "text", "verbose_json"):
        got = ask(
            kind, settings, "audio.translations.create", "openai/whisper-1", ("a.wav", WAV), response_format=asked,
            temperature=0.5,
        )  # fmt: skip
        assert "This is what a.wav says in English." in got.text
        assert (got.duration == 2.0) is (asked == "verbose_json")


@both
def test_moderations(kind: str, settings: Any) -> None:
    got = ask(kind, settings, "moderations.create", "openai/omni-moderation-latest", ["Hello", "I kill you"])
    assert [each.flagged for each in got.results] == [False, True]


@both
def test_files(kind: str, settings: Any) -> None:
    file = ask(
        kind,
        settings,
        "files.create",
        ("a.jsonl", b"{}\n"),
        "batch",
        expires_after={"anchor": "created_at", "seconds": 3600},
    )
    assert (file.filename, file.bytes, file.purpose) == ("a.jsonl", 3, "batch")
    assert ask(kind, settings, "files.retrieve", file.id) == file
    assert ask(kind, settings, "files.content", file.id).bytes == b"{}\n"
    assert ask(kind, settings, "files.delete", file.id).deleted
    assert ask(kind, settings, "files.list", provider="openai").data == []
    with pytest.raises(onellm.NotFoundError):
        ask(kind, settings, "files.content", "openai/file-nothing")


@both
def test_batches(kind: str, settings: Any) -> None:
    def row(id: str, model: str = "openai/gpt-4o-mini") -> dict[str, Any]:
        return {"custom_id": id, "body": {"model": model, "messages": TURNS, "max_tokens": 3}}

    started = ask(
        kind, settings, "batches.create", [row("a"), row("b", "openai/nothing"), row("c")], metadata={"k": "v"}
    )
    assert not started.ended
    ended = ask(kind, settings, "batches.wait", started.id, every=0.01)
    assert (ended.status, ended.request_counts.failed, ended.metadata) == ("completed", 1, {"k": "v"})
    results = ask(kind, settings, "batches.results", ended.id)
    assert [each.custom_id for each in results] == ["a", "b", "c"]
    assert results["a"].response.choices[0].message.content == results["c"].response.choices[0].message.content
    assert results["b"].error.code == "model_not_found"
    embedding = {
        "custom_id": "e",
        "url": "/v1/embeddings",
        "body": {"model": "openai/text-embedding-3-small", "input": "a"},
    }
    of_vectors = ask(kind, settings, "batches.create", json.dumps(embedding).encode())
    assert len(ask(kind, settings, "batches.results", of_vectors.id)["e"].response.vectors[0]) == 1536
    assert ask(kind, settings, "batches.cancel", started.id).status == "cancelling"


@both
def test_models(kind: str, settings: Any) -> None:
    listed = ask(kind, settings, "models.list", "openai")
    assert "gpt-image-2" in [each.id for each in listed]
    assert ask(kind, settings, "models.retrieve", "openai/gpt-4o-mini").id == "gpt-4o-mini"
    with pytest.raises(onellm.ModelNotFoundError, match="lists no model 'nothing'"):
        ask(kind, settings, "models.retrieve", "openai/nothing")


def test_the_faces_of_the_process(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """`onellm.Image.generate` and the like go through the process's own clients."""
    monkeypatch.setenv("OPENAI_API_KEY", "sim-key")
    monkeypatch.setenv("OPENAI_BASE_URL", settings["openai"]["base_url"])
    image = onellm.Image.generate("openai/gpt-image-2", "A tide").image
    assert image.bytes[:4] == b"\x89PNG"
    with onellm.Completion.create("openai/gpt-3.5-turbo-instruct", "a", stream=True) as stream:
        assert stream.final().text

    async def main() -> None:
        again = await onellm.Image.agenerate("openai/gpt-image-2", "A tide")
        assert again.image == image
        async with await onellm.Speech.acreate("openai/gpt-4o-mini-tts", "Hi", voice="alloy", stream=True) as pieces:
            assert (await pieces.final()).bytes
        assert (await onellm.Embedding.acreate("openai/text-embedding-3-small", "a")).vectors

    asyncio.run(main())
