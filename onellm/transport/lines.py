"""Lines to hosts: httpcore's connections, one request at a time.

httpx's own transport puts a pool and two layers around the same connection, which cost as much as the rest. What stands
in its way, such as a mock or a tracer, is still passed through (`through_httpx`). In httpx2 and its httpcore2 all has
the same names.
"""

from __future__ import annotations

import functools
import sys
from importlib import import_module
from types import FunctionType
from typing import TYPE_CHECKING, Any, Protocol

from onellm.call import Request
from onellm.errors import InvalidRequestError
from onellm.transport.base import Connections
from onellm.transport.choice import LibraryName as LibraryName
from onellm.transport.network import Proxy, route_to
from onellm.transport.url import URL

if TYPE_CHECKING:
    import httpcore


class Line(Protocol):
    """What one request at a time goes through: a connection to a host, or one through a proxy."""

    def handle_request(self, request: httpcore.Request) -> httpcore.Response: ...

    def close(self) -> None: ...


class AsyncLine(Protocol):
    """The same for async use."""

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response: ...

    async def aclose(self) -> None: ...


class Lines:
    """How a client makes its lines, and what it sends on them."""

    def __init__(self, library: LibraryName, connections: Connections) -> None:
        self.library: LibraryName = library
        self.core: Any = import_module("httpcore" if library == "httpx" else "httpcore2")
        self._connections = connections
        self._place = functools.lru_cache(maxsize=256)(self._place_of)

    def request(self, request: Request, url: URL, extensions: dict[str, object]) -> httpcore.Request:
        """The request for the line. One with an address goes there, with the host's name in Host and in TLS."""
        place = self._place(url)
        if request.address is not None:
            place = self._at(url, request.address)
            extensions = {**extensions, "sni_hostname": url.host}
        headers, content = header_pairs(request, url), request.content
        asked: httpcore.Request = self.core.Request(
            request.method, place, headers=headers, content=content, extensions=extensions
        )
        return asked

    def open(self, url: URL, address: str | None, **backend: Any) -> Line:
        """A line for the blocking engine, connected by its first request. Raises ConfigurationError."""
        core = self.core
        made: Line = self._open(url, address, core.HTTPConnection, core.HTTPProxy, core.SOCKSProxy, backend)
        return made

    def open_async(self, url: URL, address: str | None) -> AsyncLine:
        """The same for the async engine."""
        core = self.core
        made: AsyncLine = self._open(
            url, address, core.AsyncHTTPConnection, core.AsyncHTTPProxy, core.AsyncSOCKSProxy, {}
        )
        return made

    def _open(self, url: URL, address: str | None, direct: Any, by_http: Any, by_socks: Any, more: Any) -> Any:
        context, proxy = route_to(url, self._connections, single=address is not None)
        if proxy is None:
            return direct(self._at(url, address or url.host).origin, context, **more)
        place, auth = self._place(proxy.url), _credentials(proxy)
        if proxy.url.scheme.startswith("socks"):
            return by_socks(place, auth, context, max_connections=1, **more)
        return by_http(place, auth, ssl_context=context, proxy_ssl_context=proxy.context, max_connections=1, **more)

    def _place_of(self, url: URL) -> httpcore.URL:
        return self._at(url, url.host)

    def _at(self, url: URL, host: str) -> httpcore.URL:
        place: httpcore.URL = self.core.URL(scheme=url.scheme, host=host, port=url.port, target=url.target)
        return place

    def are_tapped(self, kind: str, method: str) -> bool:
        """Whether somebody has replaced this method of httpx's transport: a mock (pytest-httpx, VCR), a tracer."""
        found = getattr(getattr(sys.modules.get(self.library), kind, None), method, None)
        if found is None:
            return False
        return type(found) is not FunctionType or found.__globals__["__name__"] not in OWN


OWN = ("httpx._transports.default", "httpx2._transports.default")
"""Where httpx's own methods stand. httpx2 can be made to pass for httpx (its `alias_httpx`)."""


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


def is_usable(line: Line | AsyncLine) -> bool:
    """Whether another request can be sent on the line; one through a proxy connects anew where it cannot."""
    available = getattr(line, "is_available", None)
    return available is None or bool(available())


def _credentials(proxy: Proxy) -> tuple[bytes, bytes] | None:
    return None if proxy.auth is None else (proxy.auth[0].encode(), proxy.auth[1].encode())
