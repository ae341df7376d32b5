"""A stream of chat-completion chunks: decoded, settled, assembled."""

from __future__ import annotations

import json
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any, cast

from onellm.call import Reply
from onellm.capabilities import Prices
from onellm.decode.events import EventStream
from onellm.decode.json import Table, array, given, table
from onellm.decode.limits import beyond
from onellm.errors import BadResponseError, OneLLMError
from onellm.openai_compatible.answers import reasoning_in, settle_usage
from onellm.openai_compatible.assemble import join_unknown
from onellm.openai_compatible.mend import failed, mend_call, mend_content, mend_finish, mend_head
from onellm.openai_compatible.readers import ContentReaders
from onellm.openai_compatible.spec import Spec
from onellm.openai_compatible.tool_calls import ABSENT, CallPlaces
from onellm.types.chat import Usage
from onellm.types.chunk import ChatCompletionChunk, ChunkChoice, Delta


class ChunkDecoder(EventStream[ChatCompletionChunk]):
    """Chunks from the bytes of a stream.

    The stream is whole when `[DONE]` came or every choice has its finish reason. An error event, broken JSON or an
    early end becomes `failure`, after the chunks before it.

    Every chunk has a choice: what comes without one (usage, a prompt filter's verdict, search results) rides on the
    next chunk, and usage on the last, which waits for it. Callers who asked for `include_usage` get the chunks as they
    come.
    """

    def __init__(
        self,
        spec: Spec,
        error: Callable[[Reply], OneLLMError],
        *,
        as_they_come: bool = False,
        prices: Prices | None = None,
        tools: AbstractSet[str] = frozenset(),
    ) -> None:
        super().__init__()
        self._spec = spec
        self._error = error
        self._as_they_come = as_they_come
        self._prices = prices
        self._validate = ChatCompletionChunk.__pydantic_validator__.validate_json
        self._first: ChatCompletionChunk | None = None
        self._held: ChatCompletionChunk | None = None
        self._riding: ChatCompletionChunk | None = None
        self._open: dict[int, bool] = {}
        self._calling: set[int] = set()
        self._places: dict[int, CallPlaces] = {}
        self._ends: dict[int, str] = {}
        self._readers = ContentReaders(tags=spec.think_tags, tools=tools)
        self._reads = spec.think_tags or bool(tools)

    def _take(self, event: str, payload: bytes, chunks: list[ChatCompletionChunk]) -> None:
        if payload == b"[DONE]":
            self.done = True
            self._finish(chunks)
            return
        if event == "error":
            self.failure = self._error(Reply(200, None, payload))
            return
        if event not in ("", "message") and b'"choices"' not in payload:
            return  # a ping, or an event that we do not know
        try:
            chunk = self._validate(payload)
        except ValueError:
            mended = self._mend(payload) if payload else None
            if mended is None:
                return
            chunk = mended
        if self._is_plain(chunk):
            chunks.append(chunk)
            return
        extra = chunk.model_extra
        if extra and (extra.get("error") or failed(self._spec, extra)):
            self.failure = self._error(Reply(200, None, payload))
            return
        self._settle(chunk)
        if self.failure is not None:
            return
        if self._as_they_come:
            chunks.append(chunk)
        elif chunk.choices and not (self._held is not None and _says_nothing(chunk)):
            self._hand_out(chunk, chunks)
        else:
            self._let_ride(chunk)

    def _is_plain(self, chunk: ChatCompletionChunk) -> bool:
        """Whether the chunk only adds text to the answer under way, as nearly all do: there is nothing to settle."""
        first, choices, extra = self._first, chunk.choices, chunk.__pydantic_extra__
        if first is None or len(choices) != 1 or chunk.usage is not None:
            return False
        choice = choices[0]
        delta = choice.delta
        return (
            choice.finish_reason is None
            and delta.role is None
            and delta.tool_calls is None
            and not delta.__pydantic_extra__
            and self._open.get(choice.index, False)
            and self._riding is None
            and chunk.id == first.id
            and chunk.created == first.created
            and chunk.model == first.model
            and not (extra and ("error" in extra or self._spec.usage_at or self._spec.status_in))
            and not (self._reads and choice.index in self._readers)
        )

    def _hand_out(self, chunk: ChatCompletionChunk, chunks: list[ChatCompletionChunk]) -> None:
        if self._held is not None:
            chunks.append(self._held)
            self._held = None
        if self._riding is not None:
            _merge(self._riding, chunk)
            self._riding = None
        if self.complete:
            self._held = chunk
        else:
            chunks.append(chunk)

    def _let_ride(self, chunk: ChatCompletionChunk) -> None:
        if self._held is not None:
            _merge(chunk, self._held)
        elif self._riding is not None:
            _merge(chunk, self._riding)
        else:
            self._riding = chunk

    def _finish(self, chunks: list[ChatCompletionChunk]) -> None:
        """At `[DONE]`: a chunk that ends the choices to which the host gave no finish reason."""
        choices = [self._ended(index) for index, is_open in self._open.items() if is_open]
        if choices and self._first is not None:
            self._hand_out(self._first.model_copy(update={"choices": choices, "usage": None}), chunks)

    def _ended(self, index: int) -> ChunkChoice:
        delta = Delta()
        self._readers.end(index, delta)
        calls = delta.tool_calls or index in self._calling
        return ChunkChoice(index=index, delta=delta, finish_reason="tool_calls" if calls else "stop")

    def _release(self, chunks: list[ChatCompletionChunk]) -> None:
        """Hand out what was waiting; at the end, something without a choice goes out by itself."""
        if (cut := self._readers.cut()) and self._first is not None:
            chunks.append(self._first.model_copy(update={"choices": cut, "usage": None}))
        chunks.extend(chunk for chunk in (self._held, self._riding) if chunk is not None)
        self._held = self._riding = None

    def _settle(self, chunk: ChatCompletionChunk) -> None:
        first = self._first
        if first is None or not (first.id or first.model):  # Azure's first chunk has neither
            self._first = chunk
        elif chunk.id != first.id or chunk.created != first.created or chunk.model != first.model:
            fields = vars(chunk)
            fields["id"], fields["created"], fields["model"] = first.id, first.created, first.model
        for choice in chunk.choices:
            self._settle_choice(choice)
        usage = chunk.usage or self._usage_elsewhere(chunk)
        if usage is not None:
            settle_usage(usage, self._prices, self._spec, chunk)
            chunk.usage = usage

    def _settle_choice(self, choice: ChunkChoice) -> None:
        index, delta = choice.index, choice.delta
        if index not in self._open:
            self._open[index] = True
            self.complete = False
            delta.role = "assistant"
            self._readers.begin(index)
        elif delta.role is not None:
            vars(delta)["role"] = None
        if delta.__pydantic_extra__ and delta.reasoning_content is None:
            delta.reasoning_content = reasoning_in(delta.__pydantic_extra__)
        self._readers.read(choice)
        if delta.tool_calls:
            self._calling.add(index)
            self._places.setdefault(index, CallPlaces()).settle(delta.tool_calls)
            if sum(places.size for places in self._places.values()) > self._limits.arguments:
                text = f"{self._limits.arguments} characters"
                self.failure = beyond("The tool calls' arguments are longer than", text, "max_arguments")
        if choice.finish_reason is not None:
            self._open[index] = False
            self.complete = not any(self._open.values())
            if choice.native_finish_reason is None:
                choice.native_finish_reason = choice.finish_reason
            if choice.finish_reason == "stop" and index in self._calling:
                choice.finish_reason = "tool_calls"
            self._end(choice)

    def _end(self, choice: ChunkChoice) -> None:
        """A choice ends once: a second finish reason goes out only where it tells of something that went wrong."""
        before = self._ends.get(choice.index)
        if before is None:
            self._ends[choice.index] = choice.finish_reason or ""
        elif choice.finish_reason in (before, "stop", "tool_calls"):
            choice.finish_reason = choice.native_finish_reason = None

    def _usage_elsewhere(self, chunk: ChatCompletionChunk) -> Usage | None:
        value: Table = {}
        if self._spec.usage_in_choice:
            found = [table((choice.model_extra or {}).get("usage")) for choice in chunk.choices]
            value = next(filter(None, found), value)
        elif self._spec.usage_at:
            value = chunk.model_extra or {}
            for name in self._spec.usage_at:
                value = table(value.get(name))
        try:
            return Usage.model_validate(given(value)) if value else None
        except ValueError:
            self.failure = BadResponseError("The usage that came with the stream cannot be read.")
            return None

    # -- mending what does not validate ----------------------------------------------------------------------------

    def _mend(self, payload: bytes) -> ChatCompletionChunk | None:
        """A chunk as OpenAI would have sent it; None where it was an error or no chunk."""
        try:
            fields = cast("Table", json.loads(payload))
            if fields.get("error"):
                self.failure = self._error(Reply(200, None, payload))
                return None
            fields = mend_head(fields, "chat.completion.chunk")
            fields["choices"] = [self._mend_choice(*numbered) for numbered in enumerate(fields.get("choices") or [])]
            return ChatCompletionChunk.model_validate(fields)
        except (ValueError, TypeError, AttributeError, RecursionError):
            self._hole(payload, "no chunk")
            return None

    def _mend_choice(self, number: int, value: Any) -> Table:
        if not isinstance(value, dict) or not isinstance(cast("Table", value).get("delta") or {}, dict):
            raise TypeError("no choice")
        choice = dict(cast("Table", value))
        index: int = number if choice.get("index") is None else choice["index"]
        delta = given(choice.get("delta"))
        if delta.get("role") != "assistant":
            delta.pop("role", None)
        mend_content(delta)
        calls = array(delta.pop("tool_calls", None))
        if calls:
            delta["tool_calls"] = [{"index": ABSENT, **mend_call(call)} for call in calls]
        if isinstance(number_alone := choice.get("logprobs"), (int, float)):  # Together's, for the one token of a chunk
            token = {"token": str(delta.get("content") or ""), "logprob": number_alone}
            choice["logprobs"] = {"content": [token]}
        choice["index"], choice["delta"] = index, delta
        mend_finish(self._spec, choice)
        return choice


def _says_nothing(chunk: ChatCompletionChunk) -> bool:
    """Whether nothing in the chunk's choices adds to the answer."""
    return not any(
        choice.finish_reason or delta.content or delta.reasoning_content or delta.refusal or delta.tool_calls
        for choice in chunk.choices
        for delta in (choice.delta,)
    )


def _merge(source: ChatCompletionChunk, target: ChatCompletionChunk) -> None:
    """Give `target` what `source` has and it lacks; what its choices say of themselves, too."""
    if source.usage is not None:
        target.usage = source.usage
    if source.model_extra and target.model_extra is not None:
        for name, value in source.model_extra.items():
            target.model_extra.setdefault(name, value)
    for choice in source.choices:
        if choice.__pydantic_extra__:
            same = next((each for each in target.choices if each.index == choice.index), None)
            if same is not None and same.__pydantic_extra__ is not None:
                join_unknown(same.__pydantic_extra__, choice.__pydantic_extra__)
