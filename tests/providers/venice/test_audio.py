"""`venice.audio` without its jobs: speech whole and streamed, transcripts, voices, on both clients."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from onellm_providers.venice import AsyncVenice
from onellm_providers.venice.errors import AudioGenerationError, BadRequestError
from onellm_providers.venice.simulator.audio import HEARD
from onellm_providers.venice.simulator.media import SOUNDS

from onellm import BadResponseError, InvalidRequestError, OneLLMError, StreamInterrupted, UnknownOutcomeError
from onellm.testing import faults
from tests.providers.venice.media import SOUND, WAV, Asker, Watched, both
from tests.support import End, serve, whole

FORMATS = ["mp3", "opus", "aac", "flac", "wav", "pcm"]
SPOKEN: dict[str, Any] = {
    "model": "tts-kokoro", "voice": "af_bella", "response_format": "wav", "speed": 1.5, "language": "en",
    "prompt": "Happy.", "temperature": 0.5, "top_p": 0.9,
}  # fmt: skip


@both
@pytest.mark.parametrize("name", [None, *FORMATS])
def test_speech(ask: Asker, venice: Watched, name: Any) -> None:
    """Hard case IMG-05: the bytes come unchanged, whatever they are."""
    speech = ask(venice.url, lambda client: client.audio.speech("Hello", response_format=name))
    assert venice.body == ({"input": "Hello", "response_format": name} if name else {"input": "Hello"})
    assert (speech.mime_type, speech.bytes) == SOUNDS[name or "mp3"]
    assert speech.balance_usd == Decimal("10.00")
    assert venice.last.headers["accept"] == "audio/*, application/json"


@both
@pytest.mark.parametrize("name", [None, *FORMATS])
def test_streamed_speech(ask: Asker, venice: Watched, name: Any) -> None:
    streamed = ask(venice.url, lambda client: client.audio.speech_stream("Hello", response_format=name))
    assert venice.body == {"input": "Hello", "streaming": True, **({"response_format": name} if name else {})}
    kind, content = SOUNDS[name or "mp3"]
    assert b"".join(streamed.events) == content
    assert (streamed.final.bytes, streamed.final.mime_type) == (content, kind)


@both
@pytest.mark.parametrize("method", ["speech", "speech_stream"])
def test_speech_takes_every_parameter(ask: Asker, venice: Watched, method: str) -> None:
    ask(venice.url, lambda client: getattr(client.audio, method)("Hello", **SPOKEN))
    assert venice.body == {"input": "Hello", **SPOKEN, **({"streaming": True} if method == "speech_stream" else {})}


@both
@pytest.mark.parametrize("method", ["speech", "speech_stream"])
def test_an_error_comes_before_any_byte(ask: Asker, venice: Watched, method: str) -> None:
    """Hard case IMG-05: no error's JSON is taken for audio."""
    with pytest.raises(BadRequestError, match="response_format mp3 is not supported by tts-gradium-v1"):
        ask(
            venice.url,
            lambda client: getattr(client.audio, method)("x", model="tts-gradium-v1", response_format="mp3"),
        )
    venice.sim.inject(faults.json_error_in_200())
    with pytest.raises(OneLLMError):
        ask(venice.url, lambda client: getattr(client.audio, method)("x"))


@both
def test_streamed_speech_that_breaks_off(ask: Asker, venice: Watched) -> None:
    venice.sim.inject(faults.reset_after(events=1))
    streamed = _read_until_error(ask, venice.url)
    assert isinstance(streamed, StreamInterrupted)
    assert streamed.partial.bytes == SOUND[:256]


def _read_until_error(ask: Asker, url: str) -> BaseException:
    with pytest.raises(StreamInterrupted) as caught:
        ask(url, lambda client: client.audio.speech_stream("x"))
    return caught.value


@both
def test_streamed_speech_of_no_bytes(ask: Asker) -> None:
    with serve(whole(b"", content_type="audio/mpeg")) as server, pytest.raises(BadResponseError, match="no byte"):
        ask(server.url, lambda client: client.audio.speech_stream("x"), max_retries=0)


@both
def test_raw_samples_may_begin_like_a_page(ask: Asker) -> None:
    samples = b"{\x00<\x00" * 8
    with serve(whole(samples, content_type="audio/pcm")) as server:
        speech = ask(server.url, lambda client: client.audio.speech("x", response_format="pcm"))
    assert speech.bytes == samples


