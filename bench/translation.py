"""What translating to and from a provider's own format costs, without any network.

    python bench/translation.py [--only NAME] [--json] [--strict]

`encode`: a conversation of a hundred messages with tool calls becomes the bytes of a request. `decode`: CPU time for
each chunk of a stream that arrives event by event. Both are medians over rounds, in CPU time of this process.
A further provider is a further row in `FORMATS`. Limits: `limit`, `ok` or `MISSED`.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import struct
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from figure import Figure

from onellm.provider import Provider
from onellm.registry import get_provider
from onellm.types.chat import ChatRequest

ENCODE_MS, CHUNK_US = 2.0, 15.0
ROUNDS, CHUNKS = 201, 400
WORDS = ("The ", "tide ", "at ", "Oban ", "is ", "high ", "at ", "noon. ")


@dataclass(frozen=True)
class Format:
    """A provider, one of its models, and how it streams these texts: the bytes of each event, the end included."""

    name: str
    model: str
    frames: Callable[[list[str]], Iterator[bytes]]
    settings: dict[str, Any] = field(default_factory=lambda: {"api_key": "not-a-key"})


# -- how services stream ---------------------------------------------------------------------------------------------


def sse(payload: Any, event: str = "") -> bytes:
    """One server-sent event."""
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {json.dumps(payload)}\n\n".encode()


def openai_frames(texts: list[str]) -> Iterator[bytes]:
    head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    for text in texts:
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
        yield sse({**head, "choices": [choice]})
    yield sse({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    yield b"data: [DONE]\n\n"


def anthropic_frames(texts: list[str]) -> Iterator[bytes]:
    def event(kind: str, **fields: Any) -> bytes:
        return sse({"type": kind, **fields}, kind)

    usage = {"input_tokens": 30, "output_tokens": 1}
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-5-5",
        "content": [],
    }
    yield event("message_start", message={**message, "stop_reason": None, "usage": usage})
    yield event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    for text in texts:
        yield event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})
    yield event("content_block_stop", index=0)
    yield event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": len(texts)})
    yield event("message_stop")


def gemini_frames(texts: list[str]) -> Iterator[bytes]:
    def event(text: str, **fields: Any) -> bytes:
        candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "index": 0, **fields}
        usage = {"promptTokenCount": 30, "candidatesTokenCount": 1, "totalTokenCount": 31}
        head = {"modelVersion": "gemini-3-flash-preview", "responseId": "r1"}
        return sse({"candidates": [candidate], "usageMetadata": usage, **head})

    yield from map(event, texts)
    yield event("", finishReason="STOP")


def frame(event: str, payload: Any) -> bytes:
    """One frame of an AWS event stream."""
    said = json.dumps(payload).encode()
    named = {":event-type": event, ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for name, value in named.items()
    )
    head = struct.pack(">II", 16 + len(headers) + len(said), len(headers))
    rest = head + struct.pack(">I", zlib.crc32(head)) + headers + said
    return rest + struct.pack(">I", zlib.crc32(rest))


def bedrock_frames(texts: list[str]) -> Iterator[bytes]:
    yield frame("messageStart", {"role": "assistant"})
    for text in texts:
        yield frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": text}})
    yield frame("contentBlockStop", {"contentBlockIndex": 0})
    yield frame("messageStop", {"stopReason": "end_turn"})
    yield frame("metadata", {"usage": {"inputTokens": 30, "outputTokens": 9, "totalTokens": 39}})


FORMATS = (
    Format("openai", "gpt-4o-mini", openai_frames),
    Format("anthropic", "claude-opus-5-5", anthropic_frames),
    Format("gemini", "gemini-3-flash-preview", gemini_frames),
    Format("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", bedrock_frames, {"api_key": "k", "region": "r"}),
)


# -- what is measured ------------------------------------------------------------------------------------------------


def conversation(length: int = 100) -> list[dict[str, Any]]:
    """Questions, tool calls, their results and answers, in turns of four messages."""
    messages: list[dict[str, Any]] = []
    for turn in range(length // 4):
        arguments = json.dumps({"port": f"Oban {turn}", "days": [1, 2, 3]})
        call = {"id": f"call_{turn}", "type": "function", "function": {"name": "tide", "arguments": arguments}}
        messages += [
            {"role": "user", "content": f"When is high tide at port {turn}? " + "Please be exact. " * 8},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": call["id"], "content": json.dumps({"high": ["06:10", "18:40"] * 8})},
            {"role": "assistant", "content": "High tide is at 06:10 and at 18:40. " * 4},
        ]
    return [*messages, {"role": "user", "content": "And tomorrow?"}]


def tools(count: int = 8) -> list[dict[str, Any]]:
    """Functions with a usual schema."""
    port = {"type": "string", "description": "A port."}
    days = {"type": "array", "items": {"type": "integer"}}
    schema = {"type": "object", "properties": {"port": port, "days": days}, "required": ["port"]}
    names = ["tide", *(f"tide_{number}" for number in range(1, count))]
    return [
        {"type": "function", "function": {"name": name, "description": "Tides.", "parameters": schema}}
        for name in names
    ]


def median_of(work: Callable[[], object]) -> float:
    """CPU seconds of one run, the first three left out."""
    spent: list[float] = []
    gc.collect()
    gc.disable()
    try:
        for _ in range(ROUNDS + 3):
            began = time.process_time_ns()
            work()
            spent.append((time.process_time_ns() - began) / 1e9)
    finally:
        gc.enable()
    return statistics.median(spent[3:])


def encoding(row: Format, provider: Provider) -> Figure:
    messages, functions = conversation(), tools()

    def encode() -> bytes:
        request = ChatRequest(model=row.model, messages=messages, tools=functions)
        call: Any = provider.chat(request)
        return json.dumps(call.json).encode()

    size = len(encode())
    spent = 1e3 * median_of(encode)
    return Figure(f"{row.name}: encode {len(messages)} messages", spent, ENCODE_MS, "ms", f"{size} bytes of JSON")


def decoding(row: Format, provider: Provider) -> Figure:
    texts = [WORDS[number % len(WORDS)] for number in range(CHUNKS)]
    frames = list(row.frames(texts))
    request = ChatRequest(model=row.model, messages=[{"role": "user", "content": "Hi"}])
    call: Any = provider.chat_stream(request)

    def decode() -> list[Any]:
        decoder = call.decoder()
        return [chunk for frame in frames for chunk in decoder.feed(frame)]

    chunks = decode()
    said = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    if said != "".join(texts):
        raise SystemExit(f"{row.name}: the chunks do not say what was sent.")
    spent = 1e6 * median_of(decode) / len(chunks)
    return Figure(f"{row.name}: decode a chunk", spent, CHUNK_US, "µs", f"{len(chunks)} chunks")


def figures(names: list[str]) -> Iterator[Figure]:
    """All of them, or those of the providers named."""
    for row in FORMATS:
        if not names or row.name in names:
            provider = get_provider(row.name, **row.settings)
            yield encoding(row, provider)
            yield decoding(row, provider)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", action="append", default=[], choices=[row.name for row in FORMATS])
    parser.add_argument("--json", action="store_true", help="print one array instead of lines")
    parser.add_argument("--strict", action="store_true", help="fail where a limit is missed")
    options = parser.parse_args()
    found: list[Figure] = []
    for figure in figures(options.only):
        found.append(figure)
        if not options.json:
            print(figure, flush=True)
    if options.json:
        print(json.dumps([{**asdict(figure), "ok": figure.ok} for figure in found], indent=1))
    return 1 if options.strict and not all(figure.ok for figure in found) else 0


if __name__ == "__main__":
    sys.exit(main())
