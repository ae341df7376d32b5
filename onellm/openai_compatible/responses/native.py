"""Responses as they are: POST /responses and what is stored of them."""

from __future__ import annotations

import functools
import json
from typing import Any
from urllib.parse import quote

from onellm.body import JSON
from onellm.call import Call, Effect, Reply, StreamCall
from onellm.capabilities import Capability
from onellm.decode.json import table
from onellm.errors import InvalidRequestError
from onellm.openai_compatible.answers import settle_usage
from onellm.openai_compatible.responses.events import EventReader, ResponseAssembler
from onellm.openai_compatible.wire import Wire
from onellm.types.response import (
    ResponseDeleted,
    ResponseEvent,
    ResponseItemList,
    ResponseObject,
    ResponseQuery,
    ResponseRequest,
)


def respond(provider: Wire, request: ResponseRequest) -> Call[ResponseObject]:
    """POST /responses."""
    path, body, dropped = encode(provider, request)
    exchange = provider.exchange(path, request, body=JSON(body), dropped=dropped)
    return Call(parse=functools.partial(read_response, provider, request.model), **exchange)


def respond_stream(provider: Wire, request: ResponseRequest) -> StreamCall[ResponseEvent, ResponseObject]:
    """POST /responses with stream=true."""
    path, body, dropped = encode(provider, request)
    exchange = provider.exchange(path, request, body=JSON({**body, "stream": True}), dropped=dropped)
    return StreamCall(
        decoder=lambda: EventReader(exchange["error"], functools.partial(settle, provider, request.model)),
        assembler=ResponseAssembler,
        **exchange,
    )


def encode(provider: Wire, request: ResponseRequest) -> tuple[str, dict[str, Any], tuple[str, ...]]:
    """The path, the body, and the parameters that were dropped."""
    if request.previous_response_id and request.conversation:
        raise InvalidRequestError(
            "previous_response_id and conversation both say what came before; give one.", param="conversation"
        )
    operation, fields, dropped = provider.encode(Capability.RESPONSES, request)
    body: dict[str, Any] = {"model": request.model}
    if request.input is not None:
        body["input"] = request.input
    elif not (request.prompt or request.previous_response_id or request.conversation):
        raise InvalidRequestError("input is missing; give a text or a list of items.", param="input")
    body.update(fields)
    if request.previous_response_id:
        body["previous_response_id"] = bare(provider, request.previous_response_id)
    return operation.path, body, dropped


def retrieve(provider: Wire, query: ResponseQuery) -> Call[ResponseObject]:
    """GET /responses/{id}."""
    exchange = provider.exchange(
        path_of(provider, query), query, method="GET", query=query.parameters(), effect=Effect.READ
    )
    return Call(parse=functools.partial(_read_stored, provider), **exchange)


def retrieve_stream(provider: Wire, query: ResponseQuery) -> StreamCall[ResponseEvent, ResponseObject]:
    """GET /responses/{id}?stream=true: the events of a response that runs in the background."""
    asked = {**query.parameters(), "stream": "true"}
    exchange = provider.exchange(path_of(provider, query), query, method="GET", query=asked, effect=Effect.READ)
    return StreamCall(
        decoder=lambda: EventReader(exchange["error"], functools.partial(settle, provider, "")),
        assembler=ResponseAssembler,
        **exchange,
    )


def cancel(provider: Wire, query: ResponseQuery) -> Call[ResponseObject]:
    """POST /responses/{id}/cancel."""
    exchange = provider.exchange(path_of(provider, query) + "/cancel", query, effect=Effect.READ)
    return Call(parse=functools.partial(_read_stored, provider), **exchange)


def delete(provider: Wire, query: ResponseQuery) -> Call[ResponseDeleted]:
    """DELETE /responses/{id}."""
    exchange = provider.exchange(path_of(provider, query), query, method="DELETE", effect=Effect.READ)
    return Call(parse=functools.partial(_read_deleted, provider, query.id), **exchange)


def items(provider: Wire, query: ResponseQuery) -> Call[ResponseItemList]:
    """GET /responses/{id}/input_items."""
    path = path_of(provider, query) + "/input_items"
    exchange = provider.exchange(path, query, method="GET", query=query.parameters(), effect=Effect.READ)
    return Call(parse=lambda reply: ResponseItemList.model_validate_json(reply.body), **exchange)


def path_of(provider: Wire, query: ResponseQuery) -> str:
    """The path of one response."""
    return f"{provider.row.operation(Capability.RESPONSES).path}/{quote(query.id, safe='')}"


def bare(provider: Wire, id: str) -> str:
    """The id as the service knows it: without our provider in front."""
    return id.removeprefix(f"{provider.name}/")


def settle(provider: Wire, model: str, response: ResponseObject) -> None:
    """The id carries the provider; the usage gets its cost."""
    if response.id:
        response.id = f"{provider.name}/{response.id}"
    if response.usage is not None:
        usage = response.usage.as_chat()
        settle_usage(usage, provider.prices(model or response.model), provider.row, response)
        response.priced(usage)


def read_response(provider: Wire, model: str, reply: Reply) -> ResponseObject:
    """A response from its bytes; one that failed raises the service's error."""
    response = ResponseObject.model_validate_json(reply.body)
    if response.status == "failed":
        raise failure(provider.error, reply, model)
    settle(provider, model, response)
    return response


def failure(error: Any, reply: Reply, model: str = "") -> Exception:
    """The error of a response that failed: its `error` as the service would send it by itself."""
    said = table(table(json.loads(reply.body)).get("error"))
    body = {"error": {"message": "the response failed", "type": said.get("code") or "response_failed", **said}}
    made: Exception = error(Reply(reply.status, reply.headers, json.dumps(body).encode()), model)
    return made


def _read_stored(provider: Wire, reply: Reply) -> ResponseObject:
    response = ResponseObject.model_validate_json(reply.body)
    settle(provider, response.model, response)
    return response


def _read_deleted(provider: Wire, id: str, reply: Reply) -> ResponseDeleted:
    found = ResponseDeleted.model_validate_json(reply.body or b"{}")
    found.id = f"{provider.name}/{found.id or id}"
    return found
