"""Work of this process for the blocking engine: in the caller's thread, while the lane is held."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

from onellm.call import Lane, StreamWork, Work
from onellm.errors import APITimeoutError

T = TypeVar("T")
E = TypeVar("E")


def run_here(work: Work[T], timeout: float | None) -> T:
    """Run the work in this thread, once the lane is free; work that can be stopped is, when the time is over."""
    began = time.monotonic()
    _enter(work.lane, timeout)
    timer: threading.Timer | None = None
    try:
        if work.stop is not None and timeout is not None:
            timer = threading.Timer(max(0.0, timeout - (time.monotonic() - began)), work.stop)
            timer.daemon = True
            timer.start()
        return work.run()
    finally:
        if timer is not None:
            timer.cancel()
        work.lane.lock.release()


class WorkSource(Generic[E]):
    """Events computed in this thread; the lane is held until the end."""

    def __init__(self, work: StreamWork[E, Any], timeout: float | None) -> None:
        self._lane = work.lane
        _enter(work.lane, timeout)
        self._held = True
        try:
            self._events: Iterator[E] = work.run()
        except BaseException:
            self._leave()
            raise

    def pull(self, timeout: float | None) -> Sequence[E] | None:
        if timeout is not None and timeout <= 0:
            raise APITimeoutError("The model in this process did not answer in time.", phase="read")
        for event in self._events:
            return (event,)
        self._leave()
        return None

    def close(self) -> None:
        stop(self._events)
        self._leave()

    def _leave(self) -> None:
        if self._held:
            self._held = False
            self._lane.lock.release()


def _enter(lane: Lane, timeout: float | None) -> None:
    if not lane.lock.acquire(timeout=-1 if timeout is None else max(0.0, timeout)):
        raise APITimeoutError("The model in this process was busy until the deadline.", phase="pool")


def stop(events: Iterator[Any]) -> None:
    close = getattr(events, "close", None)
    if close is not None:
        close()
