"""Fault 5: everything fails. Hardly more calls than were asked for, once the budget of retries is spent."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from onellm import OneLLMError
from onellm.budget import CAPACITY, RETRY_COST
from onellm.policy import SPENT
from onellm.testing.simulator import Fault, Simulator, faults
from tests.reliability.ways import AT_ONCE, Client, failure, hits, tell, ways

CALLS = 1000


async def many(client: Client, calls: int, **params: Any) -> list[Any]:
    """The errors of so many calls, 50 under way at once."""
    slots = asyncio.Semaphore(50)

    async def one() -> Any:
        async with slots:
            return await failure(client, max_retries=AT_ONCE, **params)

    return await asyncio.gather(*(one() for _ in range(calls)))


@ways
@pytest.mark.parametrize("fault", [faults.overloaded(), faults.reset()], ids=["529", "reset"])
def test_fault_05_a_total_outage(sim: Simulator, way: str, fault: Fault) -> None:
    """1,000 calls; the budget pays for 35 retries, and each failure is a typed error."""
    sim.inject(fault, times=None)
    found = tell(way, lambda client: many(client, CALLS), sim.providers)
    assert all(isinstance(error, OneLLMError) for error in found)
    assert CALLS < hits(sim) <= CALLS + CAPACITY / RETRY_COST + 1
    assert sum(len(error.attempts) for error in found) == hits(sim)
    assert [error.__notes__ for error in found if hasattr(error, "__notes__")][-1] == [SPENT]


@ways
def test_fault_05_one_keys_outage_is_not_anothers(sim: Simulator, way: str) -> None:
    """The budget belongs to a provider and a key; steps of one client share it, other keys have their own."""

    async def tale(client: Client) -> Any:
        sim.inject(faults.overloaded(), times=None)
        await many(client, 100)
        sim.requests.clear()
        spent = await failure(client, max_retries=AT_ONCE)
        fresh = await failure(client, max_retries=AT_ONCE, api_key="another-key")
        return spent, fresh

    spent, fresh = tell(way, tale, sim.providers)
    assert (len(spent.attempts), len(fresh.attempts)) == (1, 3)
    assert hits(sim) == 4


@ways
def test_fault_05_successes_fill_the_budget_again(sim: Simulator, way: str) -> None:
    """A success gives back one token: after as many as a retry costs there is one again."""

    async def tale(client: Client) -> list[int]:
        sim.inject(faults.overloaded(), times=None)
        await many(client, 60)
        tries = [len((await failure(client, max_retries=AT_ONCE)).attempts)]
        sim.reset()
        for _ in range(int(RETRY_COST)):
            await client.text()
        sim.inject(faults.overloaded(), times=None)
        return [*tries, len((await failure(client, max_retries=AT_ONCE)).attempts)]

    assert tell(way, tale, sim.providers) == [1, 2]
