"""`client.chat` of the async client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Unpack, cast, overload

from onellm.call import Op, StreamOp
from onellm.config import hide_key
from onellm.resources.raw import RawResource
from onellm.types.chat import ChatCompletionResponse

if TYPE_CHECKING:
    from onellm.async_engine import AsyncEngine
    from onellm.core import Core
    from onellm.resources.chat_streams import AsyncChatStream, AsyncParsedChatStream
    from onellm.tools import ToolRun
    from onellm.types.chat_params import ChatParams, MessageParam, OutputOf
    from onellm.types.chunk import ChatCompletionChunk
    from onellm.types.parsed import ParsedChatCompletion

T = TypeVar("T")


class AsyncChat:
    """`client.chat`"""

    def __init__(self, core: Core, engine: AsyncEngine) -> None:
        self.completions = AsyncCompletions(core, engine)


class AsyncCompletions:
    """`client.chat.completions`"""

    def __init__(self, core: Core, engine: AsyncEngine) -> None:
        self._core = core
        self._engine = engine

    @property
    def with_raw_response(self) -> RawResource:
        """The same methods, each giving a `RawResponse`: headers, status, and `parse()` for the answer."""
        return RawResource(self)

    @overload
    async def create(
        self,
        model: str | None = None,
        messages: Sequence[MessageParam] = (),
        *,
        response_format: Mapping[str, object] | None = None,
        stream: Literal[False] | None = None,
        **params: Unpack[ChatParams],
    ) -> ChatCompletionResponse: ...
    @overload
    async def create(
        self,
        model: str | None = None,
        messages: Sequence[MessageParam] = (),
        *,
        response_format: OutputOf[T],
        stream: Literal[False] | None = None,
        **params: Unpack[ChatParams],
    ) -> ParsedChatCompletion[T]: ...
    @overload
    async def create(
        self,
        model: str | None = None,
        messages: Sequence[MessageParam] = (),
        *,
        response_format: Mapping[str, object] | None = None,
        stream: Literal[True],
        **params: Unpack[ChatParams],
    ) -> AsyncChatStream: ...
    @overload
    async def create(
        self,
        model: str | None = None,
        messages: Sequence[MessageParam] = (),
        *,
        response_format: OutputOf[T],
        stream: Literal[True],
        **params: Unpack[ChatParams],
    ) -> AsyncParsedChatStream[T]: ...
    @overload
    async def create(
        self,
        model: str | None = None,
        messages: Sequence[MessageParam] = (),
        *,
        response_format: Mapping[str, object] | None = None,
        stream: bool | None = None,
        **params: Unpack[ChatParams],
    ) -> ChatCompletionResponse | AsyncChatStream: ...
    async def create(
        self,
        model: str | None = None,
        messages: Sequence[MessageParam] = (),
        *,
        response_format: Mapping[str, object] | OutputOf[Any] | None = None,
        stream: bool | None = None,
        **params: Unpack[ChatParams],
    ) -> Any:
        """A chat completion: the whole answer, or with `stream=True` an async iterator of chunks.

        Parameters are OpenAI's (see `ChatParams`). With a type as `response_format` (a pydantic model, dataclass,
        TypedDict or TypeAdapter) the answer has `.parsed`, in a stream that of `final()`. Before anything is sent, what
        the model is known not to do raises CapabilityError, what the service does not take UnsupportedParameterError,
        and what is malformed InvalidRequestError. Later errors: APIError and its kinds, APIConnectionError,
        StreamInterrupted; reading `.parsed` raises StructuredOutputError.
        """
        hide_key(params)
        given = params if response_format is None else {**params, "response_format": response_format}
        op, options = self._core.chat(model, messages, bool(stream), given)
        if stream:
            return await self._engine.stream(cast("StreamOp[ChatCompletionChunk, ChatCompletionResponse]", op), options)
        return await self._engine.run(cast("Op[ChatCompletionResponse]", op), options)

    async def run(
        self,
        model: str | None = None,
        messages: Sequence[MessageParam] = (),
        *,
        max_turns: int = 10,
        response_format: Mapping[str, object] | OutputOf[Any] | None = None,
        **params: Unpack[ChatParams],
    ) -> ToolRun:
        """Ask, run the functions among `tools` that the model calls, and ask again until it answers without a call.

        Gives the last answer and the whole conversation; `messages` stays as it is. Several calls of one answer run at
        the same time, and what a function raises is told to the model. Raises ToolLoopError after `max_turns` answers
        that all called tools; the other errors are those of `create`.
        """
        from onellm.tools import arun_loop
        from onellm.types.function import as_tool

        hide_key(params)
        tools = list(params.get("tools") or ())
        if "tools" in params:
            params["tools"] = cast("Sequence[Mapping[str, object]]", [as_tool(tool) for tool in tools])

        async def ask(conversation: list[Any]) -> ChatCompletionResponse:
            own = cast("Mapping[str, object] | None", response_format)
            answer: ChatCompletionResponse = await self.create(model, conversation, response_format=own, **params)
            return answer

        return await arun_loop(ask, messages, tools, max_turns)
