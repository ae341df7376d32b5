"""Fault 9: JSON that is cut, text that is no JSON, a login page. A typed error with the first bytes, and no key."""

from __future__ import annotations

from typing import Any

import pytest

from onellm import BadResponseError, StreamInterrupted
from onellm.testing.simulator import Fault, SimReply, Simulator, faults
from tests.reliability.ways import Client, hits, read, tell, ways

KEY = "sk-7f3a9c5b1e8d4f60"


@ways
@pytest.mark.parametrize("fault", [faults.cut_json(), faults.not_json(), faults.html()], ids=lambda fault: fault.name)
def test_fault_09_a_whole_answer(sim: Simulator, way: str, fault: Fault) -> None:
    async def tale(client: Client) -> Any:
        sim.inject(fault)
        with pytest.raises(BadResponseError) as caught:
            await client.chat()
        return caught.value

    error = tell(way, tale, sim.providers)
    assert (error.status, hits(sim)) == (200, 1)
    assert 0 < len(error.body) <= 200
    assert "base URL" in str(error)


@ways
def test_fault_09_the_key_is_masked(sim: Simulator, way: str) -> None:
    """Where whatever answers repeats what it was sent."""
    echo = SimReply(200, {"Content-Type": "text/plain"}, f"you sent Bearer {KEY}".encode())

    async def tale(client: Client) -> Any:
        sim.inject(faults.answer(echo))
        with pytest.raises(BadResponseError) as caught:
            await client.chat(api_key=KEY)
        return caught.value

    error = tell(way, tale, sim.providers)
    assert "you sent Bearer" in error.body
    assert KEY not in repr(vars(error)) + str(error)


@ways
@pytest.mark.parametrize(
    ("fault", "kinds"),
    [
        (faults.html(), (BadResponseError,)),
        (faults.not_json(), (BadResponseError,)),
        (faults.cut_json(event=3), (BadResponseError,)),
        (faults.cut_json(event=0), (BadResponseError, StreamInterrupted)),
    ],
    ids=["html", "not_json", "cut later", "cut at once"],
)
def test_fault_09_a_stream(sim: Simulator, way: str, fault: Fault, kinds: Any) -> None:
    """What came before is delivered; the rest is an error, not a hole."""

    async def tale(client: Client) -> Any:
        sim.inject(fault)
        try:
            return await read(client)
        except kinds as error:
            return "", None, error

    text, whole, error = tell(way, tale, sim.providers)
    assert whole is None
    assert isinstance(error, kinds)
    assert (error.partial.choices[0].message.content or "" if error.partial else "") == text
    assert hits(sim) == 1
