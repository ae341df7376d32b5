"""A timeout for the many reads of one answer: the async counterpart of the watchdog's `Watch`.

`asyncio.timeout` sets and clears a timer for every read, which costs more than decoding a chunk. Here one timer stays;
each read only moves the time at which it will act.
"""

from __future__ import annotations

import asyncio

NEVER = float("inf")


class Alarm:
    """Armed before each read, disarmed after it; it ends a read that takes too long by cancelling the reading task."""

    __slots__ = ("_cancels", "_expires", "_handle", "_loop", "_rang", "_task")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._handle: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[object] | None = None
        self._expires = NEVER
        self._cancels = 0
        self._rang = False

    def arm(self, seconds: float | None) -> None:
        """Ring `seconds` from now, in the task that runs now, unless disarmed before."""
        if seconds is None:
            return
        self._task = task = asyncio.current_task()
        self._cancels = task.cancelling() if task is not None else 0
        self._expires = self._loop.time() + seconds
        if self._handle is None or self._handle.when() > self._expires:
            self._set(self._expires)

    def disarm(self) -> None:
        self._expires = NEVER

    def rang(self) -> bool:
        """Whether the CancelledError at hand is the alarm's. Takes the alarm's cancellation back."""
        if not self._rang or self._task is None:
            return False
        self._rang = False
        return self._task.uncancel() <= self._cancels

    def rest(self) -> bool:
        """Keep the timer for the next answer: setting one costs as much as moving it ten times. False if it rang."""
        self._expires, self._task = NEVER, None
        return not self._rang

    def stop(self) -> None:
        """Give up the timer."""
        self._expires = NEVER
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _set(self, when: float) -> None:
        if self._handle is not None:
            self._handle.cancel()
        self._handle = self._loop.call_at(when, self._ring)

    def _ring(self) -> None:
        self._handle = None
        if self._expires == NEVER:
            return
        if self._expires > self._loop.time():
            self._set(self._expires)
        elif self._task is not None:
            self._rang = True
            self._task.cancel()
