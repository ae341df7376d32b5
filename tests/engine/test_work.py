"""Computing in this process: the caller's thread for the blocking engine, the lane's for the async one."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from onellm import errors
from onellm.async_engine import AsyncEngine
from onellm.call import Lane, StreamWork, Work
from onellm.engine import Engine
from tests.engine.models import PROMPTLY, Model
from tests.engine.ops import ORIGIN, Joined, both
from tests.support import Caller


@both
def test_work(caller: Caller) -> None:
    model = Model()
    assert caller.run(model.whole) == ["0", "1", "2"]
    name = next(iter(model.threads))
    assert name == threading.current_thread().name if caller.kind == "sync" else name.startswith("onellm-model")
    assert model.is_free()


@both
def test_stream_work(caller: Caller) -> None:
    model = Model()
    result = caller.stream(model.stream)
    assert (result.events, result.final, result.error) == (["0", "1", "2"], ["0", "1", "2"], None)
    assert (result.meta.provider, result.meta.model) == ORIGIN
    assert result.meta.time_to_first_token <= result.meta.latency
    assert len(model.threads) == 1
    assert model.is_free()


@both
def test_stream_work_of_nothing(caller: Caller) -> None:
    model = Model()
    result = caller.stream(lambda: model.stream(0))
    assert (result.events, result.final) == ([], [])
    assert model.is_free()


def failing(after: int) -> Callable[[], Iterator[str]]:
    def generate() -> Iterator[str]:
        for number in range(after):
            yield str(number)
        raise errors.InvalidRequestError("the context is full")

    return generate


@both
@pytest.mark.parametrize("after", [0, 2])
def test_an_error_frees_the_lane(caller: Caller, after: int) -> None:
    """Of the work, of the generation, and of its beginning."""
    lane = Lane()
    if after:
        result = caller.stream(lambda: StreamWork(failing(after), lane, Joined))
        assert result.events == ["0", "1"]
        assert type(result.error) is errors.InvalidRequestError
        assert result.error.partial == ["0", "1"]
    else:
        with pytest.raises(ZeroDivisionError):
            caller.run(lambda: Work(lambda: 1 // 0, lane))
        with pytest.raises(ZeroDivisionError):
            caller.stream(lambda: StreamWork(lambda: iter([1 // 0]), lane, Joined))
    assert lane.lock.acquire(timeout=PROMPTLY)


# -- leaving early ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["close", "with", "forget", "error"])
def test_early_close_stops_the_generation(way: str) -> None:
    """The generator's `finally` has run when closing returns, and the lane is free."""
    model = Model()
    with Engine() as engine:
        opened = engine.stream(model.stream(1000))
        if way == "with":
            with opened:
                assert next(opened) == "0"
        elif way == "error":
            with contextlib.suppress(ZeroDivisionError), opened:
                raise ZeroDivisionError
        else:
            assert next(opened) == "0"
            opened.close() if way == "close" else None
        del opened
        assert model.stopped.is_set() is (way != "error")  # what never began has nothing to stop
        assert model.made <= 1
        assert model.lane.lock.acquire(blocking=False)


@pytest.mark.parametrize("way", ["close", "with", "forget", "cancel"])
def test_early_close_stops_the_generation_async(way: str) -> None:
    model = Model(0.01)

    async def main() -> None:
        async with AsyncEngine() as engine:
            opened = await engine.stream(model.stream(1000))
            if way == "with":
                async with opened:
                    assert await anext(opened) == "0"
            elif way == "cancel":
                task = asyncio.create_task(opened.final())
                await asyncio.sleep(0.1)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            else:
                assert await anext(opened) == "0"
                await opened.close() if way == "close" else None
            del opened
            assert await asyncio.to_thread(model.stopped.wait, PROMPTLY)
            made = model.made
            await asyncio.sleep(0.05)
            assert model.made == made < 100
            assert await asyncio.to_thread(model.is_free)

    asyncio.run(main())


LEFT = """
import asyncio
from onellm.async_engine import AsyncEngine
from onellm.engine import Engine
from tests.engine.models import Model

blocking = Engine().stream(Model().stream(1000))
next(blocking)

async def main():
    global left
    left = await AsyncEngine().stream(Model().stream(1000))
    await anext(left)

asyncio.run(main())
"""


def test_streams_that_are_open_when_the_process_ends() -> None:
    """It ends, and says nothing about them."""
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", LEFT], capture_output=True, text=True, timeout=30, check=False, cwd=root
    )
    assert (done.returncode, done.stderr) == (0, "")


# -- the loop goes on -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_work_does_not_block_the_loop(streamed: bool) -> None:
    """While the model computes for half a second, a heartbeat of 10 ms is hardly disturbed."""
    model = Model(0.1)
    gaps: list[float] = []

    async def heartbeat() -> None:
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.01)
            gaps.append(time.monotonic() - began)

    async def main() -> None:
        async with AsyncEngine() as engine:
            beating = asyncio.create_task(heartbeat())
            if streamed:
                assert [item async for item in await engine.stream(model.stream(5))] == list("01234")
            else:
                assert await engine.run(model.whole(5)) == list("01234")
            beating.cancel()

    asyncio.run(main())
    assert len(gaps) >= 20
    assert sorted(gaps)[len(gaps) // 2] < 0.05
    assert max(gaps) < 0.45
