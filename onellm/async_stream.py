"""Streams for async readers; what they share with the blocking ones is in `stream`."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from onellm import errors
from onellm.call import Decoder
from onellm.decode.limits import beyond
from onellm.effects import Opened
from onellm.file_output import whole_file
from onellm.loop_end import LoopEnd
from onellm.stream import TAIL, StreamState, last_words
from onellm.transport.base import AsyncBody

E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)
R = TypeVar("R")


class AsyncSource(Protocol[E_co]):
    """Where an async stream's events come from; None is the end."""

    async def pull(self, timeout: float | None) -> Sequence[E_co] | None: ...

    async def close(self) -> None: ...

    def close_soon(self) -> None: ...


class AsyncBodySource(Generic[E]):
    """Events decoded from an open answer."""

    def __init__(self, body: AsyncBody, decoder: Decoder[E], limit: int, came: int = 0) -> None:
        self._body = body
        self._limit = limit
        self._left = limit - came
        self._decoder = decoder
        self._loop = asyncio.get_running_loop()
        self.leave: Callable[[], Coroutine[Any, Any, None]] | None = None
        """What to do where the stream is left or fails."""
        self._leaving: asyncio.Task[None] | None = None
        self._watch: LoopEnd | None = None

    async def pull(self, timeout: float | None) -> Sequence[E] | None:
        decoder = self._decoder
        if decoder.failure is not None:
            raise decoder.failure
        if self._left < 0:
            raise beyond("The stream is larger than", f"{self._limit} bytes", "max_stream")
        if decoder.done:
            await self._read_tail()
            self.leave = None
            self._unwatch()
            return None
        try:
            data = await self._body.read(last_words(timeout) if decoder.complete else timeout)
        except errors.APIConnectionError:
            if not decoder.complete:
                raise
            data = b""
        if data:
            self._left -= len(data)
            if self._left < 0:
                raise beyond("The stream is larger than", f"{self._limit} bytes", "max_stream")
            return decoder.feed(data)
        events = decoder.close()
        decoder.done = True
        if not events and decoder.failure is not None:
            raise decoder.failure
        return events

    async def _read_tail(self) -> None:
        until = time.monotonic() + TAIL
        try:
            while await self._body.read(until - time.monotonic()):
                pass
        except errors.OneLLMError:
            await self._body.close()

    async def close(self) -> None:
        try:
            await self._body.close()
        finally:
            if self.leave is not None:
                if self._leaving is None or self._leaving.cancelled():
                    self._leaving = asyncio.create_task(self.leave())
                await asyncio.shield(self._leaving)
                self.leave = None
            self._unwatch()

    def watch(self) -> None:
        """Be closed when the loop ends, at the latest."""
        self._watch = LoopEnd(self.close)

    def _unwatch(self) -> None:
        if self._watch is not None:
            self._watch.dismiss()
            self._watch = None

    def close_soon(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(lambda: self._loop.create_task(self.close()))


class AsyncStream(StreamState[E, R]):
    """An async iterator over the events of an answer.

    Use it as an async context manager, or read it to its end: leaving it early closes the connection, so that the
    service stops (and bills no further). A stream that stops before its end raises; the error's `partial` has what
    arrived.
    """

    def __init__(self, opened: Opened[E, R], source: AsyncSource[E]) -> None:
        self._source = source
        super().__init__(opened)

    def __aiter__(self) -> AsyncIterator[E]:
        return self

    async def __anext__(self) -> E:
        while not self._ready:
            if self._ended:
                if self._failure is not None and not self._delivered:
                    self._delivered = True
                    raise self._failure
                raise StopAsyncIteration
            await self._pull()
        return self._ready.popleft()

    async def _pull(self) -> None:
        try:
            events = await self._source.pull(self._patience())
        except errors.OneLLMError as error:
            self._fail(error)
            await self._source.close()
        except BaseException:
            await self.close()
            raise
        else:
            if events is None:
                self._end()
            else:
                self._accept(events)

    async def final(self) -> R:
        """Read the rest and return the whole answer, with usage. Raises what the iteration would have raised."""
        while not self._ended:
            self._ready.clear()
            await self._pull()
        self._ready.clear()
        return self._result()

    async def save(self: AsyncStream[bytes, Any], path: str | os.PathLike[str]) -> Path:
        """Write what is left of a stream of bytes to a file as it comes, in place of an old one.

        It is either whole or not there. Raises what the iteration would have raised.
        """
        with whole_file(path) as file:
            async for piece in self:
                file.write(piece)
        return Path(path)

    async def close(self) -> None:
        """Stop: the connection is closed unless the answer had ended. Closing twice is fine."""
        if not self._ended:
            self._left_early()
            self._ready.clear()
            await self._source.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def __del__(self) -> None:
        if self._forgotten():
            self._left_early()
            self._source.close_soon()
