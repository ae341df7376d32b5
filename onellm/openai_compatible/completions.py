"""Text completions in OpenAI's format, whole and streamed."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from onellm.body import JSON
from onellm.call import Call, ExchangeFields, Reply, StreamCall
from onellm.capabilities import Capability, Prices
from onellm.decode.events import EventStream
from onellm.decode.json import array, table
from onellm.errors import InvalidRequestError, OneLLMError
from onellm.meta import Meta
from onellm.openai_compatible.answers import settle_usage
from onellm.openai_compatible.assemble import join_unknown
from onellm.openai_compatible.mend import mend_finish, mend_head
from onellm.openai_compatible.spec import Spec
from onellm.openai_compatible.wire import Wire
from onellm.types.chat import Usage
from onellm.types.completion import (
    CompletionChoice,
    CompletionChunk,
    CompletionLogprobs,
    CompletionRequest,
    CompletionResponse,
)


def complete(provider: Wire, request: CompletionRequest) -> Call[CompletionResponse]:
    """POST /completions."""
    parse = functools.partial(read_completion, provider.row, provider.prices(request.model))
    return Call(parse=parse, **_exchange(provider, request, stream=False))


def complete_stream(provider: Wire, request: CompletionRequest) -> StreamCall[CompletionChunk, CompletionResponse]:
    """POST /completions with stream=true."""
    exchange = _exchange(provider, request, stream=True)
    row, prices = provider.row, provider.prices(request.model)
    return StreamCall(
        decoder=lambda: CompletionDecoder(row, prices, exchange["error"]), assembler=CompletionAssembler, **exchange
    )


def _exchange(provider: Wire, request: CompletionRequest, *, stream: bool) -> ExchangeFields:
    if not request.prompt:
        raise InvalidRequestError("prompt is empty.", param="prompt")
    if request.stream_options is not None and not stream:
        raise InvalidRequestError("stream_options needs stream=True.", param="stream_options")
    operation, fields, dropped = provider.encode(Capability.COMPLETION, request, stream=stream)
    if stream and "stream_options" in operation.takes and "include_usage" not in fields.get("stream_options", {}):
        fields["stream_options"] = {**fields.get("stream_options", {}), "include_usage": True}
    body = JSON({"model": request.model, "prompt": request.prompt, **fields})
    return provider.exchange(operation.path, request, body=body, dropped=dropped)


def read_completion(spec: Spec, prices: Prices | None, reply: Reply) -> CompletionResponse:
    """A completion from its bytes. Raises ValueError where the bytes are none."""
    try:
        answer = CompletionResponse.model_validate_json(reply.body)
    except ValueError:
        answer = CompletionResponse.model_validate(_mend(spec, json.loads(reply.body)))
    if (answer.model_extra or {}).get("error"):
        raise ValueError("the answer holds an error")
    for choice in answer.choices:
        _settle(choice)
    if answer.usage is not None:
        settle_usage(answer.usage, prices, spec, answer)
    return answer


def _mend(spec: Spec, value: Any) -> dict[str, Any]:
    """An answer or chunk as OpenAI would have sent it. Raises ValueError where it is none."""
    answer = mend_head(table(value), "text_completion")
    if not isinstance(answer.get("choices"), list):
        raise ValueError("no choices")
    choices = [dict(table(choice)) for choice in array(answer["choices"])]
    for place, choice in enumerate(choices):
        choice["index"] = place if choice.get("index") is None else choice["index"]
        choice["text"] = choice.get("text") or ""
        mend_finish(spec, choice)
    return {**answer, "choices": choices}


def _settle(choice: CompletionChoice) -> None:
    """The host's own finish reason, and log probabilities in OpenAI's form where they came as chat has them."""
    if choice.native_finish_reason is None:
        choice.native_finish_reason = choice.finish_reason
    if choice.logprobs is not None and (rows := array((choice.logprobs.model_extra or {}).get("content"))):
        choice.logprobs = CompletionLogprobs(**_listed(rows))


def _listed(rows: list[Any]) -> dict[str, Any]:
    """Log probabilities in chat's form (llama.cpp) as lists by token."""
    tokens = [table(row) for row in rows]
    return {
        "tokens": [str(token.get("token", "")) for token in tokens],
        "token_logprobs": [token.get("logprob") for token in tokens],
        "top_logprobs": [
            {str(each["token"]): each["logprob"] for each in map(table, array(token.get("top_logprobs")))}
            for token in tokens
        ],
    }


