"""`venice.video`"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Unpack

from onellm.call import Call, Effect, Prepared
from onellm.decode.json import array, table
from onellm.errors import InvalidRequestError
from onellm.file_input import FileInput
from onellm.resource import IO, endpoint
from onellm_providers.venice import jobs
from onellm_providers.venice.jobs import DEADLINE, POLL
from onellm_providers.venice.resources.jobs import JobLike, JobResource, OnProgress
from onellm_providers.venice.resources.media import (
    MEGABYTE,
    check_names,
    fields_of,
    json_body,
    link,
    links,
    many,
    reads_json,
    reads_transcript,
)
from onellm_providers.venice.resources.signature import spelled_out
from onellm_providers.venice.types.jobs import Completed, JobKind, JobMedia, JobStatus, MediaJob, Quote
from onellm_providers.venice.types.video import (
    CameraPose,
    Consents,
    Duration,
    Element,
    Enhancement,
    Keyframe,
    Resolution,
    VideoOptions,
    VideoTranscript,
)

LARGEST_BODY = 35 * MEGABYTE
_LINKS = ("image_url", "end_image_url", "audio_url", "video_url")
_LISTS = (
    "reference_image_urls", "reference_video_urls", "reference_audio_urls", "reference_document_urls",
    "scene_image_urls",
)  # fmt: skip
_PRICED = ("duration", "aspect_ratio", "resolution", "upscale_factor", "audio", "video_url")


class Video(JobResource[IO]):
    """Videos, made by jobs; and what is said in a video."""

    _root: ClassVar[str] = "video"
    _kind: ClassVar[JobKind] = "video"
    _media: ClassVar[str] = "video"

    @endpoint
    def queue(
        self,
        prompt: str | None = None,
        *,
        model: str,
        duration: Duration | None = None,
        negative_prompt: str | None = None,
        aspect_ratio: str | None = None,
        resolution: Resolution | None = None,
        audio: bool | None = None,
        image_url: FileInput | None = None,
        end_image_url: FileInput | None = None,
        audio_url: FileInput | None = None,
        video_url: FileInput | None = None,
        reference_image_urls: Sequence[FileInput] | None = None,
        reference_video_urls: Sequence[FileInput] | None = None,
        reference_audio_urls: Sequence[FileInput] | None = None,
        reference_document_urls: Sequence[FileInput] | None = None,
        scene_image_urls: Sequence[FileInput] | None = None,
        elements: Sequence[Element] | None = None,
        keyframes: Sequence[Keyframe] | None = None,
        upscale_factor: Literal[1, 2, 4] | None = None,
        omni_reference_task_type: Literal["auto", "reference", "edit", "extend"] | None = None,
        bitrate_mode: Literal["standard", "high"] | None = None,
        image_strength: float | None = None,
        camera_trajectory: Sequence[CameraPose] | None = None,
        enhancement: Enhancement | None = None,
        consents: Consents | None = None,
    ) -> Call[MediaJob]:
        """Queue a video and get the handle of the job: POST /video/queue.

        `prompt` and `duration` ("5s") are required, but topaz-video-upscale refuses both, and takes `video_url` and
        `upscale_factor`. What a model takes is in its entry of `models.list`. Where Venice wants URLs, a file is as
        good: it travels inside the request, which may have 35 MB. At most 30 reference images, 10 videos, 10 sounds
        (never alone) and 1 document; 4 elements with 3 references each; 4 scenes; 10 keyframes, each at a frame of its
        own up to `duration` x 24; 2 to 12 camera poses. `audio` is on by default.

        `consents`: what a person confirmed after a ConsentRequiredError, which is not charged; never sent unasked.
        A purchase: raises UnknownOutcomeError where Venice may have accepted it, and never sends it twice.
        """
        return self._queue(
            prompt,
            {
                "model": model,
                "duration": duration,
                "negative_prompt": negative_prompt,
                "aspect_ratio": aspect_ratio,
                "resolution": resolution,
                "audio": audio,
                "image_url": image_url,
                "end_image_url": end_image_url,
                "audio_url": audio_url,
                "video_url": video_url,
                "reference_image_urls": reference_image_urls,
                "reference_video_urls": reference_video_urls,
                "reference_audio_urls": reference_audio_urls,
                "reference_document_urls": reference_document_urls,
                "scene_image_urls": scene_image_urls,
                "elements": elements,
                "keyframes": keyframes,
                "upscale_factor": upscale_factor,
                "omni_reference_task_type": omni_reference_task_type,
                "bitrate_mode": bitrate_mode,
                "image_strength": image_strength,
                "camera_trajectory": camera_trajectory,
                "enhancement": enhancement,
                "consents": consents,
            },
        )

    @endpoint
    def quote(
        self,
        *,
        model: str,
        duration: Duration | None = None,
        aspect_ratio: str | None = None,
        resolution: Resolution | None = None,
        upscale_factor: Literal[1, 2, 4] | None = None,
        audio: bool | None = None,
        video_url: FileInput | None = None,
        reference_video_total_duration: float | None = None,
    ) -> Call[Quote]:
        """What a video would cost, in USD: POST /video/quote.

        `reference_video_total_duration`: the seconds of all reference videos, up to 150.
        """
        return self._quote(
            {
                "model": model,
                "duration": duration,
                "aspect_ratio": aspect_ratio,
                "resolution": resolution,
                "upscale_factor": upscale_factor,
                "audio": audio,
                "video_url": video_url,
                "reference_video_total_duration": reference_video_total_duration,
            }
        )

    @endpoint
    def retrieve(self, model: str, queue_id: str, *, delete_media_on_completion: bool | None = None) -> Call[JobStatus]:
        """How far a job is, or its video: POST /video/retrieve.

        Where the handle has a `download_url`, a job that is COMPLETED is fetched with `download`. With
        `delete_media_on_completion` the video can be had only once.
        """
        return self._retrieve(model, queue_id, delete=delete_media_on_completion)

    @endpoint
    def complete(self, model: str, queue_id: str) -> Call[Completed]:
        """Have Venice delete its copy of a video that was fetched: POST /video/complete."""
        return self._complete(model, queue_id)

    @endpoint
    def download(self, job: JobLike) -> Call[JobMedia]:
        """Fetch a finished video from the link of its handle, without the key. Links live 24 hours."""
        return self._download(job)

    @endpoint
    def revoke(self, job: JobLike) -> Call[Completed]:
        """Delete what the link of a handle leads to, so that nobody can fetch it any more."""
        return self._revoke(job)

    @endpoint
    @spelled_out(VideoOptions)
    def generate(
        self,
        prompt: str | None = None,
        *,
        model: str,
        max_price: float | None = None,
        reference_video_total_duration: float | None = None,
        on_progress: OnProgress | None = None,
        poll_interval: float = POLL,
        deadline: float | None = DEADLINE,
        complete: bool = True,
        **options: Unpack[VideoOptions],
    ) -> Prepared[JobMedia]:
        """Make a video: queue it once, wait, fetch it, and have Venice delete its copy.

        With `max_price` (USD) the price is asked for first, and PriceLimitError raised where it is higher.
        `on_progress` is told each stage, the handle among them; `poll_interval` and `deadline` are in seconds.
        `complete=False` leaves Venice's copy where it is. An error after queueing has the handle in `partial`, for
        `resume`. The other parameters are those of `queue`.
        """
        check_names("generate", options, VideoOptions)
        steps = self._steps(poll_interval, complete=complete)
        given: dict[str, Any] = {"model": model, **options}
        quote = None
        if max_price is not None:
            priced = {name: given.get(name) for name in ("model", *_PRICED)}
            quote = self._quote({**priced, "reference_video_total_duration": reference_video_total_duration})
        queue = self._queue(prompt, given)
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

    @endpoint
    def transcriptions(
        self, url: str, *, response_format: Literal["json", "text"] | None = None
    ) -> Call[VideoTranscript]:
        """What is said in a YouTube video: POST /video/transcriptions."""
        body = json_body("video/transcriptions", {"url": url, "response_format": response_format})
        parse = reads_transcript(VideoTranscript, "transcript")
        return self._call(
            "POST", "video/transcriptions", parse, body=body, headers={"Accept": "application/json, text/plain"}
        )

    def _queue(self, prompt: str | None, options: Mapping[str, Any]) -> Call[MediaJob]:
        fields: dict[str, Any] = {"prompt": prompt, **options}
        fields |= {name: link(fields.get(name), name, LARGEST_BODY) for name in _LINKS}
        fields |= {name: links(fields.get(name), name) for name in _LISTS}
        fields |= {name: _linked(fields.get(name), name) for name in ("elements", "keyframes")}
        if fields.get("camera_trajectory") is not None:
            fields["camera_trajectory"] = [
                fields_of(pose, "camera_trajectory") for pose in many(fields["camera_trajectory"], "camera_trajectory")
            ]
        fields |= fields_of(fields.pop("enhancement", None) or {}, "enhancement")
        body = json_body("video/queue", fields)
        _check_weight(body.value)
        return self._call(
            "POST", "video/queue", self._reads_job(), body=body, effect=Effect.PURCHASE, model=options["model"]
        )

    def _quote(self, fields: Mapping[str, Any]) -> Call[Quote]:
        source = link(fields.get("video_url"), "video_url", LARGEST_BODY)
        body = json_body("video/quote", {**fields, "video_url": source})
        return self._call(
            "POST", "video/quote", reads_json(Quote), body=body, effect=Effect.READ, model=fields["model"]
        )


def _linked(values: Sequence[Mapping[str, Any]] | None, name: str) -> list[dict[str, Any]] | None:
    """Elements or keyframes with files as data URLs."""
    if values is None:
        return None
    return [
        {key: _as_links(key, value, name) for key, value in fields_of(each, name).items()}
        for each in many(values, name)
    ]


def _as_links(key: str, value: Any, name: str) -> Any:
    if key.endswith("_urls"):
        return links(value, name)
    return link(value, name) if key.endswith("_url") else value


def _check_weight(body: Mapping[str, Any]) -> None:
    """Raise InvalidRequestError for a body beyond 35 MB, as far as its files weigh."""
    weight = sum(_weight(value) for value in body.values())
    if weight > LARGEST_BODY:
        raise InvalidRequestError(
            f"The files weigh {weight / MEGABYTE:.0f} MB as base64; a request may have 35. Give URLs of the largest."
        )


def _weight(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    return sum(map(_weight, [*table(value).values(), *array(value)]))
