"""Lines to hosts: httpcore's connections, one request at a time; and what httpx's transport would have done around one.

httpx's own transport puts a pool and two layers of its own around the same connection, which cost as much as the rest.
What stands in its way, such as a mock or a tracer, is still passed through (`through_httpx`).
"""

from __future__ import annotations

import functools
import sys
from types import FunctionType
from typing import Protocol

import httpcore

from onellm.call import Request
from onellm.errors import InvalidRequestError
from onellm.transport.base import Connections
from onellm.transport.network import Proxy, route_to
from onellm.transport.url import URL

FAILURES = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    OSError,
    RuntimeError,
)
"""What closing a broken connection may raise."""


class Line(Protocol):
    """What one request at a time goes through: a connection to a host, or one through a proxy."""

    def handle_request(self, request: httpcore.Request) -> httpcore.Response: ...

    def close(self) -> None: ...


class AsyncLine(Protocol):
    """The same for async use."""

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response: ...

    async def aclose(self) -> None: ...


def header_pairs(request: Request, url: URL) -> list[tuple[bytes, bytes]]:
    """The headers of a request; Host and Content-Length are ours. Raises InvalidRequestError."""
    try:
        pairs = [(name.encode("ascii"), value.encode("ascii")) for name, value in request.headers]
    except UnicodeEncodeError:
        raise InvalidRequestError("A header holds characters outside ASCII.") from None
    pairs.insert(0, (b"Host", url.netloc.encode()))
    if request.content or request.method not in ("GET", "HEAD"):
        pairs.append((b"Content-Length", b"%d" % len(request.content)))
    return pairs


def wire_request(request: Request, url: URL, extensions: dict[str, object]) -> httpcore.Request:
    """The request as httpcore takes it. One with an address goes there, with the host's name in Host and in TLS."""
    place = _place(url)
    if request.address is not None:
        place = _at(url, request.address)
        extensions = {**extensions, "sni_hostname": url.host}
    headers = header_pairs(request, url)
    return httpcore.Request(request.method, place, headers=headers, content=request.content, extensions=extensions)


@functools.lru_cache(maxsize=256)
def _place(url: URL) -> httpcore.URL:
    return _at(url, url.host)


def _at(url: URL, host: str) -> httpcore.URL:
    return httpcore.URL(scheme=url.scheme, host=host, port=url.port, target=url.target)


def new_line(
    url: URL, connections: Connections, address: str | None, backend: httpcore.NetworkBackend
) -> httpcore.HTTPConnection | httpcore.HTTPProxy | httpcore.SOCKSProxy:
    """A line for the blocking engine, opened by its first request. Raises ConfigurationError."""
    context, proxy = route_to(url, connections, single=address is not None)
    if proxy is None:
        return httpcore.HTTPConnection(_at(url, address or url.host).origin, context, network_backend=backend)
    place, auth = _place(proxy.url), _credentials(proxy)
    if proxy.url.scheme.startswith("socks"):
        return httpcore.SOCKSProxy(place, auth, context, max_connections=1, network_backend=backend)
    return httpcore.HTTPProxy(
        place, auth, ssl_context=context, proxy_ssl_context=proxy.context, max_connections=1, network_backend=backend
    )


def new_async_line(
    url: URL, connections: Connections, address: str | None
) -> httpcore.AsyncHTTPConnection | httpcore.AsyncHTTPProxy | httpcore.AsyncSOCKSProxy:
    """The same for the async engine."""
    context, proxy = route_to(url, connections, single=address is not None)
    if proxy is None:
        return httpcore.AsyncHTTPConnection(_at(url, address or url.host).origin, context)
    place, auth = _place(proxy.url), _credentials(proxy)
    if proxy.url.scheme.startswith("socks"):
        return httpcore.AsyncSOCKSProxy(place, auth, context, max_connections=1)
    return httpcore.AsyncHTTPProxy(place, auth, ssl_context=context, proxy_ssl_context=proxy.context, max_connections=1)


def _credentials(proxy: Proxy) -> tuple[bytes, bytes] | None:
    return None if proxy.auth is None else (proxy.auth[0].encode(), proxy.auth[1].encode())


def is_tapped(kind: str, method: str) -> bool:
    """Whether somebody has replaced this method of httpx's transport: a mock (pytest-httpx, VCR), a tracer."""
    found = getattr(getattr(sys.modules.get("httpx"), kind, None), method, None)
    if found is None:
        return False
    return type(found) is not FunctionType or found.__globals__["__name__"] != "httpx._transports.default"
