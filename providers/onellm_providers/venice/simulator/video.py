"""Videos at the simulated Venice (OpenAPI file of 2026-08-21)."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

from onellm.testing.simulator.values import Answer, Route, ServiceError, SimReply, SimRequest
from onellm_providers.venice.simulator.audio import HEARD
from onellm_providers.venice.simulator.form import behind, json_of
from onellm_providers.venice.simulator.jobs import Jobs
from onellm_providers.venice.simulator.media import MP4

CONSENTING = "seedance"
"""A model with this word in its name wants the consent of a person, where it is given a face to show."""
_LARGEST = 35 * 1024 * 1024
_VIDEO = re.compile(r"https?://(www\.)?(youtube\.com/watch\?v=|youtu\.be/)[\w-]{11}")
_USD_PER_SECOND = 0.05
_FACTOR = {"1080p": 2, "1440p": 3, "2160p": 4, "4k": 4}


def routes(authenticate: Callable[[SimRequest], None]) -> tuple[Route, ...]:
    """Every operation on videos; `authenticate` raises for those that have no good key."""
    jobs = Jobs("video", "video/mp4", MP4)

    paid = functools.partial(behind, authenticate)

    def queue(request: SimRequest) -> Answer:
        if len(request.body) > _LARGEST:
            raise ServiceError(413, "The request payload is too large.", code="PAYLOAD_TOO_LARGE")
        body = json_of(request, "video/queue")
        _check_urls(body)
        if CONSENTING in body["model"] and "image_url" in body and "seedance" not in body.get("consents", {}):
            raise ServiceError(409, "Additional consent is required", code="needs_consent")
        if "forbidden" in body.get("prompt", ""):
            raise ServiceError(422, "Your prompt violates the content policy", code="content_violation")
        return SimReply.json(jobs.queue(request, body["model"]))

    return (
        Route("POST", "/video/queue", paid(queue)),
        Route("POST", "/video/quote", paid(_quote)),
        *jobs.routes(authenticate),
        Route("POST", "/video/transcriptions", paid(_transcribe)),
    )


def _quote(request: SimRequest) -> Answer:
    body = json_of(request, "video/quote")
    seconds = str(body.get("duration", "5s")).removesuffix("s")
    length = int(seconds) if seconds.isdigit() else body.get("reference_video_total_duration", 5)
    return SimReply.json({"quote": round(_USD_PER_SECOND * length * _FACTOR.get(body.get("resolution", ""), 1), 6)})


def _transcribe(request: SimRequest) -> Answer:
    body = json_of(request, "video/transcriptions")
    if not _VIDEO.match(body["url"]):
        raise ServiceError(400, "The URL is no YouTube video")
    if body.get("response_format") == "text":
        return SimReply(200, {"Content-Type": "text/plain; charset=utf-8"}, HEARD.encode())
    return SimReply.json({"transcript": HEARD, "lang": "en"})


def _check_urls(body: Mapping[str, Any]) -> None:
    """Raise ServiceError where something that must be a URL or data URL is neither."""
    named = {name: value for name, value in body.items() if name.endswith("_url")}
    named |= {name: each for name, value in body.items() if name.endswith("_urls") for each in value}
    for name, value in named.items():
        if not value.startswith(("http://", "https://", "data:")):
            raise ServiceError(400, f"{name} must be a URL or a data URL")
