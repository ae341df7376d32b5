"""Fault 14: cancelled at any await, also while waiting to repeat or for a turn. Pool, queue and budget are as before.

Cancellation between the connection and the answer's end is in tests/engine/test_cancel.py, step by step.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from onellm import AsyncOneLLM
from onellm.budget import CAPACITY, Account
from onellm.testing.simulator import Fault, Simulator, faults
from onellm.transport.base import Connections
from tests.both import HI
from tests.reliability.ways import AT_ONCE, MODEL

STEPS = 60


def account_of(client: AsyncOneLLM) -> Account:
    (account,) = client._engine._accounts._known.values()
    return account


async def ask(client: AsyncOneLLM, *, stream: bool) -> None:
    if not stream:
        await client.chat.completions.create(MODEL, HI, max_retries=AT_ONCE)
        return
    async with await client.chat.completions.create(MODEL, HI, stream=True, max_retries=AT_ONCE) as chunks:
        async for _ in chunks:
            pass


@pytest.mark.parametrize("transport", ["httpx", "aiohttp"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(
    "fault", [faults.rate_limit(retry_after="0.02"), faults.overloaded(), faults.reset()], ids=lambda fault: fault.name
)
async def test_fault_14_cancelled_after_any_step(sim: Simulator, transport: Any, stream: bool, fault: Fault) -> None:
    """After k steps of the loop, k = 0 … 60, and a millisecond later for each: the books balance every time."""
    limits = Connections(max_connections=2)
    async with AsyncOneLLM(providers=sim.providers, transport=transport, connections=limits) as client:
        for k in range(STEPS):
            sim.reset()
            sim.inject(fault)
            tasks = [asyncio.create_task(ask(client, stream=stream)) for _ in range(3)]
            for _ in range(k):
                await asyncio.sleep(0.001 if k % 2 else 0)
            for task in tasks:
                task.cancel()
            for task in tasks:
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            sim.reset()
            await ask(client, stream=stream)
            pool: Any = client._engine._transport._pool()  # type: ignore[attr-defined]
            assert pool.slots._value == 2
            assert not pool.slots._waiters
            account = account_of(client)
            assert all(not turns._queue for turns in account.turns.values())
        for _ in range(int(CAPACITY - account_of(client).tokens) + 1):
            await ask(client, stream=stream)
        assert account_of(client).tokens == CAPACITY
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("transport", ["httpx", "aiohttp"])
async def test_fault_14_who_leaves_the_queue_holds_up_nobody(sim: Simulator, transport: Any) -> None:
    """Half of those who wait for their turn are cancelled; the others get theirs, and the queue is empty."""
    sim.inject(faults.rate_limit(retry_after="0.3"))
    async with AsyncOneLLM(providers=sim.providers, transport=transport) as client:
        first = asyncio.create_task(ask(client, stream=False))
        assert await asyncio.to_thread(sim.wait_until, lambda: sim.requests)
        await asyncio.sleep(0.05)
        tasks = [asyncio.create_task(ask(client, stream=False)) for _ in range(20)]
        await asyncio.sleep(0.05)
        (turns,) = account_of(client).turns.values()
        assert len(turns._queue) == 20
        for task in tasks[::2]:
            task.cancel()
        results = await asyncio.gather(first, *tasks, return_exceptions=True)
        assert sum(isinstance(result, asyncio.CancelledError) for result in results) == 10
        assert results.count(None) == 11
        assert not turns._queue
    assert len(sim.requests) == 12
