"""Answers as everybody reads them: the host's words for reasoning, finish reasons, usage and cost in ours.

A regular answer is validated straight from its bytes. Only one that does not validate is taken apart and mended.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from onellm.capabilities import Prices
from onellm.decode.json import Table, array, given, table
from onellm.errors import BadResponseError
from onellm.openai_compatible.spec import Spec
from onellm.types.base import first_given
from onellm.types.chat import (
    FINISH_REASONS,
    ChatCompletionResponse,
    CompletionTokensDetails,
    Message,
    PromptTokensDetails,
    Usage,
)

REASONING_FIELDS = ("reasoning", "thinking")
"""Other names than `reasoning_content` that hosts give the reasoning's text (openrouter, groq, vLLM, Cerebras)."""

COMMON_FINISH_REASONS = {
    "eos": "stop", "stop_sequence": "stop", "end_turn": "stop", "max_tokens": "length", "tool_use": "tool_calls",
}  # fmt: skip


def read_answer(spec: Spec, body: bytes, prices: Prices | None = None) -> ChatCompletionResponse:
    """A chat completion from its bytes. Raises ValueError where the bytes are none."""
    try:
        answer = ChatCompletionResponse.model_validate_json(body)
    except ValueError:
        answer = ChatCompletionResponse.model_validate(mend_answer(spec, json.loads(body)))
    extra = answer.model_extra
    if extra and extra.get("error"):
        raise ValueError("the answer holds an error")
    for choice in answer.choices:
        message = choice.message
        settle_message(spec, message)
        if choice.native_finish_reason is None:
            choice.native_finish_reason = choice.finish_reason
        if choice.finish_reason == "stop" and message.tool_calls:
            choice.finish_reason = "tool_calls"
    if answer.usage is not None:
        settle_usage(answer.usage, prices, cost_in(spec, answer))
    return answer


def settle_message(spec: Spec, message: Message) -> None:
    """Reasoning under one name, and what the host wants back under `provider_state`."""
    extra = message.model_extra
    if not extra:
        return
    if message.reasoning_content is None and (text := reasoning_in(extra)):
        message.reasoning_content = text
    state = {name: extra[name] for name in spec.replay if extra.get(name) is not None}
    if "reasoning_content" in spec.replay and message.reasoning_content is not None:
        state["reasoning_content"] = message.reasoning_content
    if state:
        message.provider_state = {spec.name: state}


def reasoning_in(extra: dict[str, Any]) -> str | None:
    """The reasoning's text under any other name; one form is read where a host sends several."""
    value = first_given(extra, REASONING_FIELDS)
    if isinstance(value, dict):
        value = first_given(table(cast("object", value)), ("content", "text"))
    return value if isinstance(value, str) else None


def settle_usage(usage: Usage, prices: Prices | None, reported: float | None) -> None:
    """Make usage inclusive, its details found under any host's name, its cost the host's, else prices times tokens."""
    extra = usage.model_extra or {}
    details = usage.prompt_tokens_details
    cached = first_given(extra, ("prompt_cache_hit_tokens", "cached_tokens", "num_cached_tokens"))
    if isinstance(cached, int) and (details is None or details.cached_tokens is None):
        details = usage.prompt_tokens_details = details or PromptTokensDetails()
        details.cached_tokens = cached
    if details is not None and details.cache_write_tokens is None and details.model_extra:
        details.cache_write_tokens = first_given(
            details.model_extra, ("cache_creation_input_tokens", "cache_creation_tokens")
        )
    reasoning = usage.completion_tokens_details.reasoning_tokens if usage.completion_tokens_details else None
    if reasoning is None and isinstance(count := extra.get("reasoning_tokens"), int):
        usage.completion_tokens_details = usage.completion_tokens_details or CompletionTokensDetails()
        usage.completion_tokens_details.reasoning_tokens = reasoning = count
    if reasoning and usage.total_tokens == usage.prompt_tokens + usage.completion_tokens + reasoning:
        usage.completion_tokens += reasoning  # this host counts reasoning beside the completion, not inside it
    apart = (details.cached_tokens or 0) + (details.cache_write_tokens or 0) if details else 0
    if apart > usage.prompt_tokens:
        usage.prompt_tokens += apart  # this host counts cached tokens beside the prompt, not inside it
    usage.total_tokens = usage.prompt_tokens + usage.completion_tokens
    if reported is not None:
        usage.cost = reported
    elif usage.cost is None and prices is not None:
        usage.cost = cost_of(usage, prices)


