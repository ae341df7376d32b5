"""`client.responses`"""

from __future__ import annotations

from typing import Literal, Unpack

from onellm.call import Prepared, PreparedStream
from onellm.operations import Operations
from onellm.resource import IO, either, endpoint, stream
from onellm.resources.base import Routed, split_id
from onellm.types.call_params import CallParams
from onellm.types.response import (
    ResponseDeleted,
    ResponseEvent,
    ResponseInput,
    ResponseItemList,
    ResponseListParams,
    ResponseObject,
    ResponseParams,
    ResponseQuery,
    ResponseRequest,
    ResponseRetrieveParams,
)


class Responses(Routed[IO]):
    """`client.responses`"""

    @stream
    def _streamed(
        self,
        model: str | None = None,
        input: ResponseInput | None = None,
        *,
        stream: Literal[True],
        **params: Unpack[ResponseParams],
    ) -> PreparedStream[ResponseEvent, ResponseObject]:
        return self._core.prepare_stream(Operations.respond_stream, ResponseRequest, model, params, input=input)

    @either(_streamed)
    @endpoint
    def create(
        self,
        model: str | None = None,
        input: ResponseInput | None = None,
        *,
        stream: Literal[False] | None = None,
        **params: Unpack[ResponseParams],
    ) -> Prepared[ResponseObject]:
        """A response of a service that has OpenAI's Responses API; with `stream=True` an iterator of its events.

        `.output_text` is what the model said, `.function_calls` what it calls, `.output` every item. A stream's
        `final()` gives the whole. Parameters are those of `ResponseParams`. Raises CapabilityError,
        UnsupportedParameterError and InvalidRequestError before anything is sent; later APIError and its kinds (a
        response that failed raises too), APIConnectionError, StreamInterrupted.
        """
        return self._core.prepare(Operations.respond, ResponseRequest, model, params, input=input)

    @stream
    def _followed(
        self,
        id: str,
        *,
        stream: Literal[True],
        starting_after: int | None = None,
        **params: Unpack[ResponseRetrieveParams],
    ) -> PreparedStream[ResponseEvent, ResponseObject]:
        label, own = split_id(id)
        route = self._core.route_to(label, "", params)
        query = ResponseQuery(id=own, starting_after=starting_after, **route.given)
        return PreparedStream(route.provider.response_retrieve_stream(query), route.options)

    @either(_followed)
    @endpoint
    def retrieve(
        self, id: str, *, stream: Literal[False] | None = None, **params: Unpack[ResponseRetrieveParams]
    ) -> Prepared[ResponseObject]:
        """A stored response, or how far one in the background is; `id` is `provider/resp_…`, as `create` gave it.

        With `stream=True` an iterator of the events of a response that runs in the background, after the event number
        `starting_after` where that is given. Raises NotFoundError where it is not stored.
        """
        label, own = split_id(id)
        return self._prepare_at(Operations.response_retrieve, ResponseQuery, label, params, id=own)

    @endpoint
    def cancel(self, id: str, **params: Unpack[CallParams]) -> Prepared[ResponseObject]:
        """Stop a response that runs in the background."""
        label, own = split_id(id)
        return self._prepare_at(Operations.response_cancel, ResponseQuery, label, params, id=own)

    @endpoint
    def delete(self, id: str, **params: Unpack[CallParams]) -> Prepared[ResponseDeleted]:
        """Delete a stored response."""
        label, own = split_id(id)
        return self._prepare_at(Operations.response_delete, ResponseQuery, label, params, id=own)

    @endpoint
    def input_items(self, id: str, **params: Unpack[ResponseListParams]) -> Prepared[ResponseItemList]:
        """What a stored response was asked with, newest first unless `order="asc"`."""
        label, own = split_id(id)
        return self._prepare_at(Operations.response_items, ResponseQuery, label, params, id=own)
