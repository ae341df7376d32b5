"""`venice.voice_changer`"""

from __future__ import annotations

from typing import ClassVar

from onellm.call import Call, Effect, Prepared
from onellm.file_input import FileInput, is_url
from onellm.resource import IO, endpoint
from onellm_providers.venice import jobs
from onellm_providers.venice.jobs import DEADLINE, POLL
from onellm_providers.venice.resources.jobs import JobLike, JobResource, OnProgress
from onellm_providers.venice.resources.media import form_body, json_body, read_upload, reads_json
from onellm_providers.venice.types.jobs import Completed, JobKind, JobMedia, JobStatus, MediaJob, Quote


class VoiceChanger(JobResource[IO]):
    """A recording spoken again by another voice, made by jobs.

    Models of type `music` with `voice_changer`. Not in the OpenAPI file; known from the client venice-py 2.9.0.
    """

    _root: ClassVar[str] = "audio/voice-changer"
    _kind: ClassVar[JobKind] = "voice_changer"
    _media: ClassVar[str] = "audio"

    @endpoint
    def queue(
        self,
        recording: FileInput,
        *,
        model: str,
        voice: str | None = None,
        remove_background_noise: bool | None = None,
        seed: int | None = None,
    ) -> Call[MediaJob]:
        """Queue a recording and get the handle of the job: POST /audio/voice-changer/queue.

        `recording`: a file, or an http URL. `duration_seconds` of the handle is the length that is paid for. `seed` 0
        or more. A purchase: never sent twice.
        """
        return self._queue(recording, model, voice, remove_background_noise, seed)

    @endpoint
    def quote(self, *, model: str, duration_seconds: int | str) -> Call[Quote]:
        """What a recording of this length would cost, in USD: POST /audio/voice-changer/quote."""
        return self._quote(model, duration_seconds)

    @endpoint
    def retrieve(self, model: str, queue_id: str, *, delete_media_on_completion: bool | None = None) -> Call[JobStatus]:
        """How far a job is, or its audio: POST /audio/voice-changer/retrieve."""
        return self._retrieve(model, queue_id, delete=delete_media_on_completion)

    @endpoint
    def complete(self, model: str, queue_id: str) -> Call[Completed]:
        """Have Venice delete its copy of an audio that was fetched: POST /audio/voice-changer/complete."""
        return self._complete(model, queue_id)

    @endpoint
    def generate(
        self,
        recording: FileInput,
        *,
        model: str,
        voice: str | None = None,
        remove_background_noise: bool | None = None,
        seed: int | None = None,
        max_price: float | None = None,
        duration_seconds: int | str | None = None,
        on_progress: OnProgress | None = None,
        poll_interval: float = POLL,
        deadline: float | None = DEADLINE,
        complete: bool = True,
    ) -> Prepared[JobMedia]:
        """Change the voice of a recording: queue it once, wait, fetch it, and have Venice delete its copy.

        `max_price` (USD) needs `duration_seconds`, the length of the recording, which the price is asked for with. The
        rest is as in `audio.generate`.
        """
        steps = self._steps(poll_interval, complete=complete)
        queue = self._queue(recording, model, voice, remove_background_noise, seed)
        quote = None if max_price is None else self._quote(model, duration_seconds)
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

    def _queue(
        self, recording: FileInput, model: str, voice: str | None, remove_noise: bool | None, seed: int | None
    ) -> Call[MediaJob]:
        path = "audio/voice-changer/queue"
        fields = {"model": model, "voice": voice, "remove_background_noise": remove_noise, "seed": seed}
        body = (
            json_body(path, {**fields, "audio_url": recording})
            if is_url(recording)
            else form_body(path, fields, {"file": read_upload(recording, "recording")})
        )
        return self._call("POST", path, self._reads_job(), body=body, effect=Effect.PURCHASE, model=model)

    def _quote(self, model: str, duration_seconds: int | str | None) -> Call[Quote]:
        path = "audio/voice-changer/quote"
        body = json_body(path, {"model": model, "duration_seconds": duration_seconds})
        return self._call("POST", path, reads_json(Quote), body=body, effect=Effect.READ, model=model)
