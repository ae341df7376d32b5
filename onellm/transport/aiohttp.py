"""aiohttp for the async engine (the extra `fast`), in a pool of our own; it behaves as the httpx transport does."""

from __future__ import annotations

import asyncio

import aiohttp
import httpx

from onellm.call import Request
from onellm.errors import APITimeoutError, ConfigurationError, OneLLMError
from onellm.transport.aiohttp_connection import Connection
from onellm.transport.aiohttp_errors import as_httpx, scrubbed
from onellm.transport.alarm import Alarm
from onellm.transport.base import Answer, AsyncBody
from onellm.transport.network import failure, origin_of, parse_url, pool_timeout
from onellm.transport.pool import Pool, Pooled


PACKED_AT_ONCE = 64 * 1024
"""Bytes of a packed body that are unpacked in one go: they can hold a hundred times as much."""


class AIOHTTPTransport(Pooled[Connection]):
    """Sends with aiohttp."""

    async def send(self, request: Request, connect: float | None, pool: float | None, wait: float | None) -> AsyncBody:
        """Send and wait for the head of the answer, at most `wait` seconds."""
        url = parse_url(request.url)
        if url.scheme not in ("http", "https"):
            raise failure(httpx.UnsupportedProtocol(""), url, answered=False)
        slots = self._pool()
        connection: Connection | None = None
        try:
            async with asyncio.timeout(wait):
                await slots.take_slot(pool)
                try:  # no await between the slot and this
                    connection = slots.take(origin_of(url)) or Connection(url, self.connections)
                    return Body(slots, connection, url, await connection.send(request, url, connect))
                except BaseException:
                    await slots.drop(connection)
                    raise
        except aiohttp.InvalidURL as error:
            raise ConfigurationError(f"This is no URL that can be called: {error}.") from scrubbed(error)
        except aiohttp.ClientError as error:
            proxied = connection is not None and connection.is_proxied
            raise failure(as_httpx(error), url, answered=False, proxied=proxied) from scrubbed(error)
        except TimeoutError as error:
            scrubbed(error)
            if connection is None:
                raise pool_timeout(self.connections.max_connections) from None
            if not connection.is_made:
                raise failure(httpx.ConnectTimeout(""), url, answered=False) from None
            raise APITimeoutError(f"No answer from {url.host} in time.", phase="read") from None


class Body(Answer):
    """An open answer on one connection."""

    def __init__(
        self, pool: Pool[Connection], connection: Connection, url: httpx.URL, response: aiohttp.ClientResponse
    ) -> None:
        super().__init__(response.status, list(response.raw_headers))
        self._pool = pool
        self._connection: Connection | None = connection
        self._url = url
        self._response = response
        self._content = response.content
        self._alarm = Alarm()
        self._at_once = PACKED_AT_ONCE if self._inflater is not None else -1
        self._failure: OneLLMError | None = None

    async def read(self, timeout: float | None) -> bytes:
        if (connection := self._connection) is None:
            if self._failure is not None:
                raise self._failure
            return b""
        try:
            if timeout is not None and timeout <= 0:
                raise self._too_late()
            while piece := self._content.read_nowait(self._at_once) or await self._next(timeout):
                if data := self.unpack(piece):
                    return data
            self._check_end(connection)
        except aiohttp.ClientError as error:
            return await self._last_words(error)
        except BaseException as error:
            too_late = isinstance(error, asyncio.CancelledError) and self._alarm.rang()
            await self.close()
            if too_late:
                raise self._too_late() from None
            raise
        if self._is_open():  # else another task closed it while we read
            await self._end(connection)
        return b""

    def _is_open(self) -> bool:
        return self._connection is not None

    async def _next(self, timeout: float | None) -> bytes:
        """What comes next; aiohttp has nothing at hand."""
        if self._content.at_eof():
            return b""
        self._alarm.arm(timeout)
        try:
            return await (self._content.readany() if self._at_once < 0 else self._content.read(self._at_once))
        finally:
            self._alarm.disarm()

    def _check_end(self, connection: Connection) -> None:
        """Raise if the body is not whole. aiohttp takes a reset for the end, where only the end says where it is."""
        self.check_complete()
        if connection.was_reset() and not self.headers.keys() & {"content-length", "transfer-encoding"}:
            raise failure(httpx.ReadError(""), self._url, answered=True)

    async def _last_words(self, error: aiohttp.ClientError) -> bytes:
        """What came before the failure and was not read yet; the failure itself is raised after it."""
        rest = self._content._read_nowait(-1)  # pyright: ignore[reportPrivateUsage] - else aiohttp would lose it
        await self.close()
        failed = failure(as_httpx(error), self._url, answered=True)
        failed.__cause__ = scrubbed(error)
        if rest and (data := self.unpack(rest)):
            self._failure = failed
            return data
        raise failed

    def _too_late(self) -> APITimeoutError:
        return APITimeoutError(f"{self._url.host} fell silent.", phase="read")

    async def _end(self, connection: Connection) -> None:
        """Keep the connection, unless the host wants it closed or did not take the whole request."""
        if self._response.connection is not None or not connection.is_usable():
            await self.close()
            return
        self._alarm.stop()
        self._connection = None
        self._pool.give(connection)

    async def close(self) -> None:
        self._alarm.stop()
        if (connection := self._connection) is not None:
            self._connection = None
            self._response.close()
            await self._pool.drop(connection)