def cost_of(usage: Usage, prices: Prices) -> float | None:
    """USD for the tokens, each counted once; None where a price that is needed is not known."""
    details = usage.prompt_tokens_details
    cached = (details.cached_tokens or 0) if details else 0
    written = (details.cache_write_tokens or 0) if details else 0
    plain = usage.prompt_tokens - cached - written
    parts = [
        (plain, prices.input),
        (cached, prices.cache_read if prices.cache_read is not None else prices.input),
        (written, prices.cache_write if prices.cache_write is not None else prices.input),
        (usage.completion_tokens, prices.output),
    ]
    total = 0.0
    for tokens, price in parts:
        if tokens and price is None:
            return None
        total += tokens * (price or 0.0)
    return total / 1_000_000


def cost_in(spec: Spec, answer: Any) -> float | None:
    """The cost in USD where the host reports one."""
    value = answer
    for name in spec.cost_at:
        value = cast("Mapping[str, Any]", value).get(name) if isinstance(value, Mapping) else getattr(value, name, None)
        if value is None:
            return None
    return float(value) if isinstance(value, (int, float, str)) and spec.cost_at else None


# -- mending what does not validate --------------------------------------------------------------------------------


def mend_answer(spec: Spec, value: Any) -> Table:
    """A whole answer as OpenAI would have sent it. Raises ValueError, BadResponseError where it holds none."""
    answer = mend_head(table(value), "chat.completion")
    if answer.get("error"):
        raise ValueError("the answer holds an error")
    if not isinstance(answer.get("choices"), list):
        raise BadResponseError("The answer holds no completion (no choices).")
    answer["choices"] = [_mend_choice(spec, *numbered) for numbered in enumerate(answer["choices"])]
    return answer


def mend_head(value: Table, kind: str) -> Table:
    """The fields of an answer or chunk without nulls, and `object` under OpenAI's word."""
    head = given(value)
    head["object"] = kind
    if "created" in head:
        head["created"] = int(float(head["created"]))
    if "usage" in head:
        head["usage"] = given(head["usage"])
    return head


def mend_finish(spec: Spec, choice: Table) -> None:
    """A finish reason in OpenAI's words; the host's own is kept as the native one."""
    raw = choice.get("finish_reason")
    if not raw:
        choice["finish_reason"] = None
        return
    word = spec.finish_reasons.get(raw) or COMMON_FINISH_REASONS.get(raw) or raw
    choice["native_finish_reason"] = choice.get("native_finish_reason") or raw
    choice["finish_reason"] = word if word in FINISH_REASONS else "error"


def mend_content(message: Table) -> None:
    """Content as text where a host sends parts (Mistral, Databricks), and reasoning as text where it sends a table."""
    if isinstance(message.get("reasoning_content"), dict):
        message["reasoning"] = message.pop("reasoning_content")
    content = message.get("content")
    if not isinstance(content, list):
        return
    texts: list[str] = []
    thoughts: list[str] = []
    for part in array(cast("object", content)):
        fields = table(part) or {"text": str(part)}
        thinking = fields.get("thinking")
        if isinstance(thinking, str):
            thoughts.append(thinking)
        thoughts += [str(table(item).get("text", "")) for item in array(thinking)]
        if thinking is None and isinstance(text := fields.get("text"), str):
            texts.append(text)
    message["content"] = "".join(texts) if texts else None
    if thoughts and not message.get("reasoning_content"):
        message["reasoning_content"] = "".join(thoughts)


def _mend_choice(spec: Spec, index: int, value: Any) -> Table:
    choice = dict(table(value))
    choice["index"] = index if choice.get("index") is None else choice["index"]
    message = given(choice.get("message"))
    message["role"] = "assistant"
    mend_content(message)
    calls = array(message.get("tool_calls"))
    message["tool_calls"] = [{"id": f"call_{number}", **mend_call(call)} for number, call in enumerate(calls)] or None
    choice["message"] = message
    mend_finish(spec, choice)
    return choice


def mend_call(value: Any) -> Table:
    """A tool call, or a fragment of one, without nulls, its id and its arguments as text."""
    call = given(value)
    function = given(call.get("function"))
    if not isinstance(function.get("arguments", ""), str):
        function["arguments"] = json.dumps(function["arguments"], ensure_ascii=False)
    if function:
        call["function"] = function
    call_id = call.pop("id", None)
    return {**call, "id": str(call_id)} if call_id else call
