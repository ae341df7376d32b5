"""Every media operation, and one way to ask for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.providers.venice.media import CLIP, PNG, SOUND, WAV

Ask = Callable[[Any], Any]

OPERATIONS: dict[tuple[str, str], Ask] = {
    ("POST", "/image/generate"): lambda client: client.images.generate("x", model="m"),
    ("POST", "/images/generations"): lambda client: client.images.generations("x"),
    ("GET", "/image/styles"): lambda client: client.images.styles(),
    ("POST", "/image/upscale"): lambda client: client.images.upscale(PNG),
    ("POST", "/image/edit"): lambda client: client.images.edit(PNG, "x"),
    ("POST", "/image/multi-edit"): lambda client: client.images.multi_edit([PNG], "x"),
    ("POST", "/image/background-remove"): lambda client: client.images.remove_background(PNG),
    ("POST", "/audio/speech"): lambda client: client.audio.speech("x"),
    ("POST", "/audio/transcriptions"): lambda client: client.audio.transcriptions(SOUND),
    ("POST", "/audio/voices"): lambda client: client.audio.voices(WAV),
    ("POST", "/audio/queue"): lambda client: client.audio.queue("x", model="m"),
    ("POST", "/audio/quote"): lambda client: client.audio.quote(model="m"),
    ("POST", "/audio/retrieve"): lambda client: client.audio.retrieve("m", "q"),
    ("POST", "/audio/complete"): lambda client: client.audio.complete("m", "q"),
    ("POST", "/video/queue"): lambda client: client.video.queue("x", model="m", duration="5s"),
    ("POST", "/video/quote"): lambda client: client.video.quote(model="m", duration="5s"),
    ("POST", "/video/retrieve"): lambda client: client.video.retrieve("m", "q"),
    ("POST", "/video/complete"): lambda client: client.video.complete("m", "q"),
    ("POST", "/video/transcriptions"): lambda client: client.video.transcriptions(CLIP),
    ("POST", "/audio/voice-changer/queue"): lambda client: client.voice_changer.queue(SOUND, model="m"),
    ("POST", "/audio/voice-changer/quote"): lambda client: client.voice_changer.quote(model="m", duration_seconds=5),
    ("POST", "/audio/voice-changer/retrieve"): lambda client: client.voice_changer.retrieve("m", "q"),
    ("POST", "/audio/voice-changer/complete"): lambda client: client.voice_changer.complete("m", "q"),
}

PURCHASES = {
    "/image/generate", "/images/generations", "/image/upscale", "/image/edit", "/image/multi-edit",
    "/image/background-remove", "/audio/voices", "/audio/queue", "/video/queue", "/audio/voice-changer/queue",
}  # fmt: skip
