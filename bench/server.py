"""A canned chat-completions host, as fast as asyncio gets: the server of `bench/overhead.py`, in its own process.

    python bench/server.py [--certificate PEM]

It prints its ports as one line of JSON and serves until its standard input ends. A POST to `…/chat/completions` is
answered with a whole completion, or, where the body has `"stream": true`, with a stream. The path before that says how
the stream comes: `/200/8/300/chat/completions` is 200 chunks, 8 to a TCP write, 300 µs between the writes. A pause
holds up the whole server, which is steadier than asyncio's clock of whole milliseconds: one such stream at a time. A
POST to `…/embeddings` is answered with 256 vectors of 1,536 floats.

Sizes and headers are OpenAI's. Its cookies are left out: they cost `httpx.Client` a good deal and OneLLM nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import re
import socket
import ssl
import sys
import time
from array import array
from base64 import b64encode
from typing import Any

HEADERS = """\
date: Thu, 01 Oct 2026 12:00:00 GMT
access-control-expose-headers: X-Request-ID
openai-organization: user-0123456789abcdef
openai-processing-ms: 512
openai-project: proj_0123456789abcdef
openai-version: 2020-10-01
x-envoy-upstream-service-time: 531
x-ratelimit-limit-requests: 10000
x-ratelimit-limit-tokens: 10000000
x-ratelimit-remaining-requests: 9999
x-ratelimit-remaining-tokens: 9999971
x-ratelimit-reset-requests: 6ms
x-ratelimit-reset-tokens: 0s
x-request-id: req_0123456789abcdef0123456789abcdef
cf-cache-status: DYNAMIC
strict-transport-security: max-age=31536000; includeSubDomains; preload
x-content-type-options: nosniff
server: cloudflare
cf-ray: 0123456789abcdef-FRA
alt-svc: h3=":443"; ma=86400
"""
HEAD = {
    "id": "chatcmpl-Dx0XpqH8w09uBXwq1zFGYdETjtnEl",
    "created": 1782955817,
    "model": "gpt-4o-mini-2024-07-18",
    "service_tier": "default",
    "system_fingerprint": "fp_d0469e1700",
}
USAGE = {
    "prompt_tokens": 53,
    "completion_tokens": 15,
    "total_tokens": 68,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {
        "reasoning_tokens": 0,
        "audio_tokens": 0,
        "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
    },
}
STREAM = re.compile(rb'"stream":\s*true')
LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
VECTORS = re.compile(rb"^POST \S*/embeddings ")
PLAN = re.compile(rb"^POST (?:\S*?/(\d+)/(\d+)/(\d+))?\S*/chat/completions ")


def _start(framing: str) -> bytes:
    return f"HTTP/1.1 200 OK\n{HEADERS}{framing}\n\n".replace("\n", "\r\n").encode()


def completion() -> bytes:
    """A whole answer of OpenAI's usual shape, head and body."""
    text = "The capital of the United Kingdom is London."
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
    choice: dict[str, Any] = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    body = json.dumps({**HEAD, "object": "chat.completion", "choices": [choice], "usage": USAGE}).encode()
    return _start(f"content-type: application/json\ncontent-length: {len(body)}") + body


@functools.cache
def stream(chunks: int, per_write: int) -> list[bytes]:
    """The writes of a streamed answer: each the HTTP chunks of `per_write` events; the last ends the body."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "", "refusal": None}]
    deltas += [{"content": f" word{number}"} for number in range(chunks - 3)]
    events = [_event([_choice(delta, None)], None) for delta in deltas]
    events += [_event([_choice({}, "stop")], None), _event([], USAGE), b"data: [DONE]\n\n"]
    frames = [b"%x\r\n%s\r\n" % (len(event), event) for event in events]
    writes = [b"".join(frames[at : at + per_write]) for at in range(0, len(frames), per_write)]
    writes[0] = _start("content-type: text/event-stream; charset=utf-8\ntransfer-encoding: chunked") + writes[0]
    writes[-1] += b"0\r\n\r\n"
    return writes


def _choice(delta: dict[str, Any], finish: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}


def _event(choices: list[dict[str, Any]], usage: dict[str, Any] | None) -> bytes:
    chunk = {
        **HEAD,
        "object": "chat.completion.chunk",
        "choices": choices,
        "usage": usage,
        "obfuscation": "qfQVOwfh62oUst",
    }
    return b"data: " + json.dumps(chunk, separators=(",", ":")).encode() + b"\n\n"


WHOLE = completion()


@functools.cache
def embeddings() -> bytes:
    """256 vectors of 1,536 floats in base64, as OpenAI's small model gives them."""
    vectors = [array("f", [((row * 1536 + place) % 1999 - 999) / 30000 for place in range(1536)]) for row in range(256)]
    data = [
        {"object": "embedding", "index": index, "embedding": b64encode(vector.tobytes()).decode()}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": 2048, "total_tokens": 2048}
    body = json.dumps({"object": "list", "data": data, "model": "text-embedding-3-small", "usage": usage}).encode()
    return _start(f"content-type: application/json\ncontent-length: {len(body)}") + body


class Connection(asyncio.Protocol):
    """One keep-alive connection. asyncio sets TCP_NODELAY on it."""

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer = self._buffer + data
        end = buffer.find(b"\r\n\r\n") + 4
        if end < 4:
            return
        length = LENGTH.search(buffer, 0, end)
        if len(buffer) - end < (int(length[1]) if length else 0):
            return
        self._buffer = b""
        plan = PLAN.match(buffer)
        if VECTORS.match(buffer):
            self._transport.write(embeddings())
        elif plan is None:
            self._transport.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
        elif STREAM.search(buffer, end) is None:
            self._transport.write(WHOLE)
        else:
            chunks, per_write, pause = (int(part) for part in plan.groups(b"0"))
            for piece in stream(chunks or 200, per_write or 1):
                self._transport.write(piece)
                if pause:
                    time.sleep(pause / 1e6)


async def serve(certificate: str | None) -> None:
    """Serve until standard input ends, so that no server outlives its benchmark."""
    loop = asyncio.get_running_loop()
    contexts: list[ssl.SSLContext | None] = [None]
    if certificate:
        secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secure.load_cert_chain(certificate)
        contexts.append(secure)
    ports: list[int] = []
    for context in contexts:
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        await loop.create_server(Connection, sock=listener, ssl=context)
        ports.append(listener.getsockname()[1])
    print(json.dumps(ports), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--certificate", help="serve TLS too, with this certificate and key")
    asyncio.run(serve(parser.parse_args().certificate))
