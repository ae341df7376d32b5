"""Fault 11: a name without an address, a port where nobody listens, an address that does not answer."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from onellm import APIConnectionError, APITimeoutError, Timeout
from onellm.testing.simulator import Simulator
from tests.engine.test_limits_connect import blackhole
from tests.reliability.ways import Client, failure, tell, ways
from tests.transport.peers import stub_resolver

LIMIT = 0.4


def at(url: str) -> dict[str, Any]:
    """Settings for a service there."""
    return {"openai": {"base_url": f"{url}/v1", "api_key": "sk-test-0123456789abcdef"}}


@contextlib.contextmanager
def nobody() -> Iterator[str]:
    """A port at which nobody listens, and nobody else will."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


async def timed(client: Client) -> tuple[Any, float]:
    began = time.monotonic()
    return await failure(client, timeout=Timeout(connect=LIMIT), max_retries=0), time.monotonic() - began


@ways
def test_fault_11_an_address_that_does_not_answer(way: str) -> None:
    """A listener whose backlog is full answers no SYN: the limit for connecting ends it."""
    with blackhole() as url:
        error, seconds = tell(way, timed, at(url))
    assert (type(error), error.phase) == (APITimeoutError, "connect")
    assert LIMIT - 0.02 <= seconds < LIMIT + 0.6
    assert "127.0.0.1" in str(error)


@ways
def test_fault_11_a_port_where_nobody_listens(way: str) -> None:
    with nobody() as url:
        error, seconds = tell(way, timed, at(url))
    assert (type(error), error.phase) == (APIConnectionError, "connect")
    assert seconds < LIMIT


@ways
def test_fault_11_a_name_without_an_address(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = stub_resolver(monkeypatch)
    error, seconds = tell(way, timed, at("http://nowhere.example"))
    assert (type(error), error.phase) == (APIConnectionError, "dns")
    assert "nowhere.example" in str(error)
    assert seconds < LIMIT
    assert asked == ["nowhere.example"]


@ways
def test_fault_11_a_name_is_looked_up_anew(sim: Simulator, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here remembers that a name had no address, or which one it had."""
    port = sim.url.rpartition(":")[2]
    known = False
    real = socket.getaddrinfo

    def resolve(host: Any, *rest: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name == "moved.example":
            if not known:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            host = "127.0.0.1"
        return real(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    async def tale(client: Client) -> Any:
        nonlocal known
        first = await failure(client, max_retries=0)
        known = True
        return first, await client.text()

    error, text = tell(way, tale, at(f"http://moved.example:{port}/openai"))
    assert error.phase == "dns"
    assert text
