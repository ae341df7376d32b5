"""A stream of generateContent's answers as the chunks of a chat completion."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from onellm.call import Reply
from onellm.decode.events import EventStream, Framing
from onellm.decode.json import Table, array, table
from onellm.decode.limits import Limits
from onellm.errors import BadResponseError, OneLLMError
from onellm.translate.chunks import ChunkWriter
from onellm.types.chat import Logprobs, TokenLogprob, Usage
from onellm.types.chunk import ChatCompletionChunk, ChunkChoice, Delta, FunctionCallDelta, ToolCallDelta
from onellm_providers.gemini.answers import (
    HEAD,
    READ,
    UNSAID,
    arguments,
    blocked_by,
    finish,
    parts_of,
    read_logprobs,
    rest,
    searched,
    told,
)
from onellm_providers.gemini.frames import EitherFraming
from onellm_providers.gemini.media import Speech, media_in
from onellm_providers.gemini.replay import call_id
from onellm_providers.gemini.usage import PricesOf, read_usage

PLAIN = frozenset({"content", "index"})
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What values of another kind than the service sends lead to."""
TEXT = frozenset({"text", "thought"})
GROWING = {"citationMetadata": "citations"}
"""Of what each event tells its own part, and in which list."""


class AnswerDecoder(EventStream[ChatCompletionChunk]):
    """Chunks from the bytes of a stream, of which each event is an answer with a part of the candidates.

    The format has no end of its own: a stream is whole when as many candidates as were asked for have a finish reason,
    or the prompt was blocked. What ends them waits for the end of the bytes, since the last usage counts, and takes
    along the usage, the citations and the state. An `error`, broken JSON and an early end become `failure`.
    """

    def __init__(
        self,
        error: Callable[[Reply], OneLLMError],
        model: str,
        owner: str,
        prices_of: PricesOf,
        *,
        count: int = 1,
        usage_apart: bool = False,
    ) -> None:
        super().__init__()
        self._error = error
        self._model = model
        self._owner = owner
        self._prices_of = prices_of
        self._count = count
        self._writer = ChunkWriter(usage_apart=usage_apart)
        self._head: Table = {}
        self._usage: Table = {}
        self._candidates: dict[int, _Candidate] = {}
        self._released = self._ended = False

    def framing(self, limits: Limits) -> Framing:
        return EitherFraming(limits)

    def limit(self, limits: Limits) -> None:
        super().limit(limits)
        self._writer.limits = limits

    def _take(self, name: str, payload: bytes, chunks: list[ChatCompletionChunk]) -> None:
        if payload == b"[DONE]":  # gateways add it
            return
        try:
            event = table(json.loads(payload))
            if event.get("error"):
                self.failure = self._error(Reply(200, None, payload))
                return
            if not event:
                self._hole(payload)
                return
            self._note(event)
            candidates: list[Any] = array(event.get("candidates"))
            for at, each in enumerate(candidates):
                index = each.get("index", at)
                known = self._candidates.get(index)
                if known is None:
                    if not isinstance(index, int):
                        raise TypeError("the index of a candidate is no number")
                    known = self._candidates[index] = _Candidate(index)
                known.take(each, self, chunks)
                self._ended = self._ended or "finishReason" in each
            if self._ended or not candidates:
                ended = sum(1 for each in self._candidates.values() if each.raw.get("finishReason") not in UNSAID)
                self.complete = ended >= self._count or blocked_by(self._head) is not None
        except UNREADABLE:
            self._hole(payload)

    def _note(self, event: Table) -> None:
        """What an event says of the whole answer: of the usage, the last one counts, as it is."""
        if usage := event.get("usageMetadata"):
            self._usage = table(usage)
        if not self._writer.head:
            self._writer.head = {
                "id": str(event.get("responseId") or ""),
                "model": str(event.get("modelVersion") or self._model),
            }
        if not event.keys() <= HEAD:
            self._head.update(rest(event))

    @property
    def answer(self) -> str:
        """The answer's id."""
        return str(self._writer.head.get("id", ""))

    def write(self, choice: ChunkChoice) -> ChatCompletionChunk:
        """A chunk under the answer's head."""
        return self._writer.chunk(choice)

    def count(self, piece: str) -> bool:
        """Count the arguments of a call; whether they are within the limit."""
        failure = self._writer.count(piece)
        self.failure = self.failure or failure
        return failure is None

    def _release(self, chunks: list[ChatCompletionChunk]) -> None:
        """How the candidates ended and what was used, after the last byte or before a failure."""
        if self._released:
            return
        self._released = True
        usage, extra = self._counted(), self._head
        if not self._candidates:
            reason = blocked_by(self._head)
            if reason:
                choice = ChunkChoice(delta=Delta(), finish_reason="content_filter", native_finish_reason=reason)
                chunks += self._writer.last(choice, usage, **extra)
            elif usage is not None:
                chunks.append(self._writer.chunk(ChunkChoice(delta=Delta()), usage, **extra))
            return
        try:
            *others, last = (each.ending(self._owner) for _, each in sorted(self._candidates.items()))
        except UNREADABLE:
            self.failure = self.failure or BadResponseError("What ends the stream cannot be read.")
            return
        chunks += [self._writer.chunk(each) for each in others]
        chunks += self._writer.last(last, usage, **extra)

    def _counted(self) -> Usage | None:
        try:
            looked = any(searched(each.raw) for each in self._candidates.values())
            return read_usage(self._usage, self._model, self._prices_of, searched=looked) if self._usage else None
        except ValueError:
            self.failure = self.failure or BadResponseError("The usage that came with the stream cannot be read.")
            return None


