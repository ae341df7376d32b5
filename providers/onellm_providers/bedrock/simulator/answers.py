"""What the simulator's model says, as an answer of Converse and as the frames of a stream (botocore 1.44)."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Iterator, Mapping
from typing import Any
from zlib import crc32

from onellm.decode.json import Table
from onellm.testing.simulator.chat import Completion, tokens
from onellm.testing.simulator.values import dump

ENDS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}
FRAGMENT = 4
"""Tokens in a fragment of a tool's input."""


def sign(text: str) -> str:
    """The signature of a thought: another text has another one."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def answer(completion: Completion, sequences: list[str]) -> Table:
    """The whole answer."""
    (choice,) = completion.choices
    text, ended = _until(choice.content or "", sequences)
    blocks: list[Table] = []
    if choice.reasoning:
        thought = {"text": choice.reasoning, "signature": sign(choice.reasoning)}
        blocks.append({"reasoningContent": {"reasoningText": thought}})
    if text:
        blocks.append({"text": text})
    for call in choice.calls:
        use = {"toolUseId": call.id.replace("call_", "tooluse_"), "name": call.name, "input": _input(call.arguments)}
        blocks.append({"toolUse": use})
    return {
        "output": {"message": {"role": "assistant", "content": blocks}},
        "stopReason": "stop_sequence" if ended else ENDS[choice.finish_reason],
        "usage": {
            "inputTokens": completion.prompt_tokens,
            "outputTokens": completion.completion_tokens,
            "totalTokens": completion.prompt_tokens + completion.completion_tokens,
            "cacheReadInputTokens": 0,
            "cacheWriteInputTokens": 0,
        },
        "metrics": {"latencyMs": 1},
    }


def frames(whole: Table) -> list[bytes]:
    """The same answer as the frames of a stream."""
    return [
        frame({":event-type": name, ":content-type": "application/json", ":message-type": "event"}, dump(value))
        for name, value in _events(whole)
    ]


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One frame: lengths, their checksum, the headers, the payload, the checksum of all."""
    packed = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for name, value in headers.items()
    )
    head = struct.pack(">II", 16 + len(packed) + len(payload), len(packed))
    made = head + struct.pack(">I", crc32(head)) + packed + payload
    return made + struct.pack(">I", crc32(made))


def _until(text: str, sequences: list[str]) -> tuple[str, bool]:
    """The text before the first of the sequences in it, and whether there is one."""
    found = min((at for mark in sequences if (at := text.find(mark)) >= 0), default=None)
    return (text, False) if found is None else (text[:found], True)


def _input(arguments: str) -> Any:
    try:
        return json.loads(arguments)
    except ValueError:  # cut off by maxTokens
        return {}


def _events(whole: Table) -> Iterator[tuple[str, Table]]:
    yield "messageStart", {"role": "assistant", "p": "abcdef"}
    for index, block in enumerate(whole["output"]["message"]["content"]):
        if use := block.get("toolUse"):
            start = {"toolUse": {name: use[name] for name in ("toolUseId", "name")}}
            yield "contentBlockStart", {"contentBlockIndex": index, "start": start}
        for delta in _deltas(block):
            yield "contentBlockDelta", {"contentBlockIndex": index, "delta": delta, "p": "abc"}
        yield "contentBlockStop", {"contentBlockIndex": index}
    yield "messageStop", {"stopReason": whole["stopReason"]}
    yield "metadata", {"usage": whole["usage"], "metrics": whole["metrics"]}


def _deltas(block: Table) -> Iterator[Table]:
    if "text" in block:
        yield from ({"text": token} for token in tokens(block["text"]))
    elif "toolUse" in block:
        made = tokens(json.dumps(block["toolUse"]["input"], ensure_ascii=False)) if block["toolUse"]["input"] else []
        for at in range(0, len(made), FRAGMENT):
            yield {"toolUse": {"input": "".join(made[at : at + FRAGMENT])}}
    else:
        thought = block["reasoningContent"]["reasoningText"]
        yield from ({"reasoningContent": {"text": token}} for token in tokens(thought["text"]))
        yield {"reasoningContent": {"signature": thought["signature"]}}
