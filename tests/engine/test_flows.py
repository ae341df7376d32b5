"""Flows: several steps as one operation, performed by both engines; and flows that end in a stream."""

from __future__ import annotations

import time
from typing import Any

import pytest

from onellm import errors
from onellm.call import Effect, Flow, Lane, StreamCall, StreamWork, Work, ask, ask_all, report, sleep
from tests.engine.ops import ORIGIN, Joined, both, call, lines, ok, options, stream_call
from tests.support import Caller, End, Wait, serve, whole


@both
def test_flow_of_several_steps(caller: Caller) -> None:
    """Queue, wait, poll, fetch: each step's outcome goes in; progress is told in order."""
    told: list[object] = []

    def flow(url: str) -> Flow[str]:
        job = yield from ask(call(url + "/queue", effect=Effect.PURCHASE))
        state = ""
        for number in range(2):
            yield from sleep(0.05)
            state = yield from ask(call(f"{url}/poll/{job}", effect=Effect.READ))
            yield from report({"poll": number, "state": state})
        made = yield from ask(Work(state.upper, Lane(), origin=ORIGIN))
        nested = yield from ask(inner(url))
        return f"{job} {made} {nested}"

    def inner(url: str) -> Flow[str]:
        return (yield from ask(call(url + "/fetch", method="GET")))

    with serve(ok("j7"), ok("running"), ok("done"), ok("bytes")) as server:
        began = time.monotonic()
        assert caller.run(lambda: flow(server.url), options(progress=told.append)) == "j7 DONE bytes"
        assert time.monotonic() - began >= 0.1
        paths = [(request.method, request.path) for request in server.requests]
        assert server.connections == 1
    assert paths == [("POST", "/v1/queue"), ("POST", "/v1/poll/j7"), ("POST", "/v1/poll/j7"), ("GET", "/v1/fetch")]
    assert told == [{"poll": 0, "state": "running"}, {"poll": 1, "state": "done"}]


@both
def test_flow_catches_the_error_of_a_step(caller: Caller) -> None:
    """It is thrown in where the step was yielded; after it the flow goes on, or raises what it likes."""
    seen: list[BaseException] = []

    def flow(url: str, *, forgive: bool) -> Flow[str]:
        try:
            yield from ask(call(url + "/stale"))
        except errors.NotFoundError as error:
            seen.append(error)
            if not forgive:
                raise errors.ConfigurationError("attest again") from error
        return (yield from ask(call(url + "/fresh")))

    with serve(whole({"error": {"message": "gone"}}, 404), ok("fine")) as server:
        assert caller.run(lambda: flow(server.url, forgive=True)) == "fine"
        assert [request.path for request in server.requests] == ["/v1/stale", "/v1/fresh"]
    with (
        serve(whole({"error": {"message": "gone"}}, 404)) as server,
        pytest.raises(errors.ConfigurationError) as caught,
    ):
        caller.run(lambda: flow(server.url, forgive=False))
    assert caught.value.__cause__ is seen[1]


@both
def test_flow_is_closed_when_a_step_fails(caller: Caller) -> None:
    ended: list[str] = []

    def flow(url: str) -> Flow[str]:
        try:
            return (yield from ask(call(url)))
        finally:
            ended.append("closed")

    with serve(whole({"error": {}}, 400)) as server, pytest.raises(errors.InvalidRequestError):
        caller.run(lambda: flow(server.url))
    assert ended == ["closed"]


@both
def test_flow_that_yields_nonsense_is_told(caller: Caller) -> None:
    def flow() -> Flow[str]:
        yield "a string"  # type: ignore[misc]
        return "never"

    with pytest.raises(TypeError, match="str"):
        caller.run(flow)


@both
def test_flow_without_a_step(caller: Caller) -> None:
    def flow() -> Flow[int]:
        return 7
        yield

    assert caller.run(flow) == 7


@both
def test_ask_all(caller: Caller) -> None:
    """Results in the order of the calls, never more at once than the limit."""

    def flow(url: str) -> Flow[list[str]]:
        return (yield from ask_all([call(f"{url}/{n}", lambda reply: reply.body.decode()) for n in range(6)], limit=2))

    with serve(*([Wait(0.05), *ok(str(n))] for n in range(6))) as server:
        result = caller.run(lambda: flow(server.url))
        paths = [request.path for request in server.requests]
        assert server.connections <= 2
    assert sorted(result) == list("012345")
    assert sorted(paths) == [f"/v1/{n}" for n in range(6)]
    if caller.kind == "sync":
        assert result == list("012345")


