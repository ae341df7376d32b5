"""What type checkers make of every face: mypy and pyright read this file, `make check` runs both.

Nothing here sends anything. A `type: ignore` that is not needed is an error of its own, so each wrong call below is
known to be refused.
"""

from __future__ import annotations

from typing import assert_type

import onellm
from onellm import AsyncOneLLM, AsyncStream, OneLLM, Stream
from onellm.capabilities import ModelInfo


def completions(client: OneLLM) -> None:
    assert_type(client.completions.create("openai/m", "x"), onellm.CompletionResponse)
    assert_type(client.completions.create("openai/m", "x", stream=False), onellm.CompletionResponse)
    chunks = client.completions.create("openai/m", "x", stream=True, max_tokens=1)
    assert_type(chunks, Stream[onellm.CompletionChunk, onellm.CompletionResponse])
    assert_type(chunks.final(), onellm.CompletionResponse)
    assert_type(onellm.Completion.create("openai/m", "x"), onellm.CompletionResponse)
    face = onellm.Completion.create("openai/m", "x", stream=True)
    assert_type(face, Stream[onellm.CompletionChunk, onellm.CompletionResponse])


async def async_completions(client: AsyncOneLLM) -> None:
    assert_type(await client.completions.create("openai/m", "x"), onellm.CompletionResponse)
    chunks = await client.completions.create("openai/m", "x", stream=True)
    assert_type(chunks, AsyncStream[onellm.CompletionChunk, onellm.CompletionResponse])
    assert_type(await chunks.final(), onellm.CompletionResponse)
    assert_type(await onellm.Completion.acreate("openai/m", "x"), onellm.CompletionResponse)
    face = await onellm.Completion.acreate("openai/m", "x", stream=True)
    assert_type(face, AsyncStream[onellm.CompletionChunk, onellm.CompletionResponse])


def images(client: OneLLM) -> None:
    assert_type(client.images.generate("openai/m", "x", n=1), onellm.ImageResponse)
    events = client.images.generate("openai/m", "x", stream=True, partial_images=1)
    assert_type(events, Stream[onellm.ImageEvent, onellm.ImageResponse])
    assert_type(client.images.edit("openai/m", [b"", "a.png"], "x", mask=b""), onellm.ImageResponse)
    edited = client.images.edit("openai/m", b"", "x", stream=True)
    assert_type(edited, Stream[onellm.ImageEvent, onellm.ImageResponse])
    assert_type(client.images.create_variation("openai/m", b""), onellm.ImageResponse)
    assert_type(onellm.Image.generate("openai/m", "x"), onellm.ImageResponse)
    assert_type(onellm.Image.create("openai/m", "x"), onellm.ImageResponse)
    face = onellm.Image.edit("openai/m", b"", "x", stream=True)
    assert_type(face, Stream[onellm.ImageEvent, onellm.ImageResponse])
    assert_type(onellm.Image.variation("openai/m", b""), onellm.ImageResponse)
    assert_type(client.images.generate("openai/m", "x").image.bytes, bytes)


async def async_images(client: AsyncOneLLM) -> None:
    assert_type(await client.images.generate("openai/m", "x"), onellm.ImageResponse)
    events = await client.images.edit("openai/m", b"", "x", stream=True)
    assert_type(events, AsyncStream[onellm.ImageEvent, onellm.ImageResponse])
    assert_type(await onellm.Image.agenerate("openai/m", "x"), onellm.ImageResponse)
    face = await onellm.Image.aedit("openai/m", b"", "x", stream=True)
    assert_type(face, AsyncStream[onellm.ImageEvent, onellm.ImageResponse])
    assert_type(await onellm.Image.avariation("openai/m", b""), onellm.ImageResponse)


def audio(client: OneLLM) -> None:
    assert_type(client.audio.speech.create("openai/m", "x", voice="a"), onellm.SpeechResponse)
    pieces = client.audio.speech.create("openai/m", "x", voice="a", stream=True)
    assert_type(pieces, Stream[bytes, onellm.SpeechResponse])
    assert_type(client.audio.transcriptions.create("openai/m", b""), onellm.TranscriptionResponse)
    events = client.audio.transcriptions.create("openai/m", b"", stream=True)
    assert_type(events, Stream[onellm.TranscriptionEvent, onellm.TranscriptionResponse])
    assert_type(client.audio.translations.create("openai/m", b""), onellm.TranslationResponse)
    assert_type(onellm.Speech.create("openai/m", "x", voice="a"), onellm.SpeechResponse)
    assert_type(onellm.Speech.create("openai/m", "x", voice="a", stream=True), Stream[bytes, onellm.SpeechResponse])
    assert_type(onellm.AudioTranscription.create("openai/m", b""), onellm.TranscriptionResponse)
    face = onellm.AudioTranscription.create("openai/m", b"", stream=True)
    assert_type(face, Stream[onellm.TranscriptionEvent, onellm.TranscriptionResponse])
    assert_type(onellm.AudioTranslation.create("openai/m", b""), onellm.TranslationResponse)


