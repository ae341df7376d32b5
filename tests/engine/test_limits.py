"""Limits on waiting for an answer: first token, stall, reply, and the deadline over all of them, in both engines."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.engine.ops import both, call, lines, options, stream_call
from tests.engine.timing import punctual
from tests.support import Caller, Piece, Wait, serve


def drip(text: bytes, pause: float = 0.02) -> list[Piece]:
    """Byte by byte."""
    return [piece for place in range(len(text)) for piece in (text[place : place + 1], Wait(pause))]


@both
@pytest.mark.parametrize("head", [False, True], ids=["silence", "dripping head"])
@pytest.mark.parametrize("limits", [{"reply": 0.2}, {"deadline": 0.2}], ids=["reply", "deadline"])
def test_whole_answer_that_does_not_come(caller: Caller, head: bool, limits: dict[str, Any]) -> None:
    """A head that drips byte by byte is no answer either: a limit is not begun anew with each byte."""
    begun = drip(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200)
    with serve([*begun, Wait(5)] if head else [Wait(5)]) as server:
        phase = "read" if "reply" in limits else "deadline"
        punctual(lambda: caller.run(lambda: call(server.url), options(0, **limits)), 0.2, phase=phase)
        assert server.wait_closed()


@both
@pytest.mark.parametrize(
    "pieces",
    [
        [Wait(5)],
        drip(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200),
        lines(*drip(b"# comment\n" * 30), Wait(5)),
        lines(*drip(b"half a line without an end" * 9), Wait(5)),
    ],
    ids=["silence", "dripping head", "comments", "half an event"],
)
@pytest.mark.parametrize("limits", [{"first_token": 0.2}, {"deadline": 0.2}], ids=["first token", "deadline"])
def test_first_event_that_does_not_come(caller: Caller, pieces: Any, limits: dict[str, Any]) -> None:
    with serve(pieces) as server:
        phase = next(iter(limits))
        error = punctual(lambda: caller.stream(lambda: stream_call(server.url), options(0, **limits)), 0.2, phase=phase)
        assert "0.2 s" in str(error)
        assert server.wait_closed()


# -- within the answer ------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("reply", [None, 9.0])
@pytest.mark.parametrize("limits", [{"stall": 0.2}, {"deadline": 0.25}], ids=["stall", "deadline"])
def test_body_that_stalls(caller: Caller, limits: dict[str, Any], reply: float | None) -> None:
    """Of a whole answer: half of it came. The limit on its beginning is not what ran out."""
    given = options(0, reply=reply, **limits)
    with serve([b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", b"x" * 50, Wait(5)]) as server:
        phase = next(iter(limits))
        punctual(lambda: caller.run(lambda: call(server.url), given), limits[phase], phase=phase)
        assert server.wait_closed()


@both
def test_body_that_drips_past_the_deadline(caller: Caller) -> None:
    """No gap is long, the whole is."""
    body = [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *drip(b"x" * 1000)]
    with serve(body) as server:
        punctual(
            lambda: caller.run(lambda: call(server.url), options(0, deadline=0.35, stall=0.2)), 0.35, phase="deadline"
        )
        assert server.wait_closed()


@both
def test_error_body_that_stalls(caller: Caller) -> None:
    """Of a stream that is refused: its body is waited for no longer than any other."""
    with serve([b"HTTP/1.1 500 Oops\r\nContent-Length: 100\r\n\r\n{", Wait(5)]) as server:
        run = lambda: caller.stream(lambda: stream_call(server.url), options(0, stall=0.2, first_token=9))  # noqa: E731
        assert "0.2 s" in str(punctual(run, 0.2, phase="stall"))


def interrupted(caller: Caller, url: str, **limits: Any) -> Callable[[], None]:
    """Read a stream and raise what ended it."""

    def run() -> None:
        result = caller.stream(lambda: stream_call(url), options(0, **limits))
        assert result.events[0] == "a"
        assert result.error is not None
        raise result.error

    return run


@both
@pytest.mark.parametrize(("limits", "phase"), [({"stall": 0.2}, "stall"), ({"deadline": 0.25}, "deadline")])
def test_stream_that_stalls(caller: Caller, limits: dict[str, Any], phase: str) -> None:
    with serve(lines("a", Wait(5))) as server:
        error = punctual(interrupted(caller, server.url, **limits), next(iter(limits.values())), phase=phase)
        assert error.partial == ["a"]
        assert server.wait_closed()


@both
@pytest.mark.parametrize("piece", ["#", "b"], ids=["comments", "events"])
def test_stream_that_lives_up_to_the_deadline(caller: Caller, piece: str) -> None:
    """Comments keep it alive, and nothing does beyond the deadline."""
    pieces = [item for _ in range(200) for item in (piece, Wait(0.03))]
    with serve(lines("a", *pieces)) as server:
        error = punctual(interrupted(caller, server.url, stall=0.2, deadline=0.5), 0.5, phase="deadline")
        assert error.partial[0] == "a"
        assert server.wait_closed()


class Flood:
    """An answer without end, whose next piece is always there."""

    def __init__(self, head: bytes, piece: bytes) -> None:
        self.head, self.piece = head, piece

    def __iter__(self) -> Iterator[Piece]:
        begun = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + self.head
        return itertools.chain([begun], itertools.repeat(self.piece))


@both
@pytest.mark.parametrize("piece", [b"#\n" * 50, b"b\n"], ids=["comments", "events"])
def test_flood_past_the_deadline(caller: Caller, piece: bytes) -> None:
    """Data is always there already, so that no read ever waits."""
    script: Any = Flood(b"a\n", piece)
    with serve(script) as server:
        punctual(interrupted(caller, server.url, deadline=0.35), 0.35, phase="deadline")


@both
@pytest.mark.parametrize("limits", [{"first_token": 0.35}, {"deadline": 0.35}], ids=["first token", "deadline"])
def test_flood_without_an_event(caller: Caller, limits: dict[str, Any]) -> None:
    script: Any = Flood(b"", b"#\n" * 50)
    with serve(script) as server:
        phase = next(iter(limits))
        punctual(lambda: caller.stream(lambda: stream_call(server.url), options(0, **limits)), 0.35, phase=phase)


@both
def test_flood_of_a_whole_answer(caller: Caller) -> None:
    script: Any = Flood(b"", b"x")
    with serve(script) as server:
        punctual(lambda: caller.run(lambda: call(server.url), options(0, deadline=0.35)), 0.35, phase="deadline")
        assert server.wait_closed()
