"""Batches in OpenAI's format: requests in a file of lines, answers in two files of lines, in any order."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from onellm.body import JSON, File
from onellm.call import Call, Effect, Flow, Op, Reply, ask
from onellm.capabilities import Capability
from onellm.decode.json import table
from onellm.errors import APIError, BadResponseError, InvalidRequestError, NotFoundError, OneLLMError
from onellm.openai_compatible.costs import cost_in
from onellm.openai_compatible.files import file_content, file_create, labelled, path_of
from onellm.types.base import Priced
from onellm.types.batch import (
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
from onellm.types.chat import ChatRequest
from onellm.types.file import FileContent, FileQuery, FileRequest

if TYPE_CHECKING:
    from onellm.openai_compatible.faces import Faces

T = TypeVar("T")

MAX_BYTES = 200_000_000
"""What OpenAI takes in one file of a batch."""
OF_THE_BATCH = frozenset({"extra_headers", "unsupported"})
"""What steers a call, and so cannot differ between the requests of a batch."""
OBJECTS = {"chat.completion": "chat/completions", "text_completion": "completions", "response": "responses"}
"""Which endpoint an answer is of, by its own word: Azure does not always tell that of a batch, or tells another."""


def batch_create(provider: Faces, request: BatchRequest) -> Op[BatchObject]:
    """POST /batches; where requests were given, their file is uploaded first. A batch is a purchase."""
    if request.requests is None:
        if request.input_file_id is None:
            raise InvalidRequestError("Give requests, or input_file_id.", param="requests")
        return _start(provider, request, request.input_file_id)
    return _upload_and_start(provider, request, *_lines(provider, request))


def _upload_and_start(
    provider: Faces, request: BatchRequest, lines: bytes, dropped: tuple[str, ...]
) -> Flow[BatchObject]:
    file = File("batch.jsonl", lines, "application/jsonl")
    upload = FileRequest(file=file, purpose="batch", extra_headers=request.extra_headers)
    uploaded = yield from ask(file_create(provider, upload))
    id = uploaded.id.removeprefix(f"{provider.name}/")
    try:
        return (yield from ask(_start(provider, request, id, dropped)))
    except OneLLMError as error:
        error.add_note(f"The requests are at the service as {uploaded.id}; the batch can be started with this file.")
        raise


def _start(provider: Faces, request: BatchRequest, file: str, dropped: tuple[str, ...] = ()) -> Call[BatchObject]:
    operation, fields, more = provider.encode(Capability.BATCH, request)
    body = JSON({"input_file_id": file, **fields})
    exchange = provider.exchange(operation.path, request, body=body, dropped=dropped + more, effect=Effect.PURCHASE)
    return Call(parse=functools.partial(_read_batch, provider.name), **exchange)


def _lines(provider: Faces, request: BatchRequest) -> tuple[bytes, tuple[str, ...]]:
    """The file of the requests, and the parameters that some of them lost because the caller allowed it.

    Raises InvalidRequestError for what the service would refuse as a whole.
    """
    items = request.requests or []
    check_items(provider.name, items, request.endpoint, provider.row.operation(Capability.BATCH).batch)
    bodies = [_body(provider, item, request) for item in items]
    dropped = dict.fromkeys(name for _, names in bodies for name in names)
    rows = ({**item.model_dump(), "body": body} for item, (body, _) in zip(items, bodies, strict=True))
    try:
        lines = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    except (TypeError, ValueError) as error:
        raise InvalidRequestError(f"The requests cannot be written as JSON: {error}.", param="requests") from None
    if len(lines) > MAX_BYTES:
        raise InvalidRequestError(f"The requests have {len(lines)} bytes; a batch takes {MAX_BYTES}.")
    return lines, tuple(dropped)


def check_items(provider: str, items: Sequence[BatchItem], endpoint: str, most: int | None) -> None:
    """Raise InvalidRequestError for what a service would refuse as a whole."""
    if not items:
        raise InvalidRequestError("requests is empty; give at least one.", param="requests")
    if most is not None and len(items) > most:
        raise InvalidRequestError(f"{provider} takes {most} requests in a batch, not {len(items)}.")
    seen: set[str] = set()
    for item in items:
        if item.custom_id in seen:
            raise InvalidRequestError(f"The custom_id {item.custom_id!r} is there twice.", param="requests")
        if item.url != endpoint:
            raise InvalidRequestError(
                f"The request {item.custom_id!r} goes to {item.url}; all of a batch go to {endpoint}."
            )
        seen.add(item.custom_id)


def _body(provider: Faces, item: BatchItem, request: BatchRequest) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The body of a request and what it lost: a chat as the host takes it, anything else as it was given."""
    if not item.url.endswith("/chat/completions"):
        return item.body, ()
    return chat_of(item, request, lambda chat: provider.encode_chat(chat, stream=False))


