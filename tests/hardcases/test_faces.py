"""Hard cases, groups EMB and IMG, as far as they concern OpenAI or every host of its format."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from onellm import (
    InvalidRequestError,
    OneLLMError,
    OpenAICompatible,
    Reply,
    Spec,
    StreamInterrupted,
    UnsupportedParameterError,
)
from onellm.body import File
from onellm.capabilities import Capability
from onellm.config import resolve
from onellm.openai_compatible import OneOf
from onellm.openai_compatible.operations import OPENAI_OPERATIONS, Operation
from onellm.types.audio import TranscriptionRequest
from onellm.types.embedding import EmbeddingRequest
from onellm.types.image import ImageRequest
from onellm.types.rerank import RerankRequest
from tests.faces.asking import PNG, WAV, ask, both, call, received, sent, stream
from tests.support import KEY, End, Wait, serve, whole


def host(**operations: Operation) -> OpenAICompatible:
    """A host of which only these operations differ from OpenAI's."""
    overrides = {Capability(name): operation for name, operation in operations.items()}
    row = Spec("h", "https://h.example/v1", operations=frozenset(Capability), overrides=overrides)
    return OpenAICompatible(resolve(row.host, {"api_key": KEY}), spec=row)


def vectors(*rows: tuple[int, Any]) -> bytes:
    data = [{"object": "embedding", "index": index, "embedding": vector} for index, vector in rows]
    return json.dumps({"object": "list", "data": data, "model": "m"}).encode()


def test_emb_01_order_follows_the_index() -> None:
    made = call("openai", "embed", EmbeddingRequest(model="m", input=["a", "b", "c"]))
    got = made.parse(Reply(200, {}, vectors((2, [2.0]), (0, [0.0]), (1, [1.0]))))
    assert [(row.index, row.embedding) for row in got.data] == [(0, [0.0]), (1, [1.0]), (2, [2.0])]


def test_emb_02_batches_are_split_joined_and_summed() -> None:
    """2,049 inputs: two calls, in order; usage is added up. (tests/faces/test_embeddings.py has the async client.)"""
    first = {"usage": {"prompt_tokens": 2048, "total_tokens": 2048}}
    second = {"usage": {"prompt_tokens": 1, "total_tokens": 1}}
    one = {**json.loads(vectors(*((place, [float(place)]) for place in range(2048)))), **first}
    two = {**json.loads(vectors((0, [2048.0]))), **second}
    with serve(whole(one), whole(two)) as server:
        texts = [str(number) for number in range(2049)]
        got = ask("sync", server, "embeddings.create", "openai/m", texts)
    assert [len(each.json["input"]) for each in server.requests] == [2048, 1]
    assert [row.embedding[0] for row in got.data] == list(range(2049))
    assert (got.usage.prompt_tokens, got.usage.total_tokens) == (2049, 2049)


def test_emb_04_hosts_that_know_no_base64_are_not_asked_for_it() -> None:
    """The key is left out where the host does not take it, and where it takes floats alone."""
    plain = replace(OPENAI_OPERATIONS[Capability.EMBEDDINGS], takes=frozenset({"dimensions"}))
    made: Any = host(embeddings=plain).embed(EmbeddingRequest(model="m", input="a"))
    assert made.json == {"model": "m", "input": ["a"]}
    floats = replace(OPENAI_OPERATIONS[Capability.EMBEDDINGS], limits={"encoding_format": OneOf(("float",))})
    made = host(embeddings=floats).embed(EmbeddingRequest(model="m", input="a"))
    assert made.json == {"model": "m", "input": ["a"]}
    with pytest.raises(InvalidRequestError, match="encoding_format must be one of float"):
        host(embeddings=floats).embed(EmbeddingRequest(model="m", input="a", encoding_format="base64"))


def test_emb_05_base64_is_little_endian_floats() -> None:
    made = call("openai", "embed", EmbeddingRequest(model="m", input="a", encoding_format="base64"))
    got = made.parse(Reply(200, {}, vectors((0, "AAAAPwAAgL8AAIA+AABAQA=="))))
    assert got.vectors == [[0.5, -1.0, 0.25, 3.0]]


def test_emb_08_dimensions_once_and_under_the_host_s_name() -> None:
    renamed = replace(OPENAI_OPERATIONS[Capability.EMBEDDINGS], rename={"dimensions": "output_dimension"})
    made: Any = host(embeddings=renamed).embed(EmbeddingRequest(model="m", input="a", dimensions=256))
    assert made.json == {"model": "m", "input": ["a"], "output_dimension": 256, "encoding_format": "base64"}


def test_emb_09_token_numbers_go_where_they_are_taken() -> None:
    request = EmbeddingRequest(model="m", input=[[1, 2, 3]])
    assert sent(call("openai", "embed", request))["input"] == [[1, 2, 3]]
    texts = replace(OPENAI_OPERATIONS[Capability.EMBEDDINGS], tokens=False)
    with pytest.raises(InvalidRequestError, match="takes texts to embed, no token numbers"):
        host(embeddings=texts).embed(request)


