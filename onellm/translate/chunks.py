"""The chunks of a chat with one choice, made of another format's events."""

from __future__ import annotations

from typing import Any

from onellm.decode.json import Table
from onellm.decode.limits import DEFAULT, Limits, beyond
from onellm.errors import BadResponseError
from onellm.types.chat import Usage
from onellm.types.chunk import ChatCompletionChunk, ChunkChoice, Delta, FunctionCallDelta, ToolCallDelta


class ChunkWriter:
    """Makes chunks under one head (`id`, `model`, …): the role stands in the first, the usage in the last.

    `usage_apart`: the caller asked for the usage in a chunk of its own (`include_usage`).
    """

    def __init__(self, *, usage_apart: bool = False) -> None:
        self.head: Table = {}
        self.began = False
        self.calls = 0
        """How many tool calls have begun."""
        self.limits: Limits = DEFAULT
        self._usage_apart = usage_apart
        self._size = 0

    def chunk(self, choice: ChunkChoice, usage: Usage | None = None, **extra: Any) -> ChatCompletionChunk:
        """A chunk; `extra` are further fields of it."""
        if not self.began:
            self.began = True
            choice.delta.role = "assistant"
        return ChatCompletionChunk(choices=[choice], usage=usage, **self.head, **extra)

    def last(self, choice: ChunkChoice, usage: Usage | None, **extra: Any) -> list[ChatCompletionChunk]:
        """The chunk that ends the answer, and the usage."""
        if not self._usage_apart:
            return [self.chunk(choice, usage, **extra)]
        return [self.chunk(choice, **extra), ChatCompletionChunk(choices=[], usage=usage, **self.head)]

    def begin_call(self, call_id: str, name: str, **extra: Any) -> Delta:
        """A tool call begins; its number is the count of those before it."""
        function = FunctionCallDelta(name=name, arguments="")
        call = ToolCallDelta(index=self.calls, id=call_id, type="function", function=function, **extra)
        self.calls += 1
        return Delta(tool_calls=[call])

    def go_on(self, number: int, piece: str) -> Delta:
        """A piece of the arguments of the call with this number."""
        return Delta(tool_calls=[ToolCallDelta(index=number, function=FunctionCallDelta(arguments=piece))])

    def count(self, piece: str) -> BadResponseError | None:
        """Count a piece of arguments; the error where they are longer in all than the limit."""
        self._size += len(piece)
        if self._size <= self.limits.arguments:
            return None
        return beyond(
            "The tool calls' arguments are longer than", f"{self.limits.arguments} characters", "max_arguments"
        )
