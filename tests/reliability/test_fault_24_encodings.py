"""Fault 24: answers that are packed, wrongly so, or far more than they seem (memory: tests/engine/test_bounds.py)."""

from __future__ import annotations

from typing import Any

import pytest

from onellm import BadResponseError
from onellm.testing.simulator import Fault, Simulator, faults
from tests.reliability.ways import Client, failure, hits, read, tell, ways

streams = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
WRONG = [faults.wrong_gzip(), *(faults.wrong_encoding(name) for name in ("deflate", "br", "zstd", "gzip, gzip"))]


@ways
@streams
@pytest.mark.parametrize("fault", WRONG, ids=["gzip", "deflate", "br", "zstd", "two layers"])
def test_fault_24_a_bounded_error(sim: Simulator, way: str, stream: bool, fault: Fault) -> None:
    """Once: the answer was given, so the request is not sent again."""

    async def tale(client: Client) -> Any:
        sim.inject(fault)
        return await failure(client, stream=stream)

    assert type(tell(way, tale, sim.providers)) is BadResponseError
    assert hits(sim) == 1


@ways
@streams
def test_fault_24_a_bomb(sim: Simulator, way: str, stream: bool) -> None:
    async def tale(client: Client) -> Any:
        sim.inject(faults.gzip_bomb(megabytes=100))
        return await failure(client, stream=stream)

    error = tell(way, tale, sim.providers)
    assert "100 times its size" in str(error)
    assert "max_ratio" in str(error)


@ways
def test_fault_24_gzip_that_is_right(sim: Simulator, way: str) -> None:
    async def tale(client: Client) -> Any:
        sim.inject(faults.gzip(), times=2)
        return await client.text(), await read(client)

    text, (streamed, _, error) = tell(way, tale, sim.providers)
    assert error is None
    assert text == streamed
