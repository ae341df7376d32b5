"""One connection for the aiohttp transport: asyncio opens it, aiohttp's protocol takes the answers apart, in C.

aiohttp's session stays out of it. It costs more than the exchange itself, and it would follow redirects, keep cookies,
add headers and repeat requests unless it is told not to. What goes wrong is said in the words of `wire_errors`.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ipaddress
import re
import socket
import ssl
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

import aiohttp
from aiohappyeyeballs import start_connection  # pyright: ignore[reportUnknownVariableType]
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError

from onellm.call import Request
from onellm.errors import ConfigurationError, InvalidRequestError
from onellm.transport.base import Connections
from onellm.transport.headers import Headers
from onellm.transport.network import Proxy, proxy_for, route_to
from onellm.transport.one_piece import in_one_piece
from onellm.transport.url import URL
from onellm.transport.wire_errors import (
    ConnectError,
    ConnectTimeout,
    ProxyError,
    ReadError,
    RemoteProtocolError,
    WireError,
    WriteError,
)

if TYPE_CHECKING:
    from aiohttp.http_parser import RawResponseMessage
    from aiohttp.streams import StreamReader

MAX_HEAD = 100 * 1024
"""Bytes of a line of the answer's head."""
READ_SIZE = 256 * 1024
"""Bytes of a body that may wait to be read before the host is held back."""
SMALL = 64 * 1024
"""Bytes of a request's body that are worth copying, so that it leaves with the head."""
SECOND_ADDRESS = 0.25
"""Seconds after which the next address of a name is tried as well."""
LINES = re.compile(r"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: (?:[!-~](?:[\t -~]*[!-~])?)?\r\n)*")
Head = tuple[int, str, Headers, "bytes | StreamReader"]
"""Status, reason and headers of an answer, and its body, or what brings it."""
FAILURES = (aiohttp.ClientError, HttpProcessingError, OSError)


class Protocol(ResponseHandler):
    """aiohttp's, which also tells whether a request is still being sent, and makes its parser only where one is needed.

    What waits in its queue are heads as we want them.
    """

    is_sending = False
    _awaits: Literal["body", "no body"] | None = None

    def expect(self, *, body: bool) -> None:
        """Get ready for an answer, which has a body or, to a HEAD, has none."""
        self._awaits = "body" if body else "no body"

    def rest(self) -> None:
        """Take what comes from now on for nobody's: a parser would wait for the rest of it."""
        self._parser = None

    def data_received(self, data: bytes) -> None:
        if (awaits := self._awaits) is not None:
            self._awaits = None
            if awaits == "body" and (answer := in_one_piece(data)) is not None:
                self._put(answer)
                return
            self.set_response_params(
                skip_payload=awaits == "no body",
                read_until_eof=True,
                auto_decompress=False,
                read_bufsize=READ_SIZE,
                max_line_size=MAX_HEAD,
                max_field_size=MAX_HEAD,
            )
        super().data_received(data)

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        message, body = data
        if not 100 <= message.code < 200 or message.code == 101:  # what is provisional announces the answer
            self._put((message.code, message.reason, Headers(message.raw_headers), body))

    def _put(self, head: Head) -> None:
        super().feed_data(cast("Any", head))

    def pause_writing(self) -> None:
        super().pause_writing()
        self.is_sending = True

    def resume_writing(self) -> None:
        super().resume_writing()
        self.is_sending = False

    async def head(self) -> Head:
        """The head of the answer and its body. Raises WireError."""
        try:
            return cast("Head", await self.read())
        except FAILURES as error:
            raise as_wire_error(error, sending=self.is_sending) from error


