"""`venice.responses`"""

from __future__ import annotations

import functools
from collections.abc import Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, Unpack, overload

from onellm.body import JSON
from onellm.call import Call, ExchangeFields, StreamCall
from onellm.resource import IO, endpoint, stream
from onellm_providers.venice.deprecation import warned
from onellm_providers.venice.resources.base import VeniceResource, listed, reads, refuse
from onellm_providers.venice.resources.signature import spelled_out
from onellm_providers.venice.response_stream import ResponseAssembler, ResponseDecoder
from onellm_providers.venice.tables.inference import RESPONSES
from onellm_providers.venice.types.chat_params import ResponseParams
from onellm_providers.venice.types.responses import ResponseEvent, VeniceResponse

if TYPE_CHECKING:
    from onellm.async_service import Asynchronous
    from onellm.async_stream import AsyncStream
    from onellm.service import Blocking
    from onellm.stream import Stream

Input: TypeAlias = str | Sequence[Mapping[str, object]]


class Responses(VeniceResource[IO]):
    """Answers as lists of items, in the form of OpenAI's Responses (alpha at Venice). Nothing is kept there."""

    @overload
    def create(
        self: Responses[Blocking],
        model: str,
        input: Input,
        *,
        stream: Literal[False] | None = None,
        **params: Unpack[ResponseParams],
    ) -> VeniceResponse: ...
    @overload
    def create(
        self: Responses[Blocking], model: str, input: Input, *, stream: Literal[True], **params: Unpack[ResponseParams]
    ) -> Stream[ResponseEvent, VeniceResponse]: ...
    @overload
    def create(
        self: Responses[Asynchronous],
        model: str,
        input: Input,
        *,
        stream: Literal[False] | None = None,
        **params: Unpack[ResponseParams],
    ) -> Coroutine[Any, Any, VeniceResponse]: ...
    @overload
    def create(
        self: Responses[Asynchronous],
        model: str,
        input: Input,
        *,
        stream: Literal[True],
        **params: Unpack[ResponseParams],
    ) -> Coroutine[Any, Any, AsyncStream[ResponseEvent, VeniceResponse]]: ...
    @spelled_out(ResponseParams)
    def create(self, model: str, input: Input, *, stream: bool | None = None, **params: Unpack[ResponseParams]) -> Any:
        """A response, whole or with `stream=True` as events: POST /responses.

        `input` is a text or a list of items; the whole conversation goes along each time. Parameters are those of
        `ResponseParams`. Encrypted models are refused by Venice here; take chat. Raises InvalidRequestError before
        sending; later VeniceAPIError and its kinds, APIConnectionError, StreamInterrupted.
        """
        own: Any = self
        return (own._stream if stream else own._whole)(model, input, params)

    @endpoint
    def _whole(self, model: str, input: Input, params: ResponseParams) -> Call[VeniceResponse]:
        parse = functools.partial(warned, self._service.name, model, reads(VeniceResponse))
        return Call(parse=parse, **self._exchange(model, input, params))

    @stream
    def _stream(self, model: str, input: Input, params: ResponseParams) -> StreamCall[ResponseEvent, VeniceResponse]:
        exchange = self._exchange(model, input, params, stream=True)
        return StreamCall(
            decoder=lambda: ResponseDecoder(exchange["error"]),
            assembler=lambda: ResponseAssembler(model),
            **exchange,
        )

    def _exchange(self, model: str, input: Input, params: ResponseParams, **fields: bool) -> ExchangeFields:
        service = self._service
        given: dict[str, Any] = {**params}
        body: dict[str, Any] = {
            "model": model,
            "input": listed(input),
            **{name: listed(value) for name, value in given.items()},
            **fields,
        }
        return {
            "method": "POST",
            "url": service.url("responses"),
            "headers": service.headers(),
            "body": JSON(refuse(RESPONSES, body)),
            "auth": service.auth(),
            "origin": (service.name, model),
            "error": functools.partial(service.error, model=model, path="responses"),
        }
