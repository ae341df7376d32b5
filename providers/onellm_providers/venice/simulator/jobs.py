"""Media jobs at the simulated Venice: they take time, and are there until they are completed.

Beside the services' routes this has a state: which jobs were queued, and when. Times are those of the requests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from onellm.testing.simulator.values import Answer, Route, ServiceError, SimReply, SimRequest
from onellm_providers.venice.simulator.form import behind, json_of

SECONDS = 0.2
"""How long a job takes."""
LINKED = "private"
"""A model with this word in its name gives a download link when a job is queued."""
FAILING, POLICY = "sim-failing", "sim-refusing"
"""Models whose jobs end with an error: the model failed, or its company refused the content."""


@dataclass
class Job:
    """A queued job."""

    model: str
    queued: float
    seconds: float
    link: str = ""
    is_deleted: bool = False


@dataclass
class Jobs:
    """The jobs of one service, and the files that they give."""

    root: str
    content_type: str
    content: bytes
    jobs: dict[str, Job] = field(default_factory=dict[str, Job])

    def routes(self, authenticate: Callable[[SimRequest], None]) -> tuple[Route, ...]:
        """Retrieve, complete, and the host of the download links."""
        link = f"/{self.root}/files/{{token}}"
        return (
            Route("POST", f"/{self.root}/retrieve", behind(authenticate, self._retrieve)),
            Route("POST", f"/{self.root}/complete", behind(authenticate, self._complete)),
            Route("GET", link, self._fetch),
            Route("DELETE", link, self._revoke),
        )

    def queue(self, request: SimRequest, model: str, seconds: float = SECONDS) -> dict[str, Any]:
        """Note a job; what the queue call answers."""
        queue_id = f"{self.root.replace('/', '-')}-{request.number:08x}"
        job = self.jobs[queue_id] = Job(model, request.arrived, seconds)
        answer = {"model": model, "queue_id": queue_id}
        if LINKED in model:
            base = request.path.removesuffix(f"/{self.root}/queue")
            job.link = f"http://{request.headers['host']}{base}/{self.root}/files/{queue_id}"
            answer["download_url"] = job.link
        return answer

    def _retrieve(self, request: SimRequest) -> Answer:
        body = json_of(request, f"{self.root}/retrieve")
        job = self._find(body)
        passed = request.arrived - job.queued
        if passed < job.seconds:
            return SimReply.json(_state("PROCESSING", job, passed))
        if job.model == FAILING:
            raise ServiceError(500, "Inference processing failed")
        if job.model == POLICY:
            raise ServiceError(422, "The provider refused this", code="provider_content_policy")
        if job.link:
            return SimReply.json(_state("COMPLETED", job, passed))
        job.is_deleted = bool(body.get("delete_media_on_completion"))
        return SimReply(200, {"Content-Type": self.content_type}, self.content)

    def _complete(self, request: SimRequest) -> Answer:
        body = json_of(request, f"{self.root}/complete")
        job = self.jobs.get(body["queue_id"])
        if job is None or job.model != body["model"]:
            raise ServiceError(400, "Request ID not found")
        done = not job.is_deleted and request.arrived - job.queued >= job.seconds
        job.is_deleted = job.is_deleted or done
        return SimReply.json({"success": done})

    def _find(self, body: Mapping[str, Any]) -> Job:
        job = self.jobs.get(body["queue_id"])
        if job is None or job.is_deleted or job.model != body["model"]:
            raise ServiceError(404, "Media could not be found. Request may be invalid, expired, or deleted.")
        return job

    def _fetch(self, request: SimRequest) -> Answer:
        self._linked(request)
        return SimReply(200, {"Content-Type": self.content_type}, self.content)

    def _revoke(self, request: SimRequest) -> Answer:
        self._linked(request).is_deleted = True
        return SimReply(204)

    def _linked(self, request: SimRequest) -> Job:
        """The job of a link. A signed link takes no other credential, as such hosts do."""
        if any(name in request.headers for name in ("authorization", "sign-in-with-x", "cookie")):
            raise ServiceError(400, "Only one credential is allowed")
        job = self.jobs.get(request.params["token"])
        if job is None or not job.link or job.is_deleted:
            raise ServiceError(410, "The link has expired")
        if request.arrived - job.queued < job.seconds:
            raise ServiceError(404, "Not there yet")
        return job


def _state(status: str, job: Job, passed: float) -> dict[str, Any]:
    return {
        "status": status,
        "average_execution_time": round(job.seconds * 1000, 3),
        "execution_duration": round(passed * 1000, 3),
    }
