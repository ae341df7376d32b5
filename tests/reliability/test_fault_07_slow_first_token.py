"""Fault 7: the first token does not come. The limit says so by name, and nothing is sent twice unasked."""

from __future__ import annotations

import time
from typing import Any

import pytest

from onellm import APITimeoutError, Timeout
from onellm.options import RetryPolicy
from onellm.testing.simulator import Fault, Simulator, faults
from tests.reliability.ways import Client, hits, read, tell, ways

LIMIT = 0.3


@ways
@pytest.mark.parametrize("fault", [faults.slow_headers(30), faults.slow_first_event(30)], ids=["head", "event"])
def test_fault_07_the_limit_ends_it(sim: Simulator, way: str, fault: Fault) -> None:
    async def tale(client: Client) -> Any:
        sim.inject(fault)
        began = time.monotonic()
        with pytest.raises(APITimeoutError) as caught:
            await client.chat(stream=True, timeout=Timeout(first_token=LIMIT))
        assert LIMIT - 0.02 <= time.monotonic() - began < LIMIT + 1
        return caught.value

    error = tell(way, tale, sim.providers)
    assert error.phase == "first_token"
    assert hits(sim) == 1
    assert sim.wait_until(lambda: sim.requests[0].disconnected)


@ways
def test_fault_07_asked_to_repeat_it_gives_one_answer(sim: Simulator, way: str) -> None:
    """Where the caller allows a second attempt, its answer comes once."""

    async def tale(client: Client) -> Any:
        sim.inject(faults.slow_first_event(30))
        policy = RetryPolicy(base=0, retry_unknown=True)
        return await read(client, timeout=Timeout(first_token=LIMIT), max_retries=policy)

    text, whole, error = tell(way, tale, sim.providers)
    assert error is None
    assert whole.choices[0].message.content == text
    assert [attempt.outcome for attempt in whole.meta.attempts] == ["APITimeoutError", "ok"]
    assert hits(sim) == 2
