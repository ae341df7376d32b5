"""Async httpx transports that the user brought: used as they are, and never closed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from onellm.call import Request
from onellm.transport.base import Answer, AsyncBody
from onellm.transport.headers import Headers
from onellm.transport.inflate import MAX_RATIO
from onellm.transport.through_httpx import httpx_request, library_of
from onellm.transport.url import URL, parse_url
from onellm.transport.wire_errors import failure, is_wire_error, no_answer, scrubbed, silence

if TYPE_CHECKING:
    import httpx

    from onellm.transport.choice import AsyncUserTransport


class AsyncBorrowed:
    """A transport that the user brought: used as it is, and never closed."""

    def __init__(self, transport: AsyncUserTransport, max_ratio: int = MAX_RATIO) -> None:
        self._transport = transport
        self._library = library_of(transport)
        self._max_ratio = max_ratio

    async def send(self, request: Request, connect: float | None, pool: float | None, wait: float | None) -> AsyncBody:
        url = parse_url(request.url)
        timeouts = {"connect": connect, "read": wait, "write": wait, "pool": pool}
        try:
            async with asyncio.timeout(wait):
                response = await self._transport.handle_async_request(
                    httpx_request(self._library, request, url, {"timeout": timeouts})
                )
        except TimeoutError:
            raise no_answer(url) from None
        except Exception as error:
            if not is_wire_error(error):
                raise
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
        super().__init__(response.status_code, Headers(response.headers.raw), max_ratio)
        self._url = url
        self._response = response
        self._pieces = aiter(cast("Any", response.stream))

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
            if is_wire_error(error):
                raise failure(error, self._url, answered=True) from scrubbed(error)
            raise
        await self.close()
        return b""

    async def close(self) -> None:
        await self._response.aclose()
