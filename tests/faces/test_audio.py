"""Speech, transcriptions and translations: whole and streamed."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from openai.types import audio as sdk

import onellm
from onellm.body import File
from onellm.types.audio import TranscriptionRequest
from onellm.types.speech import SpeechRequest
from tests.faces.asking import WAV, ask, both, received, stream, tell
from tests.support import DONE, End, Wait, event, serve, streamed, whole
from tests.wire import provider

SOUND = b"ID3" + bytes(range(256)) * 64


# -- speech ----------------------------------------------------------------------------------------------------------


@both
def test_speech(kind: str, tmp_path: Path) -> None:
    with serve(whole(SOUND, content_type="audio/mpeg")) as server:
        got = ask(kind, server, "audio.speech.create", "openai/tts-1", "Hi", voice="alloy")
        asked = server.requests[0]
    assert asked.json == {"model": "tts-1", "input": "Hi", "voice": "alloy"}
    assert asked.headers["accept"] == "application/octet-stream"
    assert (got.bytes, got.mime_type) == (SOUND, "audio/mpeg")
    assert got.save(tmp_path / "a.mp3").read_bytes() == SOUND
    assert repr(got) == f"SpeechResponse(audio/mpeg, {len(SOUND)} bytes)"
    assert got.meta.provider == "openai"


@both
def test_the_type_that_was_asked_for_where_the_host_tells_none(kind: str) -> None:
    with serve(whole(SOUND, content_type="application/octet-stream")) as server:
        got = ask(kind, server, "audio.speech.create", "openai/tts-1", "Hi", voice="alloy", response_format="pcm")
    assert got.mime_type == "audio/pcm"


@both
def test_speech_streamed_comes_piece_by_piece(kind: str, tmp_path: Path) -> None:
    pieces = [SOUND[:100], SOUND[100:5000], SOUND[5000:]]
    answer = streamed(pieces[0], Wait(0.05), pieces[1], Wait(0.05), pieces[2])
    with serve([answer[0].replace(b"text/event-stream", b"audio/mpeg"), *answer[1:]]) as server:  # type: ignore[union-attr]
        got = stream(kind, server, "audio.speech.create", "openai/tts-1", "Hi", voice="alloy")
    assert len(got.events) >= 3
    assert b"".join(got.events) == SOUND == got.final.bytes
    assert got.final.save(tmp_path / "a.mp3").read_bytes() == SOUND


@both
def test_a_stream_is_saved_as_it_comes(kind: str, tmp_path: Path) -> None:
    def save(client: Any) -> Any:
        opened = client.audio.speech.create("openai/tts-1", "Hi", voice="alloy", stream=True)
        if kind == "sync":
            return opened.save(tmp_path / "a.mp3")

        async def saved() -> Any:
            return await (await opened).save(tmp_path / "a.mp3")

        return saved()

    with serve(whole(SOUND, content_type="audio/mpeg")) as server:
        assert tell(kind, save, server) == tmp_path / "a.mp3"
        assert (tmp_path / "a.mp3").read_bytes() == SOUND
    head = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 100\r\n\r\n"
    with serve([head + b"half", Wait(0.05), End()]) as server, pytest.raises(onellm.StreamInterrupted):
        tell(kind, save, server)
    assert (tmp_path / "a.mp3").read_bytes() == SOUND, "the old file stays"
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp3"]


@both
@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize(
    "answer", [whole(b"", content_type="audio/mpeg"), whole(b"<html>", content_type="text/html"), whole({"a": 1})],
    ids=["nothing", "a page", "json"],
)  # fmt: skip
def test_what_is_no_audio(kind: str, streaming: bool, answer: Any) -> None:
    ask_for = stream if streaming else ask
    with serve(answer) as server, pytest.raises(onellm.BadResponseError):
        ask_for(kind, server, "audio.speech.create", "openai/tts-1", "Hi", voice="alloy", max_retries=0)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"input": "", "voice": "alloy"}, onellm.InvalidRequestError, "input is empty"),
        ({"input": "x"}, onellm.InvalidRequestError, "openai/tts-1 needs voice"),
        ({"input": "x", "voice": "a", "speed": 5}, onellm.InvalidRequestError, "speed must be 4 or less"),
        ({"input": "x", "voice": "a", "response_format": "ogg"}, onellm.InvalidRequestError, "must be one of mp3"),
        ({"input": "x", "voice": "a", "instructions": "low"}, onellm.UnsupportedParameterError, "instructions"),
    ],
    ids=str,
)
def test_speech_refused_here(params: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        provider("openai").speech(SpeechRequest(model="tts-1", **params))


# -- transcription ---------------------------------------------------------------------------------------------------

TOKENS = {
    "type": "tokens", "input_tokens": 14, "output_tokens": 3, "total_tokens": 17,
    "input_token_details": {"text_tokens": 4, "audio_tokens": 10},
}  # fmt: skip
PLAIN = {"text": "High at four.", "usage": TOKENS, "logprobs": [{"token": "High", "logprob": -0.1, "bytes": [72]}]}
VERBOSE = {
    "task": "transcribe", "language": "english", "duration": 1.5, "text": "High at four.",
    "segments": [
        {
            "id": 0, "seek": 0, "start": 0.0, "end": 1.5, "text": "High at four.", "tokens": [1, 2],
            "temperature": 0.0, "avg_logprob": -0.2, "compression_ratio": 1.0, "no_speech_prob": 0.01,
        }
    ],
    "words": [{"word": "High", "start": 0.0, "end": 0.4}],
    "usage": {"type": "duration", "seconds": 2},
}  # fmt: skip
DIARIZED = {
    "task": "transcribe", "duration": 1.5, "text": "High.",
    "segments": [
        {"id": "seg_1", "type": "transcript.text.segment", "start": 0.0, "end": 1.5, "speaker": "A", "text": "High."}
    ],
}  # fmt: skip


@both
@pytest.mark.parametrize(
    ("body", "judge"),
    [(PLAIN, sdk.Transcription), (VERBOSE, sdk.TranscriptionVerbose), (DIARIZED, sdk.TranscriptionDiarized)],
    ids=["json", "verbose_json", "diarized_json"],
)
def test_as_the_sdk_reads_it(kind: str, body: dict[str, Any], judge: Any) -> None:
    with serve(whole(body)) as server:
        got = ask(kind, server, "audio.transcriptions.create", "openai/gpt-4o-transcribe", WAV)
    assert got.model_dump(exclude_none=True) == judge.model_validate(body).model_dump(exclude_none=True)


@both
def test_translation_as_the_sdk_reads_it(kind: str) -> None:
    body = {key: VERBOSE[key] for key in ("duration", "text", "segments")} | {"language": "english"}
    with serve(whole(body)) as server:
        got = ask(kind, server, "audio.translations.create", "openai/whisper-1", WAV, response_format="verbose_json")
        assert server.requests[0].path == "/v1/audio/translations"
    judge = sdk.TranslationVerbose.model_validate(body)
    assert got.model_dump(exclude_none=True) == judge.model_dump(exclude_none=True)


@both
def test_files_of_every_kind(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "said.wav"
    path.write_bytes(WAV)
    named = io.BytesIO(WAV)
    named.name = "/somewhere/named.wav"
    given: list[Any] = [path, str(path), WAV, bytearray(WAV), io.BytesIO(WAV), named, ("own.ogg", WAV, "audio/ogg")]
    names = ["said.wav", "said.wav", "file.wav", "file.wav", "file.wav", "named.wav", "own.ogg"]
    with serve(whole(PLAIN)) as server:
        for each in given:
            ask(kind, server, "audio.transcriptions.create", "openai/whisper-1", each)
        files = [received(each)["file"] for each in server.requests]
    assert [name for name, _, _ in files] == names
    assert {content for _, content, _ in files} == {WAV}
    assert [media for _, _, media in files] == ["audio/wav"] * 6 + ["audio/ogg"]


@both
def test_streamed(kind: str) -> None:
    deltas = [{"type": "transcript.text.delta", "delta": piece} for piece in ("High", " at", " four.")]
    done = {"type": "transcript.text.done", "text": "High at four.", "usage": TOKENS}
    with serve(streamed(*map(event, [*deltas, done]), DONE)) as server:
        got = stream(kind, server, "audio.transcriptions.create", "openai/gpt-4o-transcribe", WAV)
        assert received(server.requests[0])["stream"] == "true"
    assert "".join(each.delta for each in got.events) == "High at four." == got.final.text
    assert got.final.usage.total_tokens == 17
    judged: list[Any] = [sdk.TranscriptionTextDeltaEvent, sdk.TranscriptionTextDoneEvent]
    for ours, judge, theirs in zip((got.events[0], got.events[-1]), judged, (deltas[0], done), strict=True):
        known = judge.model_validate(theirs).model_dump(exclude_none=True)
        assert ours.model_dump(include=set(known), exclude_none=True) == known


@both
def test_speakers_streamed(kind: str) -> None:
    said = [
        {"type": "transcript.text.segment", "id": str(n), "start": n, "end": n + 1, "speaker": who, "text": "Hm."}
        for n, who in enumerate("AB")
    ]
    done = {"type": "transcript.text.done", "text": "Hm. Hm."}
    with serve(streamed(*map(event, [*said, done]))) as server:
        got = stream(kind, server, "audio.transcriptions.create", "openai/gpt-4o-transcribe-diarize", WAV)
    assert [(each.speaker, each.start, each.text) for each in got.final.segments] == [("A", 0, "Hm."), ("B", 1, "Hm.")]
    assert got.final.text == "Hm. Hm."


@both
def test_a_stream_that_ends_early(kind: str) -> None:
    with serve(streamed(event({"type": "transcript.text.delta", "delta": "High"}), DONE)) as server:
        got = stream(kind, server, "audio.transcriptions.create", "openai/gpt-4o-transcribe", WAV)
    assert isinstance(got.error, onellm.StreamInterrupted)
    assert got.error.partial.text == "High"


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_whisper_does_not_stream(kind: str) -> None:
    with serve(whole(PLAIN)) as server, pytest.raises(onellm.UnsupportedParameterError, match="does not stream"):
        stream(kind, server, "audio.transcriptions.create", "openai/whisper-1", WAV)
    assert not server.requests


@both
@pytest.mark.parametrize("value", [b"", "nowhere.wav", "https://h.example/a.wav", io.StringIO("text"), 7, ("a", "b")])
def test_no_file(kind: str, value: Any) -> None:
    with serve(whole(PLAIN)) as server, pytest.raises(onellm.InvalidRequestError) as caught:
        ask(kind, server, "audio.transcriptions.create", "openai/whisper-1", value)
    assert caught.value.param == "file"
    assert not server.requests


def test_the_request_keeps_the_file_as_it_is() -> None:
    file = File("a.wav", WAV, "audio/wav")
    assert TranscriptionRequest(model="m", file=file).file is file
    assert asyncio.iscoroutinefunction(onellm.AudioTranscription.acreate)
