"""Speech and what was said, in OpenAI's format."""

from __future__ import annotations

import functools
from typing import TypeVar

from onellm.body import JSON
from onellm.call import Call, ExchangeFields, Reply, StreamCall
from onellm.capabilities import Capability
from onellm.decode.raw import RawAssembler, RawDecoder
from onellm.errors import InvalidRequestError
from onellm.openai_compatible.events import EventDecoder
from onellm.openai_compatible.forms import form
from onellm.openai_compatible.wire import Wire
from onellm.types.audio import (
    TranscriptionEvent,
    TranscriptionRequest,
    TranscriptionResponse,
    TranscriptionSegment,
    TranscriptionUsage,
    TranslationRequest,
    TranslationResponse,
)
from onellm.types.speech import SpeechRequest, SpeechResponse

W = TypeVar("W", bound=TranscriptionResponse)

NO_MEDIA = ("application/json", "application/problem+json", "text/")


def speech(provider: Wire, request: SpeechRequest) -> Call[SpeechResponse]:
    """POST /audio/speech."""
    return Call(parse=functools.partial(read_speech, request.mime_type), **_speech(provider, request))


def speech_stream(provider: Wire, request: SpeechRequest) -> StreamCall[bytes, SpeechResponse]:
    """POST /audio/speech, the bytes as they come."""
    kind = request.mime_type
    return StreamCall(
        decoder=RawDecoder,
        assembler=lambda: RawAssembler(lambda content: SpeechResponse(content=content, mime_type=kind)),
        media_type=kind,
        **_speech(provider, request),
    )


def read_speech(asked: str, reply: Reply) -> SpeechResponse:
    """The audio of an answer. Raises ValueError where it is text, or nothing."""
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not reply.body or kind.startswith(NO_MEDIA):
        raise ValueError("the answer is no audio")
    return SpeechResponse(content=reply.body, mime_type=kind if kind.startswith("audio/") else asked)


def _speech(provider: Wire, request: SpeechRequest) -> ExchangeFields:
    if not request.input:
        raise InvalidRequestError("input is empty; give a text to speak.", param="input")
    operation, fields, dropped = provider.encode(Capability.SPEECH, request)
    body = JSON({"model": request.model, "input": request.input, **fields})
    return provider.exchange(operation.path, request, body=body, dropped=dropped, accept="application/octet-stream")


def transcribe(provider: Wire, request: TranscriptionRequest) -> Call[TranscriptionResponse]:
    """POST /audio/transcriptions."""
    exchange = _listen(provider, request, Capability.TRANSCRIPTION)
    return Call(parse=functools.partial(read_text, TranscriptionResponse, request.response_format), **exchange)


def transcribe_stream(
    provider: Wire, request: TranscriptionRequest
) -> StreamCall[TranscriptionEvent, TranscriptionResponse]:
    """POST /audio/transcriptions with stream=true."""
    exchange = _listen(provider, request, Capability.TRANSCRIPTION, stream=True)
    return StreamCall(
        decoder=lambda: EventDecoder(TranscriptionEvent, "text.done", exchange["error"]),
        assembler=TranscriptionAssembler,
        **exchange,
    )


def translate(provider: Wire, request: TranslationRequest) -> Call[TranslationResponse]:
    """POST /audio/translations."""
    exchange = _listen(provider, request, Capability.TRANSLATION)
    return Call(parse=functools.partial(read_text, TranslationResponse, request.response_format), **exchange)


def read_text(result: type[W], asked: str | None, reply: Reply) -> W:
    """What was said. Plain text and subtitles are taken as they are. Raises ValueError where the bytes are neither."""
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if asked in ("text", "srt", "vtt") and kind != "application/json":
        if kind == "text/html":
            raise ValueError("the answer is a web page")
        return result(text=reply.body.decode())
    return result.model_validate_json(reply.body)


def _listen(
    provider: Wire,
    request: TranscriptionRequest | TranslationRequest,
    capability: Capability,
    *,
    stream: bool = False,
) -> ExchangeFields:
    operation, fields, dropped = provider.encode(capability, request, stream=stream)
    body = form({"model": request.model, **fields}, [("file", request.file)])
    plain = request.response_format in ("text", "srt", "vtt")
    return provider.exchange(operation.path, request, body=body, dropped=dropped, accept="*/*" if plain else "")


class TranscriptionAssembler:
    """The whole text of a stream: that of its last event, else its pieces so far."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._segments: list[TranscriptionSegment] = []
        self._text: str | None = None
        self._usage: TranscriptionUsage | None = None
        self._logprobs: list[dict[str, object]] = []

    def add(self, event: TranscriptionEvent) -> None:
        if event.type.endswith("text.segment"):
            self._segments.append(
                TranscriptionSegment(
                    id=event.id,
                    start=event.start or 0.0,
                    end=event.end or 0.0,
                    text=event.text or "",
                    speaker=event.speaker,
                )
            )
        elif event.type.endswith("text.done"):
            self._text, self._usage = event.text, event.usage or self._usage
            self._logprobs = event.logprobs or self._logprobs
        else:
            self._pieces.append(event.delta)
            self._logprobs += event.logprobs or []

    def result(self) -> TranscriptionResponse:
        return TranscriptionResponse(
            text="".join(self._pieces) if self._text is None else self._text,
            segments=self._segments or None,
            logprobs=self._logprobs or None,
            usage=self._usage,
        )
