"""Media jobs as flows: price, queue once, wait, fetch, complete."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from onellm.call import Call, Effect, Flow, Reply, ask, report, sleep
from onellm.error_bodies import build_error
from onellm.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    InvalidRequestError,
    OneLLMError,
    OverloadedError,
    RateLimitError,
    ServerError,
    UnexpectedRedirectError,
)
from onellm_providers.venice.errors import (
    AudioGenerationError,
    MediaNotFoundError,
    PriceLimitError,
    VideoGenerationError,
)
from onellm_providers.venice.resources.media import as_media
from onellm_providers.venice.types.jobs import Completed, JobMedia, JobProgress, JobStatus, MediaJob, Quote

T = TypeVar("T")

POLL = 5.0
DEADLINE = 1800.0
PATIENCE = 3
"""Failures in a row, of asking how far a job is, that are waited out."""
_ENDED_BADLY = frozenset({"FAILED", "ERROR", "CANCELLED", "CANCELED", "EXPIRED"})


@dataclass(frozen=True)
class Steps:
    """What can be done with a job: ask how far it is, fetch its link, have it deleted. `pause` in seconds."""

    retrieve: Callable[[MediaJob], Call[JobStatus]]
    download: Callable[[MediaJob], Call[JobMedia]]
    complete: Callable[[MediaJob], Call[Completed]]
    pause: float = POLL
    completes: bool = True


def run(quote: Call[Quote] | None, max_price: float | None, queue: Call[MediaJob], steps: Steps) -> Flow[JobMedia]:
    """A whole job. Raises PriceLimitError, before anything is bought, where the quote is above `max_price`."""
    price: float | None = None
    if quote is not None:
        price = (yield from ask(quote)).quote
        yield from report(JobProgress(stage="quoted", quote=price))
        if max_price is not None and price > max_price:
            raise _too_dear(quote.origin[1], price, max_price)
    job = yield from ask(queue)
    job.quote = price
    return (yield from finish(job, steps, queued=True))


def _too_dear(model: str, price: float, limit: float) -> PriceLimitError:
    said = f"venice/{model} would cost ${price:g}, more than max_price, which is ${limit:g}; nothing was queued."
    error = PriceLimitError(said, provider="venice", model=model)
    error.quote, error.limit = price, limit
    return error


def finish(job: MediaJob, steps: Steps, *, queued: bool = False) -> Flow[JobMedia]:
    """Wait for a job, fetch its result and have Venice's copy deleted. Never queues.

    An error, an interruption too, has the handle in `partial` and says in a note how to go on.
    """
    with _handed_over(job):
        if queued:
            yield from report(JobProgress(stage="queued", quote=job.quote, job=job))
        status = yield from _wait(job, steps)
        media = status.media
        if media is None:
            yield from report(JobProgress(stage="fetching", quote=job.quote, job=job, status=status))
            media = yield from ask(steps.download(job))
        media.job = job
        yield from report(JobProgress(stage="fetched", quote=job.quote, job=job, status=status))
    if steps.completes:  # from here on nothing of the caller's runs that could fail, and lose what is deleted there
        media.is_completed = yield from _complete(job, steps)
    return media


def _wait(job: MediaJob, steps: Steps) -> Flow[JobStatus]:
    """Ask until the job is done. What passes (no capacity, no connection) is waited out, a few times in a row."""
    failures = 0
    while True:
        pause = steps.pause
        try:
            status = yield from ask(steps.retrieve(job))
        except OneLLMError as error:
            failures += 1
            if failures > PATIENCE or not _passes(error):
                raise
            pause = max(pause, getattr(error, "retry_after", None) or 0.0)
        else:
            failures = 0
            if status.is_done:
                return status
            if status.status.upper() in _ENDED_BADLY:
                failed = VideoGenerationError if job.kind == "video" else AudioGenerationError
                raise failed(f"venice ended the job {job.queue_id} as {status.status}.", provider="venice")
            yield from report(JobProgress(stage="processing", quote=job.quote, job=job, status=status))
        yield from sleep(pause)


def _passes(error: OneLLMError) -> bool:
    if isinstance(error, APITimeoutError) and error.phase == "deadline":
        return False
    if isinstance(error, UnexpectedRedirectError):
        return False
    return isinstance(error, (RateLimitError, OverloadedError, ServerError, APIConnectionError))


def _complete(job: MediaJob, steps: Steps) -> Flow[bool]:
    """Whether Venice has deleted its copy. The result is here by then: no failure may lose it."""
    try:
        return (yield from ask(steps.complete(job))).success
    except OneLLMError:
        return False


@contextmanager
def _handed_over(job: MediaJob) -> Generator[None]:
    try:
        yield
    except BaseException as error:
        error.add_note(
            f"The job is queued and goes on. Go on with it: resume(MediaJob(kind={job.kind!r}, model={job.model!r}, "
            f"queue_id={job.queue_id!r}))" + (" with its download_url; .partial has both." if job.download_url else ".")
        )
        error.partial = job  # type: ignore[attr-defined]  # on any error: Ctrl-C must not lose what was paid for
        raise


# -- the download link -----------------------------------------------------------------------------------------------


def download(job: MediaJob, kind: str, base_url: str) -> Call[JobMedia]:
    """GET of the link that the queue call told. It goes without the key, the client's headers and redirects."""
    parse = functools.partial(as_media, JobMedia, kind)
    return _linked("GET", job, base_url, parse)


def revoke(job: MediaJob, base_url: str) -> Call[Completed]:
    """DELETE of the link, after which nobody can fetch from it."""
    return _linked("DELETE", job, base_url, lambda reply: Completed(success=True))


def _linked(method: str, job: MediaJob, base_url: str, parse: Callable[[Reply], T]) -> Call[T]:
    return Call(
        method=method,
        url=_checked(job.download_url, base_url),
        headers={"Accept": "*/*"},
        effect=Effect.READ,
        origin=("venice", job.model),
        parse=parse,
        error=functools.partial(_link_error, job),
    )


def _checked(url: str | None, base_url: str) -> str:
    """The link, if it may be fetched: https, or plain http where Venice's own base URL is that."""
    if not url:
        raise MediaNotFoundError(
            "The job has no download link. Venice tells it once, in the answer of queue: keep that handle.",
            provider="venice",
        )
    parts = urlsplit(url)
    if parts.hostname is None or parts.scheme not in ("https", urlsplit(base_url).scheme) or parts.username is not None:
        raise InvalidRequestError("The download link of the job is no https URL.", param="download_url")
    return url


def _link_error(job: MediaJob, reply: Reply) -> APIError:
    if reply.status in (404, 410):
        return MediaNotFoundError(
            f"The download link of the job {job.queue_id} has expired or was used ({reply.status}); it lives 24 hours.",
            status=reply.status,
            provider="venice",
            model=job.model,
        )
    return build_error(reply, provider="venice's download host", model=job.model)
