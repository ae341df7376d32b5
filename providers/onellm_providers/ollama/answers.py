"""Answers of POST /api/chat and POST /api/generate in OpenAI's form (ollama client 0.6.3)."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from onellm.capabilities import Prices
from onellm.cost import Tokens
from onellm.decode.json import Table, array, table
from onellm.errors import BadResponseError
from onellm.translate.usage import count, put_price
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
from onellm.types.completion import CompletionChoice, CompletionLogprobs, CompletionResponse
from onellm_providers.ollama.messages import STATE

FINISH: Mapping[str, FinishReason] = {"": "stop", "stop": "stop", "length": "length"}
"""OpenAI's words for the server's, which may be missing. `load`, `unload` and unknown ones are `error`: no answer."""
HEAD = frozenset({
    "model", "created_at", "message", "response", "thinking", "done", "done_reason", "logprobs", "prompt_eval_count",
    "eval_count",
})  # fmt: skip
SAID = frozenset({"role", "content", "thinking", "tool_calls"})


def read_chat(body: bytes, model: str, prices: Prices | None) -> ChatCompletionResponse:
    """A chat completion from the bytes of an answer. Raises ValueError, BadResponseError where they are none."""
    raw = _whole(body)
    said: object = raw.get("message")
    if not isinstance(said, dict):
        raise BadResponseError("The answer holds no message.")
    return ChatCompletionResponse(
        id=answer_id(raw),
        created=created(raw),
        model=str(raw.get("model") or model),
        choices=[_choice(raw, table(cast("object", said)))],
        usage=read_usage(raw, prices),
        **rest(raw),
    )


def _choice(raw: Table, said: Table) -> Choice:
    calls = [read_call(table(call), raw, number) for number, call in enumerate(array(said.get("tool_calls")))]
    content, thinking = str(said.get("content") or ""), str(said.get("thinking") or "")
    word = raw.get("done_reason")
    more = {name: value for name, value in said.items() if name not in SAID and value is not None}
    return Choice(
        message=Message(
            content=content or None,
            reasoning_content=thinking or None,
            tool_calls=calls or None,
            provider_state=make_state(content, thinking),
            **more,
        ),
        finish_reason=finish(word, calls),
        native_finish_reason=word,
        logprobs=logprobs(raw),
    )


def read_completion(body: bytes, model: str, prices: Prices | None) -> CompletionResponse:
    """A text completion from the bytes of an answer."""
    raw = _whole(body)
    return CompletionResponse(
        id=answer_id(raw),
        created=created(raw),
        model=str(raw.get("model") or model),
        choices=[completion_choice(raw)],
        usage=read_usage(raw, prices),
        **rest(raw),
    )


def completion_choice(raw: Table) -> CompletionChoice:
    """The text of an answer or of a piece of one; thoughts stand beside it."""
    thinking = {"reasoning_content": raw["thinking"]} if raw.get("thinking") else {}
    word = raw.get("done_reason")
    return CompletionChoice(
        text=str(raw.get("response") or ""),
        finish_reason=finish(word, ()) if raw.get("done") else None,
        native_finish_reason=word,
        logprobs=_listed(raw),
        **thinking,
    )


def _whole(body: bytes) -> Table:
    raw = table(json.loads(body))
    if raw.get("error"):
        raise ValueError("the answer holds an error")
    if raw.get("done") is not True:
        raise BadResponseError("The answer is not finished (no done: true).")
    return raw


def finish(word: Any, calls: Sequence[Any]) -> FinishReason:
    """The finish reason for the server's word, which is `stop` with tool calls too."""
    found = FINISH.get(str(word or ""), "error")
    return "tool_calls" if found == "stop" and calls else found


def make_state(content: str, thinking: str) -> dict[str, Any] | None:
    """Thoughts go back to a model that calls tools; they are kept with the text that they led to."""
    return {STATE: {"thinking": thinking, "content": content}} if thinking else None


def read_call(call: Table, raw: Mapping[str, Any], number: int) -> ToolCall:
    """A call, whose arguments come as an object. One without an id gets one that no other call has."""
    function = table(call.get("function"))
    value = function.get("arguments")
    arguments = value if isinstance(value, str) else json.dumps(value or {}, ensure_ascii=False)
    given = call.get("id")
    return ToolCall(
        id=str(given) if given else _call_id(raw, function, number),
        function=FunctionCall(name=str(function["name"]), arguments=arguments or "{}"),
    )


def _call_id(raw: Mapping[str, Any], function: Table, number: int) -> str:
    said = f"{raw.get('created_at')} {number} {function.get('name')} {function.get('arguments')}"
    return f"call_{hashlib.sha256(said.encode()).hexdigest()[:24]}"


def answer_id(raw: Mapping[str, Any]) -> str:
    """An id, since the server gives none: of the model and the time."""
    said = f"{raw.get('model')} {raw.get('created_at')}"
    return f"ollama-{hashlib.sha256(said.encode()).hexdigest()[:24]}"


def created(raw: Mapping[str, Any]) -> int:
    """The time in seconds; 0 where there is none."""
    with contextlib.suppress(ValueError, OverflowError):
        return int(datetime.datetime.fromisoformat(str(raw.get("created_at"))).timestamp())
    return 0


def logprobs(raw: Mapping[str, Any]) -> Logprobs | None:
    """The log probabilities of an answer or of a piece of one."""
    found = array(raw.get("logprobs"))
    return Logprobs(content=[TokenLogprob.model_validate(each) for each in found]) if found else None


def _listed(raw: Mapping[str, Any]) -> CompletionLogprobs | None:
    found = logprobs(raw)
    if found is None or found.content is None:
        return None
    return CompletionLogprobs(
        tokens=[each.token for each in found.content],
        token_logprobs=[each.logprob for each in found.content],
        top_logprobs=[{top.token: top.logprob for top in each.top_logprobs} or None for each in found.content],
    )


def read_usage(raw: Mapping[str, Any], prices: Prices | None) -> Usage:
    """The usage. A count that did not come is 0 and named in `missing`: older servers leave out a cached prompt.

    Thinking is counted and not told apart, and neither are cached tokens.
    """
    counts = {name: count(raw.get(name)) for name in ("prompt_eval_count", "eval_count")}
    missing = [name for name, found in counts.items() if found is None]
    prompt, completion = (found or 0 for found in counts.values())
    more: dict[str, Any] = {"missing": missing} if missing else {}
    usage = Usage(prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion, **more)
    put_price(usage, Tokens(prompt, completion), prices, f"{', '.join(missing)} did not come" if missing else "")
    return usage


def rest(raw: Mapping[str, Any]) -> Table:
    """Fields that have no place in OpenAI's form, such as durations in nanoseconds."""
    return {name: value for name, value in raw.items() if name not in HEAD and value is not None}