class CompletionDecoder(EventStream[CompletionChunk]):
    """Chunks from the bytes of a stream.

    The stream is whole when `[DONE]` came or every choice has its finish reason. Every chunk has a choice: usage, which
    comes without one, rides on the last chunk, which waits for it. An error event, broken JSON or an early end becomes
    `failure`, after the chunks before it.
    """

    def __init__(self, spec: Spec, prices: Prices | None, error: Callable[[Reply], OneLLMError]) -> None:
        super().__init__()
        self._spec = spec
        self._prices = prices
        self._error = error
        self._open: dict[int, bool] = {}
        self._held: CompletionChunk | None = None

    def _take(self, event: str, payload: bytes, chunks: list[CompletionChunk]) -> None:
        if payload == b"[DONE]":
            self.done = True
            return
        if event == "error":
            self.failure = self._error(Reply(200, None, payload))
            return
        if event not in ("", "message") and b'"choices"' not in payload:
            return
        chunk = self._read(payload)
        if chunk is None:
            return
        for choice in chunk.choices:
            _settle(choice)
            self._open[choice.index] = choice.finish_reason is None
        self.complete = bool(self._open) and not any(self._open.values())
        if chunk.usage is not None:
            settle_usage(chunk.usage, self._prices, self._spec, chunk)
        if chunk.choices:
            self._release(chunks)
            self._held = chunk
            if not self.complete:
                self._release(chunks)
        elif self._held is not None:
            self._held.usage = chunk.usage or self._held.usage
        elif chunk.usage is not None:
            chunks.append(chunk)

    def _read(self, payload: bytes) -> CompletionChunk | None:
        """The chunk, mended where it needs to be; None where it is an error."""
        try:
            try:
                chunk = CompletionChunk.model_validate_json(payload)
            except ValueError:
                fields: Any = json.loads(payload)
                if table(fields).get("error"):
                    self.failure = self._error(Reply(200, None, payload))
                    return None
                chunk = CompletionChunk.model_validate(_mend(self._spec, fields))
        except (ValueError, TypeError, RecursionError):
            self._hole(payload, "no chunk")
            return None
        if (chunk.model_extra or {}).get("error"):
            self.failure = self._error(Reply(200, None, payload))
            return None
        return chunk

    def _release(self, chunks: list[CompletionChunk]) -> None:
        if self._held is not None:
            chunks.append(self._held)
            self._held = None


class CompletionAssembler:
    """Joins chunks: texts by choice; the last usage counts."""

    def __init__(self) -> None:
        self._first: CompletionChunk | None = None
        self._usage: Usage | None = None
        self._texts: dict[int, list[str]] = {}
        self._last: dict[int, CompletionChoice] = {}
        self._logprobs: dict[int, CompletionLogprobs] = {}
        self._extra: dict[str, Any] = {}
        self._unknown: dict[int, dict[str, Any]] = {}

    def add(self, event: CompletionChunk) -> None:
        self._first = self._first or event
        self._usage = event.usage or self._usage
        self._extra.update(event.model_extra or {})
        for choice in event.choices:
            self._texts.setdefault(choice.index, []).append(choice.text)
            join_unknown(self._unknown.setdefault(choice.index, {}), choice.model_extra or {})
            if choice.finish_reason is not None or choice.index not in self._last:
                self._last[choice.index] = choice
            if choice.logprobs is not None:
                known = self._logprobs.setdefault(choice.index, CompletionLogprobs())
                for name in CompletionLogprobs.model_fields:
                    more = getattr(choice.logprobs, name)
                    if more is not None:
                        setattr(known, name, [*(getattr(known, name) or []), *more])

    def account(self, meta: Meta) -> None:
        """Tell the meta what the answer costs, as far as that is known."""
        if self._usage is not None:
            self._usage.account(meta)

    def result(self) -> CompletionResponse:
        """The answer so far. A choice without a finish reason has not ended."""
        first = self._first
        return CompletionResponse(
            id=first.id if first else "",
            created=first.created if first else 0,
            model=first.model if first else "",
            choices=[
                CompletionChoice(
                    index=index,
                    text="".join(texts),
                    finish_reason=self._last[index].finish_reason,
                    native_finish_reason=self._last[index].native_finish_reason,
                    logprobs=self._logprobs.get(index),
                    **self._unknown.get(index, {}),
                )
                for index, texts in sorted(self._texts.items())
            ],
            usage=self._usage,
            service_tier=first.service_tier if first else None,
            system_fingerprint=first.system_fingerprint if first else None,
            **self._extra,
        )
