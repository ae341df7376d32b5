"""Deadlines of what blocks: one thread shuts down the sockets whose time is over, another stops the work of lanes.

A blocking HTTP library reads its timeout once, when the body starts; first-token, stall and total deadlines change with
every piece. So a read runs without a timeout, and the watchdog ends it by shutting the socket down.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import os
import socket
import threading
import time

NEVER = float("inf")
MOST_USELESS = 100


class Deadline:
    """What happens when something takes too long: armed before it, disarmed after it."""

    __slots__ = ("due", "expires", "fired", "process")

    def __init__(self) -> None:
        self.process = os.getpid()
        self.expires = NEVER
        self.due = NEVER
        self.fired = False

    def arm(self, seconds: float | None) -> None:
        """Fire `seconds` from now, unless disarmed before."""
        if seconds is None:
            self.expires = NEVER
            return
        self.expires = time.monotonic() + seconds
        if self.expires < self.due:
            self.keeper().wake_at(self)

    def disarm(self) -> None:
        self.expires = NEVER

    def end(self) -> None:
        """There is nothing to watch any more."""
        self.disarm()
        self.keeper().forget(self)

    def fire(self) -> None:
        """Its time is over."""
        self.fired = True

    @staticmethod
    def keeper() -> Watchdog:
        """Whose thread fires it: not that of the sockets, which somebody's code might hold up."""
        return _other


class Watch(Deadline):
    """The deadline of a read from one connection. `sent`: whether a request has begun to leave on it."""

    __slots__ = ("sent", "socket")

    def __init__(self) -> None:
        super().__init__()
        self.socket: socket.socket | None = None
        self.sent = False

    def fire(self) -> None:
        """End whatever waits on the socket."""
        super().fire()
        self.shut()

    @staticmethod
    def keeper() -> Watchdog:
        """The thread of the sockets."""
        return _watchdog

    def shut(self) -> None:
        """Shut the socket down; closing it would not wake a thread that reads from it."""
        if self.socket is not None and self.process == os.getpid():  # a forked child must leave the parent's alone
            # The plain socket's shutdown: SSLSocket's would drop its TLS state under the reader's feet.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)


class Watchdog:
    """One daemon thread for many deadlines. One stays in its heap until its time comes, so arming is cheap.

    Entries that are of no use are left there too, until they are the greater part.
    """

    def __init__(self, name: str = "watchdog") -> None:
        self._name = name
        self._condition = threading.Condition()
        self._heap: list[tuple[float, int, Deadline]] = []
        self._useless = 0
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    def wake_at(self, watch: Deadline) -> None:
        """Look at the watch when it expires."""
        with self._condition:
            due = watch.expires
            if due >= watch.due:
                return
            self._useless += watch.due != NEVER
            if self._useless > max(MOST_USELESS, len(self._heap) // 2):
                self._heap = [entry for entry in self._heap if entry[0] == entry[2].due]
                heapq.heapify(self._heap)
                self._useless = 0
            watch.due = due
            heapq.heappush(self._heap, (due, next(self._numbers), watch))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=f"onellm-{self._name}", daemon=True)
                self._thread.start()
            elif self._heap[0][2] is watch:
                self._condition.notify()

    def forget(self, watch: Deadline) -> None:
        """Leave the watch alone. Its entry stays: this may run wherever garbage is collected, in `wake_at` even."""
        with self._condition:
            if watch.due != NEVER:
                watch.due = NEVER
                self._useless += 1

    def _run(self) -> None:
        while True:
            with self._condition:
                while (pause := self._heap[0][0] - time.monotonic() if self._heap else NEVER) > 0:
                    self._condition.wait(None if pause == NEVER else pause)
                due, _, watch = heapq.heappop(self._heap)
                if due != watch.due:  # an earlier time was set since, and that entry leads; or it was forgotten
                    self._useless -= 1
                    continue
                watch.due = NEVER
                expired = watch.expires <= time.monotonic()
                if not expired and watch.expires != NEVER:
                    watch.due = watch.expires
                    heapq.heappush(self._heap, (watch.due, next(self._numbers), watch))
            if expired:
                watch.fire()


_watchdog = Watchdog()
_other = Watchdog("deadlines")


def _after_fork() -> None:
    global _watchdog, _other
    _watchdog, _other = Watchdog(), Watchdog("deadlines")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
