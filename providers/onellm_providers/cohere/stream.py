"""A stream of Cohere's events as the chunks of a chat completion.

The events are server-sent; content and tool calls are numbered apart, and one without a number is about the latest. In
`tool-call-…` events `tool_calls` is one object, and so is `citations` in `citation-start` (cohere SDK 7.3.1).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from onellm.call import Reply
from onellm.capabilities import Prices
from onellm.decode.events import EventStream
from onellm.decode.json import Table, array, given, table
from onellm.decode.limits import Limits
from onellm.errors import OneLLMError
from onellm.translate.chunks import ChunkWriter
from onellm.types.chat import Logprobs
from onellm.types.chunk import ChatCompletionChunk, ChunkChoice, Delta
from onellm_providers.cohere.answers import GAP, citations, finish, logprob
from onellm_providers.cohere.replay import make_state
from onellm_providers.cohere.usage import read_usage

KINDS = ("text", "thinking")


class ChatDecoder(EventStream[ChatCompletionChunk]):
    """Chunks from the bytes of a stream, which is whole after `message-end` alone.

    The plan of a tool call comes as thoughts, as it does in a whole answer.
    """

    def __init__(
        self, error: Callable[[Reply], OneLLMError], model: str, prices: Prices | None, *, usage_apart: bool = False
    ) -> None:
        super().__init__()
        self._error = error
        self._prices = prices
        self._writer = ChunkWriter(usage_apart=usage_apart)
        self._writer.head = {"model": model}
        self._message: Table = {"content": [], "tool_plan": "", "tool_calls": [], "citations": []}
        self._blocks: dict[int | None, Table] = {}
        self._latest: Table | None = None
        self._calls: dict[int | None, int] = {}
        self._thinks: object = None

    def limit(self, limits: Limits) -> None:
        super().limit(limits)
        self._writer.limits = limits

    def _take(self, name: str, payload: bytes, chunks: list[ChatCompletionChunk]) -> None:
        if payload == b"[DONE]":
            return
        try:
            event = json.loads(payload)
            kind = event.get("type") or name
            if kind == "message-end":
                chunks += self._end(event)
                return
            if kind == "error" or ("type" not in event and event.get("message")):
                self.failure = self._error(Reply(500, None, payload))
                return
            choice = self._choice(kind, event)
            if choice is not None and self.failure is None:
                chunks.append(self._writer.chunk(choice))
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            self._hole(payload)

    def _choice(self, kind: str, event: Table) -> ChunkChoice | None:
        said = table(table(event.get("delta")).get("message"))
        if kind == "message-start":
            self._writer.head["id"] = str(event.get("id") or "")
            return None if self._writer.began else ChunkChoice(delta=Delta())
        if kind == "tool-plan-delta":
            return self._plan(str(said.get("tool_plan") or ""))
        if kind in ("content-start", "content-delta"):
            return self._content(event, table(said.get("content")), began=kind == "content-start")
        if kind == "tool-call-start":
            return ChunkChoice(delta=self._begin_call(event.get("index"), dict(said["tool_calls"])))
        if kind == "tool-call-delta":
            function = table(table(said.get("tool_calls")).get("function"))
            return self._go_on(event.get("index"), function.get("arguments") or "")
        if kind == "tool-call-end":
            return self._end_call(event.get("index"))
        if kind == "citation-start":
            return self._cite(said.get("citations"))
        return None  # the end of a citation or of content, or an event that we do not know

    def _cite(self, said: Any) -> ChunkChoice | None:
        """A citation with its place in the text so far, which is what it is about."""
        found = array(said) or ([table(said)] if said else [])
        self._message["citations"] += found
        notes: Table = {"annotations": citations({**self._message, "citations": found})}
        return ChunkChoice(delta=Delta(**notes)) if found else None

    def _plan(self, piece: str) -> ChunkChoice | None:
        if not piece:
            return None
        self._message["tool_plan"] += piece
        return self._think(piece, "plan")

    def _content(self, event: Table, said: Table, *, began: bool) -> ChunkChoice | None:
        index = event.get("index")
        block = self._blocks.get(index) if index is not None else self._latest
        if block is None or (began and index is None):
            kind = str(said.get("type") or next((name for name in KINDS if said.get(name) is not None), "text"))
            self._latest = block = {"type": kind}
            self._blocks[index] = block
            self._message["content"].append(block)
        choice: ChunkChoice | None = None
        for kind in KINDS:
            if not (piece := said.get(kind)):
                continue
            block[kind] = block.get(kind, "") + piece
            choice = self._think(piece, id(block)) if kind == "thinking" else ChunkChoice(delta=Delta(content=piece))
        if (odds := _odds(event)) is not None:
            choice = choice or ChunkChoice(delta=Delta())
            choice.logprobs = odds
        if began:
            block.update({name: value for name, value in said.items() if name not in (*KINDS, "type")})
        return choice

    def _think(self, piece: str, where: object) -> ChunkChoice:
        gap = GAP if self._thinks not in (None, where) else ""
        self._thinks = where
        return ChunkChoice(delta=Delta(reasoning_content=gap + piece))

    # -- tool calls ------------------------------------------------------------------------------------------------

    def _begin_call(self, index: int | None, call: Table) -> Delta:
        function = table(call["function"])
        self._calls[index] = self._writer.calls
        delta = self._writer.begin_call(str(call["id"]), str(function["name"]))
        begun = str(function.get("arguments") or "")
        self._message["tool_calls"].append({**call, "function": {**function, "arguments": begun}})
        if begun and delta.tool_calls and delta.tool_calls[0].function is not None:
            delta.tool_calls[0].function.arguments = begun
        return delta

    def _number(self, index: int | None) -> int:
        """The call of this number, or the latest."""
        return self._calls[index] if index is not None else list(self._calls.values())[-1]

    def _go_on(self, index: int | None, piece: str) -> ChunkChoice | None:
        number = self._number(index)
        if not piece:
            return None
        if (failure := self._writer.count(piece)) is not None:
            self.failure = failure
            return None
        self._message["tool_calls"][number]["function"]["arguments"] += piece
        return ChunkChoice(delta=self._writer.go_on(number, piece))

    def _end_call(self, index: int | None) -> ChunkChoice | None:
        """A call without arguments has `{}`."""
        number = self._number(index)
        function = self._message["tool_calls"][number]["function"]
        return None if function["arguments"] else self._go_on(index, "{}")

    # -- the end ---------------------------------------------------------------------------------------------------

    def _end(self, event: Table) -> list[ChatCompletionChunk]:
        delta = table(event.get("delta"))
        word = delta.get("finish_reason")
        raw = table(delta.get("usage"))
        choice = ChunkChoice(
            delta=Delta(**given({"provider_state": make_state(self._message)})),
            finish_reason=finish(word, range(self._writer.calls)),
            native_finish_reason=word,
        )
        usage = read_usage(raw, self._prices) if raw else None
        self.done = self.complete = True
        beside = {name: value for name, value in delta.items() if name not in ("finish_reason", "usage")}
        return self._writer.last(choice, usage, **{name: value for name, value in beside.items() if value is not None})


def _odds(event: Table) -> Logprobs | None:
    """The log probabilities of a piece of content: one item, or a list of them."""
    said: Any = event.get("logprobs")
    if not said:
        return None
    return Logprobs(content=[logprob(table(each)) for each in (array(said) or [said])])
