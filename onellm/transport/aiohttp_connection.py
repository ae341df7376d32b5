"""One connection of aiohttp's, with a connector of its own.

aiohttp opens the connection, writes the request and takes the answer apart. It follows no redirect, keeps no cookie,
unpacks nothing, adds no header, reads no environment and repeats nothing.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import io
import re
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
from yarl import URL

from onellm.call import Request
from onellm.errors import ConfigurationError, InvalidRequestError
from onellm.transport.base import Connections
from onellm.transport.network import new_transport_options, origin_of, tls_context

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection as Lease
    from aiohttp.tracing import Trace

READ_SIZE = 256 * 1024
"""Bytes of a body that may wait to be read before the host is held back."""
MAX_HEAD = 100 * 1024
"""Bytes of the answer's head, as in httpcore."""
LARGE = 1024 * 1024
"""Bytes of a request's body above which aiohttp wants a file, so that its loop is not held up."""
AUTOMATIC = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VALUE = re.compile(r"(?:[!-~](?:[\t -~]*[!-~])?)?")


class Connector(aiohttp.TCPConnector):
    """aiohttp's connector, which here makes one connection, and remembers it."""

    protocol: ResponseHandler | None = None
    transport: asyncio.Transport | None = None

    async def connect(self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout) -> Lease:
        lease = await super().connect(req, traces, timeout)
        self.protocol, self.transport = lease.protocol, lease.transport
        return lease

    def __del__(self, _: Any = None) -> None:
        """Do nothing; aiohttp's would touch the connections of a loop that has ended, or of a parent process."""


class Connection:
    """One connection."""

    __slots__ = ("_connector", "_cookies", "_proxy", "_tls", "idle_since", "origin")

    def __init__(self, url: httpx.URL, connections: Connections) -> None:
        self._tls, self._proxy = new_transport_options(url, connections)
        if self._proxy is not None:
            scheme = self._proxy.url.scheme
            if scheme.startswith("socks"):
                raise ConfigurationError("SOCKS proxies need transport='httpx' and pip install 'httpx[socks]'.")
            if scheme == "https":
                self._tls = tls_context(connections.verify, connections.cert)
        self._tls.set_alpn_protocols(["http/1.1"])
        self._cookies = aiohttp.DummyCookieJar()
        self._connector = Connector(
            limit=0,
            keepalive_timeout=connections.keepalive,
            use_dns_cache=False,
            resolver=aiohttp.ThreadedResolver(),  # the system's, also where aiodns is installed
        )
        self.origin = origin_of(url)
        self.idle_since = 0.0

    @property
    def is_made(self) -> bool:
        """Whether it was ever open: before that, nothing can have been sent."""
        return self._connector.transport is not None

    @property
    def is_proxied(self) -> bool:
        return self._proxy is not None

    def is_usable(self) -> bool:
        """Whether it is open, and nothing came on it that was not asked for."""
        protocol = self._connector.protocol
        return protocol is not None and protocol.is_connected() and not protocol.should_close

    def was_reset(self) -> bool:
        """Whether it was torn down rather than closed."""
        protocol = self._connector.protocol
        return protocol is not None and isinstance(protocol.exception(), OSError)

    async def send(self, request: Request, url: httpx.URL, connect: float | None) -> aiohttp.ClientResponse:
        """Send, and wait for the head of the answer. Raises aiohttp's errors."""
        # A session for each request costs 3 µs; one that is kept complains when its loop ends before it is closed.
        session = aiohttp.ClientSession(
            connector=self._connector, cookie_jar=self._cookies, auto_decompress=False, skip_auto_headers=AUTOMATIC
        )
        session._retry_connection = False  # pyright: ignore[reportPrivateUsage] - the policy repeats, nobody else
        content = request.content
        try:
            return await session.request(
                request.method,
                _wire_url(url),
                data=(io.BytesIO(content) if len(content) > LARGE else content) if content else None,
                headers=self._headers(request, url),
                allow_redirects=False,
                timeout=_limits(connect),
                ssl=self._tls,
                proxy=None if self._proxy is None else URL(str(self._proxy.url), encoded=True),
                proxy_headers=self._proxy_headers() if url.scheme == "https" else None,
                read_bufsize=READ_SIZE,
                max_line_size=MAX_HEAD,
                max_field_size=MAX_HEAD,
            )
        finally:
            session.detach()

    def _headers(self, request: Request, url: httpx.URL) -> list[tuple[str, str]]:
        """All headers, in order; Host and Content-Length are ours."""
        for name, value in request.headers:
            if not NAME.fullmatch(name) or not VALUE.fullmatch(value):
                raise _illegal(name, value)
        pairs = [("Host", url.netloc.decode("ascii")), *request.headers]
        if request.content or request.method not in ("GET", "HEAD"):
            pairs.append(("Content-Length", str(len(request.content))))
        if url.scheme != "https":
            pairs += self._proxy_headers().items()
        return pairs

    def _proxy_headers(self) -> dict[str, str]:
        if self._proxy is None or self._proxy.auth is None:
            return {}
        return {"Proxy-Authorization": f"Basic {base64.b64encode(':'.join(self._proxy.auth).encode()).decode()}"}

    async def close(self) -> None:
        """Close it at once, whatever is still to be sent on it."""
        if self._connector.transport is not None:
            self._connector.transport.abort()
        await self._connector.close()


@functools.lru_cache(maxsize=256)
def _wire_url(url: httpx.URL) -> URL:
    """The URL as it is written on the wire, without user and fragment."""
    return URL(f"{url.scheme}://{url.netloc.decode('ascii')}{url.raw_path.decode('ascii')}", encoded=True)


@functools.lru_cache(maxsize=16)
def _limits(connect: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=None, connect=connect)


def _illegal(name: str, value: str) -> InvalidRequestError:
    if not (name + value).isascii():
        return InvalidRequestError("A header holds characters outside ASCII.")
    return InvalidRequestError("The request cannot be written as HTTP: a header or the URL holds an illegal character.")
