"""Two thousand requests through five slots, two thirds of them ended by their caller: nothing may be lost.

A request is cancelled (some twice), timed out, or its stream is left early, at a random moment, while its answer is
slow, falls silent, breaks off or comes byte by byte. The other third must have its answer, and so must ten more after.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

from onellm import AsyncOneLLM, OneLLMError, Timeout
from tests.stress.asking import BEGUN, CROWD, ENDLESS, LIMITS, MANNERS, SAID, SLOTS, asked, running, seeds, shares
from tests.stress.books import descriptors, settled, tasks, threads
from tests.transport.asking import each, pool_of


async def answered(client: AsyncOneLLM, stream: bool) -> str:
    """A request that is let alone."""
    answer: Any = await client.chat.completions.create(**asked(stream))
    whole = await answer.final() if stream else answer
    assert whole.choices[0].message.content == SAID
    return "answered"


async def ask(client: AsyncOneLLM, rng: random.Random, manner: str, **more: Any) -> str:
    """A request that somebody else will end, and that would go on if nobody did."""
    stream = rng.random() < 0.5
    answer: Any = await client.chat.completions.create(**asked(stream, manner, **more))
    if stream:
        async with answer:
            async for _ in answer:
                pass
    return "answered"


async def pause(rng: random.Random) -> None:
    """Some steps of the loop, or up to thirty milliseconds."""
    if rng.random() < 0.5:
        for _ in range(rng.randrange(60)):
            await asyncio.sleep(0)
    else:
        await asyncio.sleep(rng.random() * 0.03)


async def cancelled(client: AsyncOneLLM, rng: random.Random) -> str:
    """Cancelled from outside, every second one again while it lets go."""
    task = asyncio.create_task(ask(client, rng, rng.choice(MANNERS)))
    await pause(rng)
    task.cancel()
    if rng.random() < 0.5:
        for _ in range(rng.randrange(4)):
            await asyncio.sleep(0)
        task.cancel()
    try:
        return await task
    except asyncio.CancelledError:
        return "cancelled"


async def timed_out(client: AsyncOneLLM, rng: random.Random) -> str:
    """Ended by a limit of ours, or by one of the caller's own."""
    manner = rng.choice(ENDLESS)
    if rng.random() < 0.7:
        return await ask(client, rng, manner, **rng.choice(LIMITS))
    try:
        async with asyncio.timeout(rng.random() * 0.02):
            return await ask(client, rng, manner)
    except TimeoutError:
        return "timed out"


async def left(client: AsyncOneLLM, rng: random.Random) -> str:
    """A stream of which some events are read, if there are any; then it is left in one way or another."""
    stream: Any = await client.chat.completions.create(
        **asked(True, rng.choice(BEGUN), timeout=Timeout(stall=0.05), deadline=0.2)
    )
    for _ in range(rng.randrange(5)):
        if await anext(stream, None) is None:
            return "answered"
    await rng.choice(LEAVING)(stream, rng)
    return "left"


async def close_twice(stream: Any, rng: random.Random) -> None:
    await asyncio.gather(stream.close(), stream.close())


async def forget(stream: Any, rng: random.Random) -> None:
    del stream


async def close_under_its_reader(stream: Any, rng: random.Random) -> None:
    reader = asyncio.create_task(stream.final())
    await pause(rng)
    await stream.close()
    with contextlib.suppress(OneLLMError):
        await reader


async def cancel_its_reader(stream: Any, rng: random.Random) -> None:
    reader = asyncio.create_task(stream.final())
    await pause(rng)
    reader.cancel()
    with contextlib.suppress(OneLLMError, asyncio.CancelledError):
        await reader


async def cancel_its_close(stream: Any, rng: random.Random) -> None:
    closing = asyncio.create_task(stream.close())
    await asyncio.sleep(0)
    closing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await closing


LEAVING = (close_twice, forget, close_under_its_reader, cancel_its_reader, cancel_its_close)
ENDS: tuple[Callable[[AsyncOneLLM, random.Random], Coroutine[Any, Any, str]], ...] = (cancelled, timed_out, left)


async def crowd(client: AsyncOneLLM, seed: int) -> Counter[str]:
    """Run them all, so many at a time; how they ended. What is no error of ours is raised."""
    waiting = shares(seed)
    ends: Counter[str] = Counter()

    async def worker() -> None:
        while waiting:
            number, rng = waiting.pop()
            if number % 3 == 0:
                ends[await answered(client, stream=number % 2 == 0)] += 1
                continue
            end = ENDS[number // 3 % 3]
            try:
                ends[f"{end.__name__}: {await end(client, rng)}"] += 1
            except OneLLMError as error:
                ends[f"{end.__name__}: {type(error).__name__}"] += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(CROWD):
            group.create_task(worker())
    return ends


@each
@seeds
def test_nothing_is_lost(transport: str, seed: int) -> None:
    complaints: list[Any] = []

    async def main() -> Counter[str]:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        before = descriptors(), threads()
        async with AsyncOneLLM(providers=sim.providers, transport=transport, connections=SLOTS) as client:  # type: ignore[arg-type]
            ends = await crowd(client, seed)
            pool = pool_of(client)
            assert await settled(lambda: pool.slots._value == SLOTS.max_connections), pool.slots
            assert not [waiter for waiter in pool.slots._waiters or () if not waiter.done()]
            async with asyncio.timeout(10):
                for number in range(10):
                    await answered(client, stream=number % 2 == 0)
            assert sum(map(len, pool.idle.values())) <= SLOTS.max_connections
        assert await settled(lambda: not tasks()), tasks()
        assert await settled(lambda: not sim.connections.open), sim.connections
        assert await settled(lambda: (descriptors(), threads()) == before), (descriptors(), threads(), before)
        return ends

    with running() as sim:
        ends = asyncio.run(main())
    gc.collect()
    assert complaints == []
    assert sum(ends.values()) == 2000
    assert ends["answered"] == 667
    for end, least in {"cancelled: cancelled": 250, "timed_out: APITimeoutError": 150, "left: left": 100}.items():
        assert ends[end] >= least, ends
