"""What Replicate's errors say beside their status: problem details (RFC 9457) with a title and a detail."""

from __future__ import annotations

import re

from onellm.errors import APIError, ModelNotFoundError, RateLimitError

_RESETS = re.compile(r"resets in ~?(\d+(?:\.\d+)?)\s*s")


def with_wait(error: APIError) -> APIError:
    """The error of a rate limit with the seconds to wait, which may stand in its text alone ("resets in ~30s")."""
    if isinstance(error, RateLimitError) and error.retry_after is None and (found := _RESETS.search(error.message)):
        error.retry_after = float(found[1])
    return error


def of_model(error: APIError, advice: str) -> ModelNotFoundError:
    """The error of a call that names the model, where the service only says that something was not found."""
    return ModelNotFoundError(
        f"{error.message} {advice}",
        status=error.status,
        code=error.code,
        type=error.type,
        param=error.param,
        request_id=error.request_id,
        provider=error.provider,
        model=error.model,
        body=error.body,
        headers=error.headers,
    )
