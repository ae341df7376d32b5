"""Google's words for what is wrong: `{"error": {"code", "message", "status", "details"}}`."""

from __future__ import annotations

from onellm.checks import Issue
from onellm.decode.json import Table
from onellm.testing.simulator.values import ServiceError, SimReply

STATUS = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
    409: "ABORTED", 429: "RESOURCE_EXHAUSTED", 499: "CANCELLED", 500: "INTERNAL", 503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}  # fmt: skip


def error(refused: ServiceError) -> SimReply:
    """An error's reply."""
    text = _worded(refused.issues[0]) if refused.issues else refused.message
    inner: Table = {"code": refused.status, "message": text, "status": STATUS.get(refused.status, "UNKNOWN")}
    if refused.code:
        inner["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": refused.code}]
    return SimReply.json({"error": inner}, refused.status, refused.headers)


def error_event(reply: SimReply) -> bytes:
    """An error inside a stream."""
    return b"data: " + reply.body + b"\r\n\r\n"


def _worded(issue: Issue) -> str:
    place = ".".join(map(str, issue.path))
    if issue.code == "unrecognized_keys":
        key = issue.facts["keys"][0]
        at = f" at {place!r}" if place else ""
        return f"Invalid JSON payload received. Unknown name {key!r}{at}: Cannot find field."
    return f"* GenerateContentRequest.{place}: {issue.message}"
