"""What must still be done when an event loop ends."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any


class LoopEnd:
    """Something that is done when the running loop ends, unless it is dismissed before.

    `asyncio.run` cancels every task that is left, and then waits for what async generators do last: this is one.
    """

    def __init__(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._last: Callable[[], Coroutine[Any, Any, None]] | None = last
        self._watch = self._wait()
        with contextlib.suppress(StopIteration):  # it gets to its yield without waiting for anything
            anext(self._watch).__await__().__next__()

    async def _wait(self) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            last, self._last = self._last, None
            if last is not None:
                await last()

    def dismiss(self) -> None:
        """There is nothing to do any more."""
        if self._last is not None:
            self._last = None
            with contextlib.suppress(StopIteration):  # nor does it wait at its end then
                self._watch.aclose().send(None)
