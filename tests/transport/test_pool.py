"""The pool: connections are used again, newest first, given back after every end, and never more than allowed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from typing import Any

import pytest

from onellm import APITimeoutError, AsyncOneLLM, Connections, RetryPolicy, Timeout
from tests.both import HI, Either, settled, story
from tests.support import DONE, ONE, Caller, End, Wait, chunk, completion, event, serve, streamed, whole
from tests.transport.peers import OK, numbered

QUICK = RetryPolicy(base=0)


def test_one_connection_serves_one_call_after_another(caller: Caller) -> None:
    async def tell(client: Either) -> list[str]:
        return [await client.text() for _ in range(5)]

    with serve(OK) as server:
        assert story(caller.kind, tell, providers=server.provider()) == ["Hello"] * 5
        assert server.connections == 1
        assert len(server.requests) == 5
        assert server.wait_closed(), "close() closes what is idle"


def test_streams_give_their_connection_back(caller: Caller) -> None:
    async def tell(client: Either) -> None:
        for _ in range(3):
            stream = await client.chat(stream=True)
            assert (await client.do(stream.final)).choices[0].message.content == "Hi"

    with serve(streamed(event(chunk("Hi")), event(chunk(None, "stop")), DONE)) as server:
        story(caller.kind, tell, providers=server.provider())
        assert server.connections == 1


def test_a_connection_that_the_host_will_close_is_not_kept(caller: Caller) -> None:
    """Its socket is let go at once, not when the next call comes."""

    async def tell(client: Either) -> None:
        await client.text()
        assert await settled(lambda: server.open == 0)
        transport: Any = client.client._engine._transport
        pools = [transport] if caller.kind == "sync" else list(transport._pools.values())
        kept = [getattr(pool, "_idle", None) or getattr(pool, "idle", None) or {} for pool in pools]
        assert not any(any(idle.values()) for idle in kept)

    with serve(whole(completion(), headers={"Connection": "close"})) as server:
        story(caller.kind, tell, providers=server.provider())


def test_newest_first(caller: Caller) -> None:
    """The oldest connections of a burst are left to expire."""

    async def tell(client: Either) -> list[str]:
        await asyncio.gather(*[client.text() for _ in range(3)])
        return [await client.text() for _ in range(4)]

    with numbered(pause=0.05) as server:
        assert len(set(story(caller.kind, tell, providers=server.settings))) == 1
        assert server.connections == 3


def test_idle_connections_expire(caller: Caller) -> None:
    async def tell(client: Either) -> None:
        await client.text()
        await asyncio.sleep(0.25)
        await client.text()
        assert await settled(lambda: server.open == 1), "the expired one is closed"

    with serve(OK) as server:
        story(caller.kind, tell, providers=server.provider(), connections=Connections(keepalive=0.1))
        assert server.connections == 2


def test_what_was_not_needed_for_long_is_closed_by_and_by(caller: Caller) -> None:
    """A burst's connections go while a newer one is used again and again."""

    async def tell(client: Either) -> None:
        await asyncio.gather(*[client.text() for _ in range(3)])
        for _ in range(12):
            await asyncio.sleep(0.04)
            await client.text()
        assert server.alive <= 1

    with numbered(pause=0.05) as server:
        story(caller.kind, tell, providers=server.settings, connections=Connections(keepalive=0.25))


def test_connections_are_kept_for_each_origin(caller: Caller) -> None:
    with serve(OK) as one, serve(OK) as other:

        async def tell(client: Either) -> None:
            for _ in range(3):
                await client.text(model="openai/m")
                await client.text(model="groq/m")

        story(caller.kind, tell, providers={"openai": one.provider()["openai"], "groq": other.provider()["groq"]})
        assert (one.connections, other.connections) == (1, 1)
        assert (len(one.requests), len(other.requests)) == (3, 3)


@pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
def test_the_server_closed_what_was_idle(caller: Caller, reset: bool) -> None:
    async def tell(client: Either) -> None:
        for _ in range(4):
            answer = await client.chat(max_retries=0)
            assert answer.choices[0].message.content == "Hello"
            await asyncio.sleep(0.05)

    with serve([*OK, End(reset=reset)]) as server:
        story(caller.kind, tell, providers=server.provider())
        assert server.connections == 4


def test_the_server_says_that_it_closes(caller: Caller) -> None:
    async def tell(client: Either) -> list[str]:
        return [await client.text(max_retries=0) for _ in range(3)]

    with serve([*whole(completion(), headers={"Connection": "close"}), End()]) as server:
        assert story(caller.kind, tell, providers=server.provider()) == ["Hello"] * 3
        assert server.connections == 3


def test_the_server_closes_as_we_send(caller: Caller) -> None:
    """A close in reply to a request on a kept connection is repeated at once, on a new one."""

    async def tell(client: Either) -> None:
        await client.text()
        began = time.monotonic()
        answer = await client.chat()
        assert [attempt.outcome for attempt in answer.meta.attempts] == ["APIConnectionError", "ok"]
        assert time.monotonic() - began < 0.3

    with serve(OK, [End()], OK) as server:
        story(caller.kind, tell, providers=server.provider())
        assert server.connections == 2


def test_deadline_on_a_connection_made_where_an_idle_one_died(caller: Caller) -> None:
    """The blocking engine's alarm must know the new socket, or the call hangs for ever."""

    async def tell(client: Either) -> None:
        await client.text()
        await asyncio.sleep(0.05)
        began = time.monotonic()
        with pytest.raises(APITimeoutError):
            await asyncio.wait_for(client.text(deadline=0.4, max_retries=0), 5)
        assert time.monotonic() - began < 1.5

    with serve([*OK, End()], [Wait(8)]) as server:
        story(caller.kind, tell, providers=server.provider())


