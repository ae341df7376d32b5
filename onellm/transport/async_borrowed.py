"""Async httpx transports that the user brought: used as they are, and never closed."""

from __future__ import annotations

import asyncio
from typing import cast

import httpx

from onellm.call import Request
from onellm.transport.base import Answer, AsyncBody
from onellm.transport.inflate import MAX_RATIO
from onellm.transport.through_httpx import httpx_request
from onellm.transport.url import URL, parse_url
from onellm.transport.wire_errors import failure, no_answer, scrubbed, silence


class AsyncBorrowed:
    """A transport that the user brought: used as it is, and never closed."""

    def __init__(self, transport: httpx.AsyncBaseTransport, max_ratio: int = MAX_RATIO) -> None:
        self._transport = transport
        self._max_ratio = max_ratio

    async def send(self, request: Request, connect: float | None, pool: float | None, wait: float | None) -> AsyncBody:
        url = parse_url(request.url)
        timeouts = {"connect": connect, "read": wait, "write": wait, "pool": pool}
        try:
            async with asyncio.timeout(wait):
                response = await self._transport.handle_async_request(
                    httpx_request(request, url, {"timeout": timeouts})
                )
        except TimeoutError:
            raise no_answer(url) from None
        except httpx.TransportError as error:
            raise failure(error, url, answered=False) from scrubbed(error)
        try:
            return AsyncBorrowedBody(url, response, self._max_ratio)
        except BaseException:
            await response.aclose()
            raise

    async def look_up(self, host: str, port: int, timeout: float) -> None:
        """None: the transport connects to names by itself."""

    async def close(self) -> None:
        """Nothing: the transport is its owner's."""


class AsyncBorrowedBody(Answer):
    """An answer of a transport that the user brought."""

    def __init__(self, url: URL, response: httpx.Response, max_ratio: int = MAX_RATIO) -> None:
        super().__init__(response.status_code, response.headers.raw, max_ratio)
        self._url = url
        self._response = response
        self._pieces = aiter(cast("httpx.AsyncByteStream", response.stream))

    async def read(self, timeout: float | None) -> bytes:
        try:
            if timeout is not None and timeout <= 0:
                raise TimeoutError
            async with asyncio.timeout(timeout):
                while (piece := await anext(self._pieces, None)) is not None:
                    if data := self.unpack(piece):
                        return data
            self.check_complete()
        except BaseException as error:
            await self.close()
            if isinstance(error, TimeoutError):
                raise silence(self._url) from None
            if isinstance(error, httpx.TransportError):
                raise failure(error, self._url, answered=True) from scrubbed(error)
            raise
        await self.close()
        return b""

    async def close(self) -> None:
        await self._response.aclose()
