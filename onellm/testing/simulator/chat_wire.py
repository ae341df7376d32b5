"""OpenAI's shape for a completion: the whole body, and the chunks of a stream (OpenAI API reference)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from onellm.testing.simulator.chat import CREATED, Call, Choice, Completion, tokens

DONE = b"data: [DONE]\n\n"
_FRAGMENT = 4
"""Tokens in a fragment of a tool call's arguments."""


def whole(
    completion: Completion, model: str, *, top_logprobs: int | None = None, reasons: bool = False
) -> dict[str, Any]:
    """The body of a whole answer. `reasons` shows the reasoning's text; `top_logprobs` adds log probabilities."""
    return {
        "id": completion.id,
        "object": "chat.completion",
        "created": CREATED,
        "model": model,
        "choices": [
            {
                "index": choice.index,
                "message": _message(choice, reasons=reasons),
                "logprobs": logprobs_of(tokens(choice.content or ""), top_logprobs),
                "finish_reason": choice.finish_reason,
            }
            for choice in completion.choices
        ],
        "usage": usage(completion),
    }


def chunks(
    completion: Completion,
    model: str,
    *,
    top_logprobs: int | None = None,
    reasons: bool = False,
    include_usage: bool = False,
) -> list[dict[str, Any]]:
    """The chunks of a streamed answer, those of several choices by turns; the usage comes last if asked for."""
    head = {"id": completion.id, "object": "chat.completion.chunk", "created": CREATED, "model": model}
    by_turns = zip_longest(*(_deltas(choice, top_logprobs, reasons=reasons) for choice in completion.choices))
    sent: list[dict[str, Any]] = [
        {**head, "choices": [choice]} for turn in by_turns for choice in turn if choice is not None
    ]
    if include_usage:
        sent = [{**chunk, "usage": None} for chunk in sent]
        sent.append({**head, "choices": [], "usage": usage(completion)})
    return sent


def usage(completion: Completion) -> dict[str, Any]:
    """Token counts; those of the completion include the reasoning."""
    return {
        "prompt_tokens": completion.prompt_tokens,
        "completion_tokens": completion.completion_tokens,
        "total_tokens": completion.prompt_tokens + completion.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": completion.reasoning_tokens},
    }


def _message(choice: Choice, *, reasons: bool) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": choice.content}
    if reasons and choice.reasoning:
        message["reasoning_content"] = choice.reasoning
    if choice.calls:
        message["tool_calls"] = [_call(call, call.arguments) for call in choice.calls]
    return message


def _call(call: Call, arguments: str) -> dict[str, Any]:
    if call.custom:
        return {"id": call.id, "type": "custom", "custom": {"name": call.name, "input": arguments}}
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}


def _deltas(choice: Choice, top_logprobs: int | None, *, reasons: bool) -> Iterator[dict[str, Any]]:
    def turn(delta: dict[str, Any], finish_reason: str | None = None, said: str = "") -> dict[str, Any]:
        logprobs = logprobs_of([said] if said else [], top_logprobs)
        return {"index": choice.index, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}

    yield turn({"role": "assistant", "content": "" if choice.content is not None else None})
    for token in tokens(choice.reasoning) if reasons else ():
        yield turn({"reasoning_content": token})
    for token in tokens(choice.content or ""):
        yield turn({"content": token}, said=token)
    for place, call in enumerate(choice.calls):
        yield turn({"tool_calls": [{"index": place, **_call(call, "")}]})
        made = tokens(call.arguments)
        for at in range(0, len(made), _FRAGMENT):
            fragment = "".join(made[at : at + _FRAGMENT])
            inner = {"custom": {"input": fragment}} if call.custom else {"function": {"arguments": fragment}}
            yield turn({"tool_calls": [{"index": place, **inner}]})
    yield turn({}, choice.finish_reason)


def logprobs_of(said: list[str], top: int | None) -> dict[str, Any] | None:
    """The log probabilities of tokens, each with the `top` likeliest; None where none were asked for."""
    if top is None or not said:
        return None
    return {
        "content": [{**_entry(token), "top_logprobs": _alternatives(token, top)} for token in said],
        "refusal": None,
    }


def _entry(token: str, below: float = 0.0) -> dict[str, Any]:
    seen = hashlib.sha256(token.encode()).digest()[0]
    return {"token": token, "logprob": -(seen + 1) / 512 - below, "bytes": list(token.encode())}


def _alternatives(token: str, top: int) -> list[dict[str, Any]]:
    likelier = [_entry(token)] if top else []
    return [*likelier, *({**_entry(f"{token}{rank}", below=1.0 + rank)} for rank in range(1, top))]
