"""A ConverseStream as the chunks of a chat completion."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from onellm.call import Reply
from onellm.capabilities import Prices
from onellm.decode.aws_frames import EXCEPTION, FrameDecoder
from onellm.decode.events import EventStream
from onellm.decode.json import Table, array, given, table
from onellm.decode.limits import Limits
from onellm.errors import BadResponseError, OneLLMError
from onellm.meta import request_id
from onellm.translate.chunks import ChunkWriter
from onellm.types.chat import Usage
from onellm.types.chunk import ChatCompletionChunk, ChunkChoice, Delta
from onellm_providers.bedrock.answers import GAP, finish, rest, tier_of, told
from onellm_providers.bedrock.replay import SERVER
from onellm_providers.bedrock.usage import read_usage

ERROR = "x-amzn-errortype"
"""The header of a refusal that names its exception; a frame's exception is read as such a refusal."""


class ConverseDecoder(EventStream[ChatCompletionChunk]):
    """Chunks from the bytes of a stream.

    The stream is whole when `messageStop` and a `metadata` with usage have come. The chunk with the finish reason waits
    for both, and takes along the usage, the citations and the state. An exception's frame, a damaged one and an early
    end become `failure`, after the chunks before it; then the last of these has what was said of the end so far.
    """

    def __init__(
        self,
        error: Callable[[Reply], OneLLMError],
        model: str,
        prices: Prices | None,
        *,
        usage_apart: bool = False,
    ) -> None:
        super().__init__()
        self._error = error
        self._model = model
        self._prices = prices
        self._writer = ChunkWriter(usage_apart=usage_apart)
        self._writer.head = {"id": "", "model": model}
        self._raw: Table = {}
        self._blocks: dict[int, _Block] = {}
        self._thought = False
        self._released = False

    def begin(self, headers: Mapping[str, str]) -> None:
        """The id of the answer is that of the request, since the stream names none."""
        self._writer.head["id"] = request_id(headers) or ""

    def framing(self, limits: Limits) -> FrameDecoder:
        return FrameDecoder(limits)

    def limit(self, limits: Limits) -> None:
        super().limit(limits)
        self._writer.limits = limits

    def _take(self, name: str, payload: bytes, chunks: list[ChatCompletionChunk]) -> None:
        if name.startswith(EXCEPTION):
            self.failure = self._error(Reply(200, {ERROR: name.removeprefix(EXCEPTION)}, payload))
            return
        try:
            event = json.loads(payload)
            if name == "contentBlockDelta":
                delta = self._delta(self._block(event["contentBlockIndex"]), event["delta"])
            elif name == "contentBlockStart":
                delta = self._start(event["contentBlockIndex"], event["start"])
            elif name == "contentBlockStop":
                delta = self._stop(self._block(event["contentBlockIndex"]))
            elif name == "messageStart":
                delta = None if self._writer.began else Delta()
            elif name == "messageStop":
                self._raw.update(event)
                if event["stopReason"] and "usage" in self._raw:
                    self._finish(chunks)
                return
            elif name == "metadata":
                self._metadata(event, chunks)
                return
            else:
                return  # an event that we do not know
            if delta is not None:
                chunks.append(self._writer.chunk(ChunkChoice(delta=delta)))
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            self._hole(payload)

    # -- events ----------------------------------------------------------------------------------------------------

    def _metadata(self, event: Table, chunks: list[ChatCompletionChunk]) -> None:
        """What is told last. One without usage changes no usage that came before."""
        self._raw.update(given(event))
        if "stopReason" not in self._raw:
            return
        if "usage" in self._raw:
            self._finish(chunks)
        else:
            self.complete = True

    def _finish(self, chunks: list[ChatCompletionChunk]) -> None:
        self.done = self.complete = True
        chunks += self._last()

    def _block(self, index: int) -> _Block:
        return self._blocks.setdefault(index, _Block({}))

    def _start(self, index: int, start: Table) -> Delta | None:
        kind = next(iter(start), "")
        self._blocks[index] = block = _Block({kind: dict(start[kind])} if kind else {})
        use = start.get("toolUse")
        if use is None or use.get("type") == SERVER:
            return None
        block.number = self._writer.calls
        return self._writer.begin_call(use["toolUseId"], use["name"])

    def _delta(self, block: _Block, delta: Table) -> Delta | None:
        kind = next((name for name in delta if name != "p"), "")
        value: Any = delta.get(kind)
        if kind == "text":
            block.pieces.append(value)
            return Delta(content=value) if value else None
        if kind == "toolUse":
            return self._arguments(block, value["input"])
        if kind == "reasoningContent":
            return self._reason(block, value)
        if kind == "citation":
            block.citations.append(value)
        elif isinstance(value, list):  # what a tool of the service gave
            block.rest.setdefault(kind, []).extend(value)
        elif kind:
            block.rest[kind] = {**table(block.rest.get(kind)), **table(value)}
        return None

    def _reason(self, block: _Block, value: Table) -> Delta | None:
        block.signature += value.get("signature") or ""
        if value.get("redactedContent"):
            block.redacted += base64.b64decode(value["redactedContent"])
        text = value.get("text") or ""
        if not text:
            return None
        gap = GAP if self._thought and not block.thoughts else ""
        block.thoughts.append(text)
        self._thought = True
        return Delta(reasoning_content=gap + text)

    def _arguments(self, block: _Block, piece: str) -> Delta | None:
        if not piece:
            return None
        if (failure := self._writer.count(piece)) is not None:
            self.failure = failure
            return None
        block.pieces.append(piece)
        return None if block.number is None else self._writer.go_on(block.number, piece)

    def _stop(self, block: _Block) -> Delta | None:
        """A call of which no input came gets the empty one."""
        if block.number is None or block.pieces:
            return None
        return self._writer.go_on(block.number, "{}")

    # -- chunks ----------------------------------------------------------------------------------------------------

    def _last(self) -> list[ChatCompletionChunk]:
        """The chunk that ends the answer; the usage in one of its own where the caller asked for that."""
        stop = self._raw.get("stopReason")
        said = told([block.whole() for _, block in sorted(self._blocks.items())], self._model)
        calls = range(self._writer.calls)
        choice = ChunkChoice(delta=Delta(**said), finish_reason=finish(stop, calls), native_finish_reason=stop)
        self._writer.head["service_tier"] = tier_of(self._raw)
        return self._writer.last(choice, self._counted(), **rest(self._raw))

    def _release(self, chunks: list[ChatCompletionChunk]) -> None:
        """Where the usage never came, or after a failure: how the answer ended, if that was said."""
        if not self._writer.began or self._released or self.done:
            return
        self._released = True
        if self.complete and self.failure is None:
            chunks += self._last()
            return
        stop: Any = self._raw.get("stopReason")
        choice = ChunkChoice(delta=Delta())
        if stop is not None:
            choice.finish_reason, choice.native_finish_reason = finish(stop, range(self._writer.calls)), stop
        chunks.append(self._writer.chunk(choice, self._counted()))

    def _counted(self) -> Usage | None:
        raw = table(self._raw.get("usage"))
        try:
            return read_usage(raw, self._prices, tier_of(self._raw)) if raw else None
        except ValueError:
            self.failure = self.failure or BadResponseError("The usage that came with the stream cannot be read.")
            return None


