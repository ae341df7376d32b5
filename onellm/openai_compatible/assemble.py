"""The whole answer of a stream's chunks."""

from __future__ import annotations

from typing import Any, cast

from onellm.decode.json import Table, array, table
from onellm.meta import Meta
from onellm.openai_compatible.answers import settle_message
from onellm.openai_compatible.spec import Spec
from onellm.openai_compatible.tool_calls import CallPlaces
from onellm.types.chat import (
    ChatCompletionResponse,
    Choice,
    FinishReason,
    FunctionCall,
    Logprobs,
    Message,
    TokenLogprob,
    ToolCall,
    Usage,
)
from onellm.types.chunk import ChatCompletionChunk, ChunkChoice, ToolCallDelta

TEXTS = frozenset({"reasoning", "thinking", "text", "summary", "data", "signature", "input", "reasoning_content"})
"""Unknown fields that come in pieces."""


class ChatAssembler:
    """Joins chunks: texts by choice, tool calls by index; the last usage counts, values are never summed."""

    def __init__(self, spec: Spec | None = None) -> None:
        self._spec = spec
        self._first: ChatCompletionChunk | None = None
        self._usage: Usage | None = None
        self._extra: dict[str, Any] = {}
        self._tier: str | None = None
        self._choices: dict[int, _ChoiceParts] = {}

    def add(self, chunk: ChatCompletionChunk) -> None:
        if self._first is None or not (self._first.id or self._first.model):
            self._first = chunk
        if chunk.usage is not None:
            self._usage = chunk.usage
        if chunk.service_tier is not None:
            self._tier = chunk.service_tier
        if chunk.__pydantic_extra__:
            self._extra.update(chunk.__pydantic_extra__)
        for choice in chunk.choices:
            parts = self._choices.get(choice.index)
            if parts is None:
                parts = self._choices[choice.index] = _ChoiceParts()
            parts.add(choice)

    def account(self, meta: Meta) -> None:
        """Tell the meta what the answer costs, as far as that is known."""
        if self._usage is not None:
            self._usage.account(meta)

    def result(self) -> ChatCompletionResponse:
        """The answer so far. A choice without a finish reason has not ended."""
        first = self._first
        extra = {name: value for name, value in self._extra.items() if name != "obfuscation"}
        answer = ChatCompletionResponse(
            id=first.id if first else "",
            created=first.created if first else 0,
            model=first.model if first else "",
            choices=[parts.choice(index) for index, parts in sorted(self._choices.items())],
            usage=self._usage,
            service_tier=self._tier,
            system_fingerprint=first.system_fingerprint if first else None,
            **extra,
        )
        if self._spec is not None:
            for choice in answer.choices:
                settle_message(self._spec, choice.message)
        return answer


class _ChoiceParts:
    """The parts of one choice."""

    def __init__(self) -> None:
        self.content: list[str] = []
        self.reasoning: list[str] = []
        self.refusal: list[str] = []
        self.calls: dict[int, _CallParts] = {}
        self.places = CallPlaces()
        self.finish: FinishReason | None = None
        self.native: str | None = None
        self.logprobs: list[TokenLogprob] | None = None
        self.extra: dict[str, Any] = {}
        self.beside: dict[str, Any] = {}

    def add(self, choice: ChunkChoice) -> None:
        delta = choice.delta
        if delta.content is not None:
            self.content.append(delta.content)
        if delta.reasoning_content is not None:
            self.reasoning.append(delta.reasoning_content)
        if delta.refusal is not None:
            self.refusal.append(delta.refusal)
        if delta.tool_calls:
            begun = len(self.calls)
            for call in delta.tool_calls:
                self.calls.setdefault(self.places.number(call, begun), _CallParts()).add(call)
        if choice.finish_reason is not None:
            self.finish, self.native = choice.finish_reason, choice.native_finish_reason
        if choice.logprobs is not None and choice.logprobs.content:
            self.logprobs = [*(self.logprobs or []), *choice.logprobs.content]
        if delta.__pydantic_extra__:
            join_unknown(self.extra, delta.__pydantic_extra__)
        if choice.__pydantic_extra__:
            join_unknown(self.beside, choice.__pydantic_extra__)

    def choice(self, index: int) -> Choice:
        calls = [parts.call(number) for number, parts in sorted(self.calls.items())]
        message = Message(
            content="".join(self.content) if self.content and (any(self.content) or not calls) else None,
            refusal="".join(self.refusal) or None,
            reasoning_content="".join(self.reasoning) or None,
            tool_calls=calls or None,
            **self.extra,
        )
        return Choice(
            index=index,
            message=message,
            finish_reason=self.finish,
            native_finish_reason=self.native,
            logprobs=Logprobs(content=self.logprobs) if self.logprobs is not None else None,
            **self.beside,
        )


class _CallParts:
    """The fragments of one tool call; id, type and name come once, even where a host repeats them."""

    def __init__(self) -> None:
        self.id: str | None = None
        self.type = "function"
        self.name = ""
        self.arguments: list[str] = []
        self.extra: dict[str, Any] = {}

    def add(self, fragment: ToolCallDelta) -> None:
        self.id = self.id or fragment.id
        self.type = fragment.type or self.type
        if fragment.function is not None:
            self.name = self.name or fragment.function.name or ""
            if fragment.function.arguments:
                self.arguments.append(fragment.function.arguments)
        if fragment.__pydantic_extra__:
            join_unknown(self.extra, fragment.__pydantic_extra__)

    def call(self, number: int) -> ToolCall:
        function = FunctionCall(name=self.name, arguments="".join(self.arguments))
        return ToolCall(id=self.id or f"call_{number}", type=self.type, function=function, **self.extra)


def join_unknown(whole: Table, piece: Table) -> None:
    """Join unknown fields: lists grow (entries with the same index are one), texts are appended, others replaced."""
    for name, value in piece.items():
        known = whole.get(name)
        if isinstance(value, list):
            whole[name] = _join_lists(array(known), array(cast("object", value)))
        elif isinstance(value, dict):
            whole[name] = dict(table(known))
            join_unknown(whole[name], table(cast("object", value)))
        elif isinstance(known, str) and isinstance(value, str) and name in TEXTS:
            whole[name] = known + value
        elif value is not None:
            whole[name] = value


def _join_lists(known: list[Any], more: list[Any]) -> list[Any]:
    joined = list(known)
    for item in more:
        fields = table(item)
        mark = fields.get("index"), fields.get("type")
        same = next((table(old) for old in joined if mark[0] is not None and _mark(old) == mark), None)
        if same is not None:
            join_unknown(same, fields)
        else:
            joined.append(dict(fields) if fields else item)
    return joined


def _mark(item: Any) -> tuple[Any, Any]:
    return table(item).get("index"), table(item).get("type")
