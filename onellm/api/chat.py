"""`ChatCompletion.create` and `acreate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Unpack, cast, overload

from onellm.api.default import async_client, client
from onellm.config import hide_key
from onellm.types.chat import ChatCompletionResponse

if TYPE_CHECKING:
    from onellm.resources.chat_streams import AsyncChatStream, AsyncParsedChatStream, ChatStream, ParsedChatStream
    from onellm.tools import ToolRun
    from onellm.types.chat_params import ChatParams, MessageParam, OutputOf
    from onellm.types.parsed import ParsedChatCompletion

T = TypeVar("T")


class ChatCompletion:
    """Chat completions on the process's own clients, with keys from the environment."""

    @overload
    @staticmethod
    def create(
        model: str,
        messages: Sequence[MessageParam],
        *,
        response_format: Mapping[str, object] | None = None,
        stream: Literal[False] | None = None,
        **params: Unpack[ChatParams],
    ) -> ChatCompletionResponse: ...
    @overload
    @staticmethod
    def create(
        model: str,
        messages: Sequence[MessageParam],
        *,
        response_format: OutputOf[T],
        stream: Literal[False] | None = None,
        **params: Unpack[ChatParams],
    ) -> ParsedChatCompletion[T]: ...
    @overload
    @staticmethod
    def create(
        model: str,
        messages: Sequence[MessageParam],
        *,
        response_format: Mapping[str, object] | None = None,
        stream: Literal[True],
        **params: Unpack[ChatParams],
    ) -> ChatStream: ...
    @overload
    @staticmethod
    def create(
        model: str,
        messages: Sequence[MessageParam],
        *,
        response_format: OutputOf[T],
        stream: Literal[True],
        **params: Unpack[ChatParams],
    ) -> ParsedChatStream[T]: ...
    @overload
    @staticmethod
    def create(
        model: str,
        messages: Sequence[MessageParam],
        *,
        response_format: Mapping[str, object] | None = None,
        stream: bool | None = None,
        **params: Unpack[ChatParams],
    ) -> ChatCompletionResponse | ChatStream: ...
    @staticmethod
    def create(
        model: str,
        messages: Sequence[MessageParam],
        *,
        response_format: Mapping[str, object] | OutputOf[Any] | None = None,
        stream: bool | None = None,
        **params: Unpack[ChatParams],
    ) -> Any:
        """A chat completion of `provider/model`: the whole answer, or with `stream=True` an iterator of chunks.

        Parameters and errors are those of `OneLLM().chat.completions.create`.
        """
        hide_key(params)
        return client().chat.completions.create(
            model, messages, response_format=cast("Any", response_format), stream=stream, **params
        )

    @overload
    @staticmethod
    async def acreate(
        model: str,
        messages: Sequence[MessageParam],
        *,
        response_format: Mapping[str, object] | None = None,
        stream: Literal[False] | None = None,
        **params: Unpack[ChatParams],
    ) -> ChatCompletionResponse: ...
    @overload
    @staticmethod
    async def acreate(
        model: str,
        messages: Sequence[MessageParam],
        *,
        response_format: OutputOf[T],
        stream: Literal[False] | None = None,
        **params: Unpack[ChatParams],
    ) -> ParsedChatCompletion[T]: ...
    @overload
    @staticmethod
    async def acreate(
        model: str,
        messages: Sequence[MessageParam],
        *,
        response_format: Mapping[str, object] | None = None,
        stream: Literal[True],
        **params: Unpack[ChatParams],
    ) -> AsyncChatStream: ...
    @overload
    @staticmethod
    async def acreate(
        model: str,
        messages: Sequence[MessageParam],
        *,
        response_format: OutputOf[T],
        stream: Literal[True],
        **params: Unpack[ChatParams],
    ) -> AsyncParsedChatStream[T]: ...
    @overload
    @staticmethod
    async def acreate(
        model: str,
        messages: Sequence[MessageParam],
        *,
        response_format: Mapping[str, object] | None = None,
        stream: bool | None = None,
        **params: Unpack[ChatParams],
    ) -> ChatCompletionResponse | AsyncChatStream: ...
    @staticmethod
    async def acreate(
        model: str,
        messages: Sequence[MessageParam],
        *,
        response_format: Mapping[str, object] | OutputOf[Any] | None = None,
        stream: bool | None = None,
        **params: Unpack[ChatParams],
    ) -> Any:
        """`create`, async."""
        hide_key(params)
        return await async_client().chat.completions.create(
            model, messages, response_format=cast("Any", response_format), stream=stream, **params
        )

    @staticmethod
    def run(
        model: str,
        messages: Sequence[MessageParam],
        *,
        max_turns: int = 10,
        response_format: Mapping[str, object] | OutputOf[Any] | None = None,
        **params: Unpack[ChatParams],
    ) -> ToolRun:
        """Ask, run the functions among `tools` that the model calls, and ask again until it answers without a call.

        Parameters and errors are those of `OneLLM().chat.completions.run`.
        """
        hide_key(params)
        return client().chat.completions.run(
            model, messages, max_turns=max_turns, response_format=response_format, **params
        )

    @staticmethod
    async def arun(
        model: str,
        messages: Sequence[MessageParam],
        *,
        max_turns: int = 10,
        response_format: Mapping[str, object] | OutputOf[Any] | None = None,
        **params: Unpack[ChatParams],
    ) -> ToolRun:
        """`run`, async."""
        hide_key(params)
        return await async_client().chat.completions.run(
            model, messages, max_turns=max_turns, response_format=response_format, **params
        )
