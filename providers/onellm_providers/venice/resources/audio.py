"""`venice.audio`"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from onellm.body import File
from onellm.call import Call, Effect, Prepared, StreamCall
from onellm.decode.raw import RawAssembler, RawDecoder
from onellm.errors import InvalidRequestError
from onellm.file_input import FileInput, sniff
from onellm.resource import IO, endpoint, stream
from onellm_providers.venice import jobs
from onellm_providers.venice.jobs import DEADLINE, POLL
from onellm_providers.venice.resources.jobs import JobLike, JobResource, OnProgress
from onellm_providers.venice.resources.media import (
    form_body,
    json_body,
    read_upload,
    reads_json,
    reads_media,
    reads_transcript,
)
from onellm_providers.venice.tables.audio import SAMPLES
from onellm_providers.venice.types.audio import MEDIA_TYPES, ClonedVoice, Speech, SpeechFormat, Transcription
from onellm_providers.venice.types.jobs import Completed, JobKind, JobMedia, JobStatus, MediaJob, Quote

SPEAKER = "tts-kokoro"
HEARER = "nvidia/parakeet-tdt-0.6b-v3"
CLONER = "tts-chatterbox-hd"
ACCEPT = {"Accept": "audio/*, application/json"}


class Audio(JobResource[IO]):
    """Speech, transcripts, cloned voices; music and sounds, made by jobs."""

    _root: ClassVar[str] = "audio"
    _kind: ClassVar[JobKind] = "audio"
    _media: ClassVar[str] = "audio"

    @endpoint
    def speech(
        self,
        input: str,
        *,
        model: str | None = None,
        voice: str | None = None,
        response_format: SpeechFormat | None = None,
        speed: float | None = None,
        language: str | None = None,
        prompt: str | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
    ) -> Call[Speech]:
        """Speak a text, as one file: POST /audio/speech.

        `input` has at most 4096 characters. `model` tts-kokoro and `voice` af_sky by default; a voice is the model's
        own (`models.list(type="tts")`) or a cloned one (`vv_…`). `response_format`: the model's default, which is not
        the same for all; one that it lacks is answered with 400. `speed` 0.25–4 (1). `language`: a name or code, as the
        model wants it. `prompt`: how to speak, up to 500 characters, for models that listen to it. `temperature` 0–2,
        `top_p` 0–1.
        """
        fields = _speech_fields(
            input, model, voice, response_format, speed, language, prompt, temperature, top_p, streaming=None
        )
        return self._call(
            "POST",
            "audio/speech",
            reads_media(Speech, "audio"),
            body=json_body("audio/speech", fields),
            model=model or SPEAKER,
            headers=ACCEPT,
        )

    @stream
    def speech_stream(
        self,
        input: str,
        *,
        model: str | None = None,
        voice: str | None = None,
        response_format: SpeechFormat | None = None,
        speed: float | None = None,
        language: str | None = None,
        prompt: str | None = None,
        temperature: float | None = None,
        top_p: float | None = None,
    ) -> StreamCall[bytes, Speech]:
        """Speak a text, piece by piece as it is spoken: POST /audio/speech with `streaming`.

        The pieces are bytes of one file, to be written or played as they come; `final()` is the whole. The parameters
        are those of `speech`.
        """
        fields = _speech_fields(
            input, model, voice, response_format, speed, language, prompt, temperature, top_p, streaming=True
        )
        kind = MEDIA_TYPES.get(response_format or "", "")
        call = self._call(
            "POST",
            "audio/speech",
            reads_media(Speech, "audio"),
            body=json_body("audio/speech", fields),
            model=model or SPEAKER,
            headers=ACCEPT,
        )
        return StreamCall(
            method=call.method,
            url=call.url,
            headers=call.headers,
            body=call.body,
            auth=call.auth,
            effect=call.effect,
            origin=call.origin,
            error=call.error,
            decoder=RawDecoder,
            assembler=lambda: RawAssembler(functools.partial(_whole_speech, kind)),
            media_type=kind or "audio/mpeg",
        )

    @endpoint
    def transcriptions(
        self,
        file: FileInput,
        *,
        model: str | None = None,
        response_format: Literal["json", "text"] | None = None,
        timestamps: bool | None = None,
        language: str | None = None,
    ) -> Call[Transcription]:
        """Write down what is said in a recording: POST /audio/transcriptions.

        `file`: below 25 MB; wav, flac, m4a, aac, mp4, mp3, ogg or webm. `model` nvidia/parakeet-tdt-0.6b-v3 by default,
        which ignores `timestamps`. `language`: ISO 639-1, for models that take a hint.
        """
        fields = {"model": model, "response_format": response_format, "timestamps": timestamps, "language": language}
        return self._call(
            "POST",
            "audio/transcriptions",
            reads_transcript(Transcription, "text"),
            body=form_body("audio/transcriptions", fields, {"file": read_upload(file, "file")}),
            model=model or HEARER,
            headers={"Accept": "application/json, text/plain"},
        )

    @endpoint
    def voices(self, file: FileInput, *, model: str | None = None) -> Call[ClonedVoice]:
        """Clone a voice from a sample of some 5 to 10 seconds: POST /audio/voices.

        `model` tts-chatterbox-hd (mp3, wav, flac, m4a) by default, or tts-minimax-speech-02-hd (mp3, wav). The voice
        speaks with this model only, and lives for 7 days. A purchase.
        """
        sample = _sample(file, model or CLONER)
        return self._call(
            "POST",
            "audio/voices",
            reads_json(ClonedVoice),
            body=form_body("audio/voices", {"model": model}, {"file": sample}),
            effect=Effect.PURCHASE,
            model=model or CLONER,
        )

    @endpoint
    def queue(
        self,
        prompt: str,
        *,
        model: str,
        lyrics_prompt: str | None = None,
        duration_seconds: int | str | None = None,
        force_instrumental: bool | None = None,
        lyrics_optimizer: bool | None = None,
        loop: bool | None = None,
        voice: str | None = None,
        language_code: str | None = None,
        speed: float | None = None,
    ) -> Call[MediaJob]:
        """Queue music or a sound and get the handle of the job: POST /audio/queue.

        What a model takes is in its entry of `models.list(type="music")`; what it does not take is answered with 400.
        `lyrics_prompt` not with `lyrics_optimizer`, which writes them. `duration_seconds` whole. `speed` 0.25–4.
        A purchase: raises UnknownOutcomeError where Venice may have accepted it, and never sends it twice.
        """
        return self._queue(
            {
                "prompt": prompt,
                "model": model,
                "lyrics_prompt": lyrics_prompt,
                "duration_seconds": duration_seconds,
                "force_instrumental": force_instrumental,
                "lyrics_optimizer": lyrics_optimizer,
                "loop": loop,
                "voice": voice,
                "language_code": language_code,
                "speed": speed,
            }
        )

    @endpoint
    def quote(
        self, *, model: str, duration_seconds: int | str | None = None, character_count: int | None = None
    ) -> Call[Quote]:
        """What music or a sound would cost, in USD: POST /audio/quote.

        `character_count` is needed for models that are paid by the character.
        """
        return self._quote(model, duration_seconds, character_count)

    @endpoint
    def retrieve(self, model: str, queue_id: str, *, delete_media_on_completion: bool | None = None) -> Call[JobStatus]:
        """How far a job is, or its audio: POST /audio/retrieve.

        With `delete_media_on_completion` the audio can be had only once.
        """
        return self._retrieve(model, queue_id, delete=delete_media_on_completion)

    @endpoint
    def complete(self, model: str, queue_id: str) -> Call[Completed]:
        """Have Venice delete its copy of an audio that was fetched: POST /audio/complete."""
        return self._complete(model, queue_id)

    @endpoint
    def generate(
        self,
        prompt: str,
        *,
        model: str,
        lyrics_prompt: str | None = None,
        duration_seconds: int | str | None = None,
        force_instrumental: bool | None = None,
        lyrics_optimizer: bool | None = None,
        loop: bool | None = None,
        voice: str | None = None,
        language_code: str | None = None,
        speed: float | None = None,
        max_price: float | None = None,
        on_progress: OnProgress | None = None,
        poll_interval: float = POLL,
        deadline: float | None = DEADLINE,
        complete: bool = True,
    ) -> Prepared[JobMedia]:
        """Make music or a sound: queue it once, wait, fetch it, and have Venice delete its copy.

        With `max_price` (USD) the price is asked for first, and PriceLimitError raised where it is higher.
        `on_progress` is told each stage, the handle among them; `poll_interval` and `deadline` are in seconds.
        `complete=False` leaves Venice's copy where it is. An error after queueing has the handle in `partial`, for
        `resume`. The other parameters are those of `queue`.
        """
        steps = self._steps(poll_interval, complete=complete)
        queue = self._queue(
            {
                "prompt": prompt,
                "model": model,
                "lyrics_prompt": lyrics_prompt,
                "duration_seconds": duration_seconds,
                "force_instrumental": force_instrumental,
                "lyrics_optimizer": lyrics_optimizer,
                "loop": loop,
                "voice": voice,
                "language_code": language_code,
                "speed": speed,
            }
        )
        characters = len(prompt) if duration_seconds is None else None
        quote = None if max_price is None else self._quote(model, duration_seconds, characters)
        return self._watched(jobs.run(quote, max_price, queue, steps), on_progress, deadline)

    @endpoint
    def resume(
        self,
        job: JobLike,
        *,
        on_progress: OnProgress | None = None,
        poll_interval: float = POLL,
        deadline: float | None = DEADLINE,
        complete: bool = True,
    ) -> Prepared[JobMedia]:
        """Go on with a job that was queued, here or in another process; nothing is queued again."""
        return self._resume(job, on_progress, poll_interval, deadline, complete)

    def _queue(self, fields: Mapping[str, Any]) -> Call[MediaJob]:
        body = json_body("audio/queue", fields)
        return self._call(
            "POST", "audio/queue", self._reads_job(), body=body, effect=Effect.PURCHASE, model=fields["model"]
        )

    def _quote(self, model: str, duration_seconds: int | str | None, character_count: int | None) -> Call[Quote]:
        body = json_body(
            "audio/quote",
            {"model": model, "duration_seconds": duration_seconds, "character_count": character_count},
        )
        return self._call("POST", "audio/quote", reads_json(Quote), body=body, effect=Effect.READ, model=model)


def _whole_speech(kind: str, content: bytes) -> Speech:
    """A whole speech of pieces: its kind is what was asked for, else what the bytes tell."""
    return Speech(content=content, mime_type=kind or sniff(content) or "application/octet-stream")


def _speech_fields(
    input: str,
    model: str | None,
    voice: str | None,
    response_format: str | None,
    speed: float | None,
    language: str | None,
    prompt: str | None,
    temperature: float | None,
    top_p: float | None,
    *,
    streaming: bool | None,
) -> dict[str, Any]:
    return {
        "input": input,
        "model": model,
        "voice": voice,
        "response_format": response_format,
        "speed": speed,
        "language": language,
        "prompt": prompt,
        "temperature": temperature,
        "top_p": top_p,
        "streaming": streaming,
    }


def _sample(file: FileInput, model: object) -> File:
    """A sample of a voice. Raises InvalidRequestError where its kind is known, and the model does not take it."""
    sample = read_upload(file, "file")
    takes = SAMPLES.get(model) if isinstance(model, str) else None
    if takes and sample.media_type.startswith(("audio/", "video/", "image/")) and sample.media_type not in takes:
        raise InvalidRequestError(
            f"{model} takes samples as {', '.join(takes)}, and this one is {sample.media_type}.", param="file"
        )
    return sample
