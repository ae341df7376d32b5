"""`client.audio`: speech, transcriptions, translations."""

from __future__ import annotations

from typing import Literal, Unpack

from onellm.call import Prepared, PreparedStream
from onellm.file_input import FileInput, read_file
from onellm.operations import Operations
from onellm.resource import IO, either, endpoint, stream
from onellm.resources.base import Routed
from onellm.types.audio import (
    TranscriptionEvent,
    TranscriptionParams,
    TranscriptionRequest,
    TranscriptionResponse,
    TranslationParams,
    TranslationRequest,
    TranslationResponse,
)
from onellm.types.speech import SpeechParams, SpeechRequest, SpeechResponse


class Audio(Routed[IO]):
    """`client.audio`"""

    @property
    def speech(self) -> Speeches[IO]:
        """Text to speech."""
        return Speeches(self._engine, self._core)

    @property
    def transcriptions(self) -> Transcriptions[IO]:
        """Speech to text."""
        return Transcriptions(self._engine, self._core)

    @property
    def translations(self) -> Translations[IO]:
        """Speech to English text."""
        return Translations(self._engine, self._core)


class Speeches(Routed[IO]):
    """`client.audio.speech`"""

    @stream
    def _streamed(
        self,
        model: str | None = None,
        input: str = "",
        *,
        stream: Literal[True],
        **params: Unpack[SpeechParams],
    ) -> PreparedStream[bytes, SpeechResponse]:
        return self._core.prepare_stream(Operations.speech_stream, SpeechRequest, model, params, input=input)

    @either(_streamed)
    @endpoint
    def create(
        self,
        model: str | None = None,
        input: str = "",
        *,
        stream: Literal[False] | None = None,
        **params: Unpack[SpeechParams],
    ) -> Prepared[SpeechResponse]:
        """A text, spoken: `.bytes`, `.mime_type`, `.save(path)`; with `stream=True` an iterator of bytes as they come.

        A stream's `final()` gives the rest as a whole. One that breaks off raises StreamInterrupted, whose `partial`
        has what came. Parameters are those of `SpeechParams`. Raises CapabilityError, UnsupportedParameterError and
        InvalidRequestError before anything is sent; later APIError and its kinds, APIConnectionError.
        """
        return self._core.prepare(Operations.speech, SpeechRequest, model, params, input=input)


class Transcriptions(Routed[IO]):
    """`client.audio.transcriptions`"""

    @stream
    def _streamed(
        self,
        model: str | None = None,
        file: FileInput = b"",
        *,
        stream: Literal[True],
        **params: Unpack[TranscriptionParams],
    ) -> PreparedStream[TranscriptionEvent, TranscriptionResponse]:
        return self._core.prepare_stream(
            Operations.transcribe_stream, TranscriptionRequest, model, params, file=read_file(file, "file")
        )

    @either(_streamed)
    @endpoint
    def create(
        self,
        model: str | None = None,
        file: FileInput = b"",
        *,
        stream: Literal[False] | None = None,
        **params: Unpack[TranscriptionParams],
    ) -> Prepared[TranscriptionResponse]:
        """What was said, in the language in which it was said; with `stream=True` an iterator of events.

        `file` is a path, bytes or a binary file (OpenAI: flac, mp3, mp4, m4a, ogg, wav, webm, up to 25 MB). Parameters
        are those of `TranscriptionParams`. With response_format srt or vtt, `text` holds the subtitles. Raises
        CapabilityError, UnsupportedParameterError and InvalidRequestError before anything is sent; later APIError and
        its kinds, APIConnectionError, StreamInterrupted.
        """
        return self._core.prepare(
            Operations.transcribe, TranscriptionRequest, model, params, file=read_file(file, "file")
        )


class Translations(Routed[IO]):
    """`client.audio.translations`"""

    @endpoint
    def create(
        self, model: str | None = None, file: FileInput = b"", **params: Unpack[TranslationParams]
    ) -> Prepared[TranslationResponse]:
        """What was said, in English. The file and the errors are as for a transcription."""
        return self._core.prepare(Operations.translate, TranslationRequest, model, params, file=read_file(file, "file"))
