"""Cancelled at any point, nothing is lost: no slot, no socket, no task. (httpcore's own pool loses slots here.)

A pool of one connection, two requests; after k steps of the loop the first, the second or both are cancelled; then
a healthy request must succeed, and the books must balance.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import Any

import pytest

from onellm import errors
from onellm.async_engine import AsyncEngine
from onellm.call import StreamCall
from onellm.options import Options
from onellm.transport.base import Connections
from tests.both import settled
from tests.engine.loop_server import LoopServer, serving
from tests.engine.ops import call, options, stream_call
from tests.support import ONE

STEPS = 60


def sockets() -> int:
    """How many sockets this process has open, where the system tells."""
    try:
        names = os.listdir("/proc/self/fd")
    except FileNotFoundError:
        return 0
    count = 0
    for name in names:
        with suppress(OSError):
            count += os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
    return count


async def ask(engine: AsyncEngine, url: str, streams: bool, given: Options) -> Any:
    if not streams:
        return await engine.run(call(url, method="GET"), given)
    op: StreamCall[str, list[str]] = stream_call(url, method="GET")
    async with await engine.stream(op, given) as stream:
        return [item async for item in stream]


ANSWER: dict[bool, Any] = {False: "a\nb\nc\nend\n", True: ["a", "b", "c"]}


async def one_case(
    engine: AsyncEngine, server: LoopServer, k: int, streams: bool, warm: bool, victims: str, again: int | None = None
) -> None:
    """Cancel the victims after k steps, and once more after `again` further ones."""
    given = options(0, deadline=5)
    if warm:
        assert await ask(engine, server.url, False, given) == ANSWER[False]
    else:
        await engine.close()
    tasks = {name: asyncio.create_task(ask(engine, server.url, streams, given)) for name in ("first", "second")}
    for _ in range(k):
        await asyncio.sleep(0)
    cancelled = [tasks[name] for name in tasks if victims in (name, "both")]
    for task in cancelled:
        task.cancel()
    if again is not None:
        for _ in range(again):
            await asyncio.sleep(0)
        for task in cancelled:
            task.cancel()
    results = await asyncio.gather(*tasks.values(), return_exceptions=True)
    for task, result in zip(tasks.values(), results, strict=True):
        ended_before = result == ANSWER[streams]
        assert ended_before or (task in cancelled and isinstance(result, asyncio.CancelledError)), repr(result)
    pool: Any = engine._transport._pool()  # type: ignore[attr-defined]
    assert pool.slots._value == 1
    assert await ask(engine, server.url, streams, given) == ANSWER[streams]
    idle = [connection for group in pool.idle.values() for connection in group]
    assert pool.slots._value == 1
    assert len(idle) == 1
    assert not pool.slots._waiters
    assert asyncio.all_tasks() == {asyncio.current_task()}


def run_cases(streams: bool, warm: bool, victims: str, again: int | None = None) -> None:
    """One client for all k, as in a program that goes on: what one cancellation lost, the next would miss."""
    complaints: list[Any] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        async with serving() as server:
            before = sockets()
            engine = AsyncEngine(connections=ONE)
            for k in range(STEPS + 1):
                try:
                    async with asyncio.timeout(5):
                        await one_case(engine, server, k, streams, warm, victims, again)
                except (AssertionError, TimeoutError) as error:
                    pytest.fail(f"k = {k}: {error!r}")
            await engine.close()
            assert await settled(lambda: not server.open)
            assert await settled(lambda: sockets() <= before)
            assert asyncio.all_tasks() == {asyncio.current_task()}
        assert server.hits >= STEPS

    asyncio.run(main())
    assert complaints == []


@pytest.mark.parametrize("victims", ["first", "second", "both"])
@pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_cancel_after_each_step(streams: bool, warm: bool, victims: str) -> None:
    run_cases(streams, warm, victims)


@pytest.mark.parametrize("again", [0, 1, 2, 3])
@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_cancel_again_while_it_lets_go(streams: bool, again: int) -> None:
    """A second cancellation meets the closing of the connection."""
    run_cases(streams, False, "both", again)


def test_the_steps_reach_from_before_the_connection_to_after_the_answer() -> None:
    """The sixty steps mean something: a request takes fewer, and neither is ended at once."""

    async def main() -> None:
        async with serving() as server, AsyncEngine(connections=ONE) as engine:
            task = asyncio.create_task(ask(engine, server.url, True, options(0)))
            steps = 0
            while not task.done():
                await asyncio.sleep(0)
                steps += 1
            assert 10 < steps < STEPS
            assert await task == ANSWER[True]

    asyncio.run(main())


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_a_crowd_of_which_half_is_cancelled(streams: bool) -> None:
    """Forty requests through three connections, every second one cancelled at another step."""

    async def main() -> None:
        async with serving() as server:
            engine = AsyncEngine(connections=Connections(max_connections=3))
            tasks = [asyncio.create_task(ask(engine, server.url, streams, options(0, deadline=10))) for _ in range(40)]
            for number, task in enumerate(tasks):
                for _ in range(number % 7):
                    await asyncio.sleep(0)
                if number % 2:
                    task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert [result for result in results[::2] if result != ANSWER[streams]] == []
            pool: Any = engine._transport._pool()  # type: ignore[attr-defined]
            assert pool.slots._value == 3
            assert len(server.open) <= 3
            await engine.close()
            assert await settled(lambda: not server.open)

    asyncio.run(main())


@pytest.mark.parametrize("silence", ["never begins", "stalls"])
def test_cancelled_as_a_limit_runs_out(silence: str) -> None:
    """A limit ends a read by cancelling it; the caller's own cancellation is neither mistaken for it nor eaten."""
    limits = options(0, first_token=0.01, stall=0.01, deadline=5)

    async def cancelled_after(seconds: float, engine: AsyncEngine, server: LoopServer) -> tuple[bool, Any]:
        """Whether the task was still running when it was cancelled, and what it gave."""
        task = asyncio.create_task(ask(engine, server.url, True, limits))
        told: list[bool] = []
        asyncio.get_running_loop().call_later(seconds, lambda: told.append(task.cancel()))
        results = await asyncio.gather(task, return_exceptions=True)
        await settled(lambda: bool(told))
        return told[0], results[0]

    async def main() -> None:
        async with serving() as server, AsyncEngine(connections=ONE) as engine:
            seen: set[bool] = set()
            for number in range(40):
                server.silent = silence
                running, result = await cancelled_after(0.007 + number * 0.00025, engine, server)
                assert isinstance(result, asyncio.CancelledError if running else errors.APITimeoutError), number
                seen.add(running)
                server.silent = ""
                assert await ask(engine, server.url, False, options(0, deadline=5)) == ANSWER[False]
            assert True in seen

    asyncio.run(main())


def test_a_timeout_of_the_callers_own() -> None:
    """`asyncio.timeout` and `asyncio.TaskGroup` cancel in their own ways; the slot comes back from both."""

    async def main() -> None:
        async with serving() as server, AsyncEngine(connections=ONE) as engine:
            for pause in (0, 0.0001, 0.0005, 0.001, 0.002):
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await ask(engine, server.url, True, options(0))
                with suppress(ExceptionGroup):
                    async with asyncio.TaskGroup() as group:
                        group.create_task(ask(engine, server.url, True, options(0)))
                        group.create_task(ask(engine, server.url, False, options(0)))
                        await asyncio.sleep(pause)
                        raise ValueError
                assert await ask(engine, server.url, False, options(0, deadline=5)) == ANSWER[False]

    asyncio.run(main())
