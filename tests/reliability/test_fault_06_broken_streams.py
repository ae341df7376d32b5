"""Fault 6: a stream that breaks, or ends without its end. Never silent, and what had come is in the error."""

from __future__ import annotations

from typing import Any

import pytest

from onellm import StreamInterrupted
from onellm.testing.simulator import Fault, Simulator, faults
from tests.reliability.ways import Client, hits, read, tell, ways


@ways
@pytest.mark.parametrize(
    "fault", [faults.reset_after(events=4), faults.close_after(events=4), faults.end_after(events=4)],
    ids=["reset", "closed", "no finish reason"],
)  # fmt: skip
def test_fault_06_a_stream_that_breaks(sim: Simulator, way: str, fault: Fault) -> None:
    async def tale(client: Client) -> Any:
        sim.inject(fault)
        return await read(client)

    text, whole, error = tell(way, tale, sim.providers)
    assert (whole, type(error)) == (None, StreamInterrupted)
    assert text
    partial = error.partial.choices[0]
    assert (partial.message.content, partial.finish_reason) == (text, None)
    assert hits(sim) == 1
    assert len(error.attempts) == 1


@ways
def test_fault_06_only_the_last_mark_is_missing(sim: Simulator, way: str) -> None:
    """With every finish reason seen the answer is whole."""

    async def tale(client: Client) -> Any:
        sim.inject(faults.missing_done())
        return await read(client)

    text, whole, error = tell(way, tale, sim.providers)
    assert error is None
    assert whole.choices[0].message.content == text
