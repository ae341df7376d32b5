"""Requests through the transports of httpx (or httpx2): one that the user brought, or its own where it is tapped."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from onellm.call import Request
from onellm.transport.lines import AsyncLine, Line, Lines, header_pairs
from onellm.transport.url import URL

if TYPE_CHECKING:
    import httpcore
    import httpx


def httpx_request(library: Any, request: Request, url: URL, extensions: dict[str, object]) -> httpx.Request:
    """The request as this library's transports take it. One with an address goes there (see `Lines.request`)."""
    place = library.URL(str(url))
    if request.address is not None:
        place = place.copy_with(host=request.address)
        extensions = {**extensions, "sni_hostname": url.host}
    headers, content = header_pairs(request, url), library.ByteStream(request.content)
    asked: httpx.Request = library.Request(
        request.method, place, headers=headers, stream=content, extensions=extensions
    )
    return asked


def through_httpx(
    lines: Lines, line: Line, request: Request, url: URL, extensions: dict[str, object]
) -> httpcore.Response:
    """Send on a line by way of httpx's transport."""
    library: Any = import_module(lines.library)
    transport = library.HTTPTransport.__new__(library.HTTPTransport)
    transport._pool = line  # there is no public way to bring one
    return _response(lines, transport.handle_request(httpx_request(library, request, url, extensions)))


async def async_through_httpx(
    lines: Lines, line: AsyncLine, request: Request, url: URL, extensions: dict[str, object]
) -> httpcore.Response:
    """The same for the async engine."""
    library: Any = import_module(lines.library)
    transport = library.AsyncHTTPTransport.__new__(library.AsyncHTTPTransport)
    transport._pool = line  # as above
    return _response(lines, await transport.handle_async_request(httpx_request(library, request, url, extensions)))


def _response(lines: Lines, response: httpx.Response) -> httpcore.Response:
    stream, headers = response.stream, response.headers.raw
    answer: httpcore.Response = lines.core.Response(
        response.status_code, headers=headers, content=stream, extensions=response.extensions
    )
    return answer


def library_of(transport: object) -> Any:
    """The library that a transport is made for: httpx, unless its class descends from httpx2's."""
    roots = {kind.__module__.partition(".")[0] for kind in type(transport).__mro__}
    return import_module("httpx2" if "httpx2" in roots else "httpx")
