"""The same limits where the socket is wrapped in TLS, which the blocking engine's watchdog must not trip over."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from onellm import errors
from onellm.engine import Engine
from onellm.transport.base import Connections
from tests.engine.ops import both, call, lines, ok, options, stream_call
from tests.support import Answer, ByteServer, Caller, Wait, serve
from tests.transport.peers import authority, server_context, tls_front


@contextlib.contextmanager
def secure(folder: Path, *script: Answer) -> Iterator[tuple[ByteServer, str, Connections]]:
    """A byte server behind TLS: itself, its URL, and connections that trust it."""
    ca, path = authority(folder)
    context = server_context(ca.issue_cert("127.0.0.1"))
    with serve(*script) as server, tls_front(context, server.port) as port:
        yield server, f"https://127.0.0.1:{port}/v1", Connections(verify=path, max_connections=1)


@both
@pytest.mark.parametrize(
    ("script", "limits", "phase"),
    [
        ([Wait(5)], {"first_token": 0.2}, "first_token"),
        ([Wait(5)], {"deadline": 0.2}, "deadline"),
        (lines("a", Wait(5)), {"stall": 0.2}, "stall"),
        (lines("a", *(piece for _ in range(100) for piece in ("#", Wait(0.03)))), {"deadline": 0.4}, "deadline"),
    ],
    ids=["silence", "silence until the deadline", "stall", "comments until the deadline"],
)
def test_limits_over_tls(caller: Caller, script: Any, limits: dict[str, Any], phase: str, tmp_path: Path) -> None:
    with secure(tmp_path, script) as (server, url, connections):
        began = time.monotonic()
        try:
            result = caller.stream(lambda: stream_call(url), options(0, **limits), connections=connections)
        except errors.OneLLMError as failed:
            error: Any = failed
        else:
            assert result.events == ["a"]
            error = result.error
        assert 0.15 < time.monotonic() - began < 1.5
        assert (type(error), error.phase) == (errors.APITimeoutError, phase)
        assert server.wait_closed()


@both
def test_whole_answer_over_tls(caller: Caller, tmp_path: Path) -> None:
    with secure(tmp_path, [Wait(5)], ok("fine")) as (server, url, connections):
        with pytest.raises(errors.APITimeoutError):
            caller.run(lambda: call(url), options(0, reply=0.3), connections=connections)
        assert caller.run(lambda: call(url), options(0, reply=5), connections=connections) == "fine"
        assert len(server.requests) == 2


def test_a_connection_serves_on_after_many_armed_reads(tmp_path: Path) -> None:
    """A watch that was disarmed in time leaves the connection alone, also when its old time comes."""
    with secure(tmp_path, lines(*(piece for _ in range(8) for piece in ("a", Wait(0.03))))) as (
        server,
        url,
        connections,
    ):
        with Engine(connections=connections) as engine:
            for _ in range(3):
                assert engine.stream(stream_call(url), options(0, stall=0.2, first_token=0.2)).final() == ["a"] * 8
        assert server.connections == 1
