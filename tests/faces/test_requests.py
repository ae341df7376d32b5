"""What leaves for OpenAI: each operation's wire body in full, as OpenAI's OpenAPI file and its SDK's types want it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openai.types as sdk
import pytest
from openai.types import audio as sdk_audio

from onellm.body import File
from onellm.types.audio import TranscriptionRequest, TranslationRequest
from onellm.types.batch import BatchRequest
from onellm.types.completion import CompletionRequest
from onellm.types.embedding import EmbeddingRequest
from onellm.types.file import FileRequest
from onellm.types.image import ImageEditRequest, ImageRequest
from onellm.types.moderation import ModerationRequest
from onellm.types.request import ModelRequest
from onellm.types.speech import SpeechRequest
from tests.faces.asking import PNG, WAV, call, sent
from tests.faces.openai_spec import complaints, judged, unknown_to

PICTURE = ("a.png", PNG, "image/png")
SOUND = ("a.wav", WAV, "audio/wav")


def file(parts: tuple[str, bytes, str]) -> File:
    return File(*parts)


JSON: list[tuple[str, ModelRequest, str, Any, dict[str, Any]]] = [
    (
        "complete",
        CompletionRequest(
            model="gpt-3.5-turbo-instruct", prompt=["a", "b"], max_tokens=0, echo=False, stop=["\n"], logprobs=2,
            suffix="!", n=2, best_of=3, temperature=0, seed=1, logit_bias={"50256": -100}, user="u",
        ),
        "/completions",
        sdk.CompletionCreateParams,
        {
            "model": "gpt-3.5-turbo-instruct", "prompt": ["a", "b"], "max_tokens": 0, "echo": False, "stop": ["\n"],
            "logprobs": 2, "suffix": "!", "n": 2, "best_of": 3, "temperature": 0, "seed": 1,
            "logit_bias": {"50256": -100}, "user": "u",
        },
    ),
    (
        "complete_stream",
        CompletionRequest(model="m", prompt=[1, 2]),
        "/completions",
        sdk.CompletionCreateParams,
        {"model": "m", "prompt": [1, 2], "stream": True, "stream_options": {"include_usage": True}},
    ),
    (
        "embed",
        EmbeddingRequest(model="text-embedding-3-small", input="hello", dimensions=256, user="u"),
        "/embeddings",
        sdk.EmbeddingCreateParams,
        {
            "model": "text-embedding-3-small", "input": ["hello"], "dimensions": 256, "user": "u",
            "encoding_format": "base64",
        },
    ),
    (
        "embed",
        EmbeddingRequest(model="m", input=[[1, 2], [3]], encoding_format="float"),
        "/embeddings",
        sdk.EmbeddingCreateParams,
        {"model": "m", "input": [[1, 2], [3]], "encoding_format": "float"},
    ),
    (
        "image",
        ImageRequest(
            model="gpt-image-2", prompt="A tide", n=2, size="1024x1536", quality="high", background="transparent",
            output_format="webp", output_compression=80, moderation="low", user="u",
        ),
        "/images/generations",
        sdk.ImageGenerateParams,
        {
            "model": "gpt-image-2", "prompt": "A tide", "n": 2, "size": "1024x1536", "quality": "high",
            "background": "transparent", "output_format": "webp", "output_compression": 80, "moderation": "low",
            "user": "u",
        },
    ),
    (
        "image_stream",
        ImageRequest(model="gpt-image-2", prompt="A tide", partial_images=3),
        "/images/generations",
        sdk.ImageGenerateParams,
        {"model": "gpt-image-2", "prompt": "A tide", "partial_images": 3, "stream": True},
    ),
    (
        "speech",
        SpeechRequest(
            model="gpt-4o-mini-tts", input="Hi", voice="alloy", speed=0.25, instructions="low", response_format="wav"
        ),
        "/audio/speech",
        sdk_audio.SpeechCreateParams,
        {
            "model": "gpt-4o-mini-tts", "input": "Hi", "voice": "alloy", "speed": 0.25, "instructions": "low",
            "response_format": "wav",
        },
    ),
    (
        "speech_stream",
        SpeechRequest(model="gpt-4o-mini-tts", input="Hi", voice={"id": "voice_1"}),
        "/audio/speech",
        sdk_audio.SpeechCreateParams,
        {"model": "gpt-4o-mini-tts", "input": "Hi", "voice": {"id": "voice_1"}},
    ),
    (
        "moderate",
        ModerationRequest(model="omni-moderation-latest", input=["a", "b"]),
        "/moderations",
        sdk.ModerationCreateParams,
        {"model": "omni-moderation-latest", "input": ["a", "b"]},
    ),
    (
        "moderate",
        ModerationRequest(
            model="omni-moderation-latest",
            input=[{"type": "image_url", "image_url": {"url": "https://h.example/a.png"}}],
        ),
        "/moderations",
        sdk.ModerationCreateParams,
        {
            "model": "omni-moderation-latest",
            "input": [{"type": "image_url", "image_url": {"url": "https://h.example/a.png"}}],
        },
    ),
    (
        "batch_create",
        BatchRequest(endpoint="/v1/chat/completions", input_file_id="file-1", metadata={"a": "b"}),
        "/batches",
        sdk.BatchCreateParams,
        {
            "input_file_id": "file-1", "endpoint": "/v1/chat/completions", "completion_window": "24h",
            "metadata": {"a": "b"},
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("method", "request_", "path", "params", "body"), JSON, ids=lambda value: str(value)[:40])
def test_json(method: str, request_: ModelRequest, path: str, params: Any, body: dict[str, Any], shared: Path) -> None:
    made = call("openai", method, request_)
    assert (made.method, made.url) == ("POST", f"https://api.openai.com/v1{path}")
    assert sent(made) == body
    assert complaints(shared, path, body) == []
    judged(params, body)


FORMS: list[tuple[str, ModelRequest, str, Any, dict[str, Any]]] = [
    (
        "image_edit",
        ImageEditRequest(
            model="gpt-image-2", prompt="blue", image=[file(PICTURE)], mask=File("m.png", PNG, "image/png"), n=1,
            input_fidelity="high",
        ),
        "/images/edits",
        sdk.ImageEditParams,
        {
            "model": "gpt-image-2", "prompt": "blue", "n": "1", "input_fidelity": "high", "image": PICTURE,
            "mask": ("m.png", PNG, "image/png"),
        },
    ),
    (
        "image_edit_stream",
        ImageEditRequest(model="gpt-image-2", prompt="blue", image=[file(PICTURE), file(PICTURE)], partial_images=0),
        "/images/edits",
        sdk.ImageEditParams,
        {
            "model": "gpt-image-2", "prompt": "blue", "partial_images": "0", "stream": "true",
            "image[]": [PICTURE, PICTURE],
        },
    ),
    (
        "transcribe",
        TranscriptionRequest(
            model="whisper-1", file=file(SOUND), language="en", prompt="tide", response_format="verbose_json",
            temperature=0, timestamp_granularities=["word", "segment"],
        ),
        "/audio/transcriptions",
        sdk_audio.TranscriptionCreateParams,
        {
            "model": "whisper-1", "language": "en", "prompt": "tide", "response_format": "verbose_json",
            "temperature": "0.0", "timestamp_granularities[]": ["word", "segment"], "file": SOUND,
        },
    ),
    (
        "transcribe_stream",
        TranscriptionRequest(
            model="gpt-4o-transcribe-diarize", file=file(SOUND), include=["logprobs"], known_speaker_names=["A"],
            known_speaker_references=["data:audio/wav;base64,AAAA"],
            chunking_strategy={"type": "server_vad", "threshold": 0.5},
        ),
        "/audio/transcriptions",
        sdk_audio.TranscriptionCreateParams,
        {
            "model": "gpt-4o-transcribe-diarize", "include[]": ["logprobs"], "known_speaker_names[]": ["A"],
            "known_speaker_references[]": ["data:audio/wav;base64,AAAA"], "chunking_strategy[type]": "server_vad",
            "chunking_strategy[threshold]": "0.5", "stream": "true", "file": SOUND,
        },
    ),
    (
        "translate",
        TranslationRequest(model="whisper-1", file=file(SOUND), response_format="srt"),
        "/audio/translations",
        sdk_audio.TranslationCreateParams,
        {"model": "whisper-1", "response_format": "srt", "file": SOUND},
    ),
    (
        "file_create",
        FileRequest(
            file=File("a.jsonl", b"{}", "application/jsonl"), purpose="batch",
            expires_after={"anchor": "created_at", "seconds": 3600},
        ),
        "/files",
        sdk.FileCreateParams,
        {
            "purpose": "batch", "expires_after[anchor]": "created_at", "expires_after[seconds]": "3600",
            "file": ("a.jsonl", b"{}", "application/jsonl"),
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("method", "request_", "path", "params", "body"), FORMS, ids=lambda value: str(value)[:40])
def test_multipart(
    method: str, request_: ModelRequest, path: str, params: Any, body: dict[str, Any], shared: Path
) -> None:
    made = call("openai", method, request_)
    assert (made.method, made.url) == ("POST", f"https://api.openai.com/v1{path}")
    assert sent(made) == body
    assert complaints(shared, path, body, "multipart/form-data") == []
    assert not unknown_to(params, {name.partition("[")[0]: value for name, value in body.items()})


def test_the_judge_finds_what_is_wrong(shared: Path) -> None:
    """A judge that cannot say no proves nothing."""
    assert complaints(shared, "/embeddings", {"model": "m", "input": "a", "encoding_format": "hex"})
    assert complaints(shared, "/images/generations", {"prompt": "a", "steps": 1})
    assert complaints(shared, "/files", {"purpose": "batch"}, "multipart/form-data")
    with pytest.raises(AssertionError):
        judged(sdk.CompletionCreateParams, {"model": "m", "prompt": "a", "min_p": 0.1})
