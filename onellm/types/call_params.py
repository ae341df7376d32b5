"""What every face takes beside the parameters of its operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypedDict

from onellm.types.request import Unsupported

if TYPE_CHECKING:
    from onellm.options import RetryPolicy, Timeout


class CallParams(TypedDict, total=False):
    """What steers one call.

    `api_key` and `base_url` in place of the provider's settings; `extra_headers`; `extra_body` for what the service
    takes and OneLLM does not list; `timeout` in seconds, or a `Timeout`; `deadline` in seconds for everything, retries
    included (600); `max_retries` (2) or a `RetryPolicy`; `unsupported="drop"` to leave out what the target does not
    take and be told in `response.dropped_params`, instead of an UnsupportedParameterError.
    """

    extra_body: Mapping[str, object] | None
    extra_headers: Mapping[str, str] | None
    api_key: str | None
    base_url: str | None
    timeout: float | Timeout | None
    deadline: float | None
    max_retries: int | RetryPolicy
    unsupported: Unsupported
