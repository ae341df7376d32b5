"""The `openai` package's names for errors and for what is not given.

`openai.APIError` covers failed connections too, so it is our base class here; what is caught is never less than there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from onellm.errors import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    BadResponseError,
    ConflictError,
    IncompleteOutputError,
    InvalidRequestError,
    NotFoundError,
    OneLLMError,
    PermissionDeniedError,
    RateLimitError,
    RefusalError,
    ServerError,
)
from onellm.errors import (
    APIError as APIStatusError,
)

OpenAIError = OneLLMError
APIError = OneLLMError
APIResponseValidationError = BadResponseError
BadRequestError = InvalidRequestError
UnprocessableEntityError = InvalidRequestError
InternalServerError = ServerError
LengthFinishReasonError = IncompleteOutputError
ContentFilterFinishReasonError = RefusalError

__all__ = [
    "NOT_GIVEN", "APIConnectionError", "APIError", "APIResponseValidationError", "APIStatusError", "APITimeoutError",
    "AuthenticationError", "BadRequestError", "ConflictError", "ContentFilterFinishReasonError", "InternalServerError",
    "LengthFinishReasonError", "NotFoundError", "NotGiven", "OpenAIError", "PermissionDeniedError", "RateLimitError",
    "UnprocessableEntityError", "given", "omit",
]  # fmt: skip


class NotGiven:
    """The type of NOT_GIVEN: a parameter that is left out."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "NOT_GIVEN"


NOT_GIVEN = NotGiven()
omit = NotGiven()


def given(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that were given. Raises InvalidRequestError for `extra_query`, which no call here has."""
    left = {name: value for name, value in params.items() if not isinstance(value, NotGiven)}
    if left.pop("extra_query", None):
        raise InvalidRequestError("extra_query is not supported; put the query into base_url.", param="extra_query")
    return left
