"""What the resources with media jobs share: retrieve, complete, the download link, the flow that does it all."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeAlias

from onellm.call import Call, Effect, Flow, Prepared, Reply
from onellm.errors import InvalidRequestError
from onellm.resource import IO
from onellm_providers.venice import jobs
from onellm_providers.venice.resources.base import VeniceResource
from onellm_providers.venice.resources.media import as_media, json_body, media_type, reads_json
from onellm_providers.venice.types.facts import facts
from onellm_providers.venice.types.jobs import Completed, JobKind, JobMedia, JobProgress, JobStatus, MediaJob

OnProgress: TypeAlias = Callable[[JobProgress], None]
JobLike: TypeAlias = MediaJob | Mapping[str, Any] | str
"""A handle, or what it was saved as: a dict or JSON."""


class JobResource(VeniceResource[IO]):
    """A resource whose media are made by jobs."""

    _root: ClassVar[str]
    _kind: ClassVar[JobKind]
    _media: ClassVar[str]

    def _retrieve(self, model: str, queue_id: str, *, delete: bool | None = None) -> Call[JobStatus]:
        path = f"{self._root}/retrieve"
        body = json_body(path, {"model": model, "queue_id": queue_id, "delete_media_on_completion": delete})
        return self._call(
            "POST",
            path,
            self._read_status,
            body=body,
            effect=Effect.PURCHASE if delete else Effect.READ,  # an answer that was lost cannot be had again
            model=model,
            headers={"Accept": f"{self._media}/*, application/json"},
        )

    def _read_status(self, reply: Reply) -> JobStatus:
        """How far the job is, by content type: JSON says so, anything else is the result."""
        if media_type(reply) == "application/json":
            return JobStatus.model_validate({**json.loads(reply.body), **facts(reply.headers)})
        media = as_media(JobMedia, self._media, reply)
        return JobStatus(status="COMPLETED", media=media, **facts(reply.headers))

    def _complete(self, model: str, queue_id: str) -> Call[Completed]:
        path = f"{self._root}/complete"
        body = json_body(path, {"model": model, "queue_id": queue_id})
        return self._call("POST", path, reads_json(Completed), body=body, effect=Effect.READ, model=model)

    def _reads_job(self) -> Callable[[Reply], MediaJob]:
        kind = self._kind
        return lambda reply: MediaJob.model_validate({**json.loads(reply.body), "kind": kind})

    def _download(self, job: JobLike) -> Call[JobMedia]:
        return jobs.download(self._own(job), self._media, self._service.url(""))

    def _revoke(self, job: JobLike) -> Call[Completed]:
        return jobs.revoke(self._own(job), self._service.url(""))

    def _steps(self, poll_interval: float, *, complete: bool) -> jobs.Steps:
        if not 0 < poll_interval < float("inf"):
            raise InvalidRequestError("poll_interval must be more than 0 seconds.", param="poll_interval")
        return jobs.Steps(
            lambda job: self._retrieve(job.model, job.queue_id),
            self._download,
            lambda job: self._complete(job.model, job.queue_id),
            poll_interval,
            complete,
        )

    def _resume(
        self, job: JobLike, on_progress: OnProgress | None, poll_interval: float, deadline: float | None, complete: bool
    ) -> Prepared[JobMedia]:
        flow = jobs.finish(self._own(job), self._steps(poll_interval, complete=complete))
        return self._watched(flow, on_progress, deadline)

    def _watched(
        self, flow: Flow[JobMedia], on_progress: OnProgress | None, deadline: float | None
    ) -> Prepared[JobMedia]:
        """A flow with a deadline of its own and somebody to tell how far it is."""
        options = self._options.override(deadline=deadline)
        if on_progress is not None:
            options = dataclasses.replace(options, on_progress=on_progress)  # type: ignore[arg-type]
        return Prepared(flow, options)

    def _own(self, job: JobLike) -> MediaJob:
        """The handle. Raises InvalidRequestError where it is none, or one of another resource."""
        if not isinstance(job, MediaJob):
            job = MediaJob.from_json(job if isinstance(job, str) else json.dumps(dict(job)))
        if job.kind != self._kind:
            raise InvalidRequestError(f"This is a job of venice.{job.kind}, not of venice.{self._kind}.", param="job")
        return job
