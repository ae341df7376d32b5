"""How long is waited before another attempt: what the service asks for, a cap on it, jitter where it says nothing."""

from __future__ import annotations

import asyncio
import email.utils
import time
from typing import Any

import pytest

from onellm import errors
from onellm.async_engine import AsyncEngine
from onellm.options import Options, RetryPolicy
from onellm.policy import Session
from tests.engine.ops import both, call, lines, ok, options, stream_call
from tests.support import Answer, Caller, serve, whole


def busy(status: int = 429, **headers: str) -> Answer:
    """A refusal; the value `@30` is an HTTP date, 30 seconds from now."""
    values = {name: date(float(text[1:])) if text[:1] == "@" else text for name, text in headers.items()}
    named = {name.replace("_", "-"): text for name, text in values.items()}
    return whole({"error": {"message": "busy"}}, status, named)


def date(seconds: float) -> str:
    """An HTTP date so many seconds from now."""
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


FORMS: list[tuple[dict[str, str], float | None, float]] = [
    ({"retry_after": "7"}, 7.0, 0),
    ({"retry_after": "0"}, 0.0, 0),
    ({"retry_after": "0.25"}, 0.25, 0),
    ({"retry_after": " 2 "}, 2.0, 0),
    ({"retry_after": "1e1"}, 10.0, 0),
    ({"retry_after_ms": "1500"}, 1.5, 0),
    ({"retry_after_ms": "1500", "retry_after": "9"}, 1.5, 0),
    ({"retry_after_ms": "soon", "retry_after": "9"}, 9.0, 0),
    ({"retry_after": "@30"}, 29.0, 1.1),
    ({"retry_after": "@-3600"}, 0.0, 0),
    ({"retry_after": "-5"}, None, 0),
    ({"retry_after": "1e400"}, None, 0),
    ({"retry_after": "-1e400"}, None, 0),
    ({"retry_after": "nan"}, None, 0),
    ({"retry_after": "soon"}, None, 0),
    ({"retry_after": ""}, None, 0),
    ({"retry_after": "5 seconds"}, None, 0),
    ({"retry_after": "Mon, 99 Foo 2026 99:99:99 GMT"}, None, 0),
    ({"retry_after": "9" * 400}, None, 0),
    ({}, None, 0),
]


@both
@pytest.mark.parametrize(("headers", "expected", "slack"), FORMS)
def test_forms_of_retry_after(caller: Caller, headers: dict[str, Any], expected: float | None, slack: float) -> None:
    """Read if it makes sense, ignored if not, never a crash."""
    with serve(busy(**headers)) as server, pytest.raises(errors.RateLimitError) as caught:
        caller.run(lambda: call(server.url), options(0))
    assert caught.value.retry_after == (expected if expected is None else pytest.approx(expected, abs=slack or 1e-9))


@both
@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({"retry_after": "0.05"}, 0.05),
        ({"retry_after_ms": "50"}, 0.05),
        ({"retry_after": "0"}, 0.0),
        ({"retry_after": "@-60"}, 0.0),
        ({"retry_after": "-5"}, 0.0),
        ({"retry_after": "1e400"}, 0.0),
        ({"retry_after": "soon"}, 0.0),
    ],
)
@pytest.mark.parametrize("status", [429, 503, 500])
def test_waits_as_long_as_asked(caller: Caller, headers: dict[str, str], waited: float, status: int) -> None:
    """And where nothing sensible is asked, as long as the policy says: here not at all."""
    with serve(busy(status, **headers), lines("a")) as server:
        result = caller.stream(lambda: stream_call(server.url), options(1))
        gap = server.requests[1].at - server.requests[0].at
    assert result.meta.attempts[1].waited == pytest.approx(waited)
    assert waited <= gap < waited + 1


@both
@pytest.mark.parametrize(("asked", "hits"), [("86400", 1), ("60.5", 1), ("1e300", 1), ("0.3", 1), ("0.2", 2)])
def test_cap(caller: Caller, asked: str, hits: int) -> None:
    """Above the cap the error is raised at once, with the value on it; up to the cap it is honoured."""
    policy = RetryPolicy(base=0, max_retry_after=0.25) if float(asked) < 1 else RetryPolicy(base=0)
    with serve(busy(retry_after=asked), busy(retry_after="86400")) as server:
        began = time.monotonic()
        with pytest.raises(errors.RateLimitError) as caught:
            caller.run(lambda: call(server.url), Options(retry=policy))
        assert time.monotonic() - began < 2
        assert len(server.requests) == hits
    assert caught.value.retry_after == (float(asked) if hits == 1 else 86400)


@both
def test_a_wait_beyond_the_deadline_is_not_begun(caller: Caller) -> None:
    """The caller learns at once what it would learn after it."""
    with serve(busy(retry_after="5")) as server:
        began = time.monotonic()
        with pytest.raises(errors.RateLimitError):
            caller.run(lambda: call(server.url), options(3, deadline=2))
        assert time.monotonic() - began < 1
        assert len(server.requests) == 1


@both
@pytest.mark.parametrize("jump", [-1e9, 1e9])
def test_the_clock_on_the_wall_does_not_matter(caller: Caller, jump: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines and waits go by a clock that nobody sets."""
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + jump)
    with serve(busy(retry_after="0.05"), ok("fine")) as server:
        assert caller.run(lambda: call(server.url), options(1, deadline=2)) == "fine"


def test_backoff_grows_and_is_random() -> None:
    """Between 0 and 0.5 s, 1 s, 2 s … at most 8 s: so that callers who failed together do not come back together."""
    session = Session(Options(), time.monotonic())
    failure = errors.OverloadedError("busy", status=503)
    for number, most in ((1, 0.5), (2, 1), (3, 2), (4, 4), (5, 8), (9, 8), (60, 8)):
        waits: list[Any] = [session.wait_before(failure, number) for _ in range(300)]
        assert 0 <= min(waits) < most * 0.1
        assert most * 0.9 < max(waits) <= most
        assert len(set(waits)) > 250


def test_a_connection_that_died_idle_is_no_reason_to_wait() -> None:
    """The first time; a service that resets again is in trouble."""
    session = Session(Options(), time.monotonic())
    reset = errors.APIConnectionError("reset", phase="reset")
    assert {session.wait_before(reset, 1) for _ in range(20)} == {0.0}
    assert max(session.wait_before(reset, 2) or 0 for _ in range(50)) > 0


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_cancelled_while_waiting(streams: bool) -> None:
    """CancelledError at once, no further request, no slot kept."""

    async def main() -> None:
        with serve(busy(retry_after="5"), ok("fine")) as server:
            async with AsyncEngine() as engine:
                job: Any = engine.stream(stream_call(server.url)) if streams else engine.run(call(server.url))
                task = asyncio.ensure_future(job)
                await asyncio.sleep(0.3)
                assert len(server.requests) == 1
                began = time.monotonic()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                assert time.monotonic() - began < 0.2
                await asyncio.sleep(0.05)
                assert len(server.requests) == 1
                assert await engine.run(call(server.url)) == "fine"

    asyncio.run(main())