async def async_audio(client: AsyncOneLLM) -> None:
    assert_type(await client.audio.speech.create("openai/m", "x"), onellm.SpeechResponse)
    pieces = await onellm.Speech.acreate("openai/m", "x", stream=True)
    assert_type(pieces, AsyncStream[bytes, onellm.SpeechResponse])
    events = await onellm.AudioTranscription.acreate("openai/m", b"", stream=True)
    assert_type(events, AsyncStream[onellm.TranscriptionEvent, onellm.TranscriptionResponse])
    assert_type(await onellm.AudioTranscription.acreate("openai/m", b""), onellm.TranscriptionResponse)
    assert_type(await onellm.AudioTranslation.acreate("openai/m", b""), onellm.TranslationResponse)


def others(client: OneLLM) -> None:
    assert_type(client.embeddings.create("openai/m", ["x"]), onellm.EmbeddingResponse)
    assert_type(onellm.Embedding.create("openai/m", [[1, 2]]), onellm.EmbeddingResponse)
    assert_type(client.moderations.create("openai/m", "x"), onellm.ModerationResponse)
    assert_type(onellm.Moderation.create("openai/m", ["x"]), onellm.ModerationResponse)
    assert_type(client.rerank.create("openai/m", "q", ["x", {"text": "y"}], top_n=1), onellm.RerankResponse)
    assert_type(onellm.Rerank.create("openai/m", "q", ["x"]), onellm.RerankResponse)
    assert_type(client.models.list("openai"), list[ModelInfo])
    assert_type(onellm.Model.retrieve("openai/m"), ModelInfo)


async def async_others(client: AsyncOneLLM) -> None:
    assert_type(await client.embeddings.create("openai/m", "x"), onellm.EmbeddingResponse)
    assert_type(await onellm.Embedding.acreate("openai/m", "x"), onellm.EmbeddingResponse)
    assert_type(await onellm.Moderation.acreate("openai/m", "x"), onellm.ModerationResponse)
    assert_type(await onellm.Rerank.acreate("openai/m", "q", ["x"]), onellm.RerankResponse)
    assert_type(await onellm.Model.alist(), list[ModelInfo])


def files_and_batches(client: OneLLM) -> None:
    assert_type(client.files.create(b"", "batch"), onellm.FileObject)
    assert_type(client.files.list(limit=1), onellm.FileList)
    assert_type(client.files.content("openai/f"), onellm.FileContent)
    assert_type(client.files.delete("openai/f"), onellm.FileDeleted)
    assert_type(onellm.File.upload("a.jsonl", "batch", provider="openai"), onellm.FileObject)
    assert_type(onellm.File.retrieve("openai/f"), onellm.FileObject)
    assert_type(client.batches.create([{"body": {}}]), onellm.BatchObject)
    assert_type(onellm.Batch.create("a.jsonl", metadata={"a": "b"}), onellm.BatchObject)
    assert_type(onellm.Batch.status("openai/b"), onellm.BatchObject)
    assert_type(onellm.Batch.wait("openai/b", every=1, on_progress=lambda batch: None), onellm.BatchObject)
    assert_type(onellm.Batch.results("openai/b"), onellm.BatchResults)
    assert_type(onellm.Batch.cancel("openai/b"), onellm.BatchObject)
    assert_type([each.custom_id for each in onellm.Batch.results("openai/b")], list[str])


async def async_files_and_batches(client: AsyncOneLLM) -> None:
    assert_type(await client.files.create(b"", "batch"), onellm.FileObject)
    assert_type(await onellm.File.acontent("openai/f"), onellm.FileContent)
    assert_type(await onellm.Batch.acreate([]), onellm.BatchObject)
    assert_type(await onellm.Batch.await_("openai/b"), onellm.BatchObject)
    assert_type(await onellm.Batch.aresults("openai/b"), onellm.BatchResults)


def what_is_wrong(client: OneLLM) -> None:
    client.completions.create("openai/m", "x", max_token=1)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    client.images.generate("openai/m", "x", n="two")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    client.audio.speech.create("openai/m", "x", voice="a", stream="yes")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    client.embeddings.create("openai/m", "x", dimension=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.rerank.create("openai/m", 7, ["x"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.files.create(7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    onellm.Batch.results()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def test_the_faces_are_there() -> None:
    """The names above exist at run time too, and say what they do."""
    for face, names in {
        onellm.Completion: "create acreate",
        onellm.Embedding: "create acreate",
        onellm.Image: "generate agenerate create acreate edit aedit variation avariation",
        onellm.Speech: "create acreate",
        onellm.AudioTranscription: "create acreate",
        onellm.AudioTranslation: "create acreate",
        onellm.Moderation: "create acreate",
        onellm.Rerank: "create acreate",
        onellm.File: "upload aupload list alist retrieve aretrieve content acontent delete adelete",
        onellm.Batch: "create acreate list alist status astatus wait await_ results aresults cancel acancel",
        onellm.Model: "list alist retrieve aretrieve",
    }.items():
        for name in names.split():
            assert getattr(face, name).__doc__, f"{face.__name__}.{name}"
