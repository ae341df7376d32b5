"""Work of this process for the blocking engine: in the caller's thread, while the lane is held."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from onellm.call import Lane, StreamWork, Work
from onellm.errors import APITimeoutError
from onellm.transport.watchdog import Deadline

T = TypeVar("T")
E = TypeVar("E")


def run_here(work: Work[T], timeout: float | None) -> T:
    """Run the work in this thread, once the lane is free; work that can be stopped is, when the time is over."""
    began = time.monotonic()
    _enter(work.lane, timeout)
    try:
        bell = _Bell(work.stop)
        bell.arm(None if timeout is None else timeout - (time.monotonic() - began))
        try:
            return work.run()
        finally:
            bell.end()
    finally:
        work.lane.lock.release()


class WorkSource(Generic[E]):
    """Events computed in this thread; the lane is held until the end."""

    def __init__(self, work: StreamWork[E, Any], timeout: float | None) -> None:
        self._lane = work.lane
        self._stop = work.stop
        self._bell = _Bell(work.stop)
        self._computing = threading.Lock()
        self._closed = False
        _enter(work.lane, timeout)
        self._held = True
        try:
            self._events: Iterator[E] = work.run()
        except BaseException:
            self._leave()
            raise

    def pull(self, timeout: float | None) -> Sequence[E] | None:
        if timeout is not None and timeout <= 0:
            raise late()
        try:
            with self._computing:
                self._bell.arm(timeout)
                try:
                    for event in self._events:
                        return (event,)
                finally:
                    self._bell.disarm()
        except APITimeoutError:
            if not self._closed:
                raise
        finally:
            if self._closed:
                self.close()
        self._leave()
        return None

    def close(self) -> None:
        """Stop the generation. Where another thread computes an event just now, it is told to stop, and leaves."""
        self._closed = True
        if self._computing.acquire(blocking=False):
            try:
                stop(self._events)
                self._leave()
            finally:
                self._computing.release()
        elif self._stop is not None:
            self._stop()

    def _leave(self) -> None:
        self._bell.end()
        if self._held:
            self._held = False
            self._lane.lock.release()


class _Bell(Deadline):
    """Stops work that takes too long and can be stopped."""

    __slots__ = ("_ring",)

    def __init__(self, ring: Callable[[], None] | None) -> None:
        super().__init__()
        self._ring = ring

    def arm(self, seconds: float | None) -> None:
        if self._ring is not None:
            super().arm(seconds)

    def end(self) -> None:
        super().end()
        self._ring = None  # it stays in the heap for a while, and need not keep a model there

    def fire(self) -> None:
        super().fire()
        if (ring := self._ring) is not None:
            ring()


def _enter(lane: Lane, timeout: float | None) -> None:
    if not lane.lock.acquire(timeout=-1 if timeout is None else max(0.0, timeout)):
        raise busy()


def late() -> APITimeoutError:
    """The error for a model that took too long."""
    return APITimeoutError("The model in this process did not answer in time.", phase="read")


def busy() -> APITimeoutError:
    """The error for a model that was never free."""
    return APITimeoutError(
        "The model in this process was busy all the time: another call computes, or a stream of it is open that "
        "nobody reads to its end or closes.",
        phase="pool",
    )


def stop(events: Iterator[Any]) -> None:
    close = getattr(events, "close", None)
    if close is not None:
        close()
