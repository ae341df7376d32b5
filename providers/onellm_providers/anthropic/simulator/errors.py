"""Anthropic's words for what is wrong: `{"type": "error", "error": {"type", "message"}}`."""

from __future__ import annotations

from onellm.checks import Issue
from onellm.testing.simulator.values import ServiceError, SimReply
from onellm_providers.anthropic.errors import STATUS

TYPES = {status: kind for kind, status in STATUS.items()} | {422: "invalid_request_error", 503: "overloaded_error"}


def error(refused: ServiceError) -> SimReply:
    """An error's reply."""
    text = _worded(refused.issues[0]) if refused.issues else refused.message
    kind = TYPES.get(refused.status, "api_error" if refused.status >= 500 else "invalid_request_error")
    body = {"type": "error", "error": {"type": kind, "message": text}}
    return SimReply.json(body, refused.status, refused.headers)


def error_event(reply: SimReply) -> bytes:
    """An error inside a stream."""
    return b"event: error\ndata: " + reply.body + b"\n\n"


def _worded(issue: Issue) -> str:
    """`messages.0.content: Field required`."""
    place = ".".join(map(str, issue.path))
    if issue.code == "unrecognized_keys":
        keys = issue.facts["keys"]
        return f"{f'{place}.' if place else ''}{keys[0]}: Extra inputs are not permitted"
    if issue.code == "invalid_type" and issue.facts["received"] == "undefined":
        return f"{place}: Field required"
    return f"{place}: {issue.message}"
