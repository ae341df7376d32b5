"""Mending what does not validate: an answer, or a part of one, as OpenAI would have sent it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from onellm.decode.json import Table, array, given, table
from onellm.errors import BadResponseError
from onellm.openai_compatible.spec import Spec
from onellm.types.chat import FINISH_REASONS, TokenLogprob

COMMON_FINISH_REASONS = {
    "eos": "stop", "stop_sequence": "stop", "end_turn": "stop", "max_tokens": "length", "tool_use": "tool_calls",
}  # fmt: skip


def mend_answer(spec: Spec, value: Any) -> Table:
    """A whole answer as OpenAI would have sent it. Raises ValueError, BadResponseError where it holds none."""
    answer = mend_head(table(value), "chat.completion")
    if answer.get("error") or failed(spec, answer):
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
        if isinstance(head["usage"].get("cost"), dict):
            head["usage"]["cost_details"] = head["usage"].pop("cost")  # `cost_at` says where in it the sum is
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
        thoughts += [str(table(item).get("text", "")) for item in array(thinking) + array(fields.get("summary"))]
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


def listed_logprobs(extra: Mapping[str, Any] | None) -> list[TokenLogprob] | None:
    """Logprobs as OpenAI lists them, where a host sends tokens and numbers in lists beside each other (Together)."""
    tokens, numbers = (array((extra or {}).get(name)) for name in ("tokens", "token_logprobs"))
    if not tokens or len(tokens) != len(numbers):
        return None
    return [
        TokenLogprob(token=str(token), logprob=number)
        for token, number in zip(tokens, numbers, strict=True)
        if isinstance(number, (int, float))
    ]


def failed(spec: Spec, extra: Mapping[str, Any]) -> bool:
    """Whether an answer with status 200 says in the host's own field that the call failed."""
    return bool(spec.status_in and table(extra.get(spec.status_in)).get("status_code"))
