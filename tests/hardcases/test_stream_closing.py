"""STR-19 and STR-20: leaving a stream closes its connection; silence ends it, slowness does not."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from onellm import AsyncOneLLM, OneLLM, errors
from onellm.options import Timeout
from tests.support import DONE, ONE, Answer, ByteServer, Caller, Wait, chunk, completion, event, serve, streamed, whole

CALLERS = [pytest.param(Caller("sync"), id="sync"), pytest.param(Caller("async"), id="async")]
both = pytest.mark.parametrize("caller", CALLERS)

ASK: dict[str, Any] = {"model": "openai/m", "messages": [{"role": "user", "content": "Hi"}]}
ENDLESS: Answer = streamed(event(chunk("a")), Wait(30), end=False)
PROMPTLY = 0.5
"""Seconds within which the server must have noticed."""


@contextlib.contextmanager
def endless() -> Iterator[ByteServer]:
    """A server that streams one chunk and falls silent, then answers; no warning may come from what is left behind."""
    with serve(ENDLESS, whole(completion())) as server, warnings.catch_warnings():
        warnings.simplefilter("error")
        yield server
        gc.collect()


# -- blocking ---------------------------------------------------------------------------------------------------------


def close(stream: Any) -> None:
    next(stream)
    stream.close()
    stream.close()


def leave_with(stream: Any) -> None:
    with stream:
        next(stream)


def raise_in_with(stream: Any) -> None:
    with contextlib.suppress(ZeroDivisionError), stream:
        for _ in stream:
            raise ZeroDivisionError


def close_unread(stream: Any) -> None:
    stream.close()


@pytest.mark.parametrize("leave", [close, leave_with, raise_in_with, close_unread])
def test_str_19_leaving_closes_the_connection(leave: Callable[[Any], None]) -> None:
    """The server sees it at once, and the pool's one slot is free again."""
    with endless() as server, OneLLM(providers=server.provider(), connections=ONE, timeout=Timeout(pool=1)) as client:
        stream = client.chat.completions.create(**ASK, stream=True)
        leave(stream)
        assert server.wait_closed(PROMPTLY)
        with pytest.raises(errors.StreamInterrupted) as caught:
            stream.final()
        assert caught.value.partial.choices[0].message.content == "a"
        assert client.chat.completions.create(**ASK).choices[0].message.content == "Hello"


@pytest.mark.parametrize("read", [True, False], ids=["after break", "unread"])
def test_str_19_forgetting_closes_the_connection(read: bool) -> None:
    with endless() as server, OneLLM(providers=server.provider(), connections=ONE, timeout=Timeout(pool=1)) as client:
        stream = client.chat.completions.create(**ASK, stream=True)
        if read:
            for _ in stream:
                break
        del stream
        assert server.wait_closed(PROMPTLY)
        assert client.chat.completions.create(**ASK).choices[0].message.content == "Hello"


def test_str_19_close_from_another_thread() -> None:
    """A stop button: the reader, who waits for the next chunk, is released too."""
    with endless() as server, OneLLM(providers=server.provider(), connections=ONE, timeout=Timeout(pool=1)) as client:
        stream = client.chat.completions.create(**ASK, stream=True)
        next(stream)
        threading.Timer(0.2, stream.close).start()
        began = time.monotonic()
        with contextlib.suppress(errors.StreamInterrupted):
            assert list(stream) == []
        assert time.monotonic() - began < 2
        assert server.wait_closed(PROMPTLY)
        assert client.chat.completions.create(**ASK).choices[0].message.content == "Hello"


# -- async ------------------------------------------------------------------------------------------------------------


async def aclose(stream: Any) -> None:
    await anext(stream)
    await stream.close()
    await stream.close()


async def leave_async_with(stream: Any) -> None:
    async with stream:
        await anext(stream)


async def break_and_close(stream: Any) -> None:
    async for _ in stream:
        break
    await stream.close()


async def cancel(stream: Any) -> None:
    async def read() -> None:
        async for _ in stream:
            pass

    task = asyncio.create_task(read())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def time_out(stream: Any) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await stream.final()


async def close_from_another_task(stream: Any) -> None:
    async def read() -> None:
        with contextlib.suppress(errors.StreamInterrupted):
            async for _ in stream:
                pass

    task = asyncio.create_task(read())
    await asyncio.sleep(0.05)
    await stream.close()
    await asyncio.wait_for(task, 1)


async def forget(stream: Any) -> None:
    async for _ in stream:
        break


LEAVING = [aclose, leave_async_with, break_and_close, cancel, time_out, close_from_another_task, forget]


@pytest.mark.parametrize("leave", LEAVING)
def test_str_19_leaving_closes_the_connection_async(leave: Callable[[Any], Any]) -> None:
    """As in the blocking engine; and no task is left, nor a generator that ignored GeneratorExit."""
    complaints: list[Any] = []

    async def main(server: ByteServer) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        options: dict[str, Any] = {"connections": ONE, "timeout": Timeout(pool=1)}
        async with AsyncOneLLM(providers=server.provider(), **options) as client:
            stream = await client.chat.completions.create(**ASK, stream=True)
            await leave(stream)
            if leave is not forget:
                with pytest.raises(errors.StreamInterrupted) as caught:
                    await stream.final()
                assert caught.value.partial.choices[0].message.content == "a"
                del caught
            del stream
            assert await asyncio.to_thread(server.wait_closed, PROMPTLY)
            assert (await client.chat.completions.create(**ASK)).choices[0].message.content == "Hello"
            pool = client._engine._transport._pool()  # type: ignore[attr-defined]
            assert pool.slots._value == 1
            assert sum(map(len, pool.idle.values())) == 1
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with endless() as server:
        asyncio.run(main(server))
    assert complaints == []


# -- time -------------------------------------------------------------------------------------------------------------


@both
def test_str_20_keep_alive_comments_count_as_life(caller: Caller) -> None:
    """A pause that is longer than the stall limit, filled with comments; and a whole that is longer than both."""
    pings = [piece for _ in range(8) for piece in (Wait(0.05), b": keep-alive\n\n")]
    body = streamed(event(chunk("a")), *pings, event(chunk("b")), *pings, event(chunk("c", finish="stop")), DONE)
    with serve(body) as server:
        result = caller.chat_stream(server.provider(), timeout=Timeout(first_token=0.3, stall=0.3))
    assert (result.error, result.text) == (None, "abc")
    assert result.meta.latency > 0.75


@both
def test_str_20_a_real_stall_ends_it(caller: Caller) -> None:
    body = streamed(event(chunk("a")), Wait(0.2), b": keep-alive\n\n", Wait(10))
    with serve(body) as server:
        result = caller.chat_stream(server.provider(), timeout=Timeout(stall=0.4))
        assert server.wait_closed(PROMPTLY)
    error: Any = result.error
    assert (type(error), error.phase) == (errors.APITimeoutError, "stall")
    assert "0.4" in str(error)
    assert error.partial.choices[0].message.content == "a"
    assert 0.5 < result.meta.latency < 2


@both
def test_str_20_seconds_alone_are_a_limit_for_each_gap(caller: Caller) -> None:
    """`timeout=0.4` does not end an answer that takes 0.6 s."""
    pieces = [piece for text in "abcdefgh" for piece in (Wait(0.08), event(chunk(text)))]
    with serve(streamed(*pieces, event(chunk(finish="stop")), DONE)) as server:
        result = caller.chat_stream(server.provider(), timeout=0.4)
    assert (result.error, result.text) == (None, "abcdefgh")
