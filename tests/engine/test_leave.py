"""A last call of what is left: a flow's step on its way out, and a stream's own."""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any

import pytest

from onellm import errors
from onellm.async_engine import AsyncEngine
from onellm.call import Call, Flow, StreamCall, ask, leave, sleep
from onellm.engine import Engine
from onellm.transport.base import Connections
from tests.engine.ops import both, call, lines, ok, options, stream_call
from tests.support import Answer, ByteServer, Caller, End, Wait, serve, streamed, whole

LONG = 30.0


def job(url: str, seconds: float = LONG, waits: threading.Event | None = None) -> Flow[str]:
    """Begins something, waits for it, and asks to cancel it where it is left. `waits` is set when it has begun."""
    yield from ask(call(url + "/begin"))
    if waits is not None:
        waits.set()
    try:
        yield from sleep(seconds)
        return (yield from ask(call(url + "/look")))
    except GeneratorExit:
        raise
    except BaseException:
        yield from leave(call(url + "/cancel"))
        raise


def paths(server: ByteServer) -> list[str]:
    return [request.path.removeprefix("/v1") for request in server.requests]


def wait_for(server: ByteServer, count: int) -> None:
    limit = time.monotonic() + 10
    while len(server.requests) < count and time.monotonic() < limit:
        time.sleep(0.005)


@both
def test_the_deadline_is_over_and_the_last_call_is_made(caller: Caller) -> None:
    with serve(ok()) as server:
        with pytest.raises(errors.APITimeoutError, match="deadline"):
            caller.run(lambda: job(server.url), options(deadline=0.2))
        assert paths(server) == ["/begin", "/cancel"]


@both
def test_an_error_is_raised_as_it_was_whatever_becomes_of_the_last_call(caller: Caller) -> None:
    for last in (whole({"error": "no"}, 404), [End(reset=True)], whole({"error": "no"}, 500)):
        with serve(ok(), whole({"error": "gone"}, 404), last) as server:
            with pytest.raises(errors.NotFoundError) as caught:
                caller.run(lambda server=server: job(server.url, 0), options(retries=0))  # type: ignore[misc]
            assert paths(server) == ["/begin", "/look", "/cancel"]
            assert len(caught.value.attempts) == 2


