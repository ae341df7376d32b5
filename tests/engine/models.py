"""A model in memory that does nothing but count."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

from onellm.call import Lane, StreamWork, Work
from tests.engine.ops import ORIGIN, Joined

PROMPTLY = 1.0


class Model:
    """A model in memory: counts what runs at once, and knows whether its generations were stopped."""

    def __init__(self, pause: float = 0.0) -> None:
        self.lane = Lane("model")
        self.pause = pause
        self.running = 0
        self.most = 0
        self.made = 0
        self.stopped = threading.Event()
        self.threads: set[str] = set()

    def generate(self, count: int) -> Iterator[str]:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            for number in range(count):
                self.threads.add(threading.current_thread().name)
                time.sleep(self.pause)
                self.made += 1
                yield str(number)
        finally:
            self.running -= 1
            self.stopped.set()

    def stream(self, count: int = 3) -> StreamWork[str, list[str]]:
        return StreamWork(lambda: self.generate(count), self.lane, Joined, origin=ORIGIN)

    def whole(self, count: int = 3) -> Work[list[str]]:
        return Work(lambda: list(self.generate(count)), self.lane, origin=ORIGIN)

    def is_free(self) -> bool:
        """Whether the lane can be entered soon."""
        if self.lane.lock.acquire(timeout=PROMPTLY):
            self.lane.lock.release()
            return True
        return False