def test_never_more_connections_than_allowed(caller: Caller) -> None:
    async def tell(client: Either) -> list[str]:
        return await asyncio.gather(*[client.text() for _ in range(50)])

    with numbered(pause=0.01) as server:
        said = story(caller.kind, tell, providers=server.settings, connections=Connections(max_connections=4))
        assert len(said) == 50
        assert server.peak <= 4
        assert server.connections <= 4


def test_fifty_at_once(caller: Caller) -> None:
    """Each gets its own answer: nothing is mixed up between threads or tasks (reliability.md, 17)."""

    async def tell(client: Either) -> None:
        start = asyncio.Event()

        async def one(number: int) -> None:
            await start.wait()
            answer = await client.chat(model=f"openai/m{number}", seed=number)
            assert answer.meta.model == f"m{number}"
            assert len(answer.meta.attempts) == 1

        tasks = [asyncio.create_task(one(number)) for number in range(50)]
        start.set()
        await asyncio.gather(*tasks)

    with serve(OK) as server:
        story(caller.kind, tell, providers=server.provider())
        assert {(request.json["model"], request.json["seed"]) for request in server.requests} == {
            (f"m{number}", number) for number in range(50)
        }


@pytest.mark.parametrize(
    "limits", [{"timeout": Timeout(pool=0.2)}, {"timeout": 0.2}, {"deadline": 0.2}], ids=["pool", "timeout", "deadline"]
)
def test_a_pool_that_is_full_says_so(caller: Caller, limits: dict[str, Any]) -> None:
    """httpx says `PoolTimeout('')`; ours says what is busy and what to do (reliability.md, 13)."""

    async def tell(client: Either) -> None:
        stream = await client.chat(stream=True)
        began = time.monotonic()
        with pytest.raises(APITimeoutError) as caught:
            await client.chat(max_retries=0, **limits)
        assert 0.15 < time.monotonic() - began < 1
        if "deadline" not in limits:
            assert caught.value.phase == "pool"
            assert "pool" in str(caught.value)
            assert "Close streams" in str(caught.value)
        assert len(server.requests) == 1
        await client.do(stream.close)
        assert await client.text(timeout=Timeout(pool=1)) == "Hello"

    with serve(streamed(event(chunk("a")), Wait(5)), OK) as server:
        story(caller.kind, tell, providers=server.provider(), connections=ONE)


def test_closed_and_used_again(caller: Caller) -> None:
    async def tell(client: Either) -> None:
        assert await client.text() == "Hello"
        await client.close()
        assert server.wait_closed()
        assert await client.text() == "Hello"
        await client.close()
        await client.close()

    with serve(OK) as server:
        story(caller.kind, tell, providers=server.provider())
        assert server.connections == 2


def test_closed_while_a_stream_is_open(caller: Caller) -> None:
    """What is in use ends with its answer, and is closed by the next close."""

    async def tell(client: Either) -> None:
        stream = await client.chat(stream=True)
        await client.close()
        assert (await client.do(stream.final)).choices[0].message.content == "Hi"
        await client.close()
        assert server.wait_closed()

    with serve(streamed(event(chunk("Hi")), Wait(0.1), event(chunk(None, "stop")), DONE)) as server:
        story(caller.kind, tell, providers=server.provider())


def test_one_client_in_one_loop_after_another() -> None:
    """reliability.md, 15: a pool belongs to its loop, and goes when the loop is closed."""
    loops = [asyncio.new_event_loop() for _ in range(3)]
    with numbered() as server:
        client = AsyncOneLLM(providers=server.settings)
        for number, loop in enumerate(loops, 1):
            for _ in range(2):
                answer = loop.run_until_complete(client.chat.completions.create("openai/m", HI))
                assert answer.choices[0].message.content == str(number)
            if number == 1:
                loop.close()  # without closing the client
        for loop in loops[1:]:
            loop.run_until_complete(client.close())
            loop.close()


FORK = """
import asyncio, os, sys, onellm
kind, url = sys.argv[1:]
settings = {"openai": {"base_url": url, "api_key": "sk-test-0123456789"}}
question = ("openai/m", [{"role": "user", "content": "Hi"}])
if kind == "sync":
    client = onellm.OneLLM(providers=settings)
    ask = lambda: client.chat.completions.create(*question, deadline=3).choices[0].message.content
else:
    client = onellm.AsyncOneLLM(providers=settings)
    loop = asyncio.new_event_loop()
    asked = lambda: loop.run_until_complete(client.chat.completions.create(*question, deadline=3))
    ask = lambda: asked().choices[0].message.content
assert ask() == "1"
child = os.fork()
if child == 0:
    loop = asyncio.new_event_loop()
    os._exit(0 if ask() == "2" else 1)
assert os.waitpid(child, 0)[1] == 0, "the child must open a connection of its own"
assert ask() == "1", "the parent's connection is untouched"
"""


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="no fork on this system")
def test_fork_after_use(caller: Caller) -> None:
    with numbered() as server:
        url = server.settings["openai"]["base_url"]
        done = subprocess.run(
            [sys.executable, "-c", FORK, caller.kind, url], check=False, capture_output=True, text=True, timeout=30
        )
    assert done.returncode == 0, done.stderr
