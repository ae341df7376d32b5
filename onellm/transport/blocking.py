"""httpcore for the blocking engine: its connections, one request at a time, in a pool of our own."""

from __future__ import annotations

import os
import select
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from onellm.call import Held, Request
from onellm.errors import APITimeoutError
from onellm.transport.addresses import look_up
from onellm.transport.base import Answer, BlockingBody, Connections
from onellm.transport.headers import Headers
from onellm.transport.lines import LibraryName, Line, Lines, is_usable
from onellm.transport.network import proxy_for
from onellm.transport.slots import Slots
from onellm.transport.socket_stream import Backend
from onellm.transport.url import URL, Origin, parse_url
from onellm.transport.watchdog import Watch
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
    """One connection with its alarm."""

    __slots__ = ("_lines", "_poll", "idle_since", "line", "origin", "watch")

    def __init__(self, lines: Lines, url: URL, address: str | None) -> None:
        self.watch = Watch()
        self.origin: Origin | None = None if address is not None else url.origin
        self.line: Line = lines.open(url, address, network_backend=Backend(lines.core, self.watch))
        self._lines = lines
        self.idle_since = 0.0
        self._poll: select.poll | None = None

    def is_dead(self) -> bool:
        """Whether the server closed the idle connection: then there is something to read, the end."""
        sock = self.watch.socket
        if sock is None or sock.fileno() < 0:
            return True
        if not hasattr(select, "poll"):
            return bool(select.select([sock], [], [], 0)[0])
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(sock, select.POLLIN)
        return bool(self._poll.poll(0))

    def send(self, request: Request, url: URL, limit: float | None) -> httpcore.Response:
        """Send, and wait for the head of the answer. `limit`: seconds for connecting."""
        limits = {"connect": limit, "read": None, "write": None, "pool": None}
        extensions: dict[str, object] = {"timeout": limits}
        if self._lines.are_tapped("HTTPTransport", "handle_request"):
            from onellm.transport.through_httpx import through_httpx

            return through_httpx(self._lines, self.line, request, url, extensions)
        return self.line.handle_request(self._lines.request(request, url, extensions))

    def close(self) -> None:
        self.watch.end()
        self.line.close()


