"""HTTP/1.1 for one connection on the server's side, as small as the simulator needs it (RFC 9112).

Requests with Content-Length or chunked bodies, keep-alive, pipelining and `Expect: 100-continue`; nothing is unbounded.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from urllib.parse import parse_qsl

from onellm.testing.simulator.values import ServiceError, SimRequest

HEAD_LIMIT = 64 * 1024
BODY_LIMIT = 64 * 1024 * 1024
_READ = 64 * 1024


class ConnectionEnded(Exception):
    """The client closed the connection."""


class Connection:
    """Bytes of one client. What was read beyond a request stays for the next one."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self._reader = reader
        self._buffer = bytearray()
        writer.transport.set_write_buffer_limits(high=0)  # so that drain() means: handed to the kernel

    async def read_request(self) -> SimRequest:
        """The next request. Raises ConnectionEnded, or ServiceError for bytes that are not a request."""
        head = await self._read_until(b"\r\n\r\n", HEAD_LIMIT)
        start, *lines = head.decode("latin-1").split("\r\n")
        method, _, rest = start.partition(" ")
        target, _, version = rest.partition(" ")
        if not method.isalpha() or not target.startswith("/") or not version.startswith("HTTP/"):
            raise ServiceError(400, "Malformed request line")
        if version != "HTTP/1.1":
            raise ServiceError(505, "Only HTTP/1.1 is spoken here")
        headers = _headers(lines)
        path, _, query = target.partition("?")
        body = await self._read_body(headers)
        return SimRequest(method, path, dict(parse_qsl(query, keep_blank_values=True)), headers, body)

    async def closed(self) -> None:
        """Return when the client has closed the connection, keeping what it sends before that for the next request."""
        while await self._fill():
            if len(self._buffer) > BODY_LIMIT:
                return

    async def _read_body(self, headers: dict[str, str]) -> bytes:
        if headers.get("expect", "").lower() == "100-continue":
            self.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        coding = headers.get("transfer-encoding", "").lower()
        length = headers.get("content-length", "0")
        if coding not in ("", "chunked") or (coding and "content-length" in headers):
            raise ServiceError(400, "Unclear framing: Transfer-Encoding is chunked alone, or Content-Length is given")
        if coding:
            return await self._read_chunks()
        if not (length.isascii() and length.isdigit()):
            raise ServiceError(400, "Content-Length is not a number")
        return await self._read_exactly(int(length))

    async def _read_chunks(self) -> bytes:
        body = bytearray()
        while True:
            size = (await self._read_until(b"\r\n", HEAD_LIMIT)).split(b";")[0].strip()
            try:
                count = int(size, 16)
            except ValueError:
                raise ServiceError(400, "A chunk's size is not a hexadecimal number") from None
            if count == 0:
                break
            body += await self._read_exactly(count, already=len(body))
            await self._read_until(b"\r\n", 0)
        while await self._read_until(b"\r\n", HEAD_LIMIT):
            pass  # trailers
        return bytes(body)

    async def _read_until(self, mark: bytes, limit: int) -> bytes:
        searched = 0
        while (at := self._buffer.find(mark, searched)) < 0:
            if len(self._buffer) > limit + len(mark):
                raise ServiceError(431, "Too long before its end")
            searched = max(0, len(self._buffer) - len(mark) + 1)
            await self._fill_or_raise()
        if at > limit:
            raise ServiceError(431, "Too long before its end")
        return self._take(at, len(mark))

    async def _read_exactly(self, count: int, already: int = 0) -> bytes:
        if count < 0 or already + count > BODY_LIMIT:
            raise ServiceError(413, f"A body holds at most {BODY_LIMIT} bytes")
        while len(self._buffer) < count:
            await self._fill_or_raise()
        return self._take(count, 0)

    def _take(self, count: int, skip: int) -> bytes:
        taken = bytes(self._buffer[:count])
        del self._buffer[: count + skip]
        return taken

    async def _fill_or_raise(self) -> None:
        if not await self._fill():
            raise ConnectionEnded

    async def _fill(self) -> bool:
        try:
            data = await self._reader.read(_READ)
        except ConnectionError:
            return False
        self._buffer += data
        return bool(data)


def keeps_alive(request: SimRequest) -> bool:
    """Whether the client will send another request on this connection."""
    return "close" not in request.headers.get("connection", "").lower()


def encode_head(status: int, headers: dict[str, str]) -> bytes:
    """Status line and headers."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unassigned"
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def encode_chunk(data: bytes) -> bytes:
    """One chunk of a chunked body. Nothing makes no chunk: an empty one would end the body, as LAST_CHUNK does."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


LAST_CHUNK = b"0\r\n\r\n"


def _headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise ServiceError(400, "Malformed header line")
        name, value = name.lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