def chat_of(item: BatchItem, request: BatchRequest, encode: Callable[[ChatRequest], T]) -> T:
    """What `encode` makes of a request that is a chat; its errors say which request it was.

    Headers, and what becomes of unsupported parameters, are told of the whole batch.
    """
    if item.body.get("stream"):
        raise InvalidRequestError(f"The request {item.custom_id!r} asks for a stream; a batch has none.")
    if whole := sorted(OF_THE_BATCH & item.body.keys()):
        raise InvalidRequestError(
            f"The request {item.custom_id!r} has {whole[0]}; give it to the batch.", param="requests"
        )
    asked = {name: value for name, value in item.body.items() if name != "stream"}
    try:
        return encode(ChatRequest(unsupported=request.unsupported, extra_headers=request.extra_headers, **asked))
    except OneLLMError as error:
        error.add_note(f"It is the request with the custom_id {item.custom_id!r}.")
        raise


def batch_list(provider: Faces, request: BatchListRequest) -> Call[BatchList]:
    """GET /batches."""
    path, query = path_of(provider, Capability.BATCH), request.parameters()
    exchange = provider.exchange(path, request, method="GET", query=query, effect=Effect.READ)
    return Call(parse=functools.partial(_read_batches, provider.name), **exchange)


def batch_retrieve(provider: Faces, request: BatchQuery) -> Call[BatchObject]:
    """GET /batches/{id}."""
    path = path_of(provider, Capability.BATCH, request.id)
    exchange = provider.exchange(path, request, method="GET", effect=Effect.READ)
    return Call(parse=functools.partial(_read_batch, provider.name), **exchange)


def batch_cancel(provider: Faces, request: BatchQuery) -> Call[BatchObject]:
    """POST /batches/{id}/cancel."""
    path = path_of(provider, Capability.BATCH, request.id) + "/cancel"
    return Call(parse=functools.partial(_read_batch, provider.name), **provider.exchange(path, request))


def batch_results(provider: Faces, request: BatchQuery) -> Flow[BatchResults]:
    """The answers of a batch that ended, from its files, in the order of its requests.

    Without `order` the order is that of the input file; where that was deleted, that of the files. Raises
    InvalidRequestError where the batch has not ended, or failed as a whole.
    """
    batch = yield from ask(batch_retrieve(provider, request))
    if not batch.ended:
        raise InvalidRequestError(f"The batch is {batch.status}; wait until it has ended.", param="id")
    if batch.status == "failed":
        raise InvalidRequestError(f"The batch failed as a whole: {_first_error(batch)}", param="id", body=batch.errors)
    results: dict[str, BatchResult] = {}
    meta = batch.meta
    for file in (batch.output_file_id, batch.error_file_id):
        if file:
            content = yield from _content(provider, request, file)
            meta = content.meta
            for line in json_lines(content.content):
                result = _result(provider, batch.endpoint or "", line)
                results.setdefault(result.custom_id, result)
    order = request.order
    if order is None and batch.input_file_id:
        try:
            content = yield from _content(provider, request, batch.input_file_id)
        except NotFoundError:
            pass
        else:
            meta = content.meta
            order = [str(line.get("custom_id")) for line in json_lines(content.content)]
    found = BatchResults(data=ordered(results, order or [], batch.status), batch=batch)
    found.attach(meta)
    return found


def ordered(results: dict[str, BatchResult], order: Sequence[str], status: str) -> list[BatchResult]:
    """The results in this order, and after them those that it does not name."""
    missing = BatchError(message=f"The batch {status} without an answer to this request.", code="no_result")
    ordered = [results.pop(id, BatchResult(custom_id=id, error=missing)) for id in order]
    return [*ordered, *results.values()]


