"""Fault 10: an error that comes with 200, as a body, as an event, or as a finish reason."""

from __future__ import annotations

from typing import Any

import pytest

from onellm import ServerError
from onellm.testing.simulator import Fault, Simulator, faults
from tests.reliability.ways import AT_ONCE, Client, failure, read, tell, ways

BODY = faults.json_error_in_200()


@ways
@pytest.mark.parametrize(
    ("streams", "injected"),
    [
        (False, (faults.error_in_200(),)),
        (True, (faults.error_in_200(),)),
        (True, (BODY,)),
        (True, (BODY, faults.no_content_type())),
        (False, (BODY, faults.no_content_type())),
    ],
    ids=["body", "first event", "body instead of a stream", "the same without a type", "a body without a type"],
)
def test_fault_10_is_raised_as_what_it_is(sim: Simulator, way: str, streams: bool, injected: tuple[Fault, ...]) -> None:
    """Also a JSON body without a content type where a stream was asked for: that is no broken stream."""

    async def tale(client: Client) -> Any:
        sim.inject(*injected)
        return await failure(client, stream=streams, max_retries=0)

    error = tell(way, tale, sim.providers)
    assert isinstance(error, ServerError) or "Upstream failed" in str(error)
    assert "Upstream failed" in str(error)
    assert error.provider == "openai"


@ways
def test_fault_10_an_error_event_after_others(sim: Simulator, way: str) -> None:
    async def tale(client: Client) -> Any:
        sim.inject(faults.error_event(after=4))
        return await read(client, max_retries=AT_ONCE)

    text, _, error = tell(way, tale, sim.providers)
    assert "Upstream failed" in str(error)
    assert error.partial.choices[0].message.content == text != ""


@ways
def test_fault_10_the_finish_reason_error(sim: Simulator, way: str) -> None:
    """It stays what it is, whole and streamed, and never becomes `stop`."""

    async def tale(client: Client) -> Any:
        sim.inject(faults.finish_error(), times=2)
        return await client.chat(), await read(client)

    whole, (_, final, error) = tell(way, tale, sim.providers)
    assert error is None
    for answer in (whole, final):
        choice = answer.choices[0]
        assert (choice.finish_reason, choice.native_finish_reason) == ("error", "error")
