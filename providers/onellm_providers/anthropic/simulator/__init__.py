"""Anthropic for the simulator: Messages, token counts, models, batches and files, refusing what the service refuses.

Wire facts: platform.claude.com and the anthropic SDK 2.11, as of November 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from onellm.testing.simulator.chat import complete, prompt_tokens
from onellm.testing.simulator.values import Answer, Route, Service, ServiceError, SimReply, SimRequest, SimStream
from onellm_providers.anthropic.simulator import files
from onellm_providers.anthropic.simulator.answers import events, message
from onellm_providers.anthropic.simulator.conversation import as_chat, effort_of
from onellm_providers.anthropic.simulator.errors import error, error_event
from onellm_providers.anthropic.simulator.models import MODELS, known, wire
from onellm_providers.anthropic.simulator.rules import check
from onellm_providers.anthropic.simulator.table import COUNTED, MESSAGE
from onellm_providers.anthropic.wire import VERSIONS


def routes() -> Service:
    """The service, as the entry point `onellm.simulators` wants it."""
    operations = (
        Route("POST", "/messages", _create),
        Route("POST", "/messages/count_tokens", _count),
        Route("GET", "/models", _list_models),
        Route("GET", "/models/{id}", _retrieve_model),
        *(Route(method, path, _keyed(answer)) for method, path, answer in KEPT),
    )
    return Service("anthropic", "/v1", operations, error, error_event, headers=_headers)


def _headers(request: SimRequest) -> Mapping[str, str]:
    limits: dict[str, str] = {}
    for family, limit in (("requests", 4000), ("input-tokens", 2_000_000), ("output-tokens", 400_000)):
        name = f"anthropic-ratelimit-{family}"
        limits |= {f"{name}-limit": str(limit), f"{name}-remaining": str(limit - 1)}
        limits[f"{name}-reset"] = "2026-12-01T00:00:00Z"
    return {
        "request-id": f"req_{request.number:024x}",
        "anthropic-organization-id": "00000000-0000-4000-8000-000000000000",
        **limits,
    }


def _authenticate(request: SimRequest) -> None:
    """Any key is good that does not begin with `bad-`, in either header; the API version must be named."""
    key = request.headers.get("x-api-key") or request.bearer
    if not key:
        raise ServiceError(401, "x-api-key header is required")
    if key.startswith("bad-"):
        raise ServiceError(401, "invalid x-api-key")
    version = request.headers.get("anthropic-version")
    if not version:
        raise ServiceError(400, "anthropic-version: header is required")
    if version not in VERSIONS:
        raise ServiceError(400, f'anthropic-version: "{version}" is not a valid version')


def _keyed(answer: Callable[[SimRequest], Answer]) -> Callable[[SimRequest], Answer]:
    """The operation, for those who have a key."""

    def checked(request: SimRequest) -> Answer:
        _authenticate(request)
        return answer(request)

    return checked


def _create(request: SimRequest) -> Answer:
    _authenticate(request)
    body: dict[str, Any] = request.checked(MESSAGE)
    model = known(body["model"])
    check(body, request.headers["anthropic-version"])
    if body["max_tokens"] > model.max_tokens:
        raise ServiceError(
            400,
            f"max_tokens: {body['max_tokens']} > {model.max_tokens}, which is the maximum allowed number of output "
            f"tokens for {model.id}",
        )
    chat = as_chat(body)
    completion = complete(chat, effort=effort_of(body), limit=body["max_tokens"])
    if completion.prompt_tokens > model.context_window:
        raise ServiceError(
            400, f"prompt is too long: {completion.prompt_tokens} tokens > {model.context_window} maximum"
        )
    answer = message(completion, model.id, body)
    return SimStream(events(answer)) if body.get("stream") else SimReply.json(answer)


def _count(request: SimRequest) -> Answer:
    _authenticate(request)
    body: dict[str, Any] = request.checked(COUNTED)
    known(body["model"])
    return SimReply.json({"input_tokens": prompt_tokens(as_chat(body))})


def _list_models(request: SimRequest) -> Answer:
    """The models, `limit` at a time (20 unless told otherwise): those after `after_id`, or right before `before_id`."""
    _authenticate(request)
    limit = request.query.get("limit", "20")
    if not (limit.isdecimal() and 1 <= int(limit) <= 1000):
        raise ServiceError(400, "limit: Input should be a valid integer between 1 and 1000")
    shown, more = _page(list(MODELS), int(limit), request.query.get("after_id"), request.query.get("before_id"))
    page = {"data": [wire(MODELS[name]) for name in shown], "has_more": more}
    return SimReply.json({**page, "first_id": shown[0] if shown else None, "last_id": shown[-1] if shown else None})


def _page(ids: list[str], limit: int, after: str | None, before: str | None) -> tuple[list[str], bool]:
    """The ids of a page, and whether more follow in its direction."""
    if before is not None:
        earlier = ids[: _place(ids, before, "before_id")]
        return earlier[-limit:], len(earlier) > limit
    later = ids if after is None else ids[_place(ids, after, "after_id") + 1 :]
    return later[:limit], len(later) > limit


def _place(ids: list[str], id: str, name: str) -> int:
    if id not in ids:
        raise ServiceError(400, f"{name}: no such id")
    return ids.index(id)


def _retrieve_model(request: SimRequest) -> Answer:
    _authenticate(request)
    return SimReply.json(wire(known(request.params["id"])))


def _answered(request: SimRequest) -> SimReply:
    """The answer to one request of a batch. Raises ServiceError; for a stream, which a batch has not, too."""
    reply = _create(request)
    if not isinstance(reply, SimReply):
        raise ServiceError(400, "stream: not supported in a batch")
    return reply


KEPT: tuple[tuple[str, str, Callable[[SimRequest], Answer]], ...] = (
    ("POST", "/files", files.upload),
    ("GET", "/files", files.list_files),
    ("GET", "/files/{id}", files.retrieve_file),
    ("GET", "/files/{id}/content", files.content),
    ("DELETE", "/files/{id}", files.delete_file),
    ("POST", "/messages/batches", files.start),
    ("GET", "/messages/batches", files.list_batches),
    ("GET", "/messages/batches/{id}", partial(files.retrieve, run=_answered)),
    ("GET", "/messages/batches/{id}/results", partial(files.results, run=_answered)),
    ("POST", "/messages/batches/{id}/cancel", files.cancel),
    ("DELETE", "/messages/batches/{id}", files.delete),
)
