"""Fault 2: `Retry-After` in every form: the right wait or none, and never a crash (see tests/engine/test_waits.py)."""

from __future__ import annotations

from typing import Any

import pytest

from onellm.testing.simulator import Simulator, faults
from tests.reliability.ways import AT_ONCE, Client, hits, tell, ways

DATE = "Wed, 21 Oct 2015 07:28:00 GMT"


@ways
@pytest.mark.parametrize(
    ("asked", "waits"),
    [
        ({"retry_after": "1"}, 1.0),
        ({"retry_after": "0.2"}, 0.2),
        ({"retry_after_ms": "200"}, 0.2),
        ({"retry_after_ms": "200", "retry_after": "30"}, 0.2),
        *(({"retry_after": text}, 0.0) for text in (DATE, "-5", "1e400", "nan", "soon", "", "0", "9" * 400)),
        ({}, 0.0),
    ],
)
def test_fault_02_the_right_wait_or_none(sim: Simulator, way: str, asked: dict[str, str], waits: float) -> None:
    async def tale(client: Client) -> Any:
        sim.inject(faults.rate_limit(**asked))
        return await client.chat(max_retries=AT_ONCE)

    attempts = tell(way, tale, sim.providers).meta.attempts
    refused, answered = sim.requests
    assert [attempt.status for attempt in attempts] == [429, 200]
    assert waits - 0.01 <= answered.arrived - refused.arrived < waits + 1
    assert attempts[1].waited == pytest.approx(waits, abs=0.2)
    assert hits(sim) == 2