class Connection:
    """An open connection, to a host or through a proxy."""

    __slots__ = ("_proxy", "_transport", "idle_since", "origin", "protocol", "single")

    def __init__(self, url: URL, proxy: Proxy | None, transport: asyncio.Transport, protocol: Protocol):
        self.origin = url.origin
        self.protocol = protocol
        self.idle_since = 0.0
        self.single = False
        self._transport = transport
        self._proxy = proxy if url.scheme == "http" else None  # https goes through a tunnel, where none is seen

    def is_usable(self) -> bool:
        """Whether another request can be sent: it is open, all was sent, and nothing came that was not asked for."""
        protocol = self.protocol
        if self.single or not protocol.is_connected() or protocol.should_close:
            return False
        return not self._transport.get_write_buffer_size()

    def rest(self, now: float) -> None:
        """Its answer has come to its end."""
        self.idle_since = now
        self.protocol.rest()

    def was_reset(self) -> bool:
        """Whether it was torn down rather than closed."""
        return isinstance(self.protocol.exception(), OSError)

    async def send(self, request: Request, url: URL) -> Head:
        """Send, and wait for the head of the answer. Raises WireError."""
        head, content = self._head(request, url), request.content
        self.protocol.expect(body=request.method != "HEAD")
        if len(content) <= SMALL:
            self._transport.write(head + content)
        else:
            self._transport.write(head)
            self._transport.write(content)
        return await self.protocol.head()

    def _head(self, request: Request, url: URL) -> bytes:
        """The head of the request; Host and Content-Length are ours."""
        headers = "".join([f"{name}: {value}\r\n" for name, value in request.headers])
        if not LINES.fullmatch(headers) or headers.count("\n") != len(request.headers):
            raise InvalidRequestError(
                "A header holds characters outside ASCII, or others that cannot be written as HTTP."
            )
        if request.content or request.method not in ("GET", "HEAD"):
            headers += f"Content-Length: {len(request.content)}\r\n"
        place = url.target
        if self._proxy is not None:
            place = str(url)
            headers += _credentials(self._proxy)
        return f"{request.method} {place} HTTP/1.1\r\nHost: {url.netloc}\r\n{headers}\r\n".encode("ascii")

    def close(self) -> None:
        """Close it at once, whatever is still to be sent on it."""
        with contextlib.suppress(RuntimeError):  # its loop has ended, and so has it
            self._transport.abort()


async def open_connection(
    url: URL, connections: Connections, limit: float | None, address: str | None = None
) -> Connection:
    """Connect to the host or its proxy, at most `limit` seconds. Raises WireError and ConfigurationError.

    With an address, connect to that, without a proxy, for a single request.
    """
    single = address is not None
    if not single and (proxy_for(url, connections) or "").startswith("socks"):
        raise ConfigurationError("A SOCKS proxy needs transport='httpx' and pip install 'httpx[socks]'.")
    context, proxy = route_to(url, connections, single=single)
    if context is not None:
        context.set_alpn_protocols(["http/1.1"])
    try:
        async with asyncio.timeout(limit):
            if proxy is None:
                transport, protocol = await _dial(url, context, address)
            else:
                transport, protocol = await _dial(proxy.url, proxy.context)
                if context is not None:
                    transport, protocol = await _tunnel(url, proxy, context, transport, protocol)
    except OSError as error:
        if isinstance(error, TimeoutError) and error.errno is None:
            raise ConnectTimeout from error
        raise ConnectError(str(error)) from error
    connection = Connection(url, proxy, transport, protocol)
    connection.single = single
    return connection


async def _dial(
    url: URL, context: ssl.SSLContext | None, address: str | None = None
) -> tuple[asyncio.Transport, Protocol]:
    loop = asyncio.get_running_loop()
    addresses = await _addresses(address or url.host, url.connect_port)
    opened = await start_connection(addresses, happy_eyeballs_delay=SECOND_ADDRESS)
    name = url.host.rstrip(".") if context is not None else None
    return await loop.create_connection(lambda: Protocol(loop), sock=opened, ssl=context, server_hostname=name)


async def _addresses(host: str, port: int) -> Sequence[tuple[int, int, int, str, tuple[object, ...]]]:
    """The host's addresses, asked for anew each time: nothing here remembers one."""
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        return await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    return [(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port))]


async def _tunnel(
    url: URL, proxy: Proxy, context: ssl.SSLContext, transport: asyncio.Transport, protocol: Protocol
) -> tuple[asyncio.Transport, Protocol]:
    """Let the proxy lead to the host, and begin TLS with that."""
    loop = asyncio.get_running_loop()
    place = url.netloc if url.port else f"{url.netloc}:{url.connect_port}"
    head = f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\nAccept: */*\r\n{_credentials(proxy)}\r\n"
    try:
        protocol.expect(body=True)
        transport.write(head.encode("ascii"))
        status, reason, _, _ = await protocol.head()
        if not 200 <= status < 300:
            raise ProxyError(f"{status} {reason}")
        inside = Protocol(loop)
        secure = await loop.start_tls(transport, inside, context, server_hostname=url.host.rstrip("."))
    except BaseException:
        transport.abort()
        raise
    if secure is None:
        raise ConnectionResetError("The proxy closed the connection.")
    inside.connection_made(secure)
    return secure, inside


def _credentials(proxy: Proxy) -> str:
    if proxy.auth is None:
        return ""
    return f"Proxy-Authorization: Basic {base64.b64encode(':'.join(proxy.auth).encode()).decode()}\r\n"


def as_wire_error(error: Exception, *, sending: bool = False) -> WireError:
    """What went wrong, in the words of `wire_errors`."""
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return RemoteProtocolError("Server disconnected")
    if isinstance(error, HttpProcessingError):
        reason, _, _ = error.message.partition("\n\n")  # after it, what the host said
        return RemoteProtocolError(" ".join(reason.split()).rstrip(":"))
    return WriteError() if sending else ReadError()
