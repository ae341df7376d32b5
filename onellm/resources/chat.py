"""`client.chat` of the blocking client."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Unpack, cast, overload

from onellm.call import Op, StreamOp
from onellm.config import hide_key
from onellm.resources.raw import RawResource
from onellm.types.chat import ChatCompletionResponse

if TYPE_CHECKING:
    from onellm.core import Core
    from onellm.engine import Engine
    from onellm.resources.chat_streams import ChatStream, ParsedChatStream
    from onellm.tools import ToolRun
    from onellm.types.chat_params import ChatParams, MessageParam, OutputOf
    from onellm.types.chunk import ChatCompletionChunk
    from onellm.types.parsed import ParsedChatCompletion

T = TypeVar("T")


class Chat:
    """`client.chat`"""

    def __init__(self, core: Core, engine: Engine) -> None:
        self.completions = Completions(core, engine)


class Completions:
    """`client.chat.completions`"""

    def __init__(self, core: Core, engine: Engine) -> None:
        self._core = core
        self._engine = engine

    @property
    def with_raw_response(self) -> RawResource:
        """The same methods, each giving a `RawResponse`: headers, status, and `parse()` for the answer."""
        return RawResource(self)

    @overload
    def create(
        self,
        model: str | None = None,
        messages: Sequence[MessageParam] = (),
        *,
        response_format: Mapping[str, object] | None = None,
        stream: Literal[False] | None = None,
        **params: Unpack[ChatParams],
    ) -> ChatCompletionResponse: ...
    @overload
    def create(
        self,
        model: str | None = None,
        messages: Sequence[MessageParam] = (),
        *,
        response_format: OutputOf[T],
        stream: Literal[False] | None = None,
        **params: Unpack[ChatParams],
    ) -> ParsedChatCompletion[T]: ...
    @overload
    def create(
        self,
        model: str | None = None,
        messages: Sequence[MessageParam] = (),
        *,
        response_format: Mapping[str, object] | None = None,
        stream: Literal[True],
        **params: Unpack[ChatParams],
    ) -> ChatStream: ...
    @overload
    def create(
        self,
        model: str | None = None,
        messages: Sequence[MessageParam] = (),
        *,
        response_format: OutputOf[T],
        stream: Literal[True],
        **params: Unpack[ChatParams],
    ) -> ParsedChatStream[T]: ...
    @overload
    def create(
        self,
        model: str | None = None,
        messages: Sequence[MessageParam] = (),
        *,
        response_format: Mapping[str, object] | None = None,
        stream: bool | None = None,
        **params: Unpack[ChatParams],
    ) -> ChatCompletionResponse | ChatStream: ...
    def create(
        self,
        model: str | None = None,
        messages: Sequence[MessageParam] = (),
        *,
        response_format: Mapping[str, object] | OutputOf[Any] | None = None,
        stream: bool | None = None,
        **params: Unpack[ChatParams],
    ) -> Any:
        """A chat completion: the whole answer, or with `stream=True` an iterator of chunks.

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
            return self._engine.stream(cast("StreamOp[ChatCompletionChunk, ChatCompletionResponse]", op), options)
        return self._engine.run(cast("Op[ChatCompletionResponse]", op), options)

    def run(
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
        from onellm.tools import run_loop
        from onellm.types.function import as_tool

        hide_key(params)
        tools = list(params.get("tools") or ())
        if "tools" in params:
            params["tools"] = cast("Sequence[Mapping[str, object]]", [as_tool(tool) for tool in tools])

        def ask(conversation: list[Any]) -> ChatCompletionResponse:
            own = cast("Mapping[str, object] | None", response_format)
            answer: ChatCompletionResponse = self.create(model, conversation, response_format=own, **params)
            return answer

        return run_loop(ask, messages, tools, max_turns)
