"""An answer of Converse as a chat completion."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from onellm.call import Reply
from onellm.capabilities import Prices
from onellm.decode.json import Table, array, table
from onellm.errors import BadResponseError
from onellm.meta import request_id
from onellm.types.chat import ChatCompletionResponse, Choice, FinishReason, FunctionCall, Message, ToolCall
from onellm_providers.bedrock.replay import is_own, make_state, spoken, text_of
from onellm_providers.bedrock.usage import read_usage

FINISH: Mapping[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}
"""OpenAI's words for stop reasons. The malformed ones and unknown ones are `error`: they are no end."""
GAP = "\n\n"
"""Between two thoughts."""
HEAD = frozenset({"output", "stopReason", "usage", "serviceTier"})


def read_answer(reply: Reply, model: str, prices: Prices | None) -> ChatCompletionResponse:
    """A chat completion from an answer. Raises ValueError, BadResponseError where it is none.

    The service gives neither an id nor a time, so `id` is that of the request and `created` is 0.
    """
    raw = table(json.loads(reply.body))
    content = table(table(raw.get("output")).get("message")).get("content")
    if not isinstance(content, list):
        raise BadResponseError("The answer holds no message (no output.message.content).")
    blocks = [table(block) for block in array(raw["output"]["message"]["content"])]
    calls = [_call(table(block["toolUse"])) for block in blocks if "toolUse" in block and not is_own(block)]
    stop, tier = raw.get("stopReason"), tier_of(raw)
    message = Message(
        content=spoken(blocks) or None,
        reasoning_content=GAP.join(filter(None, map(thought, blocks))) or None,
        tool_calls=calls or None,
        **told(blocks, model),
    )
    usage = table(raw.get("usage"))
    return ChatCompletionResponse(
        id=request_id(reply.headers) or "",
        model=model,
        choices=[Choice(message=message, finish_reason=finish(stop, calls), native_finish_reason=stop)],
        usage=read_usage(usage, prices, tier) if usage else None,
        service_tier=tier,
        **rest(raw),
    )


def finish(stop_reason: Any, calls: Sequence[Any]) -> FinishReason:
    """The finish reason of a stop reason; nothing abnormal is `stop`."""
    word = FINISH.get(str(stop_reason), "error")
    return "tool_calls" if word == "stop" and calls else word


def tier_of(raw: Mapping[str, Any]) -> str | None:
    """The service tier that an answer came at."""
    kind = table(raw.get("serviceTier")).get("type")
    return kind if isinstance(kind, str) else None


def told(blocks: Sequence[Table], model: str) -> Table:
    """What a message says beside text, thoughts and calls: its state and its citations."""
    said: Table = {"provider_state": make_state(blocks, model), "annotations": citations(blocks)}
    return {name: value for name, value in said.items() if value}


def rest(raw: Mapping[str, Any]) -> Table:
    """Fields of the answer that have no place in a chat completion, such as `metrics` and `trace`."""
    return {name: value for name, value in raw.items() if name not in HEAD and name != "p" and value is not None}


def thought(block: Mapping[str, Any]) -> str:
    """The text of a block of reasoning."""
    return str(table(table(block.get("reasoningContent")).get("reasoningText")).get("text") or "")


def citations(blocks: Sequence[Table]) -> list[Table]:
    """The citations of all texts, with the place in the content that they are for.

    One of the web is a `url_citation`, as OpenAI has it; any other is a `citation` with the service's fields.
    """
    notes: list[Table] = []
    at = 0
    for block in blocks:
        end = at + len(text_of(block))
        for each in array(table(block.get("citationsContent")).get("citations")):
            facts = table(each)
            web = table(table(facts.get("location")).get("web"))
            kind = "url_citation" if web else "citation"
            notes.append({"type": kind, kind: {**facts, **web, "start_index": at, "end_index": end}})
        at = end
    return notes


def _call(use: Table) -> ToolCall:
    value = use.get("input")
    arguments = value if isinstance(value, str) else json.dumps(value or {}, ensure_ascii=False)
    return ToolCall(id=str(use["toolUseId"]), function=FunctionCall(name=str(use["name"]), arguments=arguments))
