"""Fault 1: a storm of 429. One time before which nobody calls, then calls in turn."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from onellm import RateLimitError
from onellm.testing.simulator import Simulator, faults
from onellm.transport.base import Connections
from tests.reliability.ways import AT_ONCE, Client, failure, hits, tell, ways

CALLERS = 200
RATE, BURST = 50, 10


@ways
@pytest.mark.parametrize("connections", [20, CALLERS])
def test_fault_01_a_storm_costs_few_calls(sim: Simulator, way: str, connections: int) -> None:
    """200 callers at once, of which the service takes 10 and then 50 a second: all finish, with 1.2 times the calls.

    What leaves before the first 429 is back cannot know of it: with a connection for each caller that is one refused
    call for nearly each of them, and those are counted apart. With 20 connections they count.
    """
    sim.inject(faults.token_bucket(per_second=RATE, burst=BURST), times=None)

    async def all_at_once(client: Client) -> list[Any]:
        return await asyncio.gather(*(client.text() for _ in range(CALLERS)))

    began = time.monotonic()
    limits = Connections(max_connections=connections)
    settings: Any = {"threads": CALLERS, "connections": limits, "deadline": 60, "max_retries": 4}
    texts = tell(way, all_at_once, sim.providers, **settings)
    assert len(texts) == CALLERS
    unknowing = 0 if connections == 20 else connections
    assert CALLERS <= hits(sim) <= 1.2 * CALLERS + unknowing
    assert time.monotonic() - began < 5 * CALLERS / RATE


@ways
def test_fault_01_nobody_calls_before_the_time_that_was_named(sim: Simulator, way: str) -> None:
    """Not even a call that begins after the 429 came, to the same model with the same key."""

    async def one_then_many(client: Client) -> list[Any]:
        sim.inject(faults.rate_limit(retry_after="0.4"))
        first = asyncio.ensure_future(client.chat())
        assert await asyncio.to_thread(sim.wait_until, lambda: sim.requests and sim.requests[0].status)
        await asyncio.sleep(0.1)
        others = [client.chat(max_retries=0) for _ in range(5)]
        return [await first, *await asyncio.gather(*others)]

    answers = tell(way, one_then_many, sim.providers)
    refused, *later = sim.requests
    assert min(request.arrived for request in later) - refused.arrived >= 0.4
    assert hits(sim) == 7
    waits = [answer.meta.attempts[-1].waited for answer in answers]
    assert min(waits) > 0.1
    assert max(waits) < 3
    assert [len(answer.meta.attempts) for answer in answers] == [2, 1, 1, 1, 1, 1]


@ways
def test_fault_01_other_keys_and_models_do_not_wait(sim: Simulator, way: str) -> None:
    """Limits belong to a key, and at most services to a model."""
    other = {**sim.providers["openai"], "api_key": "another-key"}
    providers = {**sim.providers, "openai@other": other}

    async def tale(client: Client) -> float:
        sim.inject(faults.rate_limit(retry_after="30"))
        refused = await failure(client, max_retries=0)
        assert type(refused) is RateLimitError
        began = time.monotonic()
        await client.chat(model="openai/sim-small")
        await client.chat(model="openai@other/gpt-5.4-mini")
        await client.chat(api_key="a-third-key")
        await client.chat(model="venice/zai-org-glm-5")
        return time.monotonic() - began

    assert tell(way, tale, providers) < 5


@ways
@pytest.mark.parametrize("limits", [{"deadline": 5}, {"max_retries": AT_ONCE}], ids=["deadline", "cap"])
def test_fault_01_who_would_wait_in_vain_learns_it_at_once(sim: Simulator, way: str, limits: Any) -> None:
    """Where the service's time is past the deadline, or past what `max_retry_after` allows, nothing is sent."""
    asked = 30 if "deadline" in limits else 50
    if "max_retries" in limits:
        limits = {"max_retries": type(AT_ONCE)(base=0, max_retry_after=10)}

    async def tale(client: Client) -> Any:
        sim.inject(faults.rate_limit(retry_after=str(asked)))
        assert (await failure(client, max_retries=0)).attempts[0].status == 429
        began = time.monotonic()
        error = await failure(client, **limits)
        assert time.monotonic() - began < 1
        return error

    error: Any = tell(way, tale, sim.providers)
    assert hits(sim) == 1
    assert type(error) is RateLimitError
    assert (error.status, error.provider, error.model, error.attempts) == (None, "openai", "gpt-5.4-mini", ())
    assert asked - 2 < (error.retry_after or 0) <= asked
    assert "was not sent" in str(error)


@ways
def test_fault_01_a_service_that_only_refuses_is_not_waited_for(sim: Simulator, way: str) -> None:
    """Everybody gets an error within seconds, rather than a place in a queue that does not move."""
    sim.inject(faults.rate_limit(retry_after="0.01"), times=None)

    async def all_at_once(client: Client) -> list[Any]:
        return await asyncio.gather(*(failure(client, max_retries=AT_ONCE) for _ in range(100)))

    began = time.monotonic()
    found = tell(way, all_at_once, sim.providers, connections=Connections(max_connections=10))
    assert {type(error) for error in found} == {RateLimitError}
    assert time.monotonic() - began < 10
    assert hits(sim) <= 3 * 100
