"""aiohttp's errors in httpx's words, so that `network.failure` says the same of both; and without what is secret."""

from __future__ import annotations

import aiohttp
import httpx
from multidict import CIMultiDict, CIMultiDictProxy

from onellm.transport import network


def as_httpx(error: aiohttp.ClientError) -> httpx.TransportError:
    """The error that httpx would raise, with the original's cause."""
    told = _translated(error)
    told.__cause__ = error.__cause__
    return told


def _translated(error: aiohttp.ClientError) -> httpx.TransportError:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return httpx.ConnectTimeout("")
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return httpx.ProxyError(f"{error.status} {error.message}")
    if isinstance(error, aiohttp.ClientConnectorError):
        return httpx.ConnectError(str(error.__cause__ or error))
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return httpx.RemoteProtocolError("Server disconnected")
    if isinstance(error, aiohttp.ClientResponseError):
        reason, _, _ = error.message.partition("\n\n")  # after it, what the host said
        return httpx.RemoteProtocolError(" ".join(reason.split()).rstrip(":"))
    if isinstance(error, ConnectionResetError) or "write request body" in str(error):
        return httpx.WriteError("")
    return httpx.ReadError("")


def scrubbed(error: BaseException) -> BaseException:
    """The cause of an error without its frames, whose locals hold headers, and without those of the request."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, aiohttp.ClientResponseError):
            sent = seen.request_info
            empty: CIMultiDictProxy[str] = CIMultiDictProxy(CIMultiDict())
            seen.request_info = aiohttp.RequestInfo(sent.url, sent.method, empty, sent.real_url)
            seen.history = ()
            seen.args = (seen.request_info, ())
        seen = seen.__cause__ or seen.__context__
    return network.scrubbed(error)
