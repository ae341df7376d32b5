"""What the simulator's model says, as a message and as the events of a stream (anthropic SDK 2.11)."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from onellm.decode.json import Table, array
from onellm.testing.simulator.chat import Completion, tokens
from onellm.testing.simulator.values import sse

ENDS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}
EMPTY: dict[str, Table] = {
    "text": {"text": ""},
    "thinking": {"thinking": "", "signature": ""},
    "tool_use": {"input": {}},
}
"""What a block begins as in a stream."""
FRAGMENT = 4
"""Tokens in a fragment of a tool's input."""


def sign(thinking: str) -> str:
    """The signature of a thought: another text has another one."""
    return base64.b64encode(hashlib.sha256(thinking.encode()).digest()).decode()


def message(completion: Completion, model: str, body: Table) -> Table:
    """The whole answer."""
    (choice,) = completion.choices
    text, ended = _until(choice.content or "", array(body.get("stop_sequences")))
    blocks: list[Table] = []
    if choice.reasoning:
        blocks.append({"type": "thinking", "thinking": choice.reasoning, "signature": sign(choice.reasoning)})
    if text:
        blocks.append({"type": "text", "text": text, "citations": None})
    for call in choice.calls:
        name = call.id.replace("call_", "toolu_")
        blocks.append({"type": "tool_use", "id": name, "name": call.name, "input": _input(call.arguments)})
    return {
        "id": completion.id.replace("chatcmpl-", "msg_"),
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": blocks,
        "stop_reason": "stop_sequence" if ended else ENDS[choice.finish_reason],
        "stop_sequence": ended,
        "stop_details": None,
        "usage": {
            "input_tokens": completion.prompt_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": completion.completion_tokens,
            "output_tokens_details": {"thinking_tokens": completion.reasoning_tokens},
            "service_tier": "standard",
        },
    }


def events(answer: Table) -> list[bytes]:
    """The same answer as the events of a stream."""
    return [sse(value, value["type"]) for value in _values(answer)]


def _until(text: str, sequences: list[str]) -> tuple[str, str | None]:
    """The text before the first of the sequences in it, and that sequence."""
    found = min(((at, mark) for mark in sequences if (at := text.find(mark)) >= 0), default=None)
    return (text, None) if found is None else (text[: found[0]], found[1])


def _input(arguments: str) -> Any:
    try:
        return json.loads(arguments)
    except ValueError:  # cut off by max_tokens
        return {}


def _values(answer: Table) -> Iterator[Table]:
    usage = answer["usage"]
    head: Table = {**answer, "content": [], "stop_reason": None, "stop_sequence": None}
    yield {"type": "message_start", "message": {**head, "usage": {**usage, "output_tokens": 1}}}
    yield {"type": "ping"}
    for index, block in enumerate(answer["content"]):
        yield {"type": "content_block_start", "index": index, "content_block": {**block, **EMPTY[block["type"]]}}
        for delta in _deltas(block):
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    ending = {name: answer[name] for name in ("stop_reason", "stop_sequence", "stop_details")}
    yield {"type": "message_delta", "delta": ending, "usage": usage}
    yield {"type": "message_stop"}


def _deltas(block: Table) -> Iterator[Table]:
    if block["type"] == "text":
        yield from ({"type": "text_delta", "text": token} for token in tokens(block["text"]))
    elif block["type"] == "thinking":
        yield from ({"type": "thinking_delta", "thinking": token} for token in tokens(block["thinking"]))
        yield {"type": "signature_delta", "signature": block["signature"]}
    else:
        made = tokens(json.dumps(block["input"], ensure_ascii=False)) if block["input"] else []
        yield {"type": "input_json_delta", "partial_json": ""}
        for at in range(0, len(made), FRAGMENT):
            yield {"type": "input_json_delta", "partial_json": "".join(made[at : at + FRAGMENT])}
