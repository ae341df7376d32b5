"""Requests through httpx's transports: one that the user brought, or httpx's own where somebody has tapped it."""

from __future__ import annotations

from typing import Any, cast

import httpcore
import httpx

from onellm.call import Request
from onellm.transport.lines import AsyncLine, Line, header_pairs
from onellm.transport.url import URL


def httpx_request(request: Request, url: URL, extensions: dict[str, object]) -> httpx.Request:
    """The request as httpx's transports take it. One with an address goes there (see `lines.wire_request`)."""
    place = httpx.URL(str(url))
    if request.address is not None:
        place = place.copy_with(host=request.address)
        extensions = {**extensions, "sni_hostname": url.host}
    content = httpx.ByteStream(request.content)
    headers = header_pairs(request, url)
    return httpx.Request(request.method, place, headers=headers, stream=content, extensions=extensions)


def through_httpx(line: Line, request: Request, url: URL, extensions: dict[str, object]) -> httpcore.Response:
    """Send on a line by way of httpx's transport."""
    transport = httpx.HTTPTransport.__new__(httpx.HTTPTransport)
    transport._pool = cast("Any", line)  # pyright: ignore[reportPrivateUsage] - there is no public way to bring one
    return _response(transport.handle_request(httpx_request(request, url, extensions)))


async def async_through_httpx(
    line: AsyncLine, request: Request, url: URL, extensions: dict[str, object]
) -> httpcore.Response:
    """The same for the async engine."""
    transport = httpx.AsyncHTTPTransport.__new__(httpx.AsyncHTTPTransport)
    transport._pool = cast("Any", line)  # pyright: ignore[reportPrivateUsage] - as above
    return _response(await transport.handle_async_request(httpx_request(request, url, extensions)))


def _response(response: httpx.Response) -> httpcore.Response:
    stream = cast("Any", response.stream)
    return httpcore.Response(
        response.status_code, headers=response.headers.raw, content=stream, extensions=response.extensions
    )
