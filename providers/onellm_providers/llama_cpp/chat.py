"""A chat computed in this process: chunks as a host would stream them, read by the reader that all hosts share."""

from __future__ import annotations

import itertools
import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

from onellm.call import Reply
from onellm.decode.json import Table, table
from onellm.errors import OneLLMError, ServerError
from onellm.openai_compatible.assemble import ChatAssembler
from onellm.openai_compatible.chunks import ChunkDecoder
from onellm.openai_compatible.content import OPEN
from onellm.types.chat import ChatCompletionResponse
from onellm.types.chunk import ChatCompletionChunk
from onellm_providers.llama_cpp.calls import ForcedCall, Reader, TaggedCalls, TextReader
from onellm_providers.llama_cpp.files import check_file
from onellm_providers.llama_cpp.generate import Count, Piece, generate
from onellm_providers.llama_cpp.grammar import forced, functions_of, grammar_of
from onellm_providers.llama_cpp.loading import Loaded, library
from onellm_providers.llama_cpp.options import Options
from onellm_providers.llama_cpp.prompt import render, tokens_of
from onellm_providers.llama_cpp.row import NAME, ROW
from onellm_providers.llama_cpp.shelf import SHELF, Slot, Stop


class ChatRun:
    """A chat that is to be computed. `body` is what was asked for, in OpenAI's words."""

    def __init__(self, body: Table, slot: Slot, options: Options, *, usage_apart: bool = False) -> None:
        self.body = body
        self.stop = Stop()
        self._slot = slot
        self._options = options
        self._usage_apart = usage_apart

    def whole(self) -> ChatCompletionResponse:
        """The answer."""
        assembler = ChatAssembler(ROW)
        for chunk in self.stream():
            assembler.add(chunk)
        return assembler.result()

    def stream(self) -> Iterator[ChatCompletionChunk]:
        """The answer as it comes."""
        names = frozenset(str(each.get("name")) for each in functions_of(self.body))
        calls = names if not forced(self.body) else frozenset[str]()
        decoder = ChunkDecoder(ROW, _failed, as_they_come=self._usage_apart, tools=calls)
        for event in self._events(names):
            yield from decoder.feed(b"data: " + event + b"\n\n")
            if decoder.failure is not None:
                raise decoder.failure
        yield from decoder.close()

    def _events(self, names: frozenset[str]) -> Iterator[bytes]:
        """What a host would send."""
        library()
        size = check_file(self._slot.path, self.body["model"], self._options.folder)
        model: Loaded = SHELF.borrow(self._slot, size, self._options.limit, self.stop)
        grammar = grammar_of(model, self.body)
        prompt = render(model, self.body, self._options.template)
        tokens = tokens_of(model, prompt)
        count = Count(len(tokens))
        head: Table = {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": self.body["model"],
        }
        begun = OPEN if prompt.rstrip().endswith(OPEN) and grammar is None else ""
        for index in range(self.body.get("n", 1)):
            seed = self.body.get("seed")
            seed = seed + index if seed is not None else None
            pieces = generate(model, tokens, self.body, grammar, seed, self.stop, count)
            for choice in _choices(pieces, index, self._reader(names), begun):
                yield _json({**head, "choices": [choice]})
        yield _json({**head, "choices": [], "usage": _usage(count)})
        yield b"[DONE]"

    def _reader(self, names: frozenset[str]) -> Reader:
        call_id = f"call_{uuid.uuid4().hex[:24]}"
        if forced(self.body):
            return ForcedCall(call_id)
        return TaggedCalls(call_id, names) if names else TextReader()


def _choices(pieces: Iterator[Piece], index: int, reader: Reader, begun: str) -> Iterator[Table]:
    """The pieces of one answer as choices of chunks; `begun` is the tag with which the prompt began thoughts."""
    waiting: list[Any] = []
    yield {"index": index, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}
    for piece in itertools.chain([Piece(begun)], pieces):
        waiting += piece.logprobs
        deltas: list[Table] = [*reader.feed(piece.text), *(reader.close() if piece.finish_reason else ())]
        if piece.finish_reason and not deltas:
            deltas = [{}]
        for place, delta in enumerate(deltas):
            choice: Table = {"index": index, "delta": delta, "finish_reason": None}
            if waiting:
                choice["logprobs"], waiting = {"content": waiting}, []
            if place == len(deltas) - 1:
                choice["finish_reason"] = piece.finish_reason
            yield choice


def _usage(count: Count) -> Table:
    return {
        "prompt_tokens": count.prompt,
        "completion_tokens": count.completion,
        "total_tokens": count.prompt + count.completion,
        "prompt_tokens_details": {"cached_tokens": count.kept},
    }


def _json(value: Table) -> bytes:
    return json.dumps(value).encode()


def _failed(reply: Reply) -> OneLLMError:
    return ServerError(f"llama.cpp failed: {table(json.loads(reply.body)).get('error')}", provider=NAME)
