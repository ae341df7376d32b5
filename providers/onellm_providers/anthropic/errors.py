"""Anthropic's words for errors: `{"type": "error", "error": {"type", "message", "details"}, "request_id"}`.

Source: platform.claude.com, errors, and the types of the anthropic SDK 2.11.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from onellm import errors
from onellm.call import Reply
from onellm.decode.json import Table, table

STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "conflict_error": 409,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""The status of each type of error, for those that come inside a 200."""

CODES: Mapping[str, type[errors.APIError]] = {
    "billing_error": errors.InsufficientBalanceError,
    "conflict_error": errors.ConflictError,
    "request_too_large": errors.PayloadTooLargeError,
    "api_error": errors.ServerError,
    "timeout_error": errors.ServerError,
}
"""Types that other services do not have."""


def with_status(reply: Reply) -> Reply:
    """An error inside a 200 with the status that its type has elsewhere."""
    if reply.status >= 300:
        return reply
    kind = _inner(_body(reply)).get("type")
    return Reply(STATUS.get(kind, reply.status) if isinstance(kind, str) else reply.status, reply.headers, reply.body)


def codes_of(reply: Reply) -> Mapping[str, type[errors.APIError]]:
    """The classes of the types; `not_found_error` is about the model where its message says no more than its name."""
    if str(_inner(_body(reply)).get("message")).startswith("model:"):
        return {**CODES, "not_found_error": errors.ModelNotFoundError}
    return CODES


def finished(error: errors.APIError) -> errors.APIError:
    """The error with the code and the request id of its body, where nothing else told them."""
    body = table(error.body)
    code, request_id = table(_inner(body).get("details")).get("error_code"), body.get("request_id")
    if error.code is None and isinstance(code, str):
        error.code = code
    if error.request_id is None and isinstance(request_id, str):
        error.request_id = request_id
    return error


def _inner(body: Table) -> Table:
    return table(body.get("error"))


def _body(reply: Reply) -> Table:
    try:
        return table(json.loads(reply.body))
    except (ValueError, RecursionError):
        return {}