class HTTPCoreTransport:
    """Connections are taken newest first, returned after their body ended, and dropped after anything else."""

    def __init__(self, connections: Connections, library: LibraryName = "httpx") -> None:
        self.connections = connections
        self._lines = Lines(library, connections)
        self.reset()
        _live.add(self)

    def reset(self) -> None:
        """Forget every connection without closing it: after a fork they are the parent's."""
        self._slots = Slots(self.connections.max_connections)
        self._idle: dict[Origin, list[Connection]] = {}
        self._lock = threading.RLock()  # garbage may be collected while it is held, and a stream make its last call

    def send(self, request: Request, connect: float | None, pool: float | None, wait: float | None) -> BlockingBody:
        """Send and wait for the head of the answer, at most `wait` seconds."""
        began = time.monotonic()
        url = parse_url(request.url)
        limits = [limit for limit in (pool, wait) if limit is not None]
        if not self._slots.take():
            if not self._slots.wait(min(limits) if limits else None):
                raise pool_timeout(self.connections.max_connections)
            if request.held is not None and request.held():
                self._slots.free()
                raise Held
        connection: Connection | None = None
        try:
            connection = self._take(url, request.address)
            watch = connection.watch
            left = None if wait is None else max(0.001, wait - (time.monotonic() - began))
            limit = connect if left is None else left if connect is None else min(connect, left)
            watch.sent = False
            watch.arm(left)
            response = connection.send(request, url, limit)
            watch.disarm()
            if watch.fired:
                raise no_answer(url)
            return Body(self, connection, url, response)
        except BaseException as error:
            fired = connection is not None and connection.watch.fired
            if connection is not None:
                self.drop(connection)
            else:
                self._slots.free()
            if fired and not isinstance(error, (APITimeoutError, KeyboardInterrupt)):
                scrubbed(error)
                if connection is not None and not connection.watch.sent:
                    raise failure(ConnectTimeout(), url, answered=False) from None
                raise no_answer(url) from None
            if is_wire_error(error):
                proxied = request.address is None and proxy_for(url, self.connections) is not None
                raise failure(error, url, answered=False, proxied=proxied) from scrubbed(error)
            raise

    def look_up(self, host: str, port: int, timeout: float) -> list[str]:
        return look_up(host, port, timeout)

    def _take(self, url: URL, address: str | None) -> Connection:
        origin = None if address is not None else url.origin
        while origin is not None and (connection := self._pop(origin)) is not None:
            fresh = time.monotonic() - connection.idle_since < self.connections.keepalive
            if fresh and not connection.is_dead():
                return connection
            connection.close()
        return Connection(self._lines, url, address)

    def _pop(self, origin: Origin) -> Connection | None:
        with self._lock:
            idle = self._idle.get(origin)
            return idle.pop() if idle else None

    def give(self, connection: Connection) -> None:
        """Keep a connection whose body ended; also close those that have been idle for too long."""
        if connection.origin is None or not is_usable(connection.line):
            self.drop(connection)
            return
        now = connection.idle_since = time.monotonic()
        with self._lock:
            idle = self._idle.setdefault(connection.origin, [])
            idle.append(connection)
            oldest = idle.pop(0) if now - idle[0].idle_since > self.connections.keepalive else None
        if oldest is not None:
            oldest.close()
        self._slots.free()

    def drop(self, connection: Connection) -> None:
        """Close a connection that cannot be used again."""
        try:
            connection.watch.disarm()
            connection.watch.shut()
            with quietly():
                connection.close()
        finally:
            if connection.watch.process == os.getpid():  # a forked child has slots of its own
                self._slots.free()

    def close(self) -> None:
        """Close the idle connections; those in use end with their answers."""
        with self._lock:
            idle, self._idle = self._idle, {}
        for connection in (connection for group in idle.values() for connection in group):
            connection.close()


class Body(Answer):
    """An open answer on one connection."""

    def __init__(self, owner: HTTPCoreTransport, connection: Connection, url: URL, response: httpcore.Response) -> None:
        super().__init__(response.status, Headers(response.headers), owner.connections.max_ratio)
        self._owner = owner
        self._connection: Connection | None = connection
        self._url = url
        self._stream = cast("Any", response.stream)
        self._pieces: Iterator[bytes] = iter(self._stream)

    def read(self, timeout: float | None) -> bytes:
        connection = self._connection
        if connection is None:
            return b""
        watch = connection.watch
        try:
            if timeout is not None and timeout <= 0:
                raise silence(self._url)
            while True:
                watch.arm(timeout)
                piece = next(self._pieces, None)
                watch.disarm()
                if watch.fired:
                    raise silence(self._url)
                if piece is None:
                    self._finish(connection)
                    return b""
                if data := self.unpack(piece):
                    return data
        except BaseException as error:
            self.close()
            if watch.fired and (is_wire_error(error) or isinstance(error, OSError)):
                raise silence(self._url) from None
            if is_wire_error(error):
                raise failure(error, self._url, answered=True) from scrubbed(error)
            raise

    def _finish(self, connection: Connection) -> None:
        self.check_complete()
        self._stream.close()
        if self._connection is not None:  # else another thread closed it while we read
            self._connection = None
            self._owner.give(connection)

    def close(self) -> None:
        if (connection := self._connection) is not None:
            self._connection = None
            self._owner.drop(connection)

    def __del__(self) -> None:
        """Ctrl-C may come wherever nobody closes it."""
        if getattr(self, "_connection", None) is not None and not sys.is_finalizing():
            self.close()


_live: weakref.WeakSet[HTTPCoreTransport] = weakref.WeakSet()


def _after_fork() -> None:
    for transport in list(_live):
        transport.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
