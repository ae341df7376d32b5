"""Chat completions spoken through the Responses API, for models that are offered there only."""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any

from onellm.body import JSON
from onellm.call import Call, ExchangeFields, Reply, StreamCall
from onellm.capabilities import Capability
from onellm.openai_compatible.assemble import ChatAssembler
from onellm.openai_compatible.losses import Losses
from onellm.openai_compatible.messages import encode_messages
from onellm.openai_compatible.operations import Operation
from onellm.openai_compatible.parameters import encode_parameters
from onellm.openai_compatible.responses.from_chat import ITEMS, to_response_body
from onellm.openai_compatible.responses.native import failure
from onellm.openai_compatible.responses.to_chat import ChunkReader, to_chat
from onellm.openai_compatible.spec import Spec
from onellm.openai_compatible.wire import Wire
from onellm.types.response import ResponseObject

if TYPE_CHECKING:
    from onellm.types.chat import ChatCompletionResponse, ChatRequest
    from onellm.types.chunk import ChatCompletionChunk


def chat(provider: Wire, request: ChatRequest) -> Call[ChatCompletionResponse]:
    """POST /responses, read as a chat completion."""
    return Call(parse=functools.partial(_read, provider, request.model), **_exchange(provider, request, stream=False))


def chat_stream(provider: Wire, request: ChatRequest) -> StreamCall[ChatCompletionChunk, ChatCompletionResponse]:
    """POST /responses with stream=true, read as the chunks of a chat completion."""
    exchange = _exchange(provider, request, stream=True)
    prices = provider.prices(request.model)
    return StreamCall(
        decoder=lambda: ChunkReader(provider.row, exchange["error"], prices), assembler=ChatAssembler, **exchange
    )


def _exchange(provider: Wire, request: ChatRequest, *, stream: bool) -> ExchangeFields:
    operation = provider.row.operation(Capability.RESPONSES)
    row, losses = _row(provider.row, operation), Losses(drop=request.unsupported == "drop")
    encoded: dict[str, Any] = {
        "model": request.model,
        "messages": encode_messages(row, request.messages, losses, request.model),
        **encode_parameters(row, request.model_copy(update={"extra_body": None}), losses, stream=stream),
    }
    body = to_response_body(provider.name, encoded, losses, operation.takes)
    for name in [name for name in body if operation.refuses(name, request.model) and name not in ("model", "input")]:
        losses.refuse(name, f"{provider.name} takes no {name} for {request.model}.")
        del body[name]
    body.update(request.extra_body or {})
    if stream:
        body["stream"] = True
    return provider.exchange(operation.path, request, body=JSON(body), dropped=tuple(losses.dropped))


def _row(row: Spec, operation: Operation) -> Spec:
    """The host as its chat is encoded on the way to a response: OpenAI's words, and the items of earlier turns."""
    return dataclasses.replace(
        row,
        parameters=row.parameters | operation.takes,
        replay=(*row.replay, ITEMS),
        replay_calls_only=False,
        effort_in_reasoning=False,
    )


def _read(provider: Wire, model: str, reply: Reply) -> ChatCompletionResponse:
    response = ResponseObject.model_validate_json(reply.body)
    if response.status == "failed":
        raise failure(provider.error, reply, model)
    return to_chat(provider.row, response, provider.prices(model))
