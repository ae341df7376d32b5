"""Fault 23: the clock on the wall jumps. Nothing that waits looks at it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import Any

import pytest

from onellm import APITimeoutError, Timeout
from onellm.testing.simulator import Simulator, faults
from tests.reliability.ways import AT_ONCE, Client, failure, read, tell, ways


class Clock:
    """A clock on the wall that jumps, back and forth by turns."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, jump: float) -> None:
        self._jump, self._shift = jump, 0.0
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() + self._shift)

    async def jumps(self, waiting: Awaitable[Any]) -> tuple[Any, float]:
        """What comes of something during which the clock jumps, and how long that took."""
        began = time.monotonic()
        task = asyncio.ensure_future(waiting)
        await asyncio.sleep(0.1)
        assert not task.done()
        self._shift = self._jump - self._shift
        return await asyncio.wait_for(task, 5), time.monotonic() - began


@ways
@pytest.mark.parametrize("jump", [-1e9, 1e9])
def test_fault_23_a_jump(sim: Simulator, way: str, jump: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries, turns and deadlines keep their time, and so does `meta`."""
    clock = Clock(monkeypatch, jump)

    async def tale(client: Client) -> None:
        sim.inject(faults.rate_limit(retry_after="0.3"))
        answer, took = await clock.jumps(client.chat(max_retries=AT_ONCE, deadline=10))
        assert [attempt.status for attempt in answer.meta.attempts] == [429, 200]
        assert 0.3 <= answer.meta.latency <= took < 3
        again = await client.chat(deadline=10)
        assert 0 <= again.meta.latency < 3
        for _ in range(2):  # once forth, and once back
            sim.inject(faults.silence())
            error, took = await clock.jumps(failure(client, deadline=0.3, max_retries=0))
            assert (type(error), error.phase) == (APITimeoutError, "deadline")
            assert 0.25 <= took < 3

    tell(way, tale, sim.providers)


@ways
@pytest.mark.parametrize("jump", [-1e9, 1e9])
@pytest.mark.parametrize("given", [{"timeout": Timeout(stall=0.3)}, {"deadline": 0.4}], ids=["stall", "deadline"])
def test_fault_23_a_jump_within_a_stream(
    sim: Simulator, way: str, jump: float, given: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch, jump)

    async def tale(client: Client) -> None:
        for _ in range(2):
            sim.inject(faults.stall(after=2))
            (_, _, error), took = await clock.jumps(read(client, max_retries=0, **given))
            assert (type(error), error.phase) == (APITimeoutError, next(iter(given)).replace("timeout", "stall"))
            assert 0.25 <= took < 3

    tell(way, tale, sim.providers)
