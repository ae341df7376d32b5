"""`ChatCompletion.create` and `acreate`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Unpack, overload

from onellm.api.default import async_client, client
from onellm.client import ChatStream
from onellm.config import hide_key
from onellm.types.chat import ChatCompletionResponse

if TYPE_CHECKING:
    from onellm.async_client import AsyncChatStream
    from onellm.types.chat_params import ChatParams, MessageParam


class ChatCompletion:
    """Chat completions on the process's own clients, with keys from the environment."""

    @overload
    @staticmethod
    def create(
        model: str,
        messages: Sequence[MessageParam],
        *,
        stream: Literal[False] | None = None,
        **params: Unpack[ChatParams],
    ) -> ChatCompletionResponse: ...
    @overload
    @staticmethod
    def create(
        model: str, messages: Sequence[MessageParam], *, stream: Literal[True], **params: Unpack[ChatParams]
    ) -> ChatStream: ...
    @overload
    @staticmethod
    def create(
        model: str, messages: Sequence[MessageParam], *, stream: bool | None = None, **params: Unpack[ChatParams]
    ) -> ChatCompletionResponse | ChatStream: ...
    @staticmethod
    def create(
        model: str, messages: Sequence[MessageParam], *, stream: bool | None = None, **params: Unpack[ChatParams]
    ) -> ChatCompletionResponse | ChatStream:
        """A chat completion of `provider/model`: the whole answer, or with `stream=True` an iterator of chunks.

        Parameters and errors are those of `OneLLM().chat.completions.create`.
        """
        hide_key(params)
        return client().chat.completions.create(model, messages, stream=stream, **params)

    @overload
    @staticmethod
    async def acreate(
        model: str,
        messages: Sequence[MessageParam],
        *,
        stream: Literal[False] | None = None,
        **params: Unpack[ChatParams],
    ) -> ChatCompletionResponse: ...
    @overload
    @staticmethod
    async def acreate(
        model: str, messages: Sequence[MessageParam], *, stream: Literal[True], **params: Unpack[ChatParams]
    ) -> AsyncChatStream: ...
    @overload
    @staticmethod
    async def acreate(
        model: str, messages: Sequence[MessageParam], *, stream: bool | None = None, **params: Unpack[ChatParams]
    ) -> ChatCompletionResponse | AsyncChatStream: ...
    @staticmethod
    async def acreate(
        model: str, messages: Sequence[MessageParam], *, stream: bool | None = None, **params: Unpack[ChatParams]
    ) -> ChatCompletionResponse | AsyncChatStream:
        """`create`, async."""
        hide_key(params)
        return await async_client().chat.completions.create(model, messages, stream=stream, **params)
