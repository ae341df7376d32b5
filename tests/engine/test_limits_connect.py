"""Limits on waiting for a connection: for the host, and for a place in the pool. Nothing was sent yet."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from onellm import errors
from onellm.async_engine import AsyncEngine
from onellm.call import Effect
from onellm.engine import Engine
from onellm.transport.base import Connections
from onellm.transport.blocking import Connection
from tests.engine.ops import both, call, lines, options, stream_call
from tests.engine.timing import elapsed, punctual
from tests.support import ONE, ByteServer, Caller, End, Wait, completion, serve, whole


@contextlib.contextmanager
def blackhole() -> Iterator[str]:
    """An address that answers no SYN: a listener whose backlog is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(listener.getsockname())
        time.sleep(0.05)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@both
def test_connect(caller: Caller) -> None:
    """A host that does not answer: the limit for connecting, in its own words; tried again, a purchase too."""
    with blackhole() as url:
        error = punctual(lambda: caller.run(lambda: call(url), options(0, connect=0.3)), 0.3, phase="connect")
        assert "127.0.0.1" in str(error)
        _, error = elapsed(lambda: caller.run(lambda: call(url, effect=Effect.PURCHASE), options(1, connect=0.2)))
        assert [attempt.outcome for attempt in error.attempts] == ["APITimeoutError"] * 2


@both
def test_one_limit_for_all_says_which_ran_out(caller: Caller) -> None:
    """`timeout=0.15` limits connecting and the answer alike; what ran out was connecting, which may be tried again."""
    limits: dict[str, Any] = {"connect": 0.15, "reply": 0.15, "first_token": 0.15}
    with blackhole() as url:
        _, error = elapsed(lambda: caller.run(lambda: call(url), options(1, **limits)))
        assert error.phase == "connect"
        assert len(error.attempts) == 2
        _, error = elapsed(lambda: caller.stream(lambda: stream_call(url), options(1, **limits)))
        assert error.phase == "connect"
        assert len(error.attempts) == 2


@both
@pytest.mark.parametrize("limits", [{"deadline": 0.3}, {"connect": 0.3, "reply": 0.3}], ids=["deadline", "same limit"])
def test_what_was_never_sent_is_no_unknown_outcome(caller: Caller, limits: dict[str, Any]) -> None:
    """A purchase that was waiting for its connection when time was over did not happen."""
    with blackhole() as url:
        _, error = elapsed(lambda: caller.run(lambda: call(url, effect=Effect.PURCHASE), options(0, **limits)))
    assert type(error) is errors.APITimeoutError


def test_connected_when_time_was_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit runs out while the blocking engine has no socket yet to shut down: nothing is sent on it then."""
    connect = socket.create_connection

    def late(*args: Any, **more: Any) -> socket.socket:
        opened = connect(*args, **more)
        time.sleep(0.3)
        return opened

    monkeypatch.setattr(socket, "create_connection", late)
    with serve([Wait(3)]) as server, Engine() as engine:
        for limits, phase in ((options(0, deadline=0.1), "deadline"), (options(0, reply=0.1), "connect")):
            purchase = call(server.url, effect=Effect.PURCHASE)
            seconds, error = elapsed(functools.partial(engine.run, purchase, limits))
            assert seconds < 1
            assert (type(error), error.phase) == (errors.APITimeoutError, phase)
        assert server.requests == []


def test_a_used_connection_that_is_opened_anew_keeps_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy closed it after we looked: httpcore connects anew by itself, to a socket that we have not seen yet."""
    monkeypatch.setattr(Connection, "is_dead", lambda connection: False)
    with serve([*whole(completion()), End()], [Wait(3)]) as server:
        connections = Connections(proxy=server.url.removesuffix("/v1"))
        with Engine(connections=connections) as engine:
            engine.run(call("http://api.test/v1"), options(0))
            time.sleep(0.2)
            patient = options(0, reply=0.2)
            seconds, error = elapsed(functools.partial(engine.run, call("http://api.test/v1"), patient))
    assert seconds < 1
    assert type(error) is errors.APITimeoutError
    assert len(server.requests) == 2


def test_a_used_connection_that_was_closed_after_we_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is a reset before any answer: tried again, on a new connection."""
    monkeypatch.setattr(Connection, "is_dead", lambda connection: False)
    with serve([*whole(completion()), End()], whole(completion())) as server, Engine() as engine:
        engine.run(call(server.url), options(0))
        time.sleep(0.2)
        with pytest.raises(errors.APIConnectionError) as caught:
            engine.run(call(server.url), options(0))
        assert caught.value.phase == "reset"
    with serve([*whole(completion()), End()], whole(completion())) as server, Engine() as engine:
        engine.run(call(server.url), options(0))
        time.sleep(0.2)
        engine.run(call(server.url), options(1))
        assert len(server.requests) == 2


@both
def test_purchase_that_never_left_the_pool_is_no_unknown_outcome(caller: Caller) -> None:
    with full_pool(caller) as (server, run):
        seconds, error = elapsed(lambda: run(call(server.url, effect=Effect.PURCHASE), options(0, deadline=0.3)))
        assert seconds < 1
        assert type(error) is errors.APITimeoutError
        assert len(server.requests) == 1


@both
@pytest.mark.parametrize(
    "limits", [{"pool": 0.2}, {"reply": 0.2}, {"deadline": 0.2}], ids=["pool", "reply", "deadline"]
)
def test_a_busy_pool_says_pool(caller: Caller, limits: dict[str, Any]) -> None:
    """Whichever limit ends the wait: what was missing was a connection, and that is what to change."""
    with full_pool(caller) as (server, run):
        error = punctual(lambda: run(call(server.url), options(0, **limits)), 0.2)
        assert error.phase == "deadline" if "deadline" in limits else "pool"
        assert "pool" in str(error)
        assert "max_connections" in str(error)


@contextlib.contextmanager
def full_pool(caller: Caller) -> Iterator[tuple[ByteServer, Callable[..., Any]]]:
    """A server, and a way to run operations on an engine whose one connection to it is taken by a stream."""
    with serve(lines("a", Wait(30))) as server:
        if caller.kind == "sync":
            with Engine(connections=ONE) as blocking, blocking.stream(stream_call(server.url)):
                yield server, blocking.run
            return
        with asyncio.Runner() as runner:
            engine = AsyncEngine(connections=ONE)
            stream = runner.run(engine.stream(stream_call(server.url)))
            yield server, lambda op, given: runner.run(engine.run(op, given))
            runner.run(stream.close())
            runner.run(engine.close())
