"""Fault 3: out of credit, said with 429. Waiting does not help, so nothing is repeated and nobody else waits."""

from __future__ import annotations

from typing import Any

import pytest

from onellm import InsufficientBalanceError, QuotaExceededError
from onellm.testing.simulator import Simulator, faults
from tests.reliability.ways import Client, hits, tell, ways


@ways
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_fault_03_no_retry(sim: Simulator, way: str, stream: bool) -> None:
    async def tale(client: Client) -> list[Any]:
        sim.inject(faults.insufficient_quota(), times=2)
        found: list[Any] = []
        for model in ("openai/gpt-5.4-mini", "venice/zai-org-glm-5"):
            with pytest.raises((QuotaExceededError, InsufficientBalanceError)) as caught:
                await client.chat(model=model, stream=stream)
            found.append(caught.value)
        assert hits(sim) == 2
        assert await client.text()
        return found

    openai, venice = tell(way, tale, sim.providers)
    assert (type(openai), openai.status, len(openai.attempts)) == (QuotaExceededError, 429, 1)
    assert (venice.status, len(venice.attempts)) == (402, 1)
    assert [request.arrived for request in sim.requests][-1] - sim.requests[0].arrived < 5
