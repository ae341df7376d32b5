"""An answer of POST /v2/chat as a chat completion."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from onellm.capabilities import Prices
from onellm.decode.json import Table, array, given, table
from onellm.errors import BadResponseError
from onellm.types.chat import (
    ChatCompletionResponse,
    Choice,
    FinishReason,
    FunctionCall,
    Logprobs,
    Message,
    TokenLogprob,
    ToolCall,
)
from onellm_providers.cohere.replay import make_state, spoken
from onellm_providers.cohere.usage import read_usage

FINISH: Mapping[str, FinishReason] = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_calls",
    "ERROR_TOXIC": "content_filter",
}
"""OpenAI's words for the service's. `ERROR`, `TIMEOUT` and unknown ones are `error`."""
GAP = "\n\n"
"""Between two thoughts."""
HEAD = frozenset({"id", "finish_reason", "message", "usage", "logprobs"})
SAID = frozenset({"role", "content", "tool_calls", "tool_plan", "citations"})


def read_answer(body: bytes, model: str, prices: Prices | None) -> ChatCompletionResponse:
    """A chat completion from the bytes of an answer. Raises ValueError, BadResponseError where they are none.

    The service tells neither the model nor the time: the model is the one that was asked for, `created` is 0.
    """
    raw = table(json.loads(body))
    said = table(raw.get("message"))
    if not said:
        raise BadResponseError("The answer holds no message.")
    calls = [_call(table(each)) for each in array(said.get("tool_calls"))]
    blocks = [table(block) for block in array(said.get("content"))]
    thoughts = [str(block.get("thinking") or "") for block in blocks if block.get("type") == "thinking"]
    message = Message(
        content=spoken(blocks) or None,
        reasoning_content=GAP.join(filter(None, [*thoughts, str(said.get("tool_plan") or "")])) or None,
        tool_calls=calls or None,
        **told(said),
    )
    word = raw.get("finish_reason")
    usage = table(raw.get("usage"))
    choice = Choice(message=message, finish_reason=finish(word, calls), native_finish_reason=word)
    if raw.get("logprobs") is not None:
        choice.logprobs = Logprobs(content=[logprob(table(each)) for each in array(raw["logprobs"])])
    return ChatCompletionResponse(
        id=str(raw.get("id") or ""),
        model=model,
        choices=[choice],
        usage=read_usage(usage, prices) if usage else None,
        **{name: value for name, value in raw.items() if name not in HEAD and value is not None},
    )


def finish(word: Any, calls: Sequence[Any]) -> FinishReason:
    """The finish reason for the service's word; nothing abnormal is `stop`."""
    found = FINISH.get(str(word), "error")
    return "tool_calls" if found == "stop" and calls else found


def told(said: Mapping[str, Any]) -> Table:
    """What a message says beside text, thoughts and calls: its state, its citations, fields that we do not know."""
    rest = {name: value for name, value in said.items() if name not in SAID}
    return given({**rest, "provider_state": make_state(said), "annotations": citations(said) or None})


def citations(said: Mapping[str, Any]) -> list[Table]:
    """The citations with the place in the content that they are for, where they are for the content."""
    starts: list[int] = []
    at = 0
    for block in map(table, array(said.get("content"))):
        starts.append(at)
        at += len(str(block.get("text") or "")) if block.get("type") == "text" else 0
    return [{"type": "citation", "citation": _placed(table(each), starts)} for each in array(said.get("citations"))]


def _placed(citation: Table, starts: list[int]) -> Table:
    block, start, end = (citation.get(name) for name in ("content_index", "start", "end"))
    about_text = citation.get("type") in (None, "TEXT_CONTENT")
    if not about_text or not isinstance(start, int) or not isinstance(end, int):
        return citation
    offset = starts[block] if isinstance(block, int) and 0 <= block < len(starts) else 0
    return {**citation, "start_index": offset + start, "end_index": offset + end}


def logprob(item: Table) -> TokenLogprob:
    """A piece of text of one or more tokens; the log probability is that of the whole piece."""
    each = [float(value) for value in array(item.get("logprobs"))]
    text = str(item.get("text") or "")
    more: dict[str, Any] = {"token_ids": item.get("token_ids"), "logprobs": each} if len(each) != 1 else {}
    return TokenLogprob(token=text, logprob=math.fsum(each), bytes=list(text.encode()), **more)


def _call(call: Table) -> ToolCall:
    function = table(call.get("function"))
    arguments = function.get("arguments")
    text = arguments if isinstance(arguments, str) else json.dumps(arguments or {}, ensure_ascii=False)
    return ToolCall(id=str(call["id"]), function=FunctionCall(name=str(function["name"]), arguments=text or "{}"))
