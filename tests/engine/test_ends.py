"""What no server may do to a call: keep it after its end, keep its connection, lead its key elsewhere."""

from __future__ import annotations

import time
from typing import Any

import pytest

from onellm import errors
from onellm.call import Flow, ask
from tests.engine.ops import Lines, both, call, lines, ok, options, stream_call
from tests.support import DONE, ONE, Caller, Wait, chunk, event, serve, streamed, whole


@both
def test_nothing_after_the_end_is_waited_for_long(caller: Caller) -> None:
    """A server that goes on talking after [DONE], or keeps the body open, does not keep the reader."""
    talk = [piece for _ in range(100) for piece in (b": more\n\n", Wait(0.05))]
    for rest in (talk, [Wait(5)]):
        with serve(streamed(event(chunk("a", finish="stop")), DONE, *rest)) as server:
            began = time.monotonic()
            assert caller.chat_stream(server.provider()).text == "a"
            assert time.monotonic() - began < 2
            assert server.wait_closed()


@both
def test_usage_is_not_waited_for_beyond_the_deadline(caller: Caller) -> None:
    """The answer is whole at its finish reason: it is given, in time."""
    with serve(streamed(event(chunk("a")), event(chunk("b", finish="stop")), Wait(5))) as server:
        began = time.monotonic()
        result = caller.chat_stream(server.provider(), deadline=0.5)
        assert time.monotonic() - began < 1.5
    assert (result.error, result.text) == (None, "ab")
    assert result.final.choices[0].finish_reason == "stop"


@both
def test_a_decoder_that_is_broken_does_not_keep_the_connection(caller: Caller) -> None:
    """The bug is raised as it is; the pool's one slot is free after it."""

    class Broken(Lines):
        def feed(self, data: bytes) -> list[str]:
            raise ZeroDivisionError

    def flow(url: str) -> Flow[str]:
        with pytest.raises(ZeroDivisionError):
            yield stream_call(url, decoder=Broken)
        return (yield from ask(call(url)))

    with serve(lines("a", Wait(5)), ok("fine")) as server:
        assert caller.run(lambda: flow(server.url), options(0, pool=1), connections=ONE) == "fine"


# -- redirects --------------------------------------------------------------------------------------------------------


@pytest.mark.security("S7")
@both
@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_redirects_are_not_followed(caller: Caller, status: int, streams: bool) -> None:
    """Neither host sees a second request; the error names the place."""
    with (
        serve(ok("stolen")) as thief,
        serve(whole(b"", status, {"Location": f"http://localhost:{thief.port}/v1"})) as server,
    ):
        run: Any = caller.stream if streams else caller.run
        with pytest.raises(errors.UnexpectedRedirectError, match="localhost") as caught:
            run(lambda: (stream_call if streams else call)(server.url), options())
        assert len(server.requests) == 1
        assert thief.connections == 0
    assert str(status) in str(caught.value)


@pytest.mark.security("S7")
@both
@pytest.mark.parametrize("location", [None, "", "/elsewhere", "::: no URL", "http://[", "//evil.example/x"])
def test_redirects_to_nowhere(caller: Caller, location: str | None) -> None:
    with serve(whole(b"", 302, {} if location is None else {"Location": location})) as server:
        with pytest.raises(errors.UnexpectedRedirectError):
            caller.run(lambda: call(server.url), options())
        assert len(server.requests) == 1
