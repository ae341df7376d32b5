"""httpx for the async engine: `httpx.AsyncHTTPTransport`, one connection each, in a pool of our own.

httpcore's shared pool loses slots when tasks are cancelled. Here a connection belongs to one request from the moment
its slot is taken until its body ended; whatever ends otherwise closes it and frees the slot.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
import weakref
from collections.abc import AsyncGenerator, AsyncIterator
from typing import cast

import httpx

from onellm.call import Held, Request
from onellm.errors import APITimeoutError
from onellm.transport.addresses import async_look_up
from onellm.transport.alarm import Alarm
from onellm.transport.base import Answer, AsyncBody, Connections
from onellm.transport.inflate import MAX_RATIO
from onellm.transport.network import (
    Origin,
    failure,
    new_transport_options,
    origin_of,
    parse_url,
    pool_timeout,
    proxy_for,
    scrubbed,
    wire_request,
)


class Connection:
    """One connection."""

    __slots__ = ("idle_since", "origin", "pieces", "sent", "transport")

    def __init__(self, origin: Origin | None, transport: httpx.AsyncHTTPTransport) -> None:
        self.origin = origin
        self.transport = transport
        self.pieces: AsyncIterator[bytes] | None = None
        self.idle_since = 0.0
        self.sent = False

    async def trace(self, name: str, _: object) -> None:
        """httpcore's trace extension: tells when a new connection is made and begins to send."""
        self.sent = self.sent or name.endswith("send_request_headers.started")

    async def close(self) -> None:
        """Close it, and the half-read body whose generator the garbage collector would else close in a stray task."""
        with contextlib.suppress(httpx.TransportError, OSError, RuntimeError):
            pieces: object = self.pieces
            if isinstance(pieces, AsyncGenerator):
                await cast("AsyncGenerator[bytes, None]", pieces).aclose()
        with contextlib.suppress(httpx.TransportError, OSError, RuntimeError):  # also if another task is reading
            await self.transport.aclose()


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


class AsyncHTTPXTransport:
    """One pool for each running loop, so that a client outlives an `asyncio.run`."""

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
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
                    connection = self._take(slots, url, single=request.address is not None)
                    limits = {"connect": connect, "read": None, "write": None, "pool": None}
                    extensions: dict[str, object] = {"timeout": limits}
                    if not connection.sent:
                        extensions["trace"] = connection.trace
                    response = await connection.transport.handle_async_request(wire_request(request, url, extensions))
                    return Body(self, slots, connection, url, response)
                except BaseException:
                    await slots.drop(connection)
                    raise
        except TimeoutError as error:
            if not taken:
                raise pool_timeout(self.connections.max_connections) from None
            scrubbed(error)
            if connection is not None and not connection.sent:
                raise failure(httpx.ConnectTimeout(""), url, answered=False) from None
            raise APITimeoutError(f"No answer from {url.host} in time.", phase="read") from None
        except (httpx.TransportError, httpx.InvalidURL, OSError) as error:  # OSError: anyio lets TLS alerts through
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

    def _take(self, slots: Pool, url: httpx.URL, *, single: bool = False) -> Connection:
        origin = None if single else origin_of(url)
        idle = slots.idle.get(origin) if origin is not None else None
        if idle and origin is not None:
            if time.monotonic() - idle[-1].idle_since < self.connections.keepalive:
                return idle.pop()
            for expired in slots.idle.pop(origin):
                slots.close_soon(expired)
        context, proxy = new_transport_options(url, self.connections, single=single)
        limits = httpx.Limits(
            max_connections=1, max_keepalive_connections=1, keepalive_expiry=self.connections.keepalive
        )
        return Connection(origin, httpx.AsyncHTTPTransport(verify=context, limits=limits, proxy=proxy, trust_env=False))

    def give(self, slots: Pool, connection: Connection) -> None:
        """Keep a connection whose body ended; also close those that have been idle for too long."""
        if connection.origin is None:
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
        owner: AsyncHTTPXTransport,
        slots: Pool,
        connection: Connection,
        url: httpx.URL,
        response: httpx.Response,
    ) -> None:
        super().__init__(response.status_code, response.headers.raw, owner.connections.max_ratio)
        self._owner = owner
        self._slots = slots
        self._connection: Connection | None = connection
        self._url = url
        self._stream = cast("httpx.AsyncByteStream", response.stream)
        self._pieces = aiter(self._stream)
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
                raise APITimeoutError(f"{self._url.host} fell silent.", phase="read") from None
            if isinstance(error, (httpx.TransportError, OSError)):
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


class AsyncBorrowed:
    """A transport that the user brought: used as it is, and never closed."""

    def __init__(self, transport: httpx.AsyncBaseTransport, max_ratio: int = MAX_RATIO) -> None:
        self._transport = transport
        self._max_ratio = max_ratio

    async def send(self, request: Request, connect: float | None, pool: float | None, wait: float | None) -> AsyncBody:
        url = parse_url(request.url)
        timeouts = {"connect": connect, "read": wait, "write": wait, "pool": pool}
        try:
            async with asyncio.timeout(wait):
                response = await self._transport.handle_async_request(wire_request(request, url, {"timeout": timeouts}))
        except TimeoutError:
            raise APITimeoutError(f"No answer from {url.host} in time.", phase="read") from None
        except httpx.TransportError as error:
            raise failure(error, url, answered=False) from scrubbed(error)
        try:
            return AsyncBorrowedBody(url, response, self._max_ratio)
        except BaseException:
            await response.aclose()
            raise

    async def look_up(self, host: str, port: int, timeout: float) -> None:
        """None: the transport connects to names by itself."""

    async def close(self) -> None:
        """Nothing: the transport is its owner's."""


class AsyncBorrowedBody(Answer):
    """An answer of a transport that the user brought."""

    def __init__(self, url: httpx.URL, response: httpx.Response, max_ratio: int = MAX_RATIO) -> None:
        super().__init__(response.status_code, response.headers.raw, max_ratio)
        self._url = url
        self._response = response
        self._pieces = aiter(cast("httpx.AsyncByteStream", response.stream))

    async def read(self, timeout: float | None) -> bytes:
        try:
            if timeout is not None and timeout <= 0:
                raise TimeoutError
            async with asyncio.timeout(timeout):
                while (piece := await anext(self._pieces, None)) is not None:
                    if data := self.unpack(piece):
                        return data
            self.check_complete()
        except BaseException as error:
            await self.close()
            if isinstance(error, TimeoutError):
                raise APITimeoutError(f"{self._url.host} fell silent.", phase="read") from None
            if isinstance(error, httpx.TransportError):
                raise failure(error, self._url, answered=True) from scrubbed(error)
            raise
        await self.close()
        return b""

    async def close(self) -> None:
        await self._response.aclose()


_live: weakref.WeakSet[AsyncHTTPXTransport] = weakref.WeakSet()


def _after_fork() -> None:
    for transport in list(_live):
        transport.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
