"""Fault 8: a stream falls silent, or drips comments for ever. Any byte is life, up to the deadline."""

from __future__ import annotations

import time
from typing import Any

from onellm import APITimeoutError, Timeout
from onellm.testing.simulator import Simulator, faults
from tests.reliability.ways import Client, read, tell, ways


@ways
def test_fault_08_a_stalled_stream(sim: Simulator, way: str) -> None:
    async def tale(client: Client) -> Any:
        sim.inject(faults.stall(after=4))
        began = time.monotonic()
        return *await read(client, timeout=Timeout(stall=0.3)), time.monotonic() - began

    text, _, error, seconds = tell(way, tale, sim.providers)
    assert (type(error), error.phase) == (APITimeoutError, "stall")
    assert error.partial.choices[0].message.content == text != ""
    assert 0.25 < seconds < 2
    assert sim.wait_until(lambda: sim.requests[0].disconnected)


@ways
def test_fault_08_comments_for_ever(sim: Simulator, way: str) -> None:
    """Comments outlive the limit on silence, and end with the deadline."""

    async def tale(client: Client) -> Any:
        sim.inject(faults.comments_forever(after=4, every=0.05))
        began = time.monotonic()
        return *await read(client, timeout=Timeout(stall=0.3), deadline=1.0), time.monotonic() - began

    text, _, error, seconds = tell(way, tale, sim.providers)
    assert (type(error), error.phase) == (APITimeoutError, "deadline")
    assert error.partial.choices[0].message.content == text != ""
    assert 0.9 < seconds < 2
