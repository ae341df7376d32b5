"""Batches of messages at Anthropic: /v1/messages/batches, in OpenAI's shape.

Source: anthropic SDK 2.14, `resources/messages/batches.py` and its types. The requests go along with the call, without
a file; the results come as lines in any order.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, urlencode

from onellm.body import JSON
from onellm.call import Call, Effect, Flow, Reply, ask
from onellm.decode.json import Table, array, given, table
from onellm.errors import BadResponseError, InvalidRequestError
from onellm.openai_compatible.batches import chat_of, check_items, json_lines, ordered, without_cost
from onellm.openai_compatible.files import labelled
from onellm.openai_compatible.losses import Losses
from onellm.types.batch import (
    BatchCounts,
    BatchError,
    BatchItem,
    BatchList,
    BatchListRequest,
    BatchObject,
    BatchQuery,
    BatchRequest,
    BatchResult,
    BatchResults,
)
from onellm_providers.anthropic.answers import read_answer
from onellm_providers.anthropic.errors import STATUS
from onellm_providers.anthropic.wire import Wire, unix

CHAT = "/v1/chat/completions"
PATH = "messages/batches"
MOST = 100_000
"""Requests in a batch."""
CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
STATUSES = {"in_progress": "in_progress", "canceling": "cancelling"}
"""OpenAI's words for a batch that has not ended."""
PLACED = frozenset({"id", "type", "request_counts", "created_at", "expires_at", "ended_at"})
"""Fields of a batch that have a place in OpenAI's; the others stay under their names."""
FAILED = ("errored", "canceled", "expired")
WHY = {
    "canceled": "The batch was cancelled before this request was run.",
    "expired": "The batch expired before this request was run.",
}


def batch_create(provider: Wire, request: BatchRequest) -> Call[BatchObject]:
    """POST /v1/messages/batches. A batch is a purchase."""
    if request.requests is None:
        raise InvalidRequestError(f"{provider.name} starts batches of requests, not of a file.", param="input_file_id")
    if request.endpoint != CHAT:
        raise InvalidRequestError(f"{provider.name} has batches of {CHAT} alone.", param="endpoint")
    losses = Losses(drop=request.unsupported == "drop")
    for name, value in request.parameters().items():
        if name != "endpoint" and (name, value) != ("completion_window", "24h"):
            losses.refuse(name, f"{provider.name} does not take {name} with a batch.")
    rows, betas, dropped = _rows(provider, request)
    body = JSON({"requests": rows, **(request.extra_body or {})})
    told = tuple(dict.fromkeys((*losses.dropped, *dropped)))
    exchange = provider.exchange(PATH, request, body=body, effect=Effect.PURCHASE, betas=betas, dropped=told)
    return Call(parse=functools.partial(_read_batch, provider.name), **exchange)


def batch_list(provider: Wire, request: BatchListRequest) -> Call[BatchList]:
    """GET /v1/messages/batches: one page, the latest first."""
    names = {"after": "after_id"}
    query = {names.get(name, name): value for name, value in request.parameters().items()}
    query.update(request.extra_body or {})
    path = f"{PATH}?{urlencode(query)}" if query else PATH
    exchange = provider.exchange(path, request, method="GET", effect=Effect.READ)
    return Call(parse=functools.partial(_read_batches, provider.name), **exchange)


def batch_retrieve(provider: Wire, request: BatchQuery) -> Call[BatchObject]:
    """GET /v1/messages/batches/{id}."""
    exchange = provider.exchange(_path(request), request, method="GET", effect=Effect.READ)
    return Call(parse=functools.partial(_read_batch, provider.name), **exchange)


def batch_cancel(provider: Wire, request: BatchQuery) -> Call[BatchObject]:
    """POST /v1/messages/batches/{id}/cancel."""
    exchange = provider.exchange(f"{_path(request)}/cancel", request)
    return Call(parse=functools.partial(_read_batch, provider.name), **exchange)


def batch_results(provider: Wire, request: BatchQuery) -> Flow[BatchResults]:
    """The answers of a batch that ended: GET /v1/messages/batches/{id}/results.

    The service does not tell in which order it was asked. So the order is the caller's `order`; else that of the
    numbers where all ids are such, as those are that the caller left out; else the service's.
    """
    batch = yield from ask(batch_retrieve(provider, request))
    if not batch.ended:
        raise InvalidRequestError(f"The batch is {batch.status}; wait until it has ended.", param="id")
    # Not at the `results_url` of the answer: the key goes to no other host than the one it is for.
    exchange = provider.exchange(f"{_path(request)}/results", request, method="GET", effect=Effect.READ, accept="*/*")
    found = yield from ask(Call(parse=functools.partial(_read_results, provider, batch), **exchange))
    results = {each.custom_id: each for each in found.data}
    order = request.order
    if order is None and all(id.isdecimal() for id in results):
        order = sorted(results, key=int)
    found.data = ordered(results, order or [], batch.status)
    return found


