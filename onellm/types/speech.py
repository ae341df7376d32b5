"""Speech: what is asked and answered (OpenAI's POST /audio/speech)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, TypeAlias

from onellm.types.call_params import CallParams
from onellm.types.media import Media
from onellm.types.request import ModelRequest

SpeechFormat: TypeAlias = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]

MIME_TYPES = {
    "mp3": "audio/mpeg", "opus": "audio/ogg", "aac": "audio/aac", "flac": "audio/flac", "wav": "audio/wav",
    "pcm": "audio/pcm",
}  # fmt: skip
"""What the formats are; pcm is 16-bit little-endian mono at 24 kHz."""


class SpeechRequest(ModelRequest):
    """Text to be spoken, as a provider sees it."""

    steering: ClassVar[frozenset[str]] = ModelRequest.steering | {"input"}

    input: str
    voice: str | dict[str, Any] | None = None
    instructions: str | None = None
    language: str | None = None
    response_format: str | None = None
    sample_rate: int | None = None
    speed: float | None = None
    temperature: float | None = None

    @property
    def mime_type(self) -> str:
        """What the format that was asked for is; mp3 where none was."""
        return MIME_TYPES.get(self.response_format or "mp3", "application/octet-stream")


class SpeechParams(CallParams, total=False):
    """The parameters of speech beside `model` and `input`.

    `voice`: a name ("alloy", …), or `{"id": …}` for one of your own. `response_format`: mp3 where it is not given; pcm
    is 16-bit little-endian mono at 24 kHz. `speed` 0.25–4. `instructions`: how to speak, for models that listen to
    that. `language`, `sample_rate` and `temperature`: some hosts only.
    """

    voice: str | Mapping[str, object] | None
    instructions: str | None
    language: str | None
    response_format: SpeechFormat | None
    sample_rate: int | None
    speed: float | None
    temperature: float | None


class SpeechResponse(Media):
    """The spoken text: `bytes`, `mime_type`, `save(path)`."""

    __slots__ = ()
