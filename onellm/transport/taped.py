"""httpx transports for recordings: one notes what passes through it, the other answers from what was noted.

Both serve either kind of client, as `httpx.MockTransport` does. What is noted is unpacked; what passes is not touched.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from typing import Any, Literal, Protocol, cast

import httpx

from onellm.call import Request
from onellm.transport.base import Answer, Connections
from onellm.transport.headers import Headers
from onellm.transport.network import route_to
from onellm.transport.url import parse_url

End = Literal["whole", "left", "broken"]
"""How a body ended: at its end, left by its reader before it, or broken off."""


class Taker(Protocol):
    """Notes one exchange: the head of the answer, its pieces, its end (the first counts)."""

    def head(self, status: int, headers: Mapping[str, str], /) -> None: ...

    def piece(self, data: bytes, /) -> None: ...

    def end(self, how: End, /) -> None: ...


class Played(Protocol):
    """An answer that was noted."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def pieces(self) -> Sequence[bytes]: ...

    @property
    def end(self) -> End: ...


class Recording(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Sends by the given transports, else by a new connection for each request; `begin` gives what notes it."""

    def __init__(
        self,
        begin: Callable[[Request], Taker],
        inner: httpx.BaseTransport | None = None,
        async_inner: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._begin = begin
        self._inner = inner
        self._async_inner = async_inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        taker = self._begin(_plain(request))
        with contextlib.ExitStack() as opened:  # closed here if something fails, else with the body
            transport = self._inner
            if transport is None:
                transport = httpx.HTTPTransport(**_reaching(request))
                opened.callback(transport.close)
            response = transport.handle_request(request)
            opened.callback(response.close)
            answer = _head(response, taker)
            return _again(response, _Noted(response, answer, taker, opened.pop_all()))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        taker = self._begin(_plain(request))
        async with contextlib.AsyncExitStack() as opened:
            transport = self._async_inner
            if transport is None:
                transport = httpx.AsyncHTTPTransport(**_reaching(request))
                opened.push_async_callback(transport.aclose)
            response = await transport.handle_async_request(request)
            opened.push_async_callback(response.aclose)
            answer = _head(response, taker)
            return _again(response, _AsyncNoted(response, answer, taker, opened.pop_all()))


class Replaying(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers from what was noted; `play` finds it, or raises."""

    def __init__(self, play: Callable[[Request], Played]) -> None:
        self._play = play

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return self._answer(request)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        return self._answer(request)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        played = self._play(_plain(request))
        return httpx.Response(played.status, headers=played.headers, stream=_Pieces(played))


class _Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body in the pieces in which it came."""

    def __init__(self, played: Played) -> None:
        self._played = played

    def __iter__(self) -> Iterator[bytes]:
        yield from self._played.pieces
        if self._played.end == "broken":
            raise httpx.ReadError("The connection broke here when this was recorded.")
        if self._played.end == "left":
            raise httpx.ReadError("The recording ends here: its reader left. Record again to have the rest.")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece


class _Noted(httpx.SyncByteStream):
    """A body that is noted while it is read."""

    def __init__(
        self, response: httpx.Response, answer: Answer, taker: Taker, opened: contextlib.ExitStack[bool | None]
    ) -> None:
        self._stream = cast("httpx.SyncByteStream", response.stream)
        self._answer = answer
        self._taker = taker
        self._opened = opened

    def __iter__(self) -> Iterator[bytes]:
        with _noting_the_end(self._taker):
            for piece in self._stream:
                self._taker.piece(self._answer.unpack(piece))
                yield piece

    def close(self) -> None:
        self._taker.end("left")
        self._opened.close()


class _AsyncNoted(httpx.AsyncByteStream):
    """The same for an async client."""

    def __init__(
        self, response: httpx.Response, answer: Answer, taker: Taker, opened: contextlib.AsyncExitStack[bool | None]
    ) -> None:
        self._pieces = aiter(cast("httpx.AsyncByteStream", response.stream))
        self._answer = answer
        self._taker = taker
        self._opened = opened

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _noting_the_end(self._taker):
            async for piece in self._pieces:
                self._taker.piece(self._answer.unpack(piece))
                yield piece

    async def aclose(self) -> None:
        self._taker.end("left")
        pieces: object = self._pieces
        with contextlib.suppress(RuntimeError):  # another task is reading
            if isinstance(pieces, AsyncGenerator):  # else it would be closed in a stray task
                await cast("AsyncGenerator[bytes, None]", pieces).aclose()
        await self._opened.aclose()


@contextlib.contextmanager
def _noting_the_end(taker: Taker) -> Generator[None, None, None]:
    try:
        yield
    except httpx.TransportError:
        taker.end("broken")
        raise
    taker.end("whole")


def _reaching(request: httpx.Request) -> dict[str, Any]:
    """How httpx's transport reaches the host."""
    context, proxy = route_to(parse_url(str(request.url)), Connections())
    between = None if proxy is None else httpx.Proxy(str(proxy.url), ssl_context=proxy.context, auth=proxy.auth)
    # For plain http, a context that knows no authority: it costs nothing, and could vouch for nobody.
    return {"verify": context or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "proxy": between, "trust_env": False}


def _plain(request: httpx.Request) -> Request:
    return Request(request.method, str(request.url), list(request.headers.multi_items()), request.content)


def _head(response: httpx.Response, taker: Taker) -> Answer:
    answer = Answer(response.status_code, Headers(response.headers.raw))
    taker.head(answer.status, answer.headers)
    return answer


def _again(response: httpx.Response, stream: _Noted | _AsyncNoted) -> httpx.Response:
    """The response with another body."""
    headers = response.headers.raw
    return httpx.Response(response.status_code, headers=headers, stream=stream, extensions=response.extensions)
