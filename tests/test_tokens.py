"""Tokens that run out: when they are fetched, how often, and what a 401 does to one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from onellm import AuthenticationError, ConfigurationError, OneLLM, Reply
from onellm.async_engine import AsyncEngine
from onellm.call import Call, Effect, StreamCall
from onellm.decode.raw import RawAssembler, RawDecoder
from onellm.options import Options, RetryPolicy
from onellm.tokens import MARGIN, TokenSource
from tests.support import ByteServer, Caller, End, serve, whole
from tests.wire import both

FAST = Options(retry=RetryPolicy(max_retries=2))
REFUSED = whole({"error": {"message": "expired"}}, 401)


class Clock:
    """A time that a test sets."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Mint:
    """Gives token-1, token-2, … and notes the threads that asked."""

    def __init__(self, ends: float | None = None) -> None:
        self.ends = ends
        self.threads: list[str] = []

    def __call__(self) -> tuple[str, float | None]:
        self.threads.append(threading.current_thread().name)
        return f"token-{len(self.threads)}", self.ends


def refused(reply: Reply) -> AuthenticationError:
    return AuthenticationError("refused", status=reply.status)


def get(server: ByteServer, source: TokenSource) -> Callable[[], Call[bytes]]:
    return lambda: Call(
        method="GET", url=server.url, auth=source, effect=Effect.READ, parse=lambda r: r.body, error=refused
    )


def bearers(server: ByteServer) -> list[str]:
    return [request.headers["authorization"] for request in server.requests]


@both
def test_a_token_is_fetched_when_a_request_goes_and_kept_until_shortly_before_its_end(caller: Caller) -> None:
    mint, clock = Mint(ends=2000.0), Clock()
    source = TokenSource(mint, clock=clock)
    with serve(whole({})) as server:
        op = get(server, source)
        assert mint.threads == []
        for now in (1000.0, 2000.0 - MARGIN - 1):
            clock.now = now
            caller.run(op)
        assert bearers(server) == ["Bearer token-1"] * 2
        clock.now = 2000.0 - MARGIN
        caller.run(op)
        assert bearers(server)[2:] == ["Bearer token-2"]


@both
def test_a_token_without_a_known_end_serves_one_attempt(caller: Caller) -> None:
    mint = Mint()
    with serve(whole({}, 503, {"Retry-After": "0"}), whole({})) as server:
        caller.run(get(server, TokenSource(mint)), FAST)
        assert bearers(server) == ["Bearer token-1", "Bearer token-2"], "a repetition asks again"


@both
def test_a_401_makes_a_kept_token_invalid_once(caller: Caller) -> None:
    mint = Mint(ends=9e9)
    source = TokenSource(mint)
    with serve(whole({}), REFUSED, whole({}), REFUSED) as server:
        op = get(server, source)
        caller.run(op)
        caller.run(op)
        assert bearers(server) == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]
        with pytest.raises(AuthenticationError):
            caller.run(op)
        assert bearers(server)[3:] == ["Bearer token-2", "Bearer token-3"]


@both
def test_a_fresh_token_that_is_refused_is_not_fetched_again(caller: Caller) -> None:
    mint = Mint(ends=9e9)
    with serve(REFUSED) as server, pytest.raises(AuthenticationError):
        caller.run(get(server, TokenSource(mint)))
    assert len(mint.threads) == 1


@both
def test_a_stream_is_signed_anew_too(caller: Caller) -> None:
    source = TokenSource(Mint(ends=9e9))

    with serve(whole({}), REFUSED, whole(b"abc", content_type="audio/mpeg")) as server:
        caller.run(get(server, source))

        def op() -> StreamCall[bytes, Any]:
            return StreamCall(
                method="GET", url=server.url, auth=source, error=refused, media_type="audio/mpeg",
                decoder=RawDecoder, assembler=lambda: RawAssembler(lambda content: content),
            )  # fmt: skip

        assert b"".join(caller.stream(op).events) == b"abc"
        assert bearers(server)[1:] == ["Bearer token-1", "Bearer token-2"]


def test_many_tasks_share_one_fetch_and_the_loop_goes_on() -> None:
    going, asked = threading.Event(), threading.Event()
    mint = Mint(ends=9e9)

    def slow() -> tuple[str, float | None]:
        asked.set()
        assert going.wait(5)
        return mint()

    async def main(server: ByteServer) -> None:
        async with AsyncEngine() as engine:
            op = get(server, TokenSource(slow))
            tasks = [asyncio.create_task(engine.run(op(), Options())) for _ in range(8)]
            while not asked.is_set():  # noqa: ASYNC110 - set in another thread
                await asyncio.sleep(0)  # the loop is free although the fetch blocks
            going.set()
            await asyncio.gather(*tasks)

    with serve(whole({})) as server:
        asyncio.run(main(server))
        assert bearers(server) == ["Bearer token-1"] * 8
    assert len(mint.threads) == 1
    assert mint.threads[0].startswith("onellm-")


@both
def test_what_the_callable_raises_is_raised_and_nothing_is_sent(caller: Caller) -> None:
    def broken() -> str:
        raise LookupError("no login")

    with serve(whole({})) as server:
        with pytest.raises(LookupError, match="no login"):
            caller.run(get(server, TokenSource(broken)))
        with pytest.raises(ConfigurationError, match="must be a text"):
            caller.run(get(server, TokenSource(lambda: 5)))  # type: ignore[arg-type, return-value]
        assert server.requests == []


@both
def test_a_repeated_token_is_masked(caller: Caller) -> None:
    with serve(whole(b"<html>token-1</html>", content_type="text/html"), [End()]) as server:
        op = get(server, TokenSource(Mint()))

        def parsed() -> Call[bytes]:
            call = op()
            call.parse = lambda reply: bytes(int(reply.body))
            return call

        with pytest.raises(Exception, match="no result") as caught:
            caller.run(parsed)
        assert "token-1" not in f"{caught.value} {vars(caught.value)}"
    assert "token-1" not in repr(TokenSource(Mint()))


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("azure", {"base_url": "https://h.example/openai/v1", "token_provider": lambda: "t"}),
        ("vertex", {"project": "p", "access_token": lambda: ("t", None)}),
    ],
)
def test_a_client_keeps_a_provider_that_signs_with_tokens(name: str, settings: dict[str, Any]) -> None:
    """AUTH-05: its token is kept with it; a provider that lacks a key is made anew."""
    with OneLLM(providers={name: settings}) as client:
        assert client.provider(name) is client.provider(name)
