"""The async way to perform a program: the same steps as `engine`, awaited."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, ClassVar, Self, TypeVar

from onellm import errors
from onellm.async_lanes import AsyncWorkSource, run_in_lane
from onellm.async_stream import AsyncBodySource, AsyncStream
from onellm.budget import Accounts
from onellm.call import Op, Reply, StreamCall, StreamOp
from onellm.decode.limits import beyond
from onellm.effects import (
    Close,
    Compute,
    Drain,
    Effects,
    LookUp,
    Opened,
    Pause,
    Program,
    Read,
    ReadAll,
    Send,
    Shielded,
    Together,
)
from onellm.engine import DEFAULTS, patience, reply_of
from onellm.exchange import execute, let_go, open_stream
from onellm.loop_end import LoopEnd
from onellm.meta import request_id
from onellm.options import Options
from onellm.policy import Session
from onellm.transport.base import AsyncBody, AsyncTransport, Connections
from onellm.transport.choice import async_transport

T = TypeVar("T")
E = TypeVar("E")
R = TypeVar("R")


class AsyncEngine:
    """Performs operations by awaiting, on whichever loop runs. Safe to share between tasks."""

    asynchronous: ClassVar[bool] = True

    def __init__(self, transport: AsyncTransport | None = None, connections: Connections | None = None) -> None:
        self._connections = connections or Connections()
        self._accounts = Accounts()
        self._limits = self._connections.limits()
        self._finishing: dict[asyncio.Future[None], LoopEnd] = {}
        """Last steps under way; a loop alone would not keep their tasks alive."""
        self._transport = async_transport(None, self._connections) if transport is None else transport

    async def run(self, op: Op[T], options: Options = DEFAULTS) -> T:
        """Perform an operation and return its result. Raises OneLLMError."""
        return await self._perform(execute(op, self._session(options)))

    async def stream(self, op: StreamOp[E, R], options: Options = DEFAULTS) -> AsyncStream[E, R]:
        """Open a stream; it has its first event when this returns. Raises OneLLMError."""
        return self._open(await self._perform(open_stream(op, self._session(options))))

    async def close(self) -> None:
        """Close the idle connections of the running loop."""
        loop = asyncio.get_running_loop()
        if last := [task for task in self._finishing if task.get_loop() is loop]:
            await asyncio.wait(last)  # last calls, which have little time
        await self._transport.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def _session(self, options: Options) -> Session:
        return Session(options, time.monotonic(), self._accounts, self._limits)

    async def _perform(self, program: Program[T]) -> T:
        try:
            step = next(program)
            while True:
                try:
                    outcome = await self._do(step)
                except BaseException as error:  # noqa: BLE001 - the program decides what an error means
                    step = program.throw(error)
                else:
                    step = program.send(outcome)
        except StopIteration as finished:
            result: T = finished.value
            return result

    async def _do(self, step: Effects) -> Any:
        if isinstance(step, Send):
            timeout = step.session.options.timeout
            body = await self._transport.send(step.request, timeout.connect, timeout.pool, step.wait)
            return await self._read_all(body, step.session, step.limit) if step.whole else body
        if isinstance(step, Read):
            return await step.body.read(step.timeout)
        if isinstance(step, Pause):
            return await asyncio.sleep(step.seconds)
        if isinstance(step, ReadAll):
            return await self._read_all(step.body, step.session, None)
        if isinstance(step, Close):
            return await step.body.close()
        if isinstance(step, LookUp):
            return await self._transport.look_up(step.host, step.port, step.timeout)
        if isinstance(step, Compute):
            return await run_in_lane(step.work, step.session.remaining(time.monotonic()))
        if isinstance(step, Drain):
            return await self._open(step.opened).final()
        if isinstance(step, Shielded):
            return await self._finish(step.program)
        return await self._together(step)

    async def _finish(self, make: Callable[[], Program[None]]) -> None:
        """Run a program in a task of its own, which goes on where the caller's is cancelled.

        A loop that ends cancels that task too: then the program is run anew, and the loop waits for it.
        """
        task = asyncio.ensure_future(self._perform(make()))

        async def at_the_end() -> None:
            self._finishing.pop(task, None)
            if not task.done():
                await asyncio.wait([task])
            if task.cancelled():
                await self._perform(make())

        self._finishing[task] = LoopEnd(at_the_end)
        task.add_done_callback(self._finished)
        await asyncio.shield(task)

    def _finished(self, task: asyncio.Future[None]) -> None:
        if not task.cancelled() and (watch := self._finishing.pop(task, None)) is not None:
            watch.dismiss()

    async def _together(self, step: Together) -> list[Any]:
        slots = asyncio.Semaphore(step.limit)

        async def one(program: Program[Any]) -> Any:
            async with slots:
                return await self._perform(program)

        tasks = [asyncio.ensure_future(one(program)) for program in step.programs]
        try:
            return list(await asyncio.gather(*tasks))
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise

    async def _read_all(self, body: AsyncBody, session: Session, limit: int | None) -> Reply:
        limit = self._connections.max_reply if limit is None else limit
        pieces: list[bytes] = []
        size = 0
        try:
            while piece := await body.read(patience(session)):
                pieces.append(piece)
                size += len(piece)
                if size > limit:
                    raise beyond("The answer is larger than", f"{limit} bytes", "max_reply")
        except errors.OneLLMError as error:
            error.request_id = error.request_id or request_id(body.headers)
            await body.close()
            raise
        return reply_of(body.status, body.headers, pieces)

    def _open(self, opened: Opened[E, R]) -> AsyncStream[E, R]:
        if isinstance(opened.op, StreamCall):
            most = self._connections.max_stream
            source = AsyncBodySource(opened.body, opened.decoding(), most, opened.size)
            if opened.op.leave is not None:
                source.leave = functools.partial(self._let_go, opened.op, opened.session)
                source.watch()
            return AsyncStream(opened, source)
        return AsyncStream(opened, AsyncWorkSource(opened.op))

    async def _let_go(self, op: StreamCall[Any, Any], session: Session) -> None:
        await self._perform(let_go(op, session))