def test_emb_11_rerank_by_score_with_the_original_index() -> None:
    """`top_n` is the host's; documents are attached here, since hosts return none or differ in how."""
    documents: list[Any] = [f"document {number}" for number in range(5)]
    request = RerankRequest(model="m", query="q", documents=documents, top_n=3, return_documents=True)
    made: Any = host().rerank(request)
    assert made.json == {"model": "m", "query": "q", "documents": documents, "top_n": 3}
    rows = [(4, 0.1), (0, 0.9), (2, 0.5)]
    body = {"id": "r", "results": [{"index": index, "relevance_score": score} for index, score in rows]}
    got = made.parse(Reply(200, {}, json.dumps(body).encode()))
    assert [(row.index, row.relevance_score, row.document) for row in got.results] == [
        (0, 0.9, "document 0"), (2, 0.5, "document 2"), (4, 0.1, "document 4")
    ]  # fmt: skip


@pytest.mark.parametrize("model", ["gpt-image-1", "gpt-image-2.5-flare", "chatgpt-image-latest"])
def test_img_01_gpt_image_models_are_not_asked_for_a_format(model: str) -> None:
    made = call("openai", "image", ImageRequest(model=model, prompt="x", response_format="b64_json"))
    assert sent(made) == {"model": model, "prompt": "x"}
    with pytest.raises(UnsupportedParameterError, match="always has response_format='b64_json'"):
        call("openai", "image", ImageRequest(model=model, prompt="x", response_format="url"))


def test_img_01_others_are() -> None:
    made = call("openai", "image", ImageRequest(model="dall-e-3", prompt="x", response_format="url"))
    assert sent(made) == {"model": "dall-e-3", "prompt": "x", "response_format": "url"}
    assert "response_format" not in sent(call("openai", "image", ImageRequest(model="dall-e-3", prompt="x")))


@both
def test_img_03_files_have_names_types_and_one_boundary(kind: str, tmp_path: Path) -> None:
    """Two images and a mask, as a path, bytes, a file object and (name, content, type); what is None is left out."""
    path = tmp_path / "first.png"
    path.write_bytes(PNG)
    with serve(whole({"created": 1, "data": [{"b64_json": "AAAA"}]})) as server, path.open("rb") as opened:
        for image in ([path, PNG], [opened, ("second.png", PNG, "image/png")]):
            ask(
                kind, server, "images.edit", "openai/m", image, "blue",
                mask=("mask.png", PNG, "image/png"), n=2, size=None, user=None,
            )  # fmt: skip
    for each, second in zip(server.requests, ("image_1.png", "second.png"), strict=True):
        assert each.headers["content-type"].startswith("multipart/form-data; boundary=")
        assert received(each) == {
            "model": "m", "prompt": "blue", "n": "2",
            "image[]": [("first.png", PNG, "image/png"), (second, PNG, "image/png")],
            "mask": ("mask.png", PNG, "image/png"),
        }  # fmt: skip


def test_img_03_lists_of_a_transcription() -> None:
    request = TranscriptionRequest(
        model="m", file=File("a.wav", WAV, "audio/wav"), timestamp_granularities=["word", "segment"], prompt=None
    )
    assert sent(call("openai", "transcribe", request)) == {
        "model": "m", "timestamp_granularities[]": ["word", "segment"], "file": ("a.wav", WAV, "audio/wav")
    }  # fmt: skip


@both
@pytest.mark.parametrize(
    ("asked", "body"),
    [("text", b"Hello\n"), ("srt", b"1\n00:00:00,000 --> 00:00:01,000\nHello\n"), ("vtt", b"WEBVTT\n\nHello\n")],
)
def test_img_04_texts_are_not_read_as_json(kind: str, asked: str, body: bytes) -> None:
    with serve(whole(body, content_type="text/plain; charset=utf-8")) as server:
        got = ask(kind, server, "audio.transcriptions.create", "openai/whisper-1", WAV, response_format=asked)
    assert got.text == body.decode()


@both
def test_img_04_verbose_json(kind: str) -> None:
    body = {
        "task": "transcribe", "language": "english", "duration": 1.5, "text": "Hello",
        "segments": [{"id": 0, "seek": 0, "start": 0.0, "end": 1.5, "text": "Hello", "tokens": [1]}],
        "words": [{"word": "Hello", "start": 0.0, "end": 1.5}],
    }  # fmt: skip
    with serve(whole(body)) as server:
        got = ask(kind, server, "audio.transcriptions.create", "openai/whisper-1", WAV, response_format="verbose_json")
    assert (got.text, got.language, got.duration, got.segments[0].end, got.words[0].word) == (
        "Hello", "english", 1.5, 1.5, "Hello"
    )  # fmt: skip


@both
def test_img_05_speech_is_bytes_unchanged(kind: str) -> None:
    sound = bytes(range(256)) * 9 + b"\r\n\x00\xff"
    with serve(whole(sound, content_type="audio/mpeg")) as server:
        got = stream(kind, server, "audio.speech.create", "openai/tts-1", "Hi", voice="alloy")
    assert b"".join(got.events) == sound == got.final.bytes


@both
def test_img_05_an_error_is_raised_before_anything_is_handed_out(kind: str) -> None:
    failure = {"error": {"message": "voice is unknown", "type": "invalid_request_error", "param": "voice"}}
    for status in (400, 200):
        with serve(whole(failure, status)) as server, pytest.raises(OneLLMError, match="voice is unknown"):
            stream(kind, server, "audio.speech.create", "openai/tts-1", "Hi", voice="nobody")


@both
def test_img_05_a_cut_body_raises(kind: str) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 100\r\n\r\n"
    with serve([head + b"half", Wait(0.05), End()]) as server:
        got = stream(kind, server, "audio.speech.create", "openai/tts-1", "Hi", voice="alloy")
    assert isinstance(got.error, StreamInterrupted)
    assert got.error.partial.bytes == b"half"
    assert got.events == [b"half"]
