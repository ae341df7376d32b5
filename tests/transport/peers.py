"""Peers of the network tests: a loopback port, a TLS front, a proxy, a server that knows its connections apart."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.support import completion, whole

OK = whole(completion())


@contextlib.contextmanager
def listen(handle: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port on loopback; each of its connections is handled in a thread of its own and closed after it."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    opened: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), connection:  # ValueError: select on what the test's end closed
            handle(connection)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                opened.append(connection)
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        for end in (listener, *opened):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def read_head(connection: socket.socket) -> bytes:
    """The head of a request, up to its empty line; what follows stays unread."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte:
            raise OSError("the peer closed")
        head += byte
    return head


def pipe(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways until either end closes."""
    while True:
        ready = [end for end in (one, other) if isinstance(end, ssl.SSLSocket) and end.pending()]
        for source in ready or select.select([one, other], [], [])[0]:
            data = source.recv(65536)
            if not data:
                return
            (other if source is one else one).sendall(data)


def stub_resolver(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let names have no address, for the time of a test; the list tells which were asked for."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: Any, *rest: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else str(host)
        if name.replace(".", "").isdigit():
            return real(host, *rest, **more)
        asked.append(name)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


# -- TLS ---------------------------------------------------------------------------------------------------------------


def authority(folder: Path, name: str = "ca") -> tuple[trustme.CA, str]:
    """A certificate authority and the path of its certificate."""
    ca = trustme.CA()
    path = folder / f"{name}.pem"
    ca.cert_pem.write_to_path(path)
    return ca, str(path)


def server_context(certificate: trustme.LeafCert, clients: trustme.CA | None = None) -> ssl.SSLContext:
    """A server's TLS settings; with `clients`, it asks for a certificate of that authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        clients.configure_trust(context)
    return context


def tls_front(context: ssl.SSLContext, port: int) -> contextlib.AbstractContextManager[int]:
    """A port that takes TLS and passes what is inside on to a plain port."""

    def handle(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as secure:
            try:
                secure.do_handshake()
            except ssl.SSLError:
                time.sleep(0.2)  # so that no reset overtakes the alert
                return
            with socket.create_connection(("127.0.0.1", port)) as target:
                pipe(secure, target)

    return listen(handle)


# -- proxies -----------------------------------------------------------------------------------------------------------


@dataclass
class Proxy:
    """An HTTP proxy that leads every host to one port, or refuses; `heads` is what it was asked."""

    target: int = 0
    refuse: bytes = b""
    port: int = 0
    heads: list[str] = field(default_factory=list[str])

    @property
    def asked(self) -> list[str]:
        """The request lines, without the version."""
        return [head.partition("\r\n")[0].removesuffix(" HTTP/1.1") for head in self.heads]

    def url(self, user: str = "") -> str:
        return f"http://{user}{'@' if user else ''}127.0.0.1:{self.port}"

    def handle(self, connection: socket.socket) -> None:
        head = read_head(connection)
        self.heads.append(head.decode("latin-1"))
        if self.refuse:
            connection.sendall(b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % self.refuse)
            time.sleep(0.05)  # a reset because of the unread body must not overtake the answer
            return
        with socket.create_connection(("127.0.0.1", self.target)) as target:
            if head.startswith(b"CONNECT "):
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                target.sendall(head)
            pipe(connection, target)


@contextlib.contextmanager
def proxy(target: int = 0, refuse: bytes = b"") -> Iterator[Proxy]:
    """A proxy for the time of a test."""
    known = Proxy(target, refuse)
    with listen(known.handle) as known.port:
        yield known


@dataclass
class Socks:
    """A SOCKS5 proxy (RFC 1928, 1929) that leads every host to one port; `asked` are the hosts, with who asked."""

    target: int
    port: int = 0
    asked: list[str] = field(default_factory=list[str])

    def handle(self, connection: socket.socket) -> None:
        reader, user = connection.makefile("rb"), ""
        _, number = reader.read(2)
        if 2 in reader.read(number):
            connection.sendall(b"\x05\x02")
            user = self.text(reader, skip=1) + ":" + self.text(reader) + "@"
            connection.sendall(b"\x01\x00")
        else:
            connection.sendall(b"\x05\x00")
        assert reader.read(4) == b"\x05\x01\x00\x03", "a connection to a host by its name"
        self.asked.append(f"{user}{self.text(reader)}:{int.from_bytes(reader.read(2))}")
        with socket.create_connection(("127.0.0.1", self.target)) as target:
            connection.sendall(b"\x05\x00\x00\x01" + bytes(6))
            pipe(connection, target)

    @staticmethod
    def text(reader: Any, skip: int = 0) -> str:
        reader.read(skip)
        (size,) = reader.read(1)
        return str(reader.read(size).decode())


@contextlib.contextmanager
def socks(target: int) -> Iterator[Socks]:
    """A SOCKS proxy for the time of a test."""
    known = Socks(target)
    with listen(known.handle) as known.port:
        yield known


# -- connections -------------------------------------------------------------------------------------------------------


@dataclass
class Numbered:
    """A server whose answers name the connection that they come on; `peak` is how many requests were open at once."""

    pause: float = 0.0
    port: int = 0
    connections: int = 0
    alive: int = 0
    open: int = 0
    peak: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def settings(self) -> dict[str, dict[str, str]]:
        return {"openai": {"base_url": f"http://127.0.0.1:{self.port}/v1", "api_key": "sk-test-0123456789"}}

    def handle(self, connection: socket.socket) -> None:
        with self.lock:
            self.connections += 1
            self.alive += 1
            number = self.connections
        try:
            self.converse(connection, number)
        finally:
            with self.lock:
                self.alive -= 1

    def converse(self, connection: socket.socket, number: int) -> None:
        answer = b"".join(piece for piece in whole(completion(str(number))) if isinstance(piece, bytes))
        while True:
            head = read_head(connection).decode().lower()
            length = int(head.partition("content-length:")[2].partition("\r\n")[0])
            with self.lock:
                self.open += 1
                self.peak = max(self.peak, self.open)
            while length:
                length -= len(connection.recv(min(length, 65536)))
            time.sleep(self.pause)
            with self.lock:
                self.open -= 1
            connection.sendall(answer)


@contextlib.contextmanager
def numbered(pause: float = 0.0) -> Iterator[Numbered]:
    """Such a server for the time of a test."""
    server = Numbered(pause)
    with listen(server.handle) as server.port:
        yield server
