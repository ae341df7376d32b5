"""aiohttp for the async engine (the extra `fast`), in a pool of our own; it behaves as the default transport does."""

from __future__ import annotations

import asyncio
import os
import time
import weakref
from typing import TYPE_CHECKING

from onellm.call import Held, Request
from onellm.errors import OneLLMError
from onellm.transport.addresses import async_look_up
from onellm.transport.aiohttp_connection import FAILURES, Connection, as_wire_error, open_connection
from onellm.transport.alarm import Alarm
from onellm.transport.base import Answer, AsyncBody, Connections
from onellm.transport.headers import Headers
from onellm.transport.inflate import AT_ONCE
from onellm.transport.network import proxy_for
from onellm.transport.one_piece import OnePiece
from onellm.transport.url import URL, Origin, parse_url
from onellm.transport.wire_errors import (
    ConnectTimeout,
    WireError,
    failure,
    no_answer,
    pool_timeout,
    scrubbed,
    silence,
)

if TYPE_CHECKING:
    from aiohttp.streams import StreamReader


class Pool:
    """The connections of one running loop. Closing one needs no await, so a cancelled task can lose none."""

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        self.slots = asyncio.Semaphore(connections.max_connections)
        self.idle: dict[Origin, list[Connection]] = {}
        self._alarms: list[Alarm] = []

    def take_alarm(self) -> Alarm:
        """An alarm that rests, with its timer, or a new one."""
        return self._alarms.pop() if self._alarms else Alarm()

    def give_alarm(self, alarm: Alarm) -> None:
        """Keep the alarm of an answer that came to its end."""
        if alarm.rest():
            self._alarms.append(alarm)

    async def take_slot(self, limit: float | None) -> bool:
        """Wait until one more connection may be in use; whether it took a wait. Raises APITimeoutError."""
        waited = self.slots.locked()
        if not waited or limit is None:
            await self.slots.acquire()
            return waited
        try:
            async with asyncio.timeout(limit):
                await self.slots.acquire()
        except TimeoutError:
            raise pool_timeout(self.connections.max_connections) from None
        return True

    def take(self, origin: Origin) -> Connection | None:
        """The connection that was used last; those that cannot be used again are closed."""
        idle = self.idle.get(origin)
        while idle:
            connection = idle.pop()
            if connection.is_usable() and time.monotonic() - connection.idle_since < self.connections.keepalive:
                return connection
            connection.close()
        return None

    def take_back(self, connection: Connection) -> None:
        """Keep a connection whose body ended, if it can be used again, and free its slot.

        Also close what has been idle for too long.
        """
        if not connection.is_usable():
            self.drop(connection)
            return
        now = time.monotonic()
        connection.rest(now)
        idle = self.idle.setdefault(connection.origin, [])
        idle.append(connection)
        if now - idle[0].idle_since > self.connections.keepalive:
            idle.pop(0).close()
        self.slots.release()

    def drop(self, connection: Connection | None) -> None:
        """Close a connection that cannot be used again, and free its slot."""
        if connection is not None:
            connection.close()
        self.slots.release()

    def close(self) -> None:
        """Close what is idle; what is in use ends with its answer."""
        for connection in [connection for group in self.idle.values() for connection in group]:
            connection.close()
        self.idle.clear()
        while self._alarms:
            self._alarms.pop().stop()


