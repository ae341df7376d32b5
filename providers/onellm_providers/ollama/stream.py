"""Streams of lines of JSON as chunks. An answer is whole with its line `done: true`; an error may come as a line."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeVar

from onellm.call import Reply
from onellm.capabilities import Prices
from onellm.decode.events import EventStream
from onellm.decode.json import Table, array, table
from onellm.decode.limits import Limits
from onellm.decode.ndjson import NDJSONFrames
from onellm.errors import OneLLMError
from onellm.translate.chunks import ChunkWriter
from onellm.types.chunk import ChatCompletionChunk, ChunkChoice, Delta, FunctionCallDelta, ToolCallDelta
from onellm.types.completion import CompletionChunk
from onellm_providers.ollama.answers import (
    SAID,
    answer_id,
    completion_choice,
    created,
    finish,
    logprobs,
    make_state,
    read_call,
    read_usage,
    rest,
)

E = TypeVar("E")


class Lines(EventStream[E]):
    """Reads line after line; what a line gives is said in `_read`."""

    failure: OneLLMError | None

    def __init__(self, error: Callable[[Reply], OneLLMError], model: str, prices: Prices | None) -> None:
        super().__init__()
        self._error = error
        self._prices = prices
        self._model = model
        self._head: Table = {}

    def framing(self, limits: Limits) -> NDJSONFrames:
        return NDJSONFrames(limits)

    def _take(self, name: str, payload: bytes, events: list[E]) -> None:
        try:
            line = json.loads(payload)
            if line.get("error"):
                self.failure = self._error(Reply(500, None, payload))
                return
            if not self._head:
                model = str(line.get("model") or self._model)
                self._head = {"id": answer_id(line), "created": created(line), "model": model}
            if line.get("done"):
                self.done = self.complete = True
            events += self._read(line)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            self.done = self.complete = False
            self._hole(payload)

    def _read(self, line: Table) -> list[E]:
        raise NotImplementedError


class ChatLines(Lines[ChatCompletionChunk]):
    """Chunks of a chat. Tool calls come whole, all with the same number or none, and are numbered here."""

    failure: OneLLMError | None

    def __init__(
        self,
        error: Callable[[Reply], OneLLMError],
        model: str,
        prices: Prices | None,
        *,
        usage_apart: bool = False,
    ) -> None:
        super().__init__(error, model, prices)
        self._writer = ChunkWriter(usage_apart=usage_apart)
        self._content: list[str] = []
        self._thinking: list[str] = []

    def limit(self, limits: Limits) -> None:
        super().limit(limits)
        self._writer.limits = limits

    def _read(self, line: Table) -> list[ChatCompletionChunk]:
        self._writer.head = self._head
        said = table(line.get("message"))
        choice = ChunkChoice(delta=self._delta(said, line), logprobs=logprobs(line))
        if not line.get("done"):
            return [self._writer.chunk(choice)]
        word = line.get("done_reason")
        choice.finish_reason, choice.native_finish_reason = finish(word, range(self._writer.calls)), word
        return self._writer.last(choice, read_usage(line, self._prices), **rest(line))

    def _delta(self, said: Table, line: Table) -> Delta:
        content, thinking = str(said.get("content") or ""), str(said.get("thinking") or "")
        self._content.append(content)
        self._thinking.append(thinking)
        calls = [self._call(table(call), line) for call in array(said.get("tool_calls"))]
        more = {name: value for name, value in said.items() if name not in SAID and value is not None}
        if line.get("done") and (state := make_state("".join(self._content), "".join(self._thinking))):
            more["provider_state"] = state
        return Delta(content=content or None, reasoning_content=thinking or None, tool_calls=calls or None, **more)

    def _call(self, value: Table, line: Table) -> ToolCallDelta:
        number = self._writer.calls
        self._writer.calls += 1
        call = read_call(value, line, number)
        if (failure := self._writer.count(call.function.arguments)) is not None:
            self.failure = failure
        function = FunctionCallDelta(name=call.function.name, arguments=call.function.arguments)
        return ToolCallDelta(index=number, id=call.id, type="function", function=function)


class TextLines(Lines[CompletionChunk]):
    """Chunks of a generated text."""

    def _read(self, line: Table) -> list[CompletionChunk]:
        usage = read_usage(line, self._prices) if line.get("done") else None
        more = rest(line) if line.get("done") else {}
        return [CompletionChunk(choices=[completion_choice(line)], usage=usage, **self._head, **more)]
