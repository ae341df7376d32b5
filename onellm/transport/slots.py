"""The slots of the blocking pool."""

from __future__ import annotations

from operator import length_hint
from queue import Empty, SimpleQueue


class Slots:
    """How many connections may be in use at once.

    One is freed wherever garbage is collected, be it within a method here and in the same thread: so no lock is held.
    """

    def __init__(self, size: int) -> None:
        self._new = iter(range(size))
        self._freed: SimpleQueue[None] = SimpleQueue()

    def take(self) -> bool:
        """Take one that is free now."""
        try:
            self._freed.get_nowait()
        except Empty:
            return next(self._new, None) is not None
        return True

    def wait(self, seconds: float | None) -> bool:
        """Take one as soon as it is free; False where that takes longer."""
        try:
            self._freed.get(timeout=seconds)
        except Empty:
            return False
        return True

    def free(self) -> None:
        """Give one back."""
        self._freed.put(None)

    def __len__(self) -> int:
        """How many are free."""
        return self._freed.qsize() + length_hint(self._new)
