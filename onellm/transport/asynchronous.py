"""httpcore for the async engine: its connections, one request at a time, in a pool of our own.

httpcore's shared pool loses slots when tasks are cancelled. Here a connection belongs to one request from the moment
its slot is taken until its body ended; whatever ends otherwise closes it and frees the slot.
"""

from __future__ import annotations

import asyncio
import os
import time
import weakref
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING, Any, cast

from onellm.call import Held, Request
from onellm.transport.addresses import async_look_up
from onellm.transport.alarm import Alarm
from onellm.transport.base import Answer, AsyncBody, Connections
from onellm.transport.headers import Headers
from onellm.transport.lines import AsyncLine, LibraryName, Lines, is_usable
from onellm.transport.network import proxy_for
from onellm.transport.url import URL, Origin, parse_url
from onellm.transport.wire_errors import (
    ConnectTimeout,
    failure,
    is_wire_error,
    no_answer,
    pool_timeout,
    quietly,
    scrubbed,
    silence,
)

if TYPE_CHECKING:
    import httpcore


class Connection:
    """One connection."""

    __slots__ = ("_lines", "idle_since", "line", "origin", "pieces", "sent")

    def __init__(self, lines: Lines, url: URL, address: str | None) -> None:
        self.origin: Origin | None = None if address is not None else url.origin
        self.line: AsyncLine = lines.open_async(url, address)
        self._lines = lines
        self.pieces: AsyncIterator[bytes] | None = None
        self.idle_since = 0.0
        self.sent = False

    def is_dead(self) -> bool:
        """Whether the server closed the idle connection."""
        expired = getattr(self.line, "has_expired", None)
        return expired is not None and bool(expired())

    async def send(self, request: Request, url: URL, limit: float | None) -> httpcore.Response:
        """Send, and wait for the head of the answer. `limit`: seconds for connecting."""
        extensions: dict[str, object] = {"timeout": {"connect": limit, "read": None, "write": None, "pool": None}}
        if not self.sent:
            extensions["trace"] = self.trace
        if self._lines.are_tapped("AsyncHTTPTransport", "handle_async_request"):
            from onellm.transport.through_httpx import async_through_httpx

            return await async_through_httpx(self._lines, self.line, request, url, extensions)
        return await self.line.handle_async_request(self._lines.request(request, url, extensions))

    async def trace(self, name: str, info: dict[str, Any]) -> None:
        """httpcore's trace extension: tells when a new connection is made and begins to send."""
        if name.endswith("send_request_headers.started"):
            self.sent = self.sent or info["request"].method != b"CONNECT"

    async def close(self) -> None:
        """Close it, and the half-read body whose generator the garbage collector would else close in a stray task."""
        with quietly():
            pieces: object = self.pieces
            if isinstance(pieces, AsyncGenerator):
                await cast("AsyncGenerator[bytes, None]", pieces).aclose()
        with quietly():  # also if another task is reading
            await self.line.aclose()


class Pool:
    """The connections of one running loop."""

    def __init__(self, size: int) -> None:
        self.slots = asyncio.Semaphore(size)
        self.idle: dict[Origin, list[Connection]] = {}
        self.closing: set[asyncio.Task[None]] = set()

    def close_soon(self, connection: Connection) -> asyncio.Task[None]:
        """Close a connection in a task that a cancelled caller cannot take down."""
        task = asyncio.get_running_loop().create_task(connection.close())
        self.closing.add(task)
        task.add_done_callback(self.closing.discard)
        return task

    async def drop(self, connection: Connection | None) -> None:
        """Close a connection that cannot be used again, then free its slot."""
        try:
            if connection is not None:
                await asyncio.shield(self.close_soon(connection))
        finally:
            self.slots.release()