def _path(request: BatchQuery) -> str:
    return f"{PATH}/{quote(request.id, safe='')}"


def _rows(provider: Wire, request: BatchRequest) -> tuple[list[Table], list[str], list[str]]:
    """The requests as the service takes them, the beta features of all of them, and what they lost."""
    items = request.requests or []
    check_items(provider.name, items, request.endpoint, MOST)
    rows: list[Table] = []
    betas: list[str] = []
    dropped: list[str] = []
    for item in items:
        if not CUSTOM_ID.fullmatch(item.custom_id):
            raise InvalidRequestError(
                f"The custom_id {item.custom_id!r} must be 1 to 64 letters, digits, - or _ for {provider.name}.",
                param="requests",
            )
        body, more, lost = _encoded(provider, item, request)
        rows.append({"custom_id": item.custom_id, "params": body})
        betas += more
        dropped += lost
    return rows, betas, dropped


def _encoded(provider: Wire, item: BatchItem, request: BatchRequest) -> tuple[Table, list[str], tuple[str, ...]]:
    return chat_of(item, request, lambda chat: provider.encode_chat(chat, stream=False))


# -- answers ---------------------------------------------------------------------------------------------------------


def _batch(provider: str, raw: Table) -> BatchObject:
    counts = given(raw.get("request_counts"))
    failed = sum(int(counts.get(name) or 0) for name in FAILED)
    total = failed + sum(int(counts.get(name) or 0) for name in ("processing", "succeeded"))
    status = str(raw["processing_status"])
    return BatchObject(
        id=labelled(provider, str(raw["id"])),
        status=_ended(raw, counts) if status == "ended" else STATUSES.get(status, status),
        endpoint=CHAT,
        completion_window="24h",
        request_counts=BatchCounts(
            **{**counts, "total": total, "completed": int(counts.get("succeeded") or 0), "failed": failed}
        ),
        created_at=unix(raw.get("created_at")),
        expires_at=unix(raw.get("expires_at")),
        completed_at=unix(raw.get("ended_at")),
        **{name: value for name, value in raw.items() if name not in PLACED},
    )


def _ended(raw: Table, counts: Table) -> str:
    """How a batch ended, in OpenAI's words."""
    if raw.get("cancel_initiated_at"):
        return "cancelled"
    return "expired" if counts.get("expired") else "completed"


def _read_batch(provider: str, reply: Reply) -> BatchObject:
    return _batch(provider, table(json.loads(reply.body)))


def _read_batches(provider: str, reply: Reply) -> BatchList:
    raw = table(json.loads(reply.body))
    if not isinstance(raw.get("data"), list):
        raise BadResponseError("The answer holds no list of batches.")
    ends = {name: labelled(provider, raw.get(name)) for name in ("first_id", "last_id")}
    data = [_batch(provider, table(each)) for each in array(raw["data"])]
    return BatchList(data=data, has_more=bool(raw.get("has_more")), **ends)


def _read_results(provider: Wire, batch: BatchObject, reply: Reply) -> BatchResults:
    return BatchResults(data=list(_results(provider, reply.body)), batch=batch)


def _results(provider: Wire, lines: bytes) -> Iterator[BatchResult]:
    for line in json_lines(lines):
        id, result = str(line.get("custom_id")), table(line.get("result"))
        kind = str(result.get("type"))
        if kind == "succeeded":
            yield _answered(provider, id, table(result.get("message")))
            continue
        body = table(result.get("error"))
        inner = table(body.get("error")) or body
        code = str(inner.get("type") or kind)
        message = str(inner.get("message") or WHY.get(kind) or f"The service says {kind}.")
        yield BatchResult(
            custom_id=id,
            status_code=STATUS.get(code),
            request_id=body.get("request_id"),
            body=body or None,
            error=BatchError(message=message, code=code),
        )


def _answered(provider: Wire, id: str, message: Table) -> BatchResult:
    result = BatchResult(custom_id=id, status_code=200, body=message)
    try:
        result.response = read_answer(json.dumps(message).encode(), str(message.get("model") or ""), provider.prices)
        without_cost(result.response.usage)
    except (ValueError, LookupError, TypeError, BadResponseError) as error:
        result.error = BatchError(message=f"The answer is not what the format says ({error}).", code="bad_response")
    return result