class AIOHTTPTransport:
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
            pool = self._pools[loop] = Pool(self.connections)
        return pool

    async def send(self, request: Request, connect: float | None, pool: float | None, wait: float | None) -> AsyncBody:
        """Send and wait for the head of the answer, at most `wait` seconds."""
        url = parse_url(request.url)
        slots = self._pool()
        taken = False
        connection: Connection | None = None
        alarm = slots.take_alarm()
        alarm.arm(wait)
        try:
            waited = await slots.take_slot(pool)
            taken = True  # no await between the slot and the inner try
            try:
                if waited and request.held is not None and request.held():
                    raise Held
                if request.address is not None or (connection := slots.take(url.origin)) is None:
                    connection = await open_connection(url, self.connections, connect, request.address)
                status, _, headers, content = await connection.send(request, url)
                alarm.disarm()
                if isinstance(content, bytes):
                    slots.give_alarm(alarm)
                    slots.take_back(connection)
                    return OnePiece(status, headers, slots.connections.max_ratio, url, content)
                return Body(slots, connection, alarm, url, status, headers, content)
            except BaseException:
                slots.drop(connection)
                raise
        except BaseException as error:
            alarm.stop()
            if isinstance(error, asyncio.CancelledError) and alarm.rang():
                scrubbed(error)
                raise self._too_late(url, taken, connection) from None
            if isinstance(error, WireError):
                proxied = request.address is None and proxy_for(url, self.connections) is not None
                raise failure(error, url, answered=False, proxied=proxied) from scrubbed(error)
            raise

    def _too_late(self, url: URL, taken: bool, connection: Connection | None) -> OneLLMError:
        if not taken:
            return pool_timeout(self.connections.max_connections)
        if connection is None:
            return failure(ConnectTimeout(), url, answered=False)
        return no_answer(url)

    async def look_up(self, host: str, port: int, timeout: float) -> list[str]:
        return await async_look_up(host, port, timeout)

    async def close(self) -> None:
        """Close this loop's idle connections; those in use end with their answers."""
        pool = self._pools.get(asyncio.get_running_loop())
        if pool is not None:
            pool.close()
            await asyncio.sleep(0)  # for asyncio to close the sockets


class Body(Answer):
    """An open answer on one connection."""

    def __init__(
        self,
        pool: Pool,
        connection: Connection,
        alarm: Alarm,
        url: URL,
        status: int,
        headers: Headers,
        content: StreamReader,
    ) -> None:
        super().__init__(status, headers, pool.connections.max_ratio)
        self._pool = pool
        self._connection: Connection | None = connection
        self._url = url
        self._content = content
        self._at_once = -1 if self._inflater is None else AT_ONCE
        self._alarm = alarm
        self._failure: OneLLMError | None = None

    async def read(self, timeout: float | None) -> bytes:
        if (connection := self._connection) is None:
            if self._failure is not None:
                raise self._failure
            return b""
        try:
            if timeout is not None and timeout <= 0:
                raise silence(self._url)
            while not (content := self._content).at_eof():
                piece = content.read_nowait(self._at_once) or await self._next(timeout)
                if data := self.unpack(piece):
                    return data
            self._check_end(connection)
        except FAILURES as error:
            return self._last_words(error)
        except BaseException as error:
            too_late = isinstance(error, asyncio.CancelledError) and self._alarm.rang()
            await self.close()
            if too_late:
                raise silence(self._url) from None
            raise
        self._pool.give_alarm(self._alarm)
        if self._is_open():  # else another task closed it while we read
            self._connection = None
            self._pool.take_back(connection)
        return b""

    async def _next(self, timeout: float | None) -> bytes:
        """What comes next, where nothing is at hand."""
        self._alarm.arm(timeout)
        try:
            return await (self._content.readany() if self._at_once < 0 else self._content.read(self._at_once))
        finally:
            self._alarm.disarm()

    def _check_end(self, connection: Connection) -> None:
        """Raise if the body is not whole. Where only the connection's end tells, aiohttp takes a reset for it too."""
        self.check_complete()
        if connection.was_reset() and not self.headers.keys() & {"content-length", "transfer-encoding"}:
            raise ConnectionResetError

    def _last_words(self, error: Exception) -> bytes:
        """What came before the failure and is not read yet; the failure itself is raised after it."""
        rest = self._content._read_nowait(-1)  # pyright: ignore[reportPrivateUsage] - the public ones raise the failure
        self._let_go()
        theirs = as_wire_error(error)
        theirs.__cause__ = error
        self._failure = failure(theirs, self._url, answered=True)
        self._failure.__cause__ = scrubbed(theirs)
        if rest and self._inflater is None:
            return rest
        raise self._failure

    def _is_open(self) -> bool:
        return self._connection is not None

    def _let_go(self) -> None:
        if (connection := self._connection) is not None:  # else the alarm may be another answer's by now
            self._connection = None
            self._alarm.stop()
            self._pool.drop(connection)

    async def close(self) -> None:
        self._let_go()


_live: weakref.WeakSet[AIOHTTPTransport] = weakref.WeakSet()


def _after_fork() -> None:
    for transport in list(_live):
        transport.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
