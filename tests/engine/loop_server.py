"""A server on the loop of the test, without a task of its own: each step of the loop counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n"
PIECES = [b"a\n", b"b\n", b"c\n", b"end\n"]


class Answering(asyncio.Protocol):
    """Answers each request in pieces, one for each step of the loop; without a task of its own."""

    def __init__(self, server: LoopServer) -> None:
        self.server = server
        self.seen = b""
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.server.open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.open.discard(self)

    def data_received(self, data: bytes) -> None:
        self.seen += data
        if self.seen.endswith(b"\r\n\r\n"):
            self.seen = b""
            self.server.hits += 1
            if self.server.silent == "never begins":
                return
            if self.server.silent == "stalls":
                self.write([HEAD % b"text/event-stream", b"2\r\na\n\r\n"])
                return
            wire = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in PIECES]
            self.write([HEAD % b"text/event-stream", *wire, b"0\r\n\r\n"])

    def write(self, pieces: list[bytes]) -> None:
        if pieces and not self.transport.is_closing():
            self.transport.write(pieces[0])
            asyncio.get_running_loop().call_soon(self.write, pieces[1:])


class LoopServer:
    """A server on the loop of the test."""

    def __init__(self) -> None:
        self.open: set[Answering] = set()
        self.hits = 0
        self.silent = ""
        self.url = ""


@asynccontextmanager
async def serving() -> AsyncIterator[LoopServer]:
    server = LoopServer()
    listener = await asyncio.get_running_loop().create_server(lambda: Answering(server), "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/v1"
    try:
        yield server
    finally:
        listener.close()
        for connection in list(server.open):
            connection.transport.abort()
