"""The sockets of the blocking engine, between httpcore and the system."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from onellm.transport.watchdog import Watch

if TYPE_CHECKING:
    import httpcore

SMALL = 64 * 1024
"""Bytes of a request's body that are worth copying, so that it leaves with the head."""


class Backend:
    """Connects as httpcore does, and shows each new socket to the connection's watch before anything waits for it."""

    def __init__(self, core: Any, watch: Watch) -> None:
        self._core = core
        self._watch = watch
        self._plain: httpcore.NetworkBackend = core.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> SocketStream:
        stream = self._plain.connect_tcp(host, port, timeout, local_address, socket_options)
        return SocketStream(self._core, stream, self._watch)


class SocketStream:
    """A stream whose reads and writes have no limit of their own: the watch ends them by shutting the socket down.

    The head of a request leaves with its body, where httpcore writes one after the other: two system calls, and often
    two packets. A head is held until the next write, which always comes: at the end of every request httpcore writes
    what is left, or nothing. Anything else leaves at once.
    """

    def __init__(self, core: Any, stream: httpcore.NetworkStream, watch: Watch, *, nested: bool = False) -> None:
        self._core = core
        self._stream = stream
        self._watch = watch
        self._head = b""
        sock: socket.socket = stream.get_extra_info("socket")
        sock.settimeout(None)
        self._socket = sock
        self._receive: Callable[[int], bytes] = stream.read if nested else sock.recv
        self._transmit: Callable[[bytes], None] = stream.write if nested else sock.sendall
        watch.socket = sock
        if watch.fired:  # before there was a socket to shut down
            watch.shut()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            return self._receive(max_bytes)
        except OSError as error:
            raise self._core.ReadError(error) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._head:
            head, self._head = self._head, b""
            if len(buffer) > SMALL:
                self._send(head)
            else:
                buffer = head + buffer
        elif buffer.endswith(b"\r\n\r\n") and b" HTTP/1.1\r\n" in buffer:
            self._head = buffer
            return
        if buffer:
            self._send(buffer)

    def _send(self, data: bytes) -> None:
        watch = self._watch
        if not (watch.sent or watch.fired or data.startswith(b"CONNECT ")):
            watch.sent = True
        try:
            self._transmit(data)
        except OSError as error:
            raise self._core.WriteError(error) from error

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> SocketStream:
        nested = isinstance(self._socket, ssl.SSLSocket)  # TLS with the host, within TLS with the proxy
        stream = self._stream.start_tls(ssl_context, server_hostname, timeout)
        return SocketStream(self._core, stream, self._watch, nested=nested)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
