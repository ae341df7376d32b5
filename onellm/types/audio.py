"""Transcription and translation of speech (OpenAI's POST /audio/transcriptions and /audio/translations)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator, ConfigDict

from onellm.body import File
from onellm.types.base import Model, Result
from onellm.types.call_params import CallParams
from onellm.types.request import ModelRequest, as_list

TranscriptionFormat: TypeAlias = Literal["json", "text", "srt", "verbose_json", "vtt", "diarized_json"]
TranslationFormat: TypeAlias = Literal["json", "text", "srt", "verbose_json", "vtt"]
_Words = Annotated[list[str] | None, BeforeValidator(as_list)]


class TranscriptionRequest(ModelRequest):
    """Speech to be written down, as a provider sees it: the file has been read."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    steering: ClassVar[frozenset[str]] = ModelRequest.steering | {"file"}

    file: File
    chunking_strategy: str | dict[str, Any] | None = None
    include: _Words = None
    keywords: _Words = None
    known_speaker_names: _Words = None
    known_speaker_references: _Words = None
    language: str | None = None
    languages: _Words = None
    prompt: str | None = None
    response_format: str | None = None
    temperature: float | None = None
    timestamp_granularities: _Words = None
    timestamps: bool | None = None


class TranslationRequest(ModelRequest):
    """Speech to be written down in English, as a provider sees it: the file has been read."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    steering: ClassVar[frozenset[str]] = ModelRequest.steering | {"file"}

    file: File
    prompt: str | None = None
    response_format: str | None = None
    temperature: float | None = None


class TranscriptionParams(CallParams, total=False):
    """The parameters of a transcription beside `model` and `file`.

    `language`: ISO 639-1. `prompt`: names and style, in the language of the audio. `response_format`: json where it is
    not given; which of them a model takes differs. `timestamp_granularities` need verbose_json. `temperature` 0–1.
    `include=["logprobs"]`. `chunking_strategy`: "auto", or server-side voice detection. `known_speaker_names` and
    `known_speaker_references` (up to four, data URLs of 2–10 s) for diarized_json. `timestamps`: Venice's word for
    verbose.
    """

    chunking_strategy: Literal["auto"] | Mapping[str, object] | None
    include: Sequence[Literal["logprobs"]] | None
    keywords: Sequence[str] | None
    known_speaker_names: Sequence[str] | None
    known_speaker_references: Sequence[str] | None
    language: str | None
    languages: Sequence[str] | None
    prompt: str | None
    response_format: TranscriptionFormat | None
    temperature: float | None
    timestamp_granularities: Sequence[Literal["word", "segment"]] | None
    timestamps: bool | None


class TranslationParams(CallParams, total=False):
    """The parameters of a translation beside `model` and `file`. `prompt` is in English."""

    prompt: str | None
    response_format: TranslationFormat | None
    temperature: float | None


class TranscriptionSegment(Model):
    """A stretch of speech, in seconds from the start; `speaker` where speakers were told apart."""

    id: int | str | None = None
    start: float = 0.0
    end: float = 0.0
    text: str = ""
    speaker: str | None = None


class TranscriptionWord(Model):
    """A word, in seconds from the start."""

    word: str = ""
    start: float = 0.0
    end: float = 0.0


class TranscriptionUsage(Model):
    """What was billed: tokens (`type` is "tokens") or seconds ("duration")."""

    type: str | None = None
    seconds: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    input_token_details: dict[str, int | None] | None = None


class TranscriptionResponse(Result):
    """What was said. With response_format srt or vtt, `text` holds the subtitles as they came.

    `segments`, `words`, `language` and `duration` (seconds) are there where the format and the model give them.
    """

    text: str
    task: str | None = None
    language: str | None = None
    duration: float | None = None
    segments: list[TranscriptionSegment] | None = None
    words: list[TranscriptionWord] | None = None
    logprobs: list[dict[str, Any]] | None = None
    usage: TranscriptionUsage | None = None


class TranslationResponse(TranscriptionResponse):
    """What was said, in English."""

    __slots__ = ()


class TranscriptionEvent(Result):
    """An event of a streamed transcription.

    `type` is "transcript.text.delta" (`delta` is the next piece), "transcript.text.segment" (a speaker's stretch) or
    "transcript.text.done" (`text` is the whole, with `usage`).
    """

    type: str = ""
    delta: str = ""
    text: str | None = None
    id: str | None = None
    segment_id: str | None = None
    speaker: str | None = None
    start: float | None = None
    end: float | None = None
    logprobs: list[dict[str, Any]] | None = None
    usage: TranscriptionUsage | None = None
