"""Audio: POST /audio/…, and the voice changer, which the OpenAPI file does not have.

The voice changer's parameters: public behaviour of the client venice-py 2.9.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from onellm.checks import Check, Issue, Path, boolean, integer, number, record, string
from onellm_providers.venice.tables.words import Growing, broken, ruled, seconds

SPEAKING = (
    "tts-kokoro", "tts-qwen3-0-6b", "tts-qwen3-1-7b", "tts-xai-v1", "tts-inworld-1-5-max", "tts-chatterbox-hd",
    "tts-orpheus", "tts-elevenlabs-turbo-v2-5", "tts-minimax-speech-02-hd", "tts-gemini-3-1-flash", "tts-gradium-v1",
)  # fmt: skip
HEARING = (
    "nvidia/parakeet-tdt-0.6b-v3", "openai/whisper-large-v3", "fal-ai/wizper", "elevenlabs/scribe-v2", "stt-xai-v1",
)  # fmt: skip
CLONING = ("tts-chatterbox-hd", "tts-minimax-speech-02-hd")
SAMPLES: Mapping[str, tuple[str, ...]] = {
    "tts-chatterbox-hd": ("audio/mpeg", "audio/wav", "audio/flac", "audio/mp4", "video/mp4"),
    "tts-minimax-speech-02-hd": ("audio/mpeg", "audio/wav"),
}
"""What a sample of a voice may be, by model; an .m4a file may tell of itself that it is video/mp4."""
FORMATS = ("mp3", "opus", "aac", "flac", "wav", "pcm")

RETRIEVE = record(
    {"model": string(), "queue_id": string(), "delete_media_on_completion": boolean()},
    ("model", "queue_id"),
    closed=True,
)
COMPLETE = record({"model": string(), "queue_id": string()}, ("model", "queue_id"), closed=True)


def audio_tables(growing: Growing) -> dict[str, Check]:
    """The tables by path."""
    speech = {
        "input": string(low=1, high=4096),
        "language": string(low=2, high=32),
        "model": growing(*SPEAKING),
        "prompt": string(high=500),
        "response_format": string(*FORMATS),
        "speed": number(0.25, 4),
        "streaming": boolean(),
        "temperature": number(0, 2),
        "top_p": number(0, 1),
        "voice": string(high=512),
    }
    heard = {
        "file": string(low=1),
        "language": string(),
        "model": growing(*HEARING),
        "response_format": string("json", "text"),
        "timestamps": boolean(),
    }
    changed = {
        "audio_url": string(low=1),
        "file": string(low=1),
        "model": string(low=1),
        "remove_background_noise": boolean(),
        "seed": integer(0),
        "voice": string(low=1),
    }
    return {
        "audio/speech": record(speech, ("input",), closed=True),
        "audio/transcriptions": record(heard, ("file",), closed=True),
        "audio/voices": record({"file": string(low=1), "model": growing(*CLONING)}, ("file",)),
        "audio/queue": ruled(_QUEUE, _lyrics_once),
        "audio/quote": record(
            {"model": string(), "duration_seconds": seconds(), "character_count": integer(above=0)},
            ("model",),
            closed=True,
        ),
        "audio/retrieve": RETRIEVE,
        "audio/complete": COMPLETE,
        "audio/voice-changer/queue": ruled(record(changed, ("model",), closed=True), _one_recording),
        "audio/voice-changer/quote": record(
            {"model": string(), "duration_seconds": seconds()}, ("model", "duration_seconds"), closed=True
        ),
        "audio/voice-changer/retrieve": RETRIEVE,
        "audio/voice-changer/complete": COMPLETE,
    }


_QUEUE = record(
    {
        "duration_seconds": seconds(),
        "force_instrumental": boolean(),
        "language_code": string(),
        "loop": boolean(),
        "lyrics_optimizer": boolean(),
        "lyrics_prompt": string(),
        "model": string(),
        "prompt": string(low=1),
        "speed": number(0.25, 4),
        "voice": string(),
    },
    ("model", "prompt"),
    closed=True,
)


def _lyrics_once(body: dict[str, Any], path: Path) -> Iterator[Issue]:
    if body.get("lyrics_optimizer") and body.get("lyrics_prompt"):
        yield broken((*path, "lyrics_prompt"), "lyrics_prompt must be empty when lyrics_optimizer is true")


def _one_recording(body: dict[str, Any], path: Path) -> Iterator[Issue]:
    if ("file" in body) == ("audio_url" in body):
        yield broken((*path, "file"), "Provide either file or audio_url")
