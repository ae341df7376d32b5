"""`venice.chat`"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, Unpack, overload

from onellm.call import Op, StreamOp
from onellm.resource import IO, endpoint, stream
from onellm.types.chat import ChatCompletionResponse, ChatRequest, Message
from onellm.types.chunk import ChatCompletionChunk
from onellm_providers.venice.resources.base import VeniceResource
from onellm_providers.venice.resources.signature import spelled_out
from onellm_providers.venice.types.chat_params import VeniceChatParams

if TYPE_CHECKING:
    from onellm.async_service import Asynchronous
    from onellm.async_stream import AsyncStream
    from onellm.service import Blocking
    from onellm.stream import Stream

Messages: TypeAlias = "Sequence[Mapping[str, object] | Message]"


class Completions(VeniceResource[IO]):
    """`venice.chat.completions`"""

    @overload
    def create(
        self: Completions[Blocking],
        model: str,
        messages: Messages,
        *,
        stream: Literal[False] | None = None,
        **params: Unpack[VeniceChatParams],
    ) -> ChatCompletionResponse: ...
    @overload
    def create(
        self: Completions[Blocking],
        model: str,
        messages: Messages,
        *,
        stream: Literal[True],
        **params: Unpack[VeniceChatParams],
    ) -> Stream[ChatCompletionChunk, ChatCompletionResponse]: ...
    @overload
    def create(
        self: Completions[Asynchronous],
        model: str,
        messages: Messages,
        *,
        stream: Literal[False] | None = None,
        **params: Unpack[VeniceChatParams],
    ) -> Coroutine[Any, Any, ChatCompletionResponse]: ...
    @overload
    def create(
        self: Completions[Asynchronous],
        model: str,
        messages: Messages,
        *,
        stream: Literal[True],
        **params: Unpack[VeniceChatParams],
    ) -> Coroutine[Any, Any, AsyncStream[ChatCompletionChunk, ChatCompletionResponse]]: ...
    @spelled_out(VeniceChatParams)
    def create(
        self, model: str, messages: Messages, *, stream: bool | None = None, **params: Unpack[VeniceChatParams]
    ) -> Any:
        """A chat completion, whole or with `stream=True` as chunks: POST /chat/completions.

        `model` is an id, a trait such as `default`, or either with a suffix (`default:enable_web_search=on`).
        Parameters are those of `VeniceChatParams`; what Venice's closed schema does not know is refused here, and goes
        along only as `extra_body`. Raises UnsupportedParameterError, InvalidRequestError and CapabilityError before
        sending; later VeniceAPIError and its kinds, APIConnectionError, StreamInterrupted.
        """
        own: Any = self
        return (own._stream if stream else own._whole)(model, messages, params)

    @endpoint
    def _whole(self, model: str, messages: Messages, params: VeniceChatParams) -> Op[ChatCompletionResponse]:
        return self._service.chat(_request(model, messages, params))

    @stream
    def _stream(
        self, model: str, messages: Messages, params: VeniceChatParams
    ) -> StreamOp[ChatCompletionChunk, ChatCompletionResponse]:
        return self._service.chat_stream(_request(model, messages, params))


class Chat(VeniceResource[IO]):
    """`venice.chat`"""

    @property
    def completions(self) -> Completions[IO]:
        """Chat completions."""
        return Completions(self._engine, self._options, self._service)


def _request(model: str, messages: Messages, params: VeniceChatParams) -> ChatRequest:
    given: Any = {"model": model, "messages": messages, **params}
    return ChatRequest(**{name: value for name, value in given.items() if value is not None})