@both
def test_ask_all_in_the_order_of_the_calls(caller: Caller) -> None:
    """Also where the first answers last."""

    def flow(slow: str, fast: str) -> Flow[list[str]]:
        return (yield from ask_all([call(slow), call(fast)]))

    with serve([Wait(0.2), *ok("slow")]) as slow, serve(ok("fast")) as fast:
        assert caller.run(lambda: flow(slow.url, fast.url)) == ["slow", "fast"]


@both
def test_ask_all_with_a_failure(caller: Caller) -> None:
    """The flow gets the error; what was still running is stopped, and its connection closed."""

    def flow(bad: str, slow: str) -> Flow[str]:
        try:
            yield from ask_all([call(bad), call(slow)])
        except errors.InvalidRequestError as error:
            return f"caught {error.status}"
        return "not raised"

    with serve([Wait(0.2), *whole({"error": {}}, 400)]) as bad, serve([Wait(30)]) as slow:
        began = time.monotonic()
        assert caller.run(lambda: flow(bad.url, slow.url)) == "caught 400"
        assert time.monotonic() - began < 3
        assert slow.wait_closed()


@both
def test_ask_all_of_nothing(caller: Caller) -> None:
    def flow() -> Flow[list[str]]:
        return (yield from ask_all([]))

    assert caller.run(flow) == []


# -- streams ----------------------------------------------------------------------------------------------------------


@both
def test_flow_that_ends_in_a_stream(caller: Caller) -> None:
    """Steps before it, then the stream; its meta counts all of them."""

    def flow(url: str) -> Flow[StreamCall[str, list[str]]]:
        key = yield from ask(call(url + "/attest"))
        return stream_call(f"{url}/chat/{key}")

    with serve(ok("k1"), whole({"error": {}}, 503), lines("a", "b")) as server:
        result = caller.stream(lambda: flow(server.url), options())
        assert [request.path for request in server.requests] == ["/v1/attest", "/v1/chat/k1", "/v1/chat/k1"]
    assert (result.events, result.error, result.final) == (["a", "b"], None, ["a", "b"])
    assert [attempt.outcome for attempt in result.meta.attempts] == ["ok", "OverloadedError", "ok"]
    assert [attempt.number for attempt in result.meta.attempts] == [1, 2, 3]


@both
def test_flow_that_ends_in_work(caller: Caller) -> None:
    def flow(url: str) -> Flow[StreamWork[str, list[str]]]:
        prompt = yield from ask(call(url))
        return StreamWork(lambda: iter(prompt), Lane(), Joined, origin=ORIGIN)

    with serve(ok("xyz")) as server:
        result = caller.stream(lambda: flow(server.url))
    assert (result.events, result.final) == (["x", "y", "z"], ["x", "y", "z"])


@both
def test_flow_that_ends_in_a_flow_that_ends_in_a_stream(caller: Caller) -> None:
    def outer(url: str) -> Flow[StreamCall[str, list[str]]]:
        return (yield from inner(url))

    def inner(url: str) -> Flow[StreamCall[str, list[str]]]:
        yield from ask(call(url))
        return stream_call(url)

    with serve(ok(), lines("a")) as server:
        assert caller.stream(lambda: outer(server.url)).final == ["a"]


@both
def test_stream_drained_inside_a_flow(caller: Caller) -> None:
    """The step's outcome is the assembled whole; its failure is thrown in, with what had arrived."""

    def flow(url: str) -> Flow[Any]:
        first = yield stream_call(url)
        try:
            yield stream_call(url)
        except errors.StreamInterrupted as error:
            return first, error.partial
        return None

    with serve(lines("a", "b"), lines("c", End(), end=False)) as server:
        assert caller.run(lambda: flow(server.url)) == (["a", "b"], ["c"])
        assert len(server.requests) == 2


@both
def test_stream_work_drained_inside_a_flow(caller: Caller) -> None:
    lane = Lane()

    def flow() -> Flow[Any]:
        first = yield StreamWork(lambda: iter("ab"), lane, Joined)
        second = yield Work(lambda: "c", lane)
        return first, second

    assert caller.run(flow) == (["a", "b"], "c")
    assert not lane.lock.locked()
