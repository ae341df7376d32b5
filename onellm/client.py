"""Clients: OpenAI's layout (`client.chat.completions.create`) over every provider, blocking and async."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, Unpack, cast, overload

from onellm.call import Op, StreamOp
from onellm.capabilities import Capability, CapabilityName, Catalogue, ModelInfo, require
from onellm.config import fingerprint
from onellm.engine import AsyncEngine, Engine
from onellm.errors import ConfigurationError, InvalidModelStringError
from onellm.options import UNSET, Options, RetryPolicy, TimeoutOption, Unset
from onellm.registry import build, find, host_of, list_providers
from onellm.requirements import chat_needs
from onellm.routing import parse_model_name, split_profile
from onellm.stream import AsyncStream, Stream
from onellm.transport.base import Connections
from onellm.types.chat import ChatCompletionChunk, ChatCompletionResponse, ChatParams, ChatRequest
from onellm.types.chat_request import MessageParam, Unsupported

if TYPE_CHECKING:
    import httpx

    from onellm.provider import Provider

ChatStream: TypeAlias = Stream[ChatCompletionChunk, ChatCompletionResponse]
AsyncChatStream: TypeAlias = AsyncStream[ChatCompletionChunk, ChatCompletionResponse]


class _Core:
    """What both clients share: providers, what is known of their models, defaults, and the hops before sending."""

    def __init__(
        self,
        model: str | None,
        providers: Mapping[str, Mapping[str, Any]] | None,
        headers: Mapping[str, str] | None,
        options: Options,
        unsupported: Unsupported,
        catalogue: Catalogue | None = None,
    ) -> None:
        self.model = model
        self.headers = dict(headers or {})
        self.options = options
        self.unsupported: Unsupported = unsupported
        self.catalogue = Catalogue() if catalogue is None else catalogue
        self._given = {name: dict(settings) for name, settings in (providers or {}).items()}
        self._providers: dict[str, tuple[tuple[str | None, ...], Provider]] = {}

    def provider(self, label: str) -> Provider:
        """The provider `name` or `name@profile` with this client's settings; made anew when the environment changes."""
        known = self._providers.get(label)
        name, profile = split_profile(label)
        now = fingerprint(host_of(find(name)), profile)
        if known is None or known[0] != now:
            known = self._providers[label] = (now, build(label, self._given.get(label, {}), self.catalogue))
        return known[1]

    def info(self, model: str) -> ModelInfo:
        """What is known of a model, without a call."""
        label, name = parse_model_name(model)
        return self.provider(label).info(name)

    def chat(
        self, model: str | None, messages: Sequence[MessageParam], stream: bool, params: Mapping[str, Any]
    ) -> tuple[Any, Options]:
        """Route, require, encode: the operation and its options."""
        target = model or self.model
        if target is None:
            raise InvalidModelStringError(
                "No model was given; pass model='provider/model', or give the client a default."
            )
        label, name = parse_model_name(target)
        provider = self.provider(label)
        given = dict(params)
        options = self.options.override(
            timeout=given.pop("timeout", UNSET),
            deadline=given.pop("deadline", UNSET),
            max_retries=given.pop("max_retries", UNSET),
        )
        if self.headers:
            given["extra_headers"] = {**self.headers, **(given.get("extra_headers") or {})}
        given.setdefault("unsupported", self.unsupported)
        request = ChatRequest(model=name, messages=cast("list[dict[str, Any]]", messages), **given)
        info = provider.info(name)
        for need in chat_needs(request, stream=stream):
            if info.capabilities.get(need) is False:
                require(info, need, self.catalogue.capable(need, label))
        return (provider.chat_stream(request) if stream else provider.chat(request)), options

    def configured(self) -> list[str]:
        """The providers that this client can call: a key or a base URL of theirs is known."""
        names = [*self._given, *(name for name in list_providers() if name not in self._given)]
        return [name for name in names if name in self._given or self._has_key(name)]

    def _has_key(self, name: str) -> bool:
        try:
            return self.provider(name).settings.api_key is not None
        except ConfigurationError:
            return False

    def learn(self, label: str, models: list[ModelInfo]) -> list[ModelInfo]:
        """Keep what `/models` said, with today's date."""
        return self.catalogue.learn(label, models, datetime.datetime.now(datetime.UTC).date().isoformat())


