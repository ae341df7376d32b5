"""Speech, transcripts, voices, music and changed voices at the simulated Venice (OpenAPI file of 2026-08-21)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from onellm.checks import Issue
from onellm.file_input import sniff
from onellm.testing.simulator.values import Answer, Route, ServiceError, SimReply, SimRequest, SimStream
from onellm_providers.venice.simulator.form import Sent, behind, checked, json_of, read_body
from onellm_providers.venice.simulator.jobs import Jobs
from onellm_providers.venice.simulator.media import MP3, SOUNDS
from onellm_providers.venice.tables.audio import SAMPLES

HEARD = "The quick brown fox jumps over the lazy dog."
FORMATS = {"tts-kokoro": ("mp3", "opus", "aac", "flac", "wav", "pcm"), "tts-gradium-v1": ("wav", "pcm")}
"""What a model speaks in, the default first; models that are not here speak in mp3 and wav."""
_LARGEST = 25 * 1024 * 1024
_PIECE = 256
_USD_PER_SECOND = 0.002
_USD_PER_CHARACTER = 0.00001
_SOUND = 30


def routes(authenticate: Callable[[SimRequest], None]) -> tuple[Route, ...]:
    """Every operation on audio; `authenticate` raises for those that have no good key."""
    music = Jobs("audio", "audio/mpeg", MP3)
    changed = Jobs("audio/voice-changer", "audio/mpeg", MP3)

    paid = functools.partial(behind, authenticate)

    def queue(request: SimRequest) -> Answer:
        body = json_of(request, "audio/queue")
        return SimReply.json({**music.queue(request, body["model"]), "status": "QUEUED"})

    def change(request: SimRequest) -> Answer:
        sent = checked(read_body(request, numbers=("seed",)), "audio/voice-changer/queue")
        answer = changed.queue(request, sent.fields["model"])
        return SimReply.json({**answer, "status": "QUEUED", "duration_seconds": 3.5})

    return (
        Route("POST", "/audio/speech", paid(_speech)),
        Route("POST", "/audio/transcriptions", paid(_transcribe)),
        Route("POST", "/audio/voices", paid(_clone)),
        Route("POST", "/audio/queue", paid(queue)),
        Route("POST", "/audio/quote", paid(_quote)),
        *music.routes(authenticate),
        Route("POST", "/audio/voice-changer/queue", paid(change)),
        Route("POST", "/audio/voice-changer/quote", paid(_quote_change)),
        *changed.routes(authenticate),
    )


def _speech(request: SimRequest) -> Answer:
    body = json_of(request, "audio/speech")
    model = body.get("model", "tts-kokoro")
    speaks = FORMATS.get(model, ("mp3", "wav"))
    name = body.get("response_format", speaks[0])
    if name not in speaks:
        raise ServiceError(400, f"response_format {name} is not supported by {model}")
    kind, content = SOUNDS[name]
    if not body.get("streaming"):
        return SimReply(200, {"Content-Type": kind}, content)
    pieces = [content[at : at + _PIECE] for at in range(0, len(content), _PIECE)]
    return SimStream(pieces, {"Content-Type": kind})


def _transcribe(request: SimRequest) -> Answer:
    sent = checked(_form(request), "audio/transcriptions")
    content = sent.files["file"][0].content
    if not content:
        raise ServiceError(422, "Zero-length audio cannot be transcribed")
    if len(content) > _LARGEST:
        raise ServiceError(413, "The request payload is too large.", code="PAYLOAD_TOO_LARGE")
    if sent.fields.get("response_format") == "text":
        return SimReply(200, {"Content-Type": "text/plain; charset=utf-8"}, HEARD.encode())
    answer: dict[str, Any] = {"text": HEARD, "duration": 0.1}
    if sent.fields.get("timestamps") and "parakeet" not in sent.fields.get("model", "parakeet"):
        words = HEARD.split()
        step = 0.1 / len(words)
        answer["timestamps"] = {
            "word": [
                {"word": word, "start": round(at * step, 4), "end": round(at * step + step, 4)}
                for at, word in enumerate(words)
            ]
        }
    return SimReply.json(answer)


def _clone(request: SimRequest) -> Answer:
    sent = checked(_form(request), "audio/voices")
    model = sent.fields.get("model", "tts-chatterbox-hd")
    kind = sniff(sent.files["file"][0].content)
    if kind not in SAMPLES[model]:
        raise ServiceError(400, "Unsupported audio format")
    return SimReply.json({"id": f"vv_{request.number:012x}", "model": model})


def _quote(request: SimRequest) -> Answer:
    body = json_of(request, "audio/quote")
    if "speech" in body["model"] and "character_count" not in body:
        missing = Issue(("character_count",), "invalid_type", "Required")
        raise ServiceError(400, "character_count is required", issues=[missing])
    seconds = int(body.get("duration_seconds", _SOUND))
    price = _USD_PER_CHARACTER * body["character_count"] if "speech" in body["model"] else _USD_PER_SECOND * seconds
    return SimReply.json({"quote": round(price, 6)})


def _quote_change(request: SimRequest) -> Answer:
    seconds = int(json_of(request, "audio/voice-changer/quote")["duration_seconds"])
    return SimReply.json({"quote": round(_USD_PER_SECOND * seconds, 6), "duration_seconds": seconds})


def _form(request: SimRequest) -> Sent:
    sent = read_body(request)
    if not sent.is_form:
        raise ServiceError(415, "Invalid content type")
    if "file" not in sent.files:
        raise ServiceError(400, "file is required")
    return sent
