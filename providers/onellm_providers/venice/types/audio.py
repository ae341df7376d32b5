"""Audio: what Venice answers."""

from __future__ import annotations

from typing import Literal, TypeAlias

from onellm.types.base import Model
from onellm_providers.venice.types.facts import Facts, VeniceMedia

SpeechFormat: TypeAlias = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]

MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "opus": "audio/opus",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "pcm": "audio/pcm",
}


class Speech(VeniceMedia):
    """Spoken text."""


class Word(Model):
    """A word and the seconds from which to which it is spoken."""

    word: str
    start: float
    end: float


class Segment(Model):
    """A stretch of speech and the seconds from which to which it lasts."""

    text: str
    start: float
    end: float


class Letter(Model):
    """A letter and the seconds from which to which it is spoken."""

    char: str
    start: float
    end: float


class Timestamps(Model):
    """One of the three, by model."""

    word: list[Word] | None = None
    segment: list[Segment] | None = None
    char: list[Letter] | None = None


class Transcription(Facts):
    """The text of a recording; `duration` in seconds."""

    text: str
    duration: float | None = None
    timestamps: Timestamps | None = None


class ClonedVoice(Facts):
    """A cloned voice: give `id` (`vv_…`) as `voice` of speech, with the same model, within 7 days."""

    id: str
    model: str