def _content(provider: Faces, request: BatchQuery, file: str) -> Flow[FileContent]:
    id = file.removeprefix(f"{provider.name}/")
    return (yield from ask(file_content(provider, FileQuery(id=id, extra_headers=request.extra_headers))))


def json_lines(content: bytes) -> Iterator[dict[str, Any]]:
    """The tables of a file of lines. Raises BadResponseError."""
    for number, line in enumerate(content.split(b"\n"), 1):
        if line.strip():
            try:
                yield table(json.loads(line))
            except ValueError:
                raise BadResponseError(f"Line {number} of a file of the batch is no JSON.") from None


def _result(provider: Faces, endpoint: str, line: Mapping[str, Any]) -> BatchResult:
    """One line of an output or error file."""
    reply, failure = table(line.get("response")), table(line.get("error"))
    body = table(reply.get("body"))
    status = reply.get("status_code")
    result = BatchResult(
        custom_id=str(line.get("custom_id")),
        status_code=status,
        request_id=reply.get("request_id"),
        body=body or None,
    )
    if failure or not isinstance(status, int) or status >= 300:
        failure = failure or table(body.get("error")) or body
        message = str(failure.get("message") or f"The service answered {status}.")
        result.error = BatchError(message=message, code=str(failure["code"]) if failure.get("code") else None)
        return result
    try:
        result.response = _reader(provider, endpoint, body)(Reply(status, None, json.dumps(body).encode()))
    except (ValueError, LookupError, TypeError, BadResponseError) as error:
        result.error = BatchError(message=f"The answer is not what the format says ({error}).", code="bad_response")
    except APIError as error:
        result.error = BatchError(message=str(error), code=error.code)
    told = table(body.get("usage")).get("cost") is not None or cost_in(provider.row, result.response) is not None
    if not told:
        without_cost(getattr(result.response, "usage", None))
    return result


def without_cost(usage: object) -> None:
    """Take away a cost that was made of listed prices: a batch has prices of its own."""
    if isinstance(usage, Priced):
        usage.cost, usage.cost_parts, usage.cost_unknown = None, {}, "the prices of a batch are not known"


def _reader(provider: Faces, endpoint: str, body: Mapping[str, Any]) -> Callable[[Reply], Any]:
    """What reads the answers of an endpoint; an answer of another kind stays a table."""
    kind = OBJECTS.get(str(body.get("object"))) or endpoint.removeprefix("/v1").removeprefix("/")
    if kind == "chat/completions":
        from onellm.openai_compatible.answers import read_answer

        return lambda reply: read_answer(provider.row, reply.body, provider.prices(str(body.get("model", ""))))
    if kind == "completions":
        from onellm.openai_compatible.completions import read_completion

        return functools.partial(read_completion, provider.row, provider.prices(str(body.get("model", ""))))
    if kind == "responses":
        from onellm.openai_compatible.responses.native import read_response

        return functools.partial(read_response, provider, str(body.get("model", "")))
    if kind == "embeddings":
        from onellm.openai_compatible.embeddings import read_embeddings

        return functools.partial(read_embeddings, len(body["data"]))
    if kind == "moderations":
        from onellm.openai_compatible.judging import read_moderation

        return read_moderation
    if kind.startswith("images/"):
        from onellm.openai_compatible.images import read_images

        return functools.partial(read_images, None)
    return lambda reply: None


def _first_error(batch: BatchObject) -> str:
    data: Any = table(batch.errors).get("data")
    first = table(data[0]) if isinstance(data, list) and data else {}  # pyright: ignore[reportUnknownArgumentType]
    line = f" (line {first['line']})" if first.get("line") else ""
    return f"{first.get('message') or 'the service does not say why'}{line}"


def _read_batch(provider: str, reply: Reply) -> BatchObject:
    return _label(provider, BatchObject.model_validate_json(reply.body))


def _read_batches(provider: str, reply: Reply) -> BatchList:
    found = BatchList.model_validate_json(reply.body)
    for batch in found.data:
        _label(provider, batch)
    found.first_id, found.last_id = labelled(provider, found.first_id), labelled(provider, found.last_id)
    return found


def _label(provider: str, batch: BatchObject) -> BatchObject:
    for name in ("id", "input_file_id", "output_file_id", "error_file_id"):
        setattr(batch, name, labelled(provider, getattr(batch, name)))
    return batch
