"""httpx for the blocking engine: `httpx.HTTPTransport`, one connection each, in a pool of our own."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from typing import Any, cast

import httpx

from onellm.call import Held, Request
from onellm.errors import APITimeoutError
from onellm.transport.addresses import look_up
from onellm.transport.base import Answer, BlockingBody, Connections
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
from onellm.transport.slots import Slots
from onellm.transport.watchdog import Watch

SMALL = 64 * 1024
"""Bytes of a request's body that are worth copying, so that it leaves with the head."""


class Connection:
    """One connection with its alarm."""

    __slots__ = ("_poll", "idle_since", "origin", "sent", "transport", "watch")

    def __init__(self, origin: Origin | None, transport: httpx.HTTPTransport) -> None:
        self.origin = origin
        self.transport = transport
        self.watch = Watch()
        self.idle_since = 0.0
        self.sent = False
        self._poll: select.poll | None = None

    def is_dead(self) -> bool:
        """Whether the server closed the idle connection: then there is something to read, the end."""
        sock = self.watch.socket
        if sock is None or sock.fileno() < 0:  # httpcore closes it where the server said "Connection: close"
            return True
        if not hasattr(select, "poll"):
            return bool(select.select([sock], [], [], 0)[0])
        if self._poll is None:
            self._poll = select.poll()
            self._poll.register(sock, select.POLLIN)
        return bool(self._poll.poll(0))

    def trace(self, name: str, info: dict[str, Any]) -> None:
        """httpcore's trace extension: shows a new socket before the answer does.

        There is one on a connection that was used before, too: httpcore connects anew by itself where the server has
        just closed it, and the old socket's end would wake nobody.
        """
        if name.endswith(("connect_tcp.complete", "start_tls.complete")):
            stream = info["return_value"]
            self.watch.socket = stream.get_extra_info("socket")
            send_as_one(stream)
        if self.watch.fired:  # before there was a socket to shut down
            self.watch.shut()
        elif name.endswith("send_request_headers.started"):
            self.sent = True

    def close(self) -> None:
        self.watch.end()
        self.transport.close()


def send_as_one(stream: Any) -> None:
    """Let the head of a request leave with its body: httpcore writes them one after the other, two system calls.

    A head is held until the next write, which always comes: at the end of every request httpcore writes what is left,
    or nothing. Anything else leaves at once.
    """
    write = stream.write
    held: list[bytes] = []

    def joined(data: bytes, timeout: float | None = None) -> None:
        if held:
            head = held.pop()
            if len(data) > SMALL:
                write(head, timeout)
            else:
                data = head + data
        elif data.endswith(b"\r\n\r\n") and b" HTTP/1.1\r\n" in data:
            held.append(data)
            return
        write(data, timeout)

    stream.write = joined


