"""A server in a thread of its own, with an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

from onellm.testing.simulator.server import Server


class Background:
    """Starts and stops a server from any thread, with or without a running loop."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop
        self._stopped: asyncio.Event

    def start(self, host: str, port: int) -> int:
        """Listen, and return the port. Raises OSError if it is taken, OverflowError if it is no port."""
        if self._thread is not None:
            raise RuntimeError("The simulator is running already")
        listening: Future[int] = Future()
        thread = threading.Thread(target=self._run, args=(host, port, listening), name="onellm-simulator", daemon=True)
        thread.start()
        bound = listening.result()
        self._thread = thread
        return bound

    def stop(self) -> None:
        """Cut every connection and end the thread."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join()
            self._thread = None

    def wait(self) -> None:
        """Return when another thread has called `stop`; Ctrl-C interrupts it."""
        while (thread := self._thread) is not None and thread.is_alive():
            thread.join(0.5)

    def _run(self, host: str, port: int, listening: Future[int]) -> None:
        asyncio.run(self._main(host, port, listening))

    async def _main(self, host: str, port: int, listening: Future[int]) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        try:
            listening.set_result(await self._server.start(host, port))
        except (OSError, OverflowError) as error:
            listening.set_exception(error)
            return
        await self._stopped.wait()
        await self._server.stop()
