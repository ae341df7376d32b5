"""Media jobs: handles, prices, states, results."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

from onellm.decode.json import table
from onellm.errors import InvalidRequestError
from onellm.types.base import Result
from onellm_providers.venice.types.facts import Facts, VeniceMedia

JobKind: TypeAlias = Literal["video", "audio", "voice_changer"]


class MediaJob(Result):
    """A queued job, as plain data: what another process needs to wait for it and fetch it.

    `to_json` and `from_json`, or `save` and `load`. `download_url`, where there is one, is told only once, when the job
    is queued, and lets whoever has it fetch the result: the repr leaves it out, the file is readable by its owner only.
    """

    kind: JobKind
    model: str
    queue_id: str
    download_url: str | None = None
    status: str | None = None
    duration_seconds: float | None = None
    quote: float | None = None

    def to_json(self) -> str:
        """The handle as JSON."""
        return self.model_dump_json(exclude_none=True)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """The handle that `to_json` wrote. Raises InvalidRequestError where it is none."""
        missing = [name for name in ("kind", "model", "queue_id") if name not in _fields(text)]
        if missing:
            raise InvalidRequestError(f"This is no handle of a job: it has no {', '.join(missing)}.", param="job")
        try:
            return cls.model_validate_json(text)
        except ValueError:
            said = "This is no handle of a job: a field has a value that it cannot have."
        raise InvalidRequestError(said, param="job")  # out here: the failure quotes the values, the link among them

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the handle to a file that only its owner may read."""
        target = Path(path)
        part = target.with_name(f".{target.name}.part")
        part.unlink(missing_ok=True)
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(self.to_json())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return target

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The handle that `save` wrote."""
        return cls.from_json(Path(path).read_bytes())

    def __repr__(self) -> str:
        return f"MediaJob({self.kind}, {self.model}, {self.queue_id})"

    __str__ = __repr__


def _fields(text: str | bytes) -> Mapping[str, Any]:
    try:
        return table(json.loads(text))
    except ValueError:
        return {}


class Quote(Facts):
    """What a job would cost, in USD."""

    quote: float
    duration_seconds: float | None = None


class JobMedia(VeniceMedia):
    """The result of a job. `is_completed`: whether Venice has deleted its copy; None where that was not asked for."""

    job: MediaJob | None = None
    is_completed: bool | None = None


class JobStatus(Facts):
    """How far a job is: PROCESSING, or COMPLETED with the `media` or, where the job has a download link, without.

    Times are in milliseconds.
    """

    status: str
    average_execution_time: float | None = None
    execution_duration: float | None = None
    media: JobMedia | None = None

    @property
    def is_done(self) -> bool:
        """Whether the result can be had."""
        return self.media is not None or self.status.upper() == "COMPLETED"

    @property
    def progress(self) -> float | None:
        """An estimate from 0 to 1: the time so far against the model's average."""
        if self.is_done:
            return 1.0
        if not self.average_execution_time or self.execution_duration is None:
            return None
        return min(0.99, max(0.0, self.execution_duration / self.average_execution_time))


class JobProgress(Result):
    """What a progress callback is told: the price, if it was asked for; the handle; then each state."""

    stage: Literal["quoted", "queued", "processing", "fetching", "fetched"]
    quote: float | None = None
    job: MediaJob | None = None
    status: JobStatus | None = None

    @property
    def progress(self) -> float | None:
        """An estimate from 0 to 1."""
        return self.status.progress if self.status else None


class Completed(Facts):
    """Whether Venice has deleted its copy; False means that it can be asked again later."""

    success: bool
