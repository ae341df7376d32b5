"""What the tests share: a server that answers with exact bytes, and one way to drive both engines."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import onellm
from onellm.async_engine import AsyncEngine
from onellm.call import Op, StreamOp
from onellm.engine import Engine
from onellm.options import Options
from onellm.transport.base import Connections

KEY = "sk-test-0123456789abcdef"


@dataclass(frozen=True)
class Wait:
    """Send nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class End:
    """End the connection: cleanly (FIN), or with a reset."""

    reset: bool = False


Piece = bytes | Wait | End
Answer = Sequence[Piece]


def whole(
    body: Any, status: int = 200, headers: dict[str, str] | None = None, content_type: str = "application/json"
) -> Answer:
    """A whole answer; a body that is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {content_type}", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return ["\r\n".join(lines).encode() + b"\r\n\r\n" + content]


def streamed(*pieces: Piece, headers: dict[str, str] | None = None, end: bool = True) -> Answer:
    """A chunked event stream, one network write for each piece; `end` writes the chunked body's own end."""
    lines = ["HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Transfer-Encoding: chunked"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    out: list[Piece] = ["\r\n".join(lines).encode() + b"\r\n\r\n"]
    out += [b"%x\r\n%s\r\n" % (len(piece), piece) if isinstance(piece, bytes) else piece for piece in pieces]
    return [*out, b"0\r\n\r\n"] if end else out


def event(value: Any) -> bytes:
    """One SSE event with a JSON value."""
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"


def chunk(content: str | None = None, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    """A chunk as OpenAI sends it."""
    delta = {} if content is None else {"content": content}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1790000000, "model": "m"}
    return {**head, "choices": [choice], **fields}


def completion(content: str | None = "Hello", **fields: Any) -> dict[str, Any]:
    """A whole answer as OpenAI sends it."""
    choice = {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1790000000, "model": "m"}
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    return {**head, "choices": [choice], "usage": usage, **fields}


@dataclass
class Received:
    """A request as it came over the wire."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class ByteServer:
    """Answers each request with the next answer of the script (the last one repeats); notes what came."""

    script: list[Answer]
    requests: list[Received] = field(default_factory=list)
    connections: int = 0
    open: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def provider(self, **settings: Any) -> dict[str, dict[str, Any]]:
        """Settings for a client: every wire test talks to `openai` unless it says otherwise."""
        return {
            name: {"base_url": self.url, "api_key": KEY, **settings}
            for name in ("openai", "venice", "groq", "openrouter")
        }

    def wait_asked(self, seconds: float = 2.0) -> bool:
        """Whether a request came within so many seconds."""
        limit = time.monotonic() + seconds
        while not self.requests and time.monotonic() < limit:
            time.sleep(0.005)
        return bool(self.requests)

    def wait_closed(self, seconds: float = 2.0) -> bool:
        """Whether every connection was closed within so many seconds."""
        limit = time.monotonic() + seconds
        while self.open and time.monotonic() < limit:
            time.sleep(0.005)
        return not self.open


@contextlib.contextmanager
def serve(*script: Answer) -> Iterator[ByteServer]:
    """A server on loopback for the time of a test."""
    server = ByteServer(list(script))
    listener = socket.create_server(("127.0.0.1", 0))
    server.port = listener.getsockname()[1]
    stopping = threading.Event()
    threads: list[threading.Thread] = []
    sockets: list[socket.socket] = []

    def accept() -> None:
        while not stopping.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sockets.append(connection)
            server.connections += 1
            server.open += 1
            thread = threading.Thread(target=_converse, args=(server, connection, stopping), daemon=True)
            threads.append(thread)
            thread.start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield server
    finally:
        stopping.set()
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in [acceptor, *threads]:
            thread.join(2)


def _converse(server: ByteServer, connection: socket.socket, stopping: threading.Event) -> None:
    try:
        with connection, connection.makefile("rb") as reader:
            while (request := _read_request(reader)) is not None:
                number = min(len(server.requests), len(server.script) - 1)
                server.requests.append(request)
                if not _answer(connection, server.script[number], stopping):
                    return
    except OSError:
        pass
    finally:
        server.open -= 1


def _read_request(reader: Any) -> Received | None:
    line = reader.readline()
    if not line.strip():
        return None
    method, path, _ = line.decode("latin-1").split(" ", 2)
    headers: dict[str, str] = {}
    while (line := reader.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    body = reader.read(int(headers.get("content-length", "0")))
    return Received(method, path, headers, body, time.monotonic())


def _answer(connection: socket.socket, answer: Answer, stopping: threading.Event) -> bool:
    for piece in answer:
        if isinstance(piece, Wait):
            if _gone(connection, piece.seconds, stopping):
                return False
        elif isinstance(piece, End):
            if piece.reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        else:
            connection.sendall(piece)
    return True


def _gone(connection: socket.socket, seconds: float, stopping: threading.Event) -> bool:
    """Wait, but notice at once when the client closes."""
    limit = time.monotonic() + seconds
    connection.settimeout(0.01)
    try:
        while time.monotonic() < limit and not stopping.is_set():
            with contextlib.suppress(TimeoutError):
                if connection.recv(1, socket.MSG_PEEK) == b"":
                    return True
                time.sleep(0.01)
        return stopping.is_set()
    finally:
        connection.settimeout(None)


# -- both engines ----------------------------------------------------------------------------------------------------


@dataclass
class Streamed:
    """What a stream gave: its events, the error that ended it, the whole answer where there is one."""

    events: list[Any]
    error: BaseException | None = None
    final: Any = None
    meta: Any = None

    @property
    def text(self) -> str:
        """The content of choice 0."""
        return "".join(
            choice.delta.content or "" for item in self.events for choice in item.choices if choice.index == 0
        )


class Caller:
    """Drives one of the engines, so that a test is written once and runs in both worlds."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def run(self, op: Callable[[], Op[Any]], options: Options | None = None, **engine: Any) -> Any:
        """Run an operation (made by a function, since flows and calls are made afresh)."""
        if self.kind == "sync":
            with Engine(**engine) as blocking:
                return blocking.run(op(), options or Options())

        async def main() -> Any:
            async with AsyncEngine(**engine) as awaiting:
                return await awaiting.run(op(), options or Options())

        return asyncio.run(main())

    def stream(self, op: Callable[[], StreamOp[Any, Any]], options: Options | None = None, **engine: Any) -> Streamed:
        """Open a stream, read it to its end and ask for the whole."""
        if self.kind == "sync":
            with Engine(**engine) as blocking:
                return self._read(blocking.stream(op(), options or Options()))

        async def main() -> Streamed:
            async with AsyncEngine(**engine) as awaiting:
                return await self._aread(await awaiting.stream(op(), options or Options()))

        return asyncio.run(main())

    def chat(self, providers: Any, model: str = "openai/m", messages: Any = None, **params: Any) -> Any:
        """A whole chat completion; raises what the client raises. Client options go into `client={…}`."""
        messages = [{"role": "user", "content": "Hi"}] if messages is None else messages
        options: dict[str, Any] = {"providers": providers, **params.pop("client", {})}
        if self.kind == "sync":
            with onellm.OneLLM(**options) as client:
                return client.chat.completions.create(model, messages, **params)

        async def main() -> Any:
            async with onellm.AsyncOneLLM(**options) as client:
                return await client.chat.completions.create(model, messages, **params)

        return asyncio.run(main())

    def chat_stream(self, providers: Any, model: str = "openai/m", messages: Any = None, **params: Any) -> Streamed:
        """A streamed chat completion, read to its end; errors of opening are raised, later ones are in `.error`."""
        messages = [{"role": "user", "content": "Hi"}] if messages is None else messages
        options: dict[str, Any] = {"providers": providers, **params.pop("client", {})}
        if self.kind == "sync":
            with onellm.OneLLM(**options) as client:
                return self._read(client.chat.completions.create(model, messages, stream=True, **params))

        async def main() -> Streamed:
            async with onellm.AsyncOneLLM(**options) as client:
                return await self._aread(await client.chat.completions.create(model, messages, stream=True, **params))

        return asyncio.run(main())

    def _read(self, stream: Any) -> Streamed:
        result = Streamed([])
        try:
            for item in stream:
                result.events.append(item)
        except onellm.OneLLMError as error:
            result.error = error
        else:
            result.final = stream.final()
        result.meta = stream.meta
        return result

    async def _aread(self, stream: Any) -> Streamed:
        result = Streamed([])
        try:
            async for item in stream:
                result.events.append(item)
        except onellm.OneLLMError as error:
            result.error = error
        else:
            result.final = await stream.final()
        result.meta = stream.meta
        return result


ONE = Connections(max_connections=1)
