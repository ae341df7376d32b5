"""Fault 15: one client in two event loops, one after the other, and in two at once."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from onellm import AsyncOneLLM
from onellm.testing.simulator import Simulator, faults
from tests.both import HI
from tests.reliability.ways import MODEL

transports = pytest.mark.parametrize("transport", ["httpx", "aiohttp"])


async def text(client: AsyncOneLLM) -> str:
    answer = await client.chat.completions.create(MODEL, HI)
    return answer.choices[0].message.content or ""


@transports
def test_fault_15_one_run_after_another(sim: Simulator, transport: Any) -> None:
    """The second loop opens connections of its own; what the first one left is no hindrance."""
    client = AsyncOneLLM(providers=sim.providers, transport=transport)

    async def twice() -> list[str]:
        sim.inject(faults.rate_limit(retry_after="0.01"))
        return [await text(client), await text(client)]

    assert len({said for _ in range(3) for said in asyncio.run(twice())}) == 1
    assert sim.connections.total == 3
    assert len(sim.requests) == 9


@transports
def test_fault_15_two_loops_at_once(sim: Simulator, transport: Any) -> None:
    client = AsyncOneLLM(providers=sim.providers, transport=transport)
    found: list[list[str]] = []

    async def many() -> list[str]:
        return await asyncio.gather(*(text(client) for _ in range(10)))

    threads = [threading.Thread(target=lambda: found.append(asyncio.run(many()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [len(texts) for texts in found] == [10] * 4
