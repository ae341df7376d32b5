"""A message of Claude as a chat completion."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.errors import BadResponseError
from onellm.types.chat import ChatCompletionResponse, Choice, FinishReason, FunctionCall, Message, ToolCall
from onellm_providers.anthropic.replay import make_state, spoken
from onellm_providers.anthropic.rules import same_model
from onellm_providers.anthropic.usage import PricesOf, read_usage

FINISH: Mapping[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
"""OpenAI's words for stop reasons. `pause_turn`, `compaction` and unknown ones are `error`: they are no end."""
GAP = "\n\n"
"""Between two thoughts."""
HEAD = frozenset({"id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "stop_details", "usage"})
ENDINGS = ("stop_sequence", "stop_details")
"""What a message keeps of how it ended, under the service's names."""


def read_answer(body: bytes, model: str, prices_of: PricesOf) -> ChatCompletionResponse:
    """A chat completion from the bytes of a message. Raises ValueError, BadResponseError where they are none.

    The service tells no time, so `created` is 0.
    """
    raw = table(json.loads(body))
    if raw.get("type") == "error":
        raise ValueError("the answer holds an error")
    if not isinstance(raw.get("content"), list):
        raise BadResponseError("The answer holds no message (no content).")
    blocks = [table(block) for block in array(raw["content"])]
    calls = [_call(block) for block in blocks if block.get("type") == "tool_use"]
    stop = raw.get("stop_reason")
    message = Message(
        content=spoken(blocks) or None,
        reasoning_content=GAP.join(filter(None, map(thought, blocks))) or None,
        tool_calls=calls or None,
        **told(raw, blocks, model),
    )
    usage = table(raw.get("usage"))
    return ChatCompletionResponse(
        id=str(raw.get("id") or ""),
        model=str(raw.get("model") or model),
        choices=[Choice(message=message, finish_reason=finish(stop, calls), native_finish_reason=stop)],
        usage=read_usage(usage, billed(raw, model), prices_of) if usage else None,
        service_tier=usage.get("service_tier"),
        **rest(raw),
    )


def finish(stop_reason: Any, calls: Sequence[Any]) -> FinishReason:
    """The finish reason of a stop reason; nothing abnormal is `stop`."""
    word = FINISH.get(str(stop_reason), "error")
    return "tool_calls" if word == "stop" and calls else word


def billed(raw: Mapping[str, Any], model: str) -> str:
    """The model that answered and is paid for: the one asked for, unless the service fell back to another."""
    answered = raw.get("model")
    return answered if isinstance(answered, str) and not same_model(answered, model) else model


def told(raw: Mapping[str, Any], blocks: Sequence[Table], model: str) -> Table:
    """What the message says beside text, thoughts and calls: its state, its citations, how it ended."""
    container = table(raw.get("container")).get("id")
    said: Table = {
        "provider_state": make_state(blocks, str(raw.get("model") or model), model, raw.get("stop_reason"), container),
        "annotations": citations(blocks),
        **{name: raw.get(name) for name in ENDINGS},
    }
    return {name: value for name, value in said.items() if value}


def rest(raw: Mapping[str, Any]) -> Table:
    """Fields of the message that have no place in a chat completion, such as its container."""
    return {name: value for name, value in raw.items() if name not in HEAD and value is not None}


def thought(block: Mapping[str, Any]) -> str:
    """The text of a thinking block."""
    return str(block.get("thinking") or "") if block.get("type") == "thinking" else ""


def citations(blocks: Sequence[Table]) -> list[Table]:
    """The citations of all texts, with the place in the content of the text that they are for.

    One of the web is a `url_citation`, as OpenAI has it; any other has the service's type and fields.
    """
    notes: list[Table] = []
    at = 0
    for block in blocks:
        if block.get("type") == "text":
            end = at + len(str(block.get("text") or ""))
            notes += [_note(table(each), at, end) for each in array(block.get("citations"))]
            at = end
    return notes


def _note(citation: Table, start: int, end: int) -> Table:
    facts = {name: value for name, value in citation.items() if name != "type" and value is not None}
    said = str(citation.get("type"))
    kind = "url_citation" if said == "web_search_result_location" else said
    return {"type": kind, kind: {**facts, "start_index": start, "end_index": end}}


def _call(block: Table) -> ToolCall:
    value = block.get("input")
    arguments = value if isinstance(value, str) else json.dumps(value or {}, ensure_ascii=False)
    return ToolCall(id=str(block["id"]), function=FunctionCall(name=str(block["name"]), arguments=arguments))
