"""The async client: the blocking client's twin, on the async engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, Unpack, cast, overload

from onellm.async_engine import AsyncEngine
from onellm.async_stream import AsyncStream
from onellm.call import Op, StreamOp
from onellm.capabilities import Catalogue, ModelInfo
from onellm.core import Core, Informed
from onellm.options import UNSET, Options, RetryPolicy, TimeoutOption, Unset
from onellm.resources.client import Resources
from onellm.transport.base import Connections
from onellm.transport.choice import TransportName, async_transport
from onellm.types.chat import ChatCompletionChunk, ChatCompletionResponse
from onellm.types.request import Unsupported

if TYPE_CHECKING:
    import httpx

    from onellm.types.chat_params import ChatParams, MessageParam

AsyncChatStream: TypeAlias = AsyncStream[ChatCompletionChunk, ChatCompletionResponse]


class AsyncOneLLM(Informed, Resources[AsyncEngine]):
    """An async client over every provider; safe to share between tasks, and across one `asyncio.run` after another.

    The parameters are those of `OneLLM`. `transport` is "httpx", "aiohttp" (the extra `fast`) or an async `httpx`
    transport of your own; without it ONELLM_TRANSPORT says which, and else it is httpx.
    """

    def __init__(
        self,
        *,
        model: str | None = None,
        providers: Mapping[str, Mapping[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: TimeoutOption | Unset = UNSET,
        deadline: float | Unset | None = UNSET,
        max_retries: int | RetryPolicy | Unset = UNSET,
        unsupported: Unsupported = "raise",
        connections: Connections | None = None,
        transport: TransportName | httpx.AsyncBaseTransport | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        options = Options().override(timeout=timeout, deadline=deadline, max_retries=max_retries)
        self._core = Core(model, providers, headers, options, unsupported, catalogue)
        connections = connections or Connections()
        self._engine = AsyncEngine(async_transport(transport, connections), connections)
        self.chat = AsyncChat(self._core, self._engine)

    async def list_models(self, provider: str | None = None) -> list[ModelInfo]:
        """Ask the provider (all configured ones, if none is named) for its models, and keep what it says."""
        core = self._core
        found: list[ModelInfo] = []
        for label in [provider] if provider else core.configured():
            found += core.learn(label, await self._engine.run(core.provider(label).models(), core.options))
        return found

    refresh_models = list_models

    async def close(self) -> None:
        """Close the idle connections of the running loop. The client can be used again."""
        await self._engine.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()


class AsyncChat:
    """`client.chat`"""

    def __init__(self, core: Core, engine: AsyncEngine) -> None:
        self.completions = AsyncCompletions(core, engine)


class AsyncCompletions:
    """`client.chat.completions`"""

    def __init__(self, core: Core, engine: AsyncEngine) -> None:
        self._core = core
        self._engine = engine

    @overload
    async def create(
        self,
        model: str | None = None,
        messages: Sequence[MessageParam] = (),
        *,
        stream: Literal[False] | None = None,
        **params: Unpack[ChatParams],
    ) -> ChatCompletionResponse: ...
    @overload
    async def create(
        self,
        model: str | None = None,
        messages: Sequence[MessageParam] = (),
        *,
        stream: Literal[True],
        **params: Unpack[ChatParams],
    ) -> AsyncChatStream: ...
    @overload
    async def create(
        self,
        model: str | None = None,
        messages: Sequence[MessageParam] = (),
        *,
        stream: bool | None = None,
        **params: Unpack[ChatParams],
    ) -> ChatCompletionResponse | AsyncChatStream: ...
    async def create(
        self,
        model: str | None = None,
        messages: Sequence[MessageParam] = (),
        *,
        stream: bool | None = None,
        **params: Unpack[ChatParams],
    ) -> ChatCompletionResponse | AsyncChatStream:
        """A chat completion: the whole answer, or with `stream=True` an async iterator of chunks.

        Parameters are OpenAI's (see `ChatParams`). Before anything is sent, what the model is known not to do raises
        CapabilityError, what the service does not take UnsupportedParameterError, and what is malformed
        InvalidRequestError. Later errors: APIError and its kinds, APIConnectionError, StreamInterrupted.
        """
        op, options = self._core.chat(model, messages, bool(stream), params)
        if stream:
            return await self._engine.stream(cast("StreamOp[ChatCompletionChunk, ChatCompletionResponse]", op), options)
        return await self._engine.run(cast("Op[ChatCompletionResponse]", op), options)
