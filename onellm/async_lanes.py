"""Work of this process for the async engine: in the lane's own thread, so that the loop goes on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

from onellm.call import Lane, StreamWork, Work
from onellm.errors import APITimeoutError
from onellm.lanes import busy, late, stop

T = TypeVar("T")
E = TypeVar("E")


POLL = 0.005
"""Seconds between two looks at a busy lane."""


async def run_in_lane(work: Work[T], timeout: float | None) -> T:
    """Run the work in the lane's thread. Where nobody waits any more, it is told to stop, or else runs to its end."""
    entered = False
    try:
        async with asyncio.timeout(timeout):
            await _enter(work.lane)
            entered = True
            job = work.lane.executor.submit(work.run)
            job.add_done_callback(lambda _: work.lane.lock.release())  # cancelled before it began, too
            try:
                return await asyncio.wrap_future(job)
            except asyncio.CancelledError:
                if work.stop is not None:
                    work.stop()
                raise
    except TimeoutError:
        raise _late(entered) from None


class AsyncWorkSource(Generic[E]):
    """Events computed in the lane's thread, one hop each; closing stops the generation after the event at hand."""

    def __init__(self, work: StreamWork[E, Any]) -> None:
        self._work = work
        self._events: Iterator[E] | None = None
        self._closed = False
        self._held = False
        self._abandoned = False

    async def pull(self, timeout: float | None) -> Sequence[E] | None:
        try:
            async with asyncio.timeout(timeout):
                if not self._held and not self._closed:
                    await _enter(self._work.lane)
                    self._held = True
                return await asyncio.wrap_future(self._work.lane.executor.submit(self._next))
        except (TimeoutError, asyncio.CancelledError) as error:  # the event at hand is not waited for
            held, self._abandoned = self._held, True
            if self._work.stop is not None:
                self._work.stop()
            self.close_soon()
            if isinstance(error, TimeoutError):
                raise _late(held) from None
            raise

    def _next(self) -> Sequence[E] | None:
        if self._closed:
            self._leave()
            return None
        if self._events is None:
            self._events = self._work.run()
        for event in self._events:
            return (event,)
        self._leave()
        return None

    async def close(self) -> None:
        if not self._abandoned:
            await asyncio.shield(asyncio.wrap_future(self._work.lane.executor.submit(self._leave)))

    def close_soon(self) -> None:
        with contextlib.suppress(RuntimeError):  # the interpreter ends and takes no more work
            self._work.lane.executor.submit(self._leave)

    def _leave(self) -> None:
        self._closed = True
        events, self._events = self._events, None
        try:
            if events is not None:
                stop(events)
        finally:
            if self._held:
                self._held = False
                self._work.lane.lock.release()


async def _enter(lane: Lane) -> None:
    """Wait for the lane, not in its thread: whoever holds it needs the thread to come to an end."""
    while not lane.lock.acquire(blocking=False):  # noqa: ASYNC110 - who holds it may be in another thread or loop
        await asyncio.sleep(POLL)


def _late(entered: bool) -> APITimeoutError:
    return late() if entered else busy()
