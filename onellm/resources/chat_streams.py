"""What streamed chat completions are called: the stream of a client, and its chunks and whole answer."""

from __future__ import annotations

from typing import TypeAlias, TypeVar

from onellm.async_stream import AsyncStream
from onellm.stream import Stream
from onellm.types.chat import ChatCompletionResponse
from onellm.types.chunk import ChatCompletionChunk
from onellm.types.parsed import ParsedChatCompletion

T = TypeVar("T")

ChatStream: TypeAlias = Stream[ChatCompletionChunk, ChatCompletionResponse]
ParsedChatStream: TypeAlias = Stream[ChatCompletionChunk, ParsedChatCompletion[T]]
AsyncChatStream: TypeAlias = AsyncStream[ChatCompletionChunk, ChatCompletionResponse]
AsyncParsedChatStream: TypeAlias = AsyncStream[ChatCompletionChunk, ParsedChatCompletion[T]]
