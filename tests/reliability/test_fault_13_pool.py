"""Fault 13: streams hold every connection. A further call waits as long as it may, and its error says `pool`."""

from __future__ import annotations

import time
from typing import Any

from onellm import APITimeoutError, Timeout
from onellm.testing.simulator import Simulator, faults
from onellm.transport.base import Connections
from tests.reliability.ways import Client, failure, hits, tell, ways

LIMIT = 0.3


@ways
def test_fault_13_a_pool_that_is_used_up(sim: Simulator, way: str) -> None:
    async def tale(client: Client) -> Any:
        sim.inject(faults.stall(after=2), times=2)
        streams = [await client.chat(stream=True) for _ in range(2)]
        began = time.monotonic()
        error = await failure(client, timeout=Timeout(pool=LIMIT), max_retries=0)
        seconds = time.monotonic() - began
        for stream in streams:
            await client.do(stream.close)
        return error, seconds, await client.text()

    error, seconds, text = tell(way, tale, sim.providers, connections=Connections(max_connections=2))
    assert (type(error), error.phase) == (APITimeoutError, "pool")
    assert "pool" in str(error)
    assert "max_connections" in str(error)
    assert LIMIT - 0.02 <= seconds < LIMIT + 1
    assert text, "once a stream is closed its connection's place is free"
    assert hits(sim) == 3
