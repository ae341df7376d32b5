"""Answers as everybody reads them: the host's words for reasoning, finish reasons, usage and cost in ours.

A regular answer is validated straight from its bytes. Only one that does not validate is taken apart and mended.
"""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet
from typing import Any, cast

from onellm.capabilities import Prices
from onellm.decode.json import array, table
from onellm.openai_compatible.content import ContentReader
from onellm.openai_compatible.costs import settle_cost, tokens_of
from onellm.openai_compatible.mend import failed, listed_logprobs, mend_answer
from onellm.openai_compatible.spec import Spec
from onellm.openai_compatible.tool_calls import tell_apart
from onellm.types.base import first_given, put
from onellm.types.chat import (
    ChatCompletionResponse,
    CompletionTokensDetails,
    FunctionCall,
    Message,
    PromptTokensDetails,
    ToolCall,
    Usage,
)

REASONING_FIELDS = ("reasoning", "thinking")
"""Other names than `reasoning_content` that hosts give the reasoning's text (openrouter, groq, vLLM, Cerebras)."""


_REASONING = frozenset({*REASONING_FIELDS, "reasoning_details"})


def read_answer(
    spec: Spec, body: bytes, prices: Prices | None = None, tools: AbstractSet[str] = frozenset()
) -> ChatCompletionResponse:
    """A chat completion from its bytes; `tools` are those whose calls the content may hold.

    Raises ValueError where the bytes are none.
    """
    try:
        answer = ChatCompletionResponse.model_validate_json(body)
    except ValueError:
        answer = ChatCompletionResponse.model_validate(mend_answer(spec, json.loads(body)))
    extra = answer.__pydantic_extra__
    if extra and (extra.get("error") or failed(spec, extra)):
        raise ValueError("the answer holds an error")
    for choice in answer.choices:
        message = choice.message
        if spec.think_tags or tools:
            _read_content(spec, message, tools)
        settle_message(spec, message)
        if message.tool_calls:
            tell_apart(message.tool_calls)
        if choice.logprobs is not None and choice.logprobs.content is None:
            choice.logprobs.content = listed_logprobs(choice.logprobs.model_extra)
        if choice.native_finish_reason is None:
            put(choice, native_finish_reason=choice.finish_reason)
        if choice.finish_reason is None or (choice.finish_reason == "stop" and message.tool_calls):
            choice.finish_reason = "tool_calls" if message.tool_calls else "stop"
    if answer.usage is not None:
        settle_usage(answer.usage, prices, spec, answer)
    return answer


def _read_content(spec: Spec, message: Message, tools: AbstractSet[str]) -> None:
    """Thoughts out of the content, and the call that it may be, as a stream's are."""
    if not message.content:
        return
    in_fields = bool(message.reasoning_content or reasoning_in(message.model_extra or {}))
    tags = False if in_fields else spec.think_tags
    reader = ContentReader(tags=tags, tools=frozenset() if message.tool_calls else tools)
    thought, said = reader.feed(message.content)
    more, rest, call = reader.close()
    if thought + more:
        message.reasoning_content = thought + more
    if call:
        message.tool_calls = [ToolCall(id="call_0", function=FunctionCall(**call))]
    message.content = said + rest or None


def settle_message(spec: Spec, message: Message) -> None:
    """Reasoning under one name, and what the host wants back under `provider_state`."""
    extra = message.__pydantic_extra__ or {}
    if extra and message.reasoning_content is None and (text := reasoning_in(extra)):
        message.reasoning_content = text
    if not (spec.replay or spec.thoughts_as_tags):
        return
    state = {name: extra[name] for name in spec.replay if extra.get(name) is not None}
    wanted = "reasoning_content" in spec.replay or spec.thoughts_as_tags
    if wanted and message.reasoning_content is not None:
        state["reasoning_content"] = message.reasoning_content
    if state:
        message.provider_state = {spec.name: state}


def reasoning_in(extra: dict[str, Any]) -> str | None:
    """The reasoning's text under any other name; one form is read where a host sends several."""
    if _REASONING.isdisjoint(extra):
        return ""
    value = first_given(extra, REASONING_FIELDS)
    if isinstance(value, dict):
        value = first_given(table(cast("object", value)), ("content", "text"))
    if value is None:
        details = [table(item) for item in array(extra.get("reasoning_details"))]
        value = "".join(str(first_given(item, ("text", "summary")) or "") for item in details)
    return value if isinstance(value, str) else None


def settle_usage(usage: Usage, prices: Prices | None, spec: Spec, answer: Any) -> None:
    """Make usage inclusive, its details found under any host's name, its cost the host's, else prices times tokens.

    `answer` is the answer or chunk that the usage came with.
    """
    extra = usage.__pydantic_extra__ or {}
    details = usage.prompt_tokens_details
    cached = first_given(extra, ("prompt_cache_hit_tokens", "cached_tokens", "num_cached_tokens"))
    if isinstance(cached, int) and (details is None or details.cached_tokens is None):
        details = usage.prompt_tokens_details = details or PromptTokensDetails()
        details.cached_tokens = cached
    if details is not None and details.cache_write_tokens is None and details.__pydantic_extra__:
        details.cache_write_tokens = first_given(
            details.__pydantic_extra__, ("cache_creation_input_tokens", "cache_creation_tokens")
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
    put(usage, total_tokens=usage.prompt_tokens + usage.completion_tokens)
    settle_cost(usage, tokens_of(usage), prices, spec, answer)