class _Block:
    """A content block as it comes."""

    __slots__ = ("citations", "number", "pieces", "raw", "redacted", "rest", "signature", "thoughts")

    def __init__(self, raw: Table) -> None:
        self.raw = raw
        self.pieces: list[str] = []
        self.thoughts: list[str] = []
        self.signature = ""
        self.redacted = b""
        self.citations: list[Any] = []
        self.rest: Table = {}
        self.number: int | None = None

    def whole(self) -> Table:
        """The block as a whole answer has it; input that was cut off is empty."""
        said = "".join(self.pieces)
        if "toolUse" in self.raw:
            return {"toolUse": {**self.raw["toolUse"], "input": _read(said)}}
        if "toolResult" in self.raw:
            return {"toolResult": {**self.raw["toolResult"], "content": array(self.rest.get("toolResult"))}}
        if self.redacted:
            return {"reasoningContent": {"redactedContent": base64.b64encode(self.redacted).decode()}}
        if self.thoughts or self.signature:
            text: Table = {"text": "".join(self.thoughts)}
            return {
                "reasoningContent": {"reasoningText": {**text, "signature": self.signature} if self.signature else text}
            }
        if self.citations:
            return {"citationsContent": {"content": [{"text": said}], "citations": self.citations}}
        for kind, value in (*self.raw.items(), *self.rest.items()):
            return {kind: {**table(value), **table(self.rest.get(kind))}}
        return {"text": said}


def _read(said: str) -> Any:
    try:
        return json.loads(said) if said else {}
    except (ValueError, RecursionError):
        return {}