@both
def test_a_last_call_that_hangs_ends_after_its_own_time(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onellm.exchange.LEAVING", 0.2)
    with serve(ok(), whole({"error": "gone"}, 404), [Wait(LONG)]) as server:
        began = time.monotonic()
        with pytest.raises(errors.NotFoundError):
            caller.run(lambda: job(server.url, 0), options(retries=0))
        assert time.monotonic() - began < LONG / 2


@both
def test_what_ends_well_is_not_left(caller: Caller) -> None:
    with serve(ok()) as server:
        assert caller.run(lambda: job(server.url, 0)) == "ok"
        assert paths(server) == ["/begin", "/look"]


@pytest.mark.parametrize("times", [1, 3])
def test_a_cancelled_task(times: int) -> None:
    """However often it is cancelled: the last call goes on in a task of its own."""

    async def main(server: ByteServer) -> None:
        waits = threading.Event()
        async with AsyncEngine() as engine:
            task = asyncio.ensure_future(engine.run(job(server.url, waits=waits)))
            assert await asyncio.to_thread(waits.wait, 10)
            await asyncio.sleep(0)
            for _ in range(times):
                task.cancel()
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.to_thread(wait_for, server, 2)

    with serve(ok()) as server:
        asyncio.run(main(server))
        assert paths(server) == ["/begin", "/cancel"]


@pytest.mark.parametrize("ticks", [0, 1, 2])
def test_a_cancelled_task_whose_loop_ends(ticks: int) -> None:
    """The loop cancels the last call as well. Whether it was on its way is not known, so it may be made twice."""

    async def main(server: ByteServer) -> None:
        waits = threading.Event()
        task = asyncio.ensure_future(AsyncEngine().run(job(server.url, waits=waits)))
        assert await asyncio.to_thread(waits.wait, 10)
        await asyncio.sleep(0)
        task.cancel()
        for _ in range(ticks):
            await asyncio.sleep(0)

    with serve(ok()) as server:
        asyncio.run(main(server))
        assert paths(server) in (["/begin", "/cancel"], ["/begin", "/cancel", "/cancel"])


def test_nothing_is_kept_of_a_last_call() -> None:
    async def main(server: ByteServer) -> None:
        async with AsyncEngine() as engine:
            with pytest.raises(errors.APITimeoutError):
                await engine.run(job(server.url), options(deadline=0.2))
            await asyncio.sleep(0)
            assert not engine._finishing

    with serve(ok()) as server:
        asyncio.run(main(server))
        assert paths(server) == ["/begin", "/cancel"]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_ctrl_c(kind: str) -> None:
    waits = threading.Event()
    with serve(ok()) as server:

        def press() -> None:
            assert waits.wait(10)
            time.sleep(0.05)
            os.kill(os.getpid(), signal.SIGINT)

        presser = threading.Thread(target=press)
        presser.start()
        with pytest.raises(KeyboardInterrupt):
            Caller(kind).run(lambda: job(server.url, waits=waits))
        presser.join()
        assert paths(server) == ["/begin", "/cancel"]


# -- streams ---------------------------------------------------------------------------------------------------------


def leaving(url: str, *, done: bool = False) -> StreamCall[Any, Any]:
    """A stream that is cancelled where it is left; `done`: it says that there is nothing left to cancel."""
    streamed = stream_call(url)
    last: Call[str] = call(url + "/cancel")
    streamed.leave = lambda: None if done else last
    return streamed


ENDLESS: Answer = lines("one", Wait(LONG), end=False)
WHOLE: Answer = lines("one")


@both
@pytest.mark.parametrize(
    ("answer", "given"),
    [
        pytest.param(ENDLESS, {"deadline": 0.3}, id="deadline"),
        pytest.param(ENDLESS, {"stall": 0.2}, id="stall"),
        pytest.param(lines("one", End(reset=True), end=False), {}, id="reset"),
        pytest.param(streamed(b"one\n"), {}, id="cut"),
    ],
)
def test_a_stream_that_fails(caller: Caller, answer: Answer, given: dict[str, Any]) -> None:
    with serve(answer, ok()) as server:
        assert isinstance(caller.stream(lambda: leaving(server.url), options(**given)).error, errors.OneLLMError)
        assert paths(server) == ["", "/cancel"]


@both
def test_a_stream_that_cannot_be_opened(caller: Caller) -> None:
    with serve(whole({"error": "no"}, 404), ok()) as server:
        with pytest.raises(errors.NotFoundError):
            caller.stream(lambda: leaving(server.url))
        assert paths(server) == ["", "/cancel"]


@both
def test_a_stream_that_ends_well_or_has_nothing_to_cancel(caller: Caller) -> None:
    with serve(WHOLE) as server:
        assert caller.stream(lambda: leaving(server.url)).error is None
        assert paths(server) == [""]
    with serve(streamed(b"one\n"), ok()) as server:
        assert caller.stream(lambda: leaving(server.url, done=True)).error is not None
        assert paths(server) == [""]


@pytest.mark.parametrize("how", ["close", "forget", "ctrl-c"])
def test_a_blocking_stream_that_is_left(how: str) -> None:
    with serve(ENDLESS, ok()) as server, Engine() as engine:
        stream = engine.stream(leaving(server.url))
        assert next(stream) == "one"
        if how == "close":
            stream.close()
            stream.close()
        elif how == "ctrl-c":
            timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
            timer.start()
            with pytest.raises(KeyboardInterrupt):
                next(stream)
        del stream
        gc.collect()
        assert paths(server) == ["", "/cancel"]


@pytest.mark.parametrize("how", ["close", "forget", "cancel"])
def test_an_async_stream_that_is_left(how: str) -> None:
    async def main(server: ByteServer) -> None:
        async with AsyncEngine() as engine:
            stream = await engine.stream(leaving(server.url))
            assert await anext(stream) == "one"
            if how == "close":
                await stream.close()
                assert paths(server) == ["", "/cancel"]
            elif how == "cancel":
                task = asyncio.ensure_future(anext(stream))
                await asyncio.sleep(0.05)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            del stream
            gc.collect()
            await asyncio.to_thread(wait_for, server, 2)

    with serve(ENDLESS, ok()) as server:
        asyncio.run(main(server))
        assert paths(server) == ["", "/cancel"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("how", ["close", "forget"])
def test_a_forked_child_does_not_cancel_what_its_parent_reads(how: str) -> None:
    with serve(lines("one", "two"), ok()) as server, Engine() as engine:
        stream = engine.stream(leaving(server.url))
        assert next(stream) == "one"
        if (child := os.fork()) == 0:
            if how == "close":
                stream.close()
            del stream
            gc.collect()
            transport: Any = engine._transport
            os._exit(len(transport._slots) != Connections().max_connections)
        assert os.waitpid(child, 0)[1] == 0
        assert list(stream) == ["two"]
        assert paths(server) == [""]


def test_garbage_is_collected_anywhere_in_a_call() -> None:
    """A stream that is closed by that frees its slot and makes its last call, whatever the thread holds just then."""
    after, reached = 0, True
    while reached:
        reached = False
        with serve(ENDLESS, ok()) as server, Engine(connections=Connections(max_connections=2)) as engine:
            stream: Any = engine.stream(leaving(server.url))
            stream.itself = stream
            gc.disable()
            del stream
            thread = threading.Thread(target=collecting, args=(engine, server.url, after), daemon=True)
            thread.start()
            thread.join(10)
            gc.enable()
            assert not thread.is_alive(), after
            reached = "/cancel" in paths(server)
            assert "/look" in paths(server)
        after += 1
    assert after > 50


def collecting(engine: Engine, url: str, after: int) -> None:
    """Make a call, and collect garbage at the so-manieth line that handles the pool and the account."""
    left = itertools.count(after, -1)

    def look(frame: FrameType, event: str, _: object) -> Any:
        if not frame.f_code.co_filename.endswith(("threading.py", "blocking.py", "slots.py", "budget.py")):
            return None
        if event == "line" and next(left) == 0:
            sys.settrace(None)
            gc.collect()
        return look

    sys.settrace(look)
    try:
        engine.run(call(url + "/look"))
    finally:
        sys.settrace(None)
