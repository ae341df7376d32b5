"""Batches: what is asked and answered (OpenAI's /batches and the lines of its files)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BeforeValidator

from onellm.types.base import Model, Result
from onellm.types.call_params import CallParams
from onellm.types.request import ModelRequest, as_list

BatchEndpoint: TypeAlias = Literal[
    "/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/v1/completions", "/v1/moderations",
    "/v1/images/generations", "/v1/images/edits", "/v1/videos",
]  # fmt: skip

ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
"""The states after which nothing changes."""


class BatchItem(Model):
    """One request of a batch: its id in the batch, where it goes, and what it asks; `body` has the bare model name."""

    custom_id: str
    body: dict[str, Any]
    url: str
    method: Literal["POST"] = "POST"


class BatchRequest(ModelRequest):
    """A batch to be started, as a provider sees it: of a file at the service, or of these requests."""

    steering: ClassVar[frozenset[str]] = ModelRequest.steering | {"requests", "input_file_id"}

    model: str = ""
    endpoint: str
    input_file_id: str | None = None
    requests: list[BatchItem] | None = None
    completion_window: str = "24h"
    metadata: dict[str, str] | None = None
    output_expires_after: dict[str, Any] | None = None


class BatchQuery(ModelRequest):
    """One batch by its id at the service, without the provider; `order`: ids of its requests, in the wished order."""

    steering: ClassVar[frozenset[str]] = ModelRequest.steering | {"id", "order"}

    model: str = ""
    id: str
    order: Annotated[list[str] | None, BeforeValidator(as_list)] = None


class BatchListRequest(ModelRequest):
    """Which batches to list."""

    model: str = ""
    after: str | None = None
    limit: int | None = None


class BatchParams(CallParams, total=False):
    """The parameters of a batch beside what it consists of.

    `metadata`: up to 16 pairs. `output_expires_after`: `{"anchor": "created_at", "seconds": …}`.
    """

    metadata: Mapping[str, str] | None
    output_expires_after: Mapping[str, object] | None


class BatchListParams(CallParams, total=False):
    """The parameters of a list of batches: `after` a batch's id, at most `limit` (up to 100)."""

    after: str | None
    limit: int | None


class BatchCounts(Model):
    """How many requests there are, and how many of them are done and failed."""

    total: int = 0
    completed: int = 0
    failed: int = 0


class BatchObject(Result):
    """A batch at a service. Its id and those of its files carry their provider; times are Unix seconds.

    `status`: validating, in_progress, finalizing, cancelling, and at the end completed, failed, expired or cancelled.
    """

    id: str
    object: str = "batch"
    status: str = ""
    endpoint: str | None = None
    completion_window: str | None = None
    input_file_id: str | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    created_at: int | None = None
    completed_at: int | None = None
    expires_at: int | None = None
    request_counts: BatchCounts | None = None
    metadata: dict[str, str] | None = None
    errors: dict[str, Any] | None = None
    usage: dict[str, Any] | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing changes any more: completed, failed, expired or cancelled."""
        return self.status in ENDED


class BatchList(Result):
    """Batches at a service; `has_more` says that there are others after `last_id`."""

    data: list[BatchObject]
    object: str = "list"
    first_id: str | None = None
    last_id: str | None = None
    has_more: bool = False


class BatchError(Model):
    """Why a request of a batch has no answer."""

    message: str = ""
    code: str | None = None


class BatchResult(Model):
    """What became of one request: `body` is the service's answer as it came, `response` the same as a result value.

    Exactly one of `response` and `error` is set where the answer is of a kind that OneLLM knows. A request without any
    line in the service's files has the code "no_result".
    """

    custom_id: str
    status_code: int | None = None
    request_id: str | None = None
    body: dict[str, Any] | None = None
    response: Any = None
    error: BatchError | None = None


class BatchResults(Result):
    """The results of a batch, in the order of its requests; `results["my-id"]` finds one by its id."""

    data: list[BatchResult]
    batch: BatchObject

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[BatchResult]:  # type: ignore[override]
        return iter(self.data)

    def __getitem__(self, custom_id: str) -> BatchResult:
        """The result of a request. Raises KeyError."""
        for result in self.data:
            if result.custom_id == custom_id:
                return result
        raise KeyError(custom_id)

    @property
    def failed(self) -> list[BatchResult]:
        """The requests that have no answer."""
        return [result for result in self.data if result.error is not None]
