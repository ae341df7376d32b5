"""Connections that are kept for the next request: one pool for each running loop.

A connection belongs to one request from the moment its slot is taken until its body ended; whatever ends otherwise
closes it and frees the slot.
"""

from __future__ import annotations

import asyncio
import os
import time
import weakref
from typing import Any, Generic, Protocol, TypeVar

from onellm.transport.base import Connections
from onellm.transport.network import Origin, pool_timeout


class Poolable(Protocol):
    """A connection as the pool sees it."""

    origin: Origin
    idle_since: float

    def is_usable(self) -> bool:
        """Whether another request can be sent on it."""
        ...

    async def close(self) -> None: ...


C = TypeVar("C", bound=Poolable)


class Pool(Generic[C]):
    """The connections of one running loop."""

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        self.slots = asyncio.Semaphore(connections.max_connections)
        self.idle: dict[Origin, list[C]] = {}
        self.closing: set[asyncio.Task[None]] = set()

    async def take_slot(self, limit: float | None) -> None:
        """Wait until one more connection may be in use. Raises APITimeoutError."""
        if not self.slots.locked() or limit is None:
            await self.slots.acquire()
            return
        try:
            async with asyncio.timeout(limit):
                await self.slots.acquire()
        except TimeoutError:
            raise pool_timeout(self.connections.max_connections) from None

    def take(self, origin: Origin) -> C | None:
        """The connection that was used last and can be used again; those that cannot are closed."""
        idle = self.idle.get(origin)
        while idle:
            connection = idle.pop()
            fresh = time.monotonic() - connection.idle_since < self.connections.keepalive
            if fresh and connection.is_usable():
                return connection
            self.close_soon(connection)
        return None

    def give(self, connection: C) -> None:
        """Keep a connection whose body ended, and free its slot; also close what has been idle for too long."""
        now = connection.idle_since = time.monotonic()
        idle = self.idle.setdefault(connection.origin, [])
        idle.append(connection)
        if now - idle[0].idle_since > self.connections.keepalive:
            self.close_soon(idle.pop(0))
        self.slots.release()

    def close_soon(self, connection: C) -> asyncio.Task[None]:
        """Close a connection in a task that a cancelled caller cannot take down."""
        task = asyncio.get_running_loop().create_task(connection.close())
        self.closing.add(task)
        task.add_done_callback(self.closing.discard)
        return task

    async def drop(self, connection: C | None) -> None:
        """Close a connection that cannot be used again, then free its slot."""
        try:
            if connection is not None:
                await asyncio.shield(self.close_soon(connection))
        finally:
            self.slots.release()

    async def close(self) -> None:
        """Close what is idle; what is in use ends with its answer."""
        for connection in [connection for group in self.idle.values() for connection in group]:
            self.close_soon(connection)
        self.idle.clear()
        await asyncio.gather(*self.closing)


class Pooled(Generic[C]):
    """What a transport with such pools has in common: it outlives an `asyncio.run`, and a fork."""

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        self.reset()
        _live.add(self)

    def reset(self) -> None:
        """Forget every connection without closing it: after a fork they are the parent's."""
        self._pools: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Pool[C]] = weakref.WeakKeyDictionary()

    def _pool(self) -> Pool[C]:
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop)
        if pool is None:
            for ended in [known for known in self._pools if known.is_closed()]:
                del self._pools[ended]
            pool = self._pools[loop] = Pool(self.connections)
        return pool

    async def close(self) -> None:
        """Close this loop's idle connections."""
        pool = self._pools.get(asyncio.get_running_loop())
        if pool is not None:
            await pool.close()


_live: weakref.WeakSet[Pooled[Any]] = weakref.WeakSet()


def _after_fork() -> None:
    for transport in list(_live):
        transport.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
