"""A stream of Anthropic's events as the chunks of a chat completion."""

from __future__ import annotations

import json
from collections.abc import Callable

from onellm.call import Reply
from onellm.decode.events import EventStream
from onellm.decode.json import Table, array, table
from onellm.decode.limits import Limits
from onellm.errors import BadResponseError, OneLLMError
from onellm.translate.chunks import ChunkWriter
from onellm.types.chat import Usage
from onellm.types.chunk import ChatCompletionChunk, ChunkChoice, Delta
from onellm_providers.anthropic.answers import ENDINGS, GAP, billed, finish, rest, told
from onellm_providers.anthropic.usage import PricesOf, merged, read_usage


class MessageDecoder(EventStream[ChatCompletionChunk]):
    """Chunks from the bytes of a stream.

    The stream is whole after `message_stop` alone. The chunk with the finish reason waits for it, since usage may still
    change, and takes along the usage, the citations and the state. An `error` event, broken JSON and an early end
    become `failure`, after the chunks before it; then the last of these has the usage so far.
    """

    def __init__(
        self, error: Callable[[Reply], OneLLMError], model: str, prices_of: PricesOf, *, usage_apart: bool = False
    ) -> None:
        super().__init__()
        self._error = error
        self._model = model
        self._prices_of = prices_of
        self._writer = ChunkWriter(usage_apart=usage_apart)
        self._raw: Table = {}
        self._usage: Table = {}
        self._blocks: dict[int, _Block] = {}
        self._thought = False
        self._released = False

    def limit(self, limits: Limits) -> None:
        super().limit(limits)
        self._writer.limits = limits

    def _take(self, name: str, payload: bytes, chunks: list[ChatCompletionChunk]) -> None:
        if name == "error":
            self.failure = self._error(Reply(200, None, payload))
            return
        if payload == b"[DONE]":  # gateways add it
            return
        try:
            event = json.loads(payload)
            kind = event["type"]
            if kind == "content_block_delta":
                delta = self._delta(event["index"], event["delta"])
            elif kind == "content_block_start":
                delta = self._start(event["index"], dict(event["content_block"]))
            elif kind == "content_block_stop":
                delta = self._stop(event["index"])
            elif kind == "message_start":
                delta = self._begin(event["message"])
            elif kind == "message_delta":
                self._end(event)
                return
            elif kind == "message_stop":
                self.done = self.complete = True
                chunks += self._last()
                return
            else:
                if kind == "error":
                    self.failure = self._error(Reply(200, None, payload))
                return  # a ping, or an event that we do not know
            if delta is not None:
                chunks.append(self._writer.chunk(ChunkChoice(delta=delta)))
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            self._hole(payload)

    # -- events ----------------------------------------------------------------------------------------------------

    def _begin(self, message: Table) -> Delta | None:
        self._raw = dict(message)
        self._usage = dict(table(message.get("usage")))
        tier = self._usage.get("service_tier")
        self._writer.head = {
            "id": str(message.get("id") or ""),
            "model": str(message.get("model") or self._model),
            "service_tier": tier if isinstance(tier, str) else None,
        }
        return None if self._writer.began else Delta()

    def _end(self, event: Table) -> None:
        """How the answer ends, and the usage; more may follow, and the last counts."""
        beside = {name: value for name, value in event.items() if name not in ("type", "delta", "usage")}
        self._raw.update({**beside, **event["delta"]})
        self._usage = merged(self._usage, event.get("usage") or {})

    def _start(self, index: int, block: Table) -> Delta | None:
        kind = block["type"]
        self._blocks[index] = known = _Block(block)
        if kind == "text" and block.get("text"):
            return Delta(content=block["text"])
        if kind == "thinking" and block.get("thinking"):
            return self._think(known, block["thinking"])
        if kind != "tool_use":
            return None
        known.number = self._writer.calls
        return self._writer.begin_call(block["id"], block["name"])

    def _delta(self, index: int, delta: Table) -> Delta | None:
        block, kind = self._blocks[index], delta["type"]
        if kind == "text_delta":
            block.pieces.append(delta["text"])
            return Delta(content=delta["text"])
        if kind == "input_json_delta":
            return self._arguments(block, delta["partial_json"])
        if kind == "thinking_delta":
            block.pieces.append(delta["thinking"])
            return self._think(block, delta["thinking"]) if delta["thinking"] else None
        if kind == "signature_delta":
            block.raw["signature"] = block.raw.get("signature", "") + delta["signature"]
        elif kind == "citations_delta":
            block.raw["citations"] = [*array(block.raw.get("citations")), delta["citation"]]
        elif kind == "compaction_delta":
            block.raw.update({name: value for name, value in delta.items() if name != "type"})
        return None

    def _think(self, block: _Block, text: str) -> Delta:
        gap = GAP if self._thought and not block.thought else ""
        self._thought = block.thought = True
        return Delta(reasoning_content=gap + text)

    def _arguments(self, block: _Block, piece: str) -> Delta | None:
        if not piece:
            return None
        if (failure := self._writer.count(piece)) is not None:
            self.failure = failure
            return None
        block.pieces.append(piece)
        return self._fragment(block, piece)

    def _fragment(self, block: _Block, piece: str) -> Delta | None:
        if block.number is None:  # a tool that the service runs by itself
            return None
        return self._writer.go_on(block.number, piece)

    def _stop(self, index: int) -> Delta | None:
        """A call whose input did not come in pieces gets it now: no input is `{}`."""
        block = self._blocks[index]
        if block.number is None or block.pieces:
            return None
        return self._fragment(block, json.dumps(block.raw.get("input") or {}, ensure_ascii=False))

    # -- chunks ----------------------------------------------------------------------------------------------------

    def _last(self) -> list[ChatCompletionChunk]:
        """The chunk that ends the answer; the usage in one of its own where the caller asked for that."""
        stop = self._raw.get("stop_reason")
        said = told(self._raw, [block.whole() for _, block in sorted(self._blocks.items())], self._model)
        choice = ChunkChoice(
            delta=Delta(**said), finish_reason=finish(stop, range(self._writer.calls)), native_finish_reason=stop
        )
        return self._writer.last(choice, self._counted(), **rest(self._raw))

    def _release(self, chunks: list[ChatCompletionChunk]) -> None:
        """After a failure: how the answer ended, if that was said, and what was used so far."""
        if not self._writer.began or self._released or self.done:
            return
        self._released = True
        stop = self._raw.get("stop_reason")
        delta = Delta(**{name: value for name in ENDINGS if (value := self._raw.get(name))})
        choice = ChunkChoice(delta=delta)
        if stop is not None:
            choice.finish_reason, choice.native_finish_reason = finish(stop, range(self._writer.calls)), stop
        chunks.append(self._writer.chunk(choice, self._counted()))

    def _counted(self) -> Usage | None:
        try:
            return read_usage(self._usage, billed(self._raw, self._model), self._prices_of) if self._usage else None
        except ValueError:
            self.failure = self.failure or BadResponseError("The usage that came with the stream cannot be read.")
            return None


class _Block:
    """A content block as it comes."""

    __slots__ = ("number", "pieces", "raw", "thought")

    def __init__(self, raw: Table) -> None:
        self.raw = raw
        self.pieces: list[str] = []
        self.number: int | None = None
        self.thought = False

    def whole(self) -> Table:
        """The block as a whole answer has it; input that was cut off is empty."""
        kind, said = self.raw["type"], "".join(self.pieces)
        if not self.pieces:
            return self.raw
        if kind in ("text", "thinking"):
            return {**self.raw, kind: str(self.raw.get(kind) or "") + said}
        try:
            return {**self.raw, "input": json.loads(said)}
        except (ValueError, RecursionError):
            return {**self.raw, "input": {}}