class HTTPXTransport:
    """Connections are taken newest first, returned after their body ended, and dropped after anything else."""

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
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
            connection = self._take(url, single=request.address is not None)
            watch = connection.watch
            left = None if wait is None else max(0.001, wait - (time.monotonic() - began))
            limit = connect if left is None else left if connect is None else min(connect, left)
            limits_of_httpx = {"connect": limit, "read": None, "write": None, "pool": None}
            extensions: dict[str, object] = {"timeout": limits_of_httpx, "trace": connection.trace}
            connection.sent = False
            watch.arm(left)
            response = connection.transport.handle_request(wire_request(request, url, extensions))
            watch.disarm()
            if watch.fired:
                raise APITimeoutError(f"No answer from {url.host} in time.", phase="read")
            if (stream := response.extensions.get("network_stream")) is not None:
                watch.socket = stream.get_extra_info("socket")
            return Body(self, connection, url, response)
        except BaseException as error:
            fired = connection is not None and connection.watch.fired
            if connection is not None:
                self.drop(connection)
            else:
                self._slots.free()
            if fired and not isinstance(error, (APITimeoutError, KeyboardInterrupt)):
                scrubbed(error)
                if connection is not None and not connection.sent:
                    raise failure(httpx.ConnectTimeout(""), url, answered=False) from None
                raise APITimeoutError(f"No answer from {url.host} in time.", phase="read") from None
            if isinstance(error, (httpx.TransportError, httpx.InvalidURL)):
                proxied = request.address is None and proxy_for(url, self.connections) is not None
                raise failure(error, url, answered=False, proxied=proxied) from scrubbed(error)
            raise

    def look_up(self, host: str, port: int, timeout: float) -> list[str]:
        return look_up(host, port, timeout)

    def _take(self, url: httpx.URL, *, single: bool = False) -> Connection:
        origin = None if single else origin_of(url)
        while origin is not None and (connection := self._pop(origin)) is not None:
            fresh = time.monotonic() - connection.idle_since < self.connections.keepalive
            if fresh and not connection.is_dead():
                return connection
            connection.close()
        context, proxy = new_transport_options(url, self.connections, single=single)
        limits = httpx.Limits(
            max_connections=1, max_keepalive_connections=1, keepalive_expiry=self.connections.keepalive
        )
        return Connection(origin, httpx.HTTPTransport(verify=context, limits=limits, proxy=proxy, trust_env=False))

    def _pop(self, origin: Origin) -> Connection | None:
        with self._lock:
            idle = self._idle.get(origin)
            return idle.pop() if idle else None

    def give(self, connection: Connection) -> None:
        """Keep a connection whose body ended; also close those that have been idle for too long."""
        if connection.origin is None:
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
            with contextlib.suppress(httpx.TransportError, OSError, RuntimeError):
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

    def __init__(self, owner: HTTPXTransport, connection: Connection, url: httpx.URL, response: httpx.Response) -> None:
        super().__init__(response.status_code, response.headers.raw, owner.connections.max_ratio)
        self._owner = owner
        self._connection: Connection | None = connection
        self._url = url
        self._response = response
        self._pieces: Iterator[bytes] = iter(cast("httpx.SyncByteStream", response.stream))

    def read(self, timeout: float | None) -> bytes:
        connection = self._connection
        if connection is None:
            return b""
        watch = connection.watch
        try:
            if timeout is not None and timeout <= 0:
                raise APITimeoutError(f"{self._url.host} fell silent.", phase="read")
            while True:
                watch.arm(timeout)
                piece = next(self._pieces, None)
                watch.disarm()
                if watch.fired:
                    raise APITimeoutError(f"{self._url.host} fell silent.", phase="read")
                if piece is None:
                    self._finish(connection)
                    return b""
                if data := self.unpack(piece):
                    return data
        except BaseException as error:
            self.close()
            if watch.fired and isinstance(error, (httpx.TransportError, OSError)):
                raise APITimeoutError(f"{self._url.host} fell silent.", phase="read") from None
            if isinstance(error, httpx.TransportError):
                raise failure(error, self._url, answered=True) from scrubbed(error)
            raise

    def _finish(self, connection: Connection) -> None:
        self.check_complete()
        cast("httpx.SyncByteStream", self._response.stream).close()
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


class Borrowed:
    """A transport that the user brought (`httpx.MockTransport`, a tunnel): used as it is, and never closed."""

    def __init__(self, transport: httpx.BaseTransport, max_ratio: int = MAX_RATIO) -> None:
        self._transport = transport
        self._max_ratio = max_ratio

    def send(self, request: Request, connect: float | None, pool: float | None, wait: float | None) -> BlockingBody:
        url = parse_url(request.url)
        timeouts = {"connect": connect, "read": wait, "write": wait, "pool": pool}
        try:
            response = self._transport.handle_request(wire_request(request, url, {"timeout": timeouts}))
        except httpx.TransportError as error:
            raise failure(error, url, answered=False) from scrubbed(error)
        try:
            return BorrowedBody(url, response, self._max_ratio)
        except BaseException:
            response.close()
            raise

    def look_up(self, host: str, port: int, timeout: float) -> None:
        """None: the transport connects to names by itself."""

    def close(self) -> None:
        """Nothing: the transport is its owner's."""


class BorrowedBody(Answer):
    """An answer of a transport that the user brought."""

    def __init__(self, url: httpx.URL, response: httpx.Response, max_ratio: int = MAX_RATIO) -> None:
        super().__init__(response.status_code, response.headers.raw, max_ratio)
        self._url = url
        self._response = response
        self._pieces: Iterator[bytes] = iter(cast("httpx.SyncByteStream", response.stream))

    def read(self, timeout: float | None) -> bytes:
        try:
            if timeout is not None and timeout <= 0:
                raise APITimeoutError(f"{self._url.host} fell silent.", phase="read")
            for piece in self._pieces:
                if data := self.unpack(piece):
                    return data
            self.check_complete()
        except BaseException as error:
            self.close()
            if isinstance(error, httpx.TransportError):
                raise failure(error, self._url, answered=True) from scrubbed(error)
            raise
        self.close()
        return b""

    def close(self) -> None:
        self._response.close()


_live: weakref.WeakSet[HTTPXTransport] = weakref.WeakSet()


def _after_fork() -> None:
    for transport in list(_live):
        transport.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
