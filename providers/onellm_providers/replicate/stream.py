"""The output of a prediction as it comes, as chunks of a chat.

Events by replicate.com/docs/topics/predictions/streaming: `output` (plain text), `logs`, `error`, and `done`, whose
data is `{}` or says a reason (`canceled`, `error`).
"""

from __future__ import annotations

import json
from collections.abc import Callable

from onellm.decode.events import EventStream
from onellm.decode.json import Table, table
from onellm.errors import OneLLMError
from onellm.translate.chunks import ChunkWriter
from onellm.types.chat import ChatCompletionResponse
from onellm.types.chunk import ChatCompletionChunk, ChunkChoice, Delta
from onellm_providers.replicate.prediction import finish


class End:
    """Whether a prediction is known to have ended, so that there is nothing to cancel."""

    __slots__ = ("seen",)

    def __init__(self) -> None:
        self.seen = False


class OutputDecoder(EventStream[ChatCompletionChunk]):
    """Chunks from the bytes of a stream, which is whole after `done` alone."""

    def __init__(self, head: Table, failure: Callable[[str], OneLLMError], end: End) -> None:
        super().__init__()
        self._failure = failure
        self._end = end
        self._writer = ChunkWriter()
        self._writer.head = head

    def _take(self, name: str, payload: bytes, events: list[ChatCompletionChunk]) -> None:
        try:
            if name == "output":
                events.append(self._writer.chunk(ChunkChoice(delta=Delta(content=payload.decode()))))
            elif name == "error":
                self._end.seen = True
                self.failure = self._failure(payload.decode())
            elif name == "done":
                self._close(table(json.loads(payload)), events)
        except (ValueError, RecursionError):
            self._hole(payload)

    def _close(self, said: Table, events: list[ChatCompletionChunk]) -> None:
        self._end.seen = True
        reason = str(said.get("reason") or "succeeded")
        if reason == "error":
            self.failure = self._failure("")
            return
        choice = ChunkChoice(delta=Delta(), finish_reason=finish(reason), native_finish_reason=reason)
        events.append(self._writer.chunk(choice))
        self.done = self.complete = True


def as_chunks(answer: ChatCompletionResponse) -> list[ChatCompletionChunk]:
    """A whole answer as chunks, of a model that does not stream."""
    (choice,) = answer.choices
    writer = ChunkWriter()
    extra = {name: value for name, value in (answer.model_extra or {}).items() if name not in ("id", "model")}
    writer.head = {"id": answer.id, "created": answer.created, "model": answer.model}
    last = ChunkChoice(
        delta=Delta(), finish_reason=choice.finish_reason, native_finish_reason=choice.native_finish_reason
    )
    return [
        writer.chunk(ChunkChoice(delta=Delta(content=choice.message.content))),
        writer.chunk(last, answer.usage, **extra),
    ]