class _Candidate:
    """One candidate as it comes."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.raw: Table = {}
        self.parts: list[Table] = []
        self.texts: list[str] = []
        self.calls = 0
        self.speech = Speech()

    def take(self, candidate: Table, writer: AnswerDecoder, chunks: list[ChatCompletionChunk]) -> None:
        """Read what an event adds, and append its chunks."""
        logprobs: list[TokenLogprob] | None = None
        if not candidate.keys() <= PLAIN:
            self._note(candidate)
            logprobs = read_logprobs(candidate)
        for part in parts_of(candidate):
            self._keep(part)
            delta = self._delta(part, writer)
            if delta is None:
                continue
            choice = ChunkChoice(index=self.index, delta=delta)
            if logprobs:
                choice.logprobs, logprobs = Logprobs(content=logprobs), None
            chunks.append(writer.write(choice))
        if logprobs:
            choice = ChunkChoice(index=self.index, delta=Delta(), logprobs=Logprobs(content=logprobs))
            chunks.append(writer.write(choice))

    def _note(self, candidate: Table) -> None:
        """What is said beside the content: citations grow, of the rest the last counts."""
        more: Table = {name: value for name, value in candidate.items() if name != "content" and value}
        for name, rows in GROWING.items():
            known, new = table(self.raw.get(name)).get(rows), table(more.get(name)).get(rows)
            if known and new:
                more[name] = {**more[name], rows: [*array(known), *(each for each in array(new) if each not in known)]}
        self.raw.update(more)

    def _delta(self, part: Table, writer: AnswerDecoder) -> Delta | None:
        if "functionCall" in part:
            call = table(part["functionCall"])
            said = arguments(call)
            if not writer.count(said):
                return None
            number, self.calls = self.calls, self.calls + 1
            function = FunctionCallDelta(name=str(call.get("name") or ""), arguments=said)
            known = call_id(call, number, writer.answer)
            return Delta(tool_calls=[ToolCallDelta(index=number, id=known, type="function", function=function)])
        if made := media_in(part) if "inlineData" in part else None:
            media: Table = {"images": [made.image]} if made.image else {"audio": self.speech.add(made.speech or {})}
            return Delta(**media)
        text = part.get("text")
        if not text:
            return None
        return Delta(reasoning_content=text) if part.get("thought") else Delta(content=text)

    def _keep(self, part: Table) -> None:
        """Keep the part for the state: pieces of one text become one part, but one with a signature stays alone."""
        if part.keys() <= TEXT and "text" in part:
            if not isinstance(part["text"], str):
                raise TypeError("the text of a part is none")
            if self.texts and bool(part.get("thought")) == bool(self.parts[-1].get("thought")):
                self.texts.append(part["text"])
            elif part["text"]:
                self._close()
                self.parts.append(dict(part))
                self.texts = [part["text"]]
            return
        self._close()
        self.parts.append(dict(part))

    def _close(self) -> None:
        """The text that comes in pieces is whole."""
        if self.texts:
            self.parts[-1]["text"] = "".join(self.texts)
            self.texts = []

    def ending(self, owner: str) -> ChunkChoice:
        """The choice that ends it; without a finish reason where it did not end."""
        self._close()
        reason = self.raw.get("finishReason")
        said = told({name: value for name, value in self.raw.items() if name not in READ}, self.parts, owner)
        return ChunkChoice(
            index=self.index,
            delta=Delta(**said, **self.speech.rest()),
            finish_reason=finish(reason, self.calls > 0),
            native_finish_reason=reason,
        )
