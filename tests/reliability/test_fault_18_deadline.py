"""Fault 18: one deadline over all attempts, the waits between them, and the wait for a turn."""

from __future__ import annotations

import time
from typing import Any

import pytest

from onellm import APITimeoutError, OneLLMError, RateLimitError
from onellm.options import RetryPolicy
from onellm.testing.simulator import Fault, Simulator, faults
from tests.reliability.ways import Client, failure, hits, tell, ways

DEADLINE = 0.8
SLACK = 0.1
PATIENT = RetryPolicy(max_retries=20, base=0.2)


@ways
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(
    "injected",
    [(faults.overloaded(),), (faults.slow_headers(0.3), faults.status(503)), (faults.silence(),)],
    ids=["refused", "slowly refused", "silent"],
)
def test_fault_18_no_attempt_goes_beyond_it(
    sim: Simulator, way: str, injected: tuple[Fault, ...], stream: bool
) -> None:
    """Ends within 100 ms of the deadline; the best of three counts, since this machine is not alone."""

    async def tale(client: Client) -> list[tuple[Any, float]]:
        found: list[tuple[Any, float]] = []
        for _ in range(3):
            sim.reset()
            sim.inject(*injected, times=None)
            began = time.monotonic()
            error = await failure(client, stream=stream, deadline=DEADLINE, max_retries=PATIENT)
            found.append((error, time.monotonic() - began))
            if found[-1][1] <= DEADLINE + SLACK:
                break
        return found

    found = tell(way, tale, sim.providers)
    error, seconds = found[-1]
    assert isinstance(error, OneLLMError)
    assert seconds <= DEADLINE + SLACK
    assert len(error.attempts) == hits(sim)
    if injected[0].name == "silence":
        assert isinstance(error, APITimeoutError)
        assert error.phase == "deadline"


@ways
def test_fault_18_waiting_for_a_turn_ends_with_it_too(sim: Simulator, way: str) -> None:
    """A call behind others: nothing is sent for it, and it learns so at its deadline at the latest."""

    async def tale(client: Client) -> tuple[Any, float]:
        sim.inject(faults.rate_limit(retry_after="3"))
        await failure(client, max_retries=0)
        began = time.monotonic()
        return await failure(client, deadline=DEADLINE), time.monotonic() - began

    error, seconds = tell(way, tale, sim.providers)
    assert type(error) is RateLimitError
    assert seconds <= DEADLINE + SLACK
    assert hits(sim) == 1