@both
def test_closing_early_closes_the_connection(ask: Asker) -> None:
    """Hard case IMG-05: what is left of the speech is not read."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = [b"%x\r\n%s\r\n" % (len(SOUND), SOUND)] * 3
    with serve([head, *pieces, End()]) as server:
        if ask.kind == "sync":
            ask(server.url, _first_piece)
        else:
            import asyncio

            asyncio.run(_afirst_piece(server.url))
        assert server.wait_closed()


def _first_piece(client: Any) -> None:
    with client.audio.speech_stream("x") as opened:
        assert next(iter(opened))


async def _afirst_piece(url: str) -> None:
    async with AsyncVenice(api_key="k", base_url=url) as client, await client.audio.speech_stream("x") as opened:
        async for piece in opened:
            assert piece
            break


@both
def test_transcriptions(ask: Asker, venice: Watched) -> None:
    told = ask(venice.url, lambda client: client.audio.transcriptions(SOUND))
    assert venice.body == {"file": SOUND.decode("latin-1")}
    assert b'name="file"; filename="file.mp3"\r\nContent-Type: audio/mpeg' in venice.last.body
    assert (told.text, told.duration, told.timestamps) == (HEARD, 0.1, None)
    assert "duration=0.1" in repr(told)
    assert "None" not in repr(told).replace("timestamps=None", "")


@both
def test_transcriptions_with_times(ask: Asker, venice: Watched) -> None:
    told = ask(
        venice.url,
        lambda client: client.audio.transcriptions(
            WAV, model="openai/whisper-large-v3", timestamps=True, language="en", response_format="json"
        ),
    )
    assert venice.body == {
        "file": WAV.decode("latin-1"), "model": "openai/whisper-large-v3", "timestamps": True, "language": "en",
        "response_format": "json",
    }  # fmt: skip
    assert b'name="timestamps"\r\n\r\ntrue\r\n' in venice.last.body
    assert (told.timestamps.word[0].word, told.timestamps.word[0].start) == ("The", 0)


@both
def test_transcriptions_as_text(ask: Asker, venice: Watched) -> None:
    told = ask(venice.url, lambda client: client.audio.transcriptions(SOUND, response_format="text"))
    assert (told.text, told.duration) == (HEARD, None)


@both
def test_voices(ask: Asker, venice: Watched) -> None:
    voice = ask(venice.url, lambda client: client.audio.voices(WAV))
    assert venice.body == {"file": WAV.decode("latin-1")}
    assert (voice.id[:3], voice.model) == ("vv_", "tts-chatterbox-hd")
    voice = ask(venice.url, lambda client: client.audio.voices(SOUND, model="tts-minimax-speech-02-hd"))
    assert voice.model == "tts-minimax-speech-02-hd"


@both
def test_a_cloned_voice_that_may_be_there_is_not_cloned_again(ask: Asker, venice: Watched) -> None:
    venice.sim.inject(faults.status(500))
    with pytest.raises(UnknownOutcomeError) as caught:
        ask(venice.url, lambda client: client.audio.voices(WAV))
    assert isinstance(caught.value.__cause__, AudioGenerationError)
    assert len(venice.sim.requests) == 1


@both
@pytest.mark.parametrize(
    ("call", "param"),
    [
        (lambda audio: audio.speech(""), "input"),
        (lambda audio: audio.speech("x" * 4097), "input"),
        (lambda audio: audio.speech("x", speed=5), "speed"),
        (lambda audio: audio.speech("x", voice="v" * 513), "voice"),
        (lambda audio: audio.speech("x", prompt="p" * 501), "prompt"),
        (lambda audio: audio.speech("x", response_format="ogg"), "response_format"),
        (lambda audio: audio.speech("x", language="e"), "language"),
        (lambda audio: audio.speech("x", top_p=1.5), "top_p"),
        (lambda audio: audio.speech_stream("x", temperature=3), "temperature"),
        (lambda audio: audio.transcriptions(SOUND, response_format="srt"), "response_format"),
        (lambda audio: audio.transcriptions(b"ID3" + bytes(25 * 2**20)), "file"),
        (lambda audio: audio.transcriptions("https://example.com/a.mp3"), "file"),
        (lambda audio: audio.transcriptions(b""), "file"),
        (lambda audio: audio.voices(SOUNDS["flac"][1], model="tts-minimax-speech-02-hd"), "file"),
        (lambda audio: audio.voices(SOUNDS["opus"][1]), "file"),
        (lambda audio: audio.quote(model="m", duration_seconds="ten"), "duration_seconds"),
        (lambda audio: audio.quote(model="m", character_count=0), "character_count"),
        (lambda audio: audio.queue("", model="m"), "prompt"),
        (lambda audio: audio.queue("x", model="m", duration_seconds=0), "duration_seconds"),
        (lambda audio: audio.queue("x", model="m", lyrics_optimizer=True, lyrics_prompt="la"), "lyrics_prompt"),
    ],
)
def test_what_venice_would_refuse_is_refused_here(ask: Asker, venice: Watched, call: Any, param: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        ask(venice.url, lambda client: call(client.audio))
    assert (caught.value.param, caught.value.status) == (param, None)
    assert venice.sim.requests == []


@both
def test_what_is_not_known_of_a_sample_does_not_block(ask: Asker) -> None:
    with serve(whole({"id": "vv_1", "model": "a-new-one"})) as server:
        ask(server.url, lambda client: client.audio.voices(b"anything", model="a-new-one"))
        ask(server.url, lambda client: client.audio.voices(b"anything"))
    assert len(server.requests) == 2


@both
def test_a_transcript_that_is_none(ask: Asker) -> None:
    for answer in (whole({"no": "text"}), whole(json.dumps([1]).encode())):
        with serve(answer) as server, pytest.raises(BadResponseError):
            ask(server.url, lambda client: client.audio.transcriptions(SOUND))