class AsyncHTTPCoreTransport:
    """One pool for each running loop, so that a client outlives an `asyncio.run`."""

    def __init__(self, connections: Connections, library: LibraryName = "httpx") -> None:
        self.connections = connections
        self._lines = Lines(library, connections)
        self.reset()
        _live.add(self)

    def reset(self) -> None:
        """Forget every connection without closing it: after a fork they are the parent's."""
        self._pools: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Pool] = weakref.WeakKeyDictionary()

    def _pool(self) -> Pool:
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop)
        if pool is None:
            for ended in [known for known in self._pools if known.is_closed()]:
                del self._pools[ended]
            pool = self._pools[loop] = Pool(self.connections.max_connections)
        return pool

    async def send(self, request: Request, connect: float | None, pool: float | None, wait: float | None) -> AsyncBody:
        """Send and wait for the head of the answer, at most `wait` seconds."""
        url = parse_url(request.url)
        slots = self._pool()
        taken = False
        connection: Connection | None = None
        try:
            async with asyncio.timeout(wait):
                waited = await self._take_slot(slots, pool)
                taken = True  # no await between the slot and the inner try
                try:
                    if waited and request.held is not None and request.held():
                        raise Held
                    connection = self._take(slots, url, request.address)
                    response = await connection.send(request, url, connect)
                    return Body(self, slots, connection, url, response)
                except BaseException:
                    await slots.drop(connection)
                    raise
        except TimeoutError as error:
            if not taken:
                raise pool_timeout(self.connections.max_connections) from None
            scrubbed(error)
            if connection is not None and not connection.sent:
                raise failure(ConnectTimeout(), url, answered=False) from None
            raise no_answer(url) from None
        except Exception as error:
            if not is_wire_error(error) and not isinstance(error, OSError):  # anyio lets TLS alerts through
                raise
            proxied = request.address is None and proxy_for(url, self.connections) is not None
            raise failure(error, url, answered=False, proxied=proxied) from scrubbed(error)

    async def look_up(self, host: str, port: int, timeout: float) -> list[str]:
        return await async_look_up(host, port, timeout)

    async def _take_slot(self, slots: Pool, limit: float | None) -> bool:
        """Take a slot; whether it had to be waited for."""
        waited = slots.slots.locked()
        if not waited or limit is None:
            await slots.slots.acquire()
            return waited
        try:
            async with asyncio.timeout(limit):
                await slots.slots.acquire()
        except TimeoutError:
            raise pool_timeout(self.connections.max_connections) from None
        return True

    def _take(self, slots: Pool, url: URL, address: str | None) -> Connection:
        origin = None if address is not None else url.origin
        idle = slots.idle.get(origin) if origin is not None else None
        while idle:
            connection = idle.pop()
            if time.monotonic() - connection.idle_since < self.connections.keepalive and not connection.is_dead():
                return connection
            slots.close_soon(connection)
        return Connection(self._lines, url, address)

    def give(self, slots: Pool, connection: Connection) -> None:
        """Keep a connection whose body ended; also close those that have been idle for too long."""
        if connection.origin is None or not is_usable(connection.line):
            slots.close_soon(connection)
            slots.slots.release()
            return
        now = connection.idle_since = time.monotonic()
        idle = slots.idle.setdefault(connection.origin, [])
        idle.append(connection)
        if now - idle[0].idle_since > self.connections.keepalive:
            slots.close_soon(idle.pop(0))
        slots.slots.release()

    async def close(self) -> None:
        """Close this loop's idle connections; those in use end with their answers."""
        slots = self._pools.get(asyncio.get_running_loop())
        if slots is not None:
            for connection in [connection for group in slots.idle.values() for connection in group]:
                slots.close_soon(connection)
            slots.idle.clear()
            await asyncio.gather(*slots.closing)


class Body(Answer):
    """An open answer on one connection."""

    def __init__(
        self,
        owner: AsyncHTTPCoreTransport,
        slots: Pool,
        connection: Connection,
        url: URL,
        response: httpcore.Response,
    ) -> None:
        super().__init__(response.status, Headers(response.headers), owner.connections.max_ratio)
        self._owner = owner
        self._slots = slots
        self._connection: Connection | None = connection
        self._url = url
        self._stream = cast("Any", response.stream)
        self._pieces: AsyncIterator[bytes] = aiter(self._stream)
        self._alarm = Alarm()
        connection.pieces = self._pieces

    async def read(self, timeout: float | None) -> bytes:
        if (connection := self._connection) is None:
            return b""
        alarm = self._alarm
        alarm.arm(timeout)
        try:
            async for piece in self._pieces:
                if data := self.unpack(piece):
                    alarm.disarm()
                    return data
            self.check_complete()
            await self._stream.aclose()
        except BaseException as error:
            alarm.disarm()
            too_late = isinstance(error, asyncio.CancelledError) and alarm.rang()
            await self.close()
            if too_late:
                raise silence(self._url) from None
            if is_wire_error(error) or isinstance(error, OSError):
                raise failure(error, self._url, answered=True) from scrubbed(error)
            raise
        alarm.stop()
        if self._is_open():  # else another task closed it while we read
            self._connection = connection.pieces = None
            self._owner.give(self._slots, connection)
        return b""

    def _is_open(self) -> bool:
        return self._connection is not None

    async def close(self) -> None:
        self._alarm.stop()
        if (connection := self._connection) is not None:
            self._connection = None
            await self._slots.drop(connection)


_live: weakref.WeakSet[AsyncHTTPCoreTransport] = weakref.WeakSet()


def _after_fork() -> None:
    for transport in list(_live):
        transport.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