class _Informed:
    """What can be asked of either client without a call."""

    _core: _Core

    def provider(self, name: str) -> Provider:
        """The provider behind `name/…` with this client's settings."""
        return self._core.provider(name)

    def model_info(self, model: str) -> ModelInfo:
        """What is known of `provider/model` without a call."""
        return self._core.info(model)

    def supports(self, model: str, capability: Capability | CapabilityName) -> bool | None:
        """Whether `provider/model` does it: True, False, or None where it is not known."""
        return self._core.info(model).supports(capability)


class OneLLM(_Informed):
    """A blocking client over every provider; safe to share between threads.

    `model` is the default model string. `providers` maps a provider, or `provider@profile`, to its settings (api_key,
    base_url, headers …); what is not given comes from the environment. `headers` go with every call. `timeout`,
    `deadline`, `max_retries` and `unsupported` are the defaults of `create`. `connections` sets certificates, proxies
    and pool size; `transport` is an `httpx` transport of your own. Use it as a context manager, or call `close()`.
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
        transport: httpx.BaseTransport | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        options = Options().override(timeout=timeout, deadline=deadline, max_retries=max_retries)
        self._core = _Core(model, providers, headers, options, unsupported, catalogue)
        borrowed = None
        if transport is not None:
            from onellm.transport.blocking import Borrowed

            borrowed = Borrowed(transport)
        self._engine = Engine(borrowed, connections)
        self.chat = Chat(self._core, self._engine)

    def list_models(self, provider: str | None = None) -> list[ModelInfo]:
        """Ask the provider (all configured ones, if none is named) for its models, and keep what it says."""
        core = self._core
        found: list[ModelInfo] = []
        for label in [provider] if provider else core.configured():
            found += core.learn(label, self._engine.run(core.provider(label).models(), core.options))
        return found

    refresh_models = list_models

    def close(self) -> None:
        """Close idle connections. The client can be used again."""
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class AsyncOneLLM(_Informed):
    """An async client over every provider; safe to share between tasks, and across one `asyncio.run` after another.

    The parameters are those of `OneLLM`; `transport` is an async `httpx` transport of your own.
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
        transport: httpx.AsyncBaseTransport | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        options = Options().override(timeout=timeout, deadline=deadline, max_retries=max_retries)
        self._core = _Core(model, providers, headers, options, unsupported, catalogue)
        borrowed = None
        if transport is not None:
            from onellm.transport.asynchronous import AsyncBorrowed

            borrowed = AsyncBorrowed(transport)
        self._engine = AsyncEngine(borrowed, connections)
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


class Chat:
    """`client.chat`"""

    def __init__(self, core: _Core, engine: Engine) -> None:
        self.completions = Completions(core, engine)


class AsyncChat:
    """`client.chat`"""

    def __init__(self, core: _Core, engine: AsyncEngine) -> None:
        self.completions = AsyncCompletions(core, engine)


class Completions:
    """`client.chat.completions`"""

    def __init__(self, core: _Core, engine: Engine) -> None:
        self._core = core
        self._engine = engine

    @overload
    def create(
        self,
        model: str | None = None,
        messages: Sequence[MessageParam] = (),
        *,
        stream: Literal[False] | None = None,
        **params: Unpack[ChatParams],
    ) -> ChatCompletionResponse: ...
    @overload
    def create(
        self,
        model: str | None = None,
        messages: Sequence[MessageParam] = (),
        *,
        stream: Literal[True],
        **params: Unpack[ChatParams],
    ) -> ChatStream: ...
    @overload
    def create(
        self,
        model: str | None = None,
        messages: Sequence[MessageParam] = (),
        *,
        stream: bool | None = None,
        **params: Unpack[ChatParams],
    ) -> ChatCompletionResponse | ChatStream: ...
    def create(
        self,
        model: str | None = None,
        messages: Sequence[MessageParam] = (),
        *,
        stream: bool | None = None,
        **params: Unpack[ChatParams],
    ) -> ChatCompletionResponse | ChatStream:
        """A chat completion: the whole answer, or with `stream=True` an iterator of chunks.

        Parameters are OpenAI's (see `ChatParams`). Before anything is sent, what the model is known not to do raises
        CapabilityError, what the service does not take UnsupportedParameterError, and what is malformed
        InvalidRequestError. Later errors: APIError and its kinds, APIConnectionError, StreamInterrupted.
        """
        op, options = self._core.chat(model, messages, bool(stream), params)
        if stream:
            return self._engine.stream(cast("StreamOp[ChatCompletionChunk, ChatCompletionResponse]", op), options)
        return self._engine.run(cast("Op[ChatCompletionResponse]", op), options)


class AsyncCompletions:
    """`client.chat.completions`"""

    def __init__(self, core: _Core, engine: AsyncEngine) -> None:
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
