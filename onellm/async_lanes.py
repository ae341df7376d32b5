"""Work of this process for the async engine: in the lane's own thread, so that the loop goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from onellm.call import Lane, StreamWork, Work
from onellm.errors import APITimeoutError
from onellm.lanes import stop

T = TypeVar("T")
E = TypeVar("E")


async def run_in_lane(work: Work[T], timeout: float | None) -> T:
    """Run the work in the lane's thread. Work that has begun runs to its end even if nobody waits any more."""

    def locked() -> T:
        with work.lane.lock:
            return work.run()

    return await _in_thread(work.lane, locked, timeout)


class AsyncWorkSource(Generic[E]):
    """Events computed in the lane's thread, one hop each; closing stops the generation after the event at hand."""

    def __init__(self, work: StreamWork[E, Any]) -> None:
        self._work = work
        self._events: Iterator[E] | None = None
        self._closed = False

    async def pull(self, timeout: float | None) -> Sequence[E] | None:
        return await _in_thread(self._work.lane, self._next, timeout)

    def _next(self) -> Sequence[E] | None:
        if self._closed:
            return None
        if self._events is None:
            self._work.lane.lock.acquire()
            try:
                self._events = self._work.run()
            except BaseException:
                self._work.lane.lock.release()
                raise
        for event in self._events:
            return (event,)
        self._leave()
        return None

    async def close(self) -> None:
        await asyncio.shield(asyncio.wrap_future(self._work.lane.executor.submit(self._leave)))

    def close_soon(self) -> None:
        self._work.lane.executor.submit(self._leave)

    def _leave(self) -> None:
        self._closed = True
        if self._events is not None:
            events, self._events = self._events, None
            try:
                stop(events)
            finally:
                self._work.lane.lock.release()


async def _in_thread(lane: Lane, run: Callable[[], T], timeout: float | None) -> T:
    future = asyncio.get_running_loop().run_in_executor(lane.executor, run)
    try:
        async with asyncio.timeout(timeout):
            return await future
    except TimeoutError:
        raise APITimeoutError("The model in this process did not answer in time.", phase="read") from None
