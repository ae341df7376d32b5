"""One generation at a time for each model, whoever asks; waited for until the deadline, in both engines."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from onellm import errors
from onellm.async_engine import AsyncEngine
from onellm.call import Lane, StreamWork
from onellm.engine import Engine
from tests.engine.models import PROMPTLY, Model
from tests.engine.ops import Joined, both, options
from tests.support import Caller


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_one_generation_at_a_time(streamed: bool) -> None:
    """Threads that share a model wait for one another."""
    model = Model(0.01)
    results: list[list[str]] = []
    with Engine() as engine:

        def generate() -> None:
            results.append(engine.stream(model.stream()).final() if streamed else engine.run(model.whole()))

        threads = [threading.Thread(target=generate) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(5)
    assert results == [["0", "1", "2"]] * 5
    assert model.most == 1


def test_one_generation_at_a_time_async() -> None:
    """Tasks too: two streams and a whole on one lane all come to their end, none inside another."""
    model = Model(0.01)

    async def main() -> None:
        async with AsyncEngine() as engine:

            async def stream() -> list[str]:
                return await (await engine.stream(model.stream(), options(deadline=5))).final()

            jobs: list[Any] = [stream(), engine.run(model.whole(), options(deadline=5)), stream(), stream()]
            assert await asyncio.wait_for(asyncio.gather(*jobs), 10) == [["0", "1", "2"]] * 4

    asyncio.run(main())
    assert model.most == 1
    assert model.is_free()


def test_both_engines_share_a_lane() -> None:
    """A blocking stream that is held back by its reader holds back the async engine, not its loop."""
    model = Model()

    async def main() -> None:
        with Engine() as blocking:
            held = blocking.stream(model.stream())
            assert next(held) == "0"
            async with AsyncEngine() as engine:
                waiting = asyncio.create_task(engine.run(model.whole(1), options(deadline=5)))
                await asyncio.sleep(0.1)
                assert not waiting.done()
                assert model.running == 1
                held.close()
                assert await asyncio.wait_for(waiting, 5) == ["0"]

    asyncio.run(main())
    assert model.most == 1


@both
def test_a_busy_lane_is_waited_for_until_the_deadline(caller: Caller) -> None:
    model = Model()
    with model.lane.lock:
        for run in (lambda: caller.run(model.whole, options(deadline=0.3)), lambda: read(caller, model)):
            began = time.monotonic()
            with pytest.raises(errors.APITimeoutError):
                run()
            assert 0.25 < time.monotonic() - began < 1.5
    assert model.made == 0
    assert model.is_free()


def read(caller: Caller, model: Model) -> None:
    result = caller.stream(model.stream, options(deadline=0.3))
    if result.error is not None:
        raise result.error


@both
def test_a_generation_ends_at_the_deadline(caller: Caller) -> None:
    """With what had come so far; the model stops."""
    model = Model(0.05)
    began = time.monotonic()
    result = caller.stream(lambda: model.stream(1000), options(deadline=0.4))
    assert 0.35 < time.monotonic() - began < 1.5
    error: Any = result.error
    assert (type(error), error.phase) == (errors.APITimeoutError, "deadline")
    assert error.partial == result.events != []
    assert model.stopped.wait(PROMPTLY)
    assert model.is_free()


def test_async_does_not_wait_for_an_event_beyond_the_deadline() -> None:
    """One step of the model takes longer than the deadline: the caller is released, the lane follows."""
    model = Model(1.0)

    async def main() -> None:
        async with AsyncEngine() as engine:
            for job in (engine.run(model.whole(1), options(deadline=0.2)), read_one(engine)):
                began = time.monotonic()
                with pytest.raises(errors.APITimeoutError):
                    await job
                assert time.monotonic() - began < 0.7

    async def read_one(engine: AsyncEngine) -> None:
        await (await engine.stream(model.stream(1), options(deadline=0.2))).final()

    asyncio.run(main())
    assert model.lane.lock.acquire(timeout=5)


def patient(lane: Lane, stopped: threading.Event) -> StreamWork[str, list[str]]:
    """A generation whose second event comes when it is told to stop, like a long prompt."""

    def generate() -> Iterator[str]:
        yield "0"
        assert stopped.wait(5)
        raise errors.APITimeoutError("stopped", phase="deadline")

    return StreamWork(generate, lane, Joined, stop=stopped.set)


@pytest.mark.parametrize(("limit", "said"), [({"deadline": 0.3}, "deadline"), ({"stall": 0.3}, "silent")])
def test_a_blocking_stream_stops_within_an_event(limit: dict[str, Any], said: str) -> None:
    lane, stopped = Lane(), threading.Event()
    with Engine() as engine:
        opened = engine.stream(patient(lane, stopped), options(**limit))
        assert next(opened) == "0"
        began = time.monotonic()
        with pytest.raises(errors.APITimeoutError, match=said) as caught:
            next(opened)
        assert 0.2 < time.monotonic() - began < 1.5
        assert caught.value.partial == ["0"]
    assert lane.lock.acquire(timeout=PROMPTLY)


def test_a_blocking_stream_closed_by_another_thread() -> None:
    """The thread that computes is told to stop, and leaves the lane; its reader hears that the stream was closed."""
    lane, stopped = Lane(), threading.Event()
    with Engine() as engine:
        opened = engine.stream(patient(lane, stopped))
        assert next(opened) == "0"
        closing = threading.Timer(0.1, opened.close)
        closing.start()
        with pytest.raises(errors.StreamInterrupted, match="closed"):
            next(opened)
        closing.join(5)
    assert lane.lock.acquire(timeout=PROMPTLY)


@both
def test_a_busy_lane_says_what_keeps_it(caller: Caller) -> None:
    model = Model()
    with model.lane.lock, pytest.raises(errors.APITimeoutError, match="a stream of it is open"):
        caller.run(model.whole, options(deadline=0.1))
