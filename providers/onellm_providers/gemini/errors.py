"""Google's errors: `{"error": {"code", "message", "status", "details"}}`, alone or in a list (google.rpc.Status).

The reasons, waits and quotas in `details` are read by `onellm.error_bodies`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from onellm import errors
from onellm.call import Reply
from onellm.decode.json import Table, array, table

CODES: Mapping[str, type[errors.APIError]] = {
    "RESOURCE_EXHAUSTED": errors.RateLimitError,
    "UNAUTHENTICATED": errors.AuthenticationError,
    "PERMISSION_DENIED": errors.PermissionDeniedError,
    "UNAVAILABLE": errors.OverloadedError,
}
"""Words of `status` that say more than the number."""


def with_status(reply: Reply) -> Reply:
    """An error inside a 200 with the status that it names."""
    code = _inner(reply).get("code")
    if reply.status < 300 and isinstance(code, int) and 400 <= code < 600:
        return Reply(code, reply.headers, reply.body)
    return reply


def codes_of(reply: Reply) -> Mapping[str, type[errors.APIError]]:
    """The classes of the words; what is not found is the model where the message speaks of one."""
    inner = _inner(reply)
    if inner.get("status") == "NOT_FOUND" and str(inner.get("message")).startswith(("models/", "Publisher Model")):
        return {**CODES, "NOT_FOUND": errors.ModelNotFoundError}
    return CODES


def _inner(reply: Reply) -> Table:
    try:
        value = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    rows = array(value)
    return table(table(rows[0] if rows else value).get("error"))
