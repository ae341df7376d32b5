"""Fault 23: the clock on the wall jumps. Nothing that waits looks at it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from onellm import APITimeoutError
from onellm.testing.simulator import Simulator, faults
from tests.reliability.ways import AT_ONCE, Client, failure, tell, ways


@ways
@pytest.mark.parametrize("jump", [-1e9, 1e9])
def test_fault_23_a_jump(sim: Simulator, way: str, jump: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries, turns and deadlines keep their time, and so does `meta`."""
    real = time.time

    async def tale(client: Client) -> tuple[Any, Any, Any]:
        sim.inject(faults.rate_limit(retry_after="0.2"))
        first = client.chat(max_retries=AT_ONCE, deadline=10)
        monkeypatch.setattr(time, "time", lambda: real() + jump)
        answer = await first
        again = await client.chat(deadline=10)
        sim.inject(faults.silence())
        return answer, again, await failure(client, deadline=0.3, max_retries=0)

    answer, again, error = tell(way, tale, sim.providers)
    assert [attempt.status for attempt in answer.meta.attempts] == [429, 200]
    assert 0.2 <= answer.meta.latency < 5
    assert 0 <= again.meta.latency < 5
    assert (type(error), error.phase) == (APITimeoutError, "deadline")
