"""What the steps of a flow share: one deadline, one retry budget, one list of attempts."""

from __future__ import annotations

import time

import pytest

from onellm import errors
from onellm.call import Effect, Flow, Lane, Work, ask, sleep
from tests.engine.ops import both, call, ok, options
from tests.support import Caller, Wait, serve, whole


@both
def test_one_deadline_for_all_steps(caller: Caller) -> None:
    """The second step gets what the first left; the third is not sent at all."""
    begun: list[str] = []

    def flow(url: str) -> Flow[str]:
        yield from ask(call(url))
        begun.append("second")
        try:
            yield from ask(call(url))
        except errors.APITimeoutError as error:
            begun.append(str(error.phase))
        return (yield from ask(call(url, effect=Effect.PURCHASE)))

    with serve([Wait(0.3), *ok()], [Wait(0.6), *ok()], ok()) as server:
        began = time.monotonic()
        with pytest.raises(errors.APITimeoutError) as caught:
            caller.run(lambda: flow(server.url), options(deadline=0.5))
        assert 0.45 < time.monotonic() - began < 0.85
        assert len(server.requests) == 2
    assert begun == ["second", "deadline"]
    assert caught.value.phase == "deadline"


@both
def test_work_past_the_deadline_is_followed_by_nothing(caller: Caller) -> None:
    """No request leaves after the deadline, a purchase least of all."""
    slow = Work(lambda: time.sleep(0.3), Lane())

    def flow(url: str) -> Flow[str]:
        try:
            yield slow
        except errors.APITimeoutError:  # the async engine waits no longer than the deadline
            time.sleep(0.3)
        return (yield from ask(call(url, effect=Effect.PURCHASE)))

    with serve(ok()) as server:
        with pytest.raises(errors.APITimeoutError) as caught:
            caller.run(lambda: flow(server.url), options(deadline=0.2))
        assert (server.requests, caught.value.phase) == ([], "deadline")


@both
def test_a_pause_beyond_the_deadline_is_not_made(caller: Caller) -> None:
    def flow() -> Flow[None]:
        yield from sleep(30)

    began = time.monotonic()
    with pytest.raises(errors.APITimeoutError) as caught:
        caller.run(flow, options(deadline=0.5))
    assert caught.value.phase == "deadline"
    assert time.monotonic() - began < 0.3


@both
def test_one_retry_budget_for_all_steps(caller: Caller) -> None:
    """Two retries, whichever steps need them; one list of attempts."""

    def flow(url: str) -> Flow[str]:
        first = yield from ask(call(url))
        second = yield from ask(call(url))
        return f"{first} {second} {(yield from ask(call(url)))}"

    busy = whole({"error": {"message": "busy"}}, 503)
    with serve(busy, ok("1"), ok("2"), busy, ok("3")) as server:
        assert caller.run(lambda: flow(server.url), options(2)) == "1 2 3"
        assert len(server.requests) == 5
    with serve(busy, ok("1"), busy, ok("2"), busy, ok("3")) as server:
        with pytest.raises(errors.OverloadedError) as caught:
            caller.run(lambda: flow(server.url), options(2))
        assert len(server.requests) == 5
    outcomes = [attempt.outcome for attempt in caught.value.attempts]
    assert outcomes == ["OverloadedError", "ok", "OverloadedError", "ok", "OverloadedError"]
    with serve(busy) as server:
        with pytest.raises(errors.OverloadedError):
            caller.run(lambda: flow(server.url), options(0))
        assert len(server.requests) == 1
