"""Limits on what comes back: each has a default, a name that its error gives, and what a client sets instead."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from typing import Any

import pytest

from onellm import BadResponseError, ConfigurationError, Connections
from onellm.decode.limits import DEFAULT, MB, Limits, is_deep
from onellm.decode.ndjson import NDJSONDecoder
from onellm.decode.sse import SSEDecoder
from tests.engine.ops import both
from tests.support import DONE, Answer, Caller, Piece, chunk, completion, event, serve, streamed, whole


def piece(arguments: str, **fields: Any) -> dict[str, Any]:
    """A chunk with a fragment of a tool call."""
    value = chunk()
    function = {"arguments": arguments, **fields}
    value["choices"][0]["delta"] = {"tool_calls": [{"index": 0, "id": "call_a", "function": function}]}
    return value


def limited(name: str, limit: int) -> Connections:
    changed: dict[str, Any] = {name: limit}
    return Connections(**changed)


def stream(*values: Any) -> Answer:
    pieces: Sequence[Piece] = [event(value) for value in values]
    return streamed(*pieces, event(chunk(finish="stop")), DONE)


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


PACKED = gzip.compress(b'{"choices":[{"message":{"content":"a"}}]}' + b" " * (2 * MB))
CASES: dict[str, tuple[bool, Answer, int, int]] = {
    "max_reply": (False, whole(completion("x" * 2000)), 1000, 4000),
    "max_stream": (True, stream(chunk("x"), *(chunk("x" * 100) for _ in range(20))), 1000, 10_000),
    "max_stream in one piece": (
        True,
        streamed(b"".join(event(chunk("x" * 100)) for _ in range(20)) + DONE),
        1000,
        10_000,
    ),
    "max_event": (True, stream(chunk("x"), chunk("x" * 2000)), 1000, 4000),
    "max_arguments": (True, stream(chunk("x"), piece("x" * 600, name="f"), piece("x" * 600)), 1000, 1200),
    "max_depth": (False, whole(completion("a", odd=deep(60))), 50, 70),
    "max_depth of an event": (True, stream(chunk("x"), chunk("a", odd=deep(60))), 50, 70),
    "max_ratio": (False, whole(PACKED, 200, {"Content-Encoding": "gzip"}), 10, 5000),
}
"""By the limit's name: whether it is a stream, the answer, a limit that is too low for it, and one that is not."""


@both
@pytest.mark.parametrize("case", CASES)
def test_beyond_a_limit_and_within_it(caller: Caller, case: str) -> None:
    """A typed error that names the limit, with what a stream had delivered before; a higher limit takes the answer."""
    streams, answer, low, high = CASES[case]
    name = case.partition(" ")[0]

    def ask(limit: int) -> Any:
        options = {"connections": limited(name, limit)}
        if streams:
            result = caller.chat_stream(server.provider(), client=options)
            return result.error, result
        try:
            return None, caller.chat(server.provider(), client=options)
        except BadResponseError as error:
            return error, None

    with serve(answer) as server:
        error, result = ask(low)
        assert type(error) is BadResponseError
        assert f"Connections({name}=…)" in str(error)
        assert f"{low}" in str(error)
        if streams:
            assert result.text.startswith("x")
            assert error.partial.choices[0].message.content == result.text
        assert len(server.requests) == 1
        error, _ = ask(high)
        assert error is None


@both
@pytest.mark.parametrize("levels", [150, 250, 100_000])
def test_the_depth_that_is_usual(caller: Caller, levels: int) -> None:
    body = b'{"choices":[{"message":{"content":"a"}}],"odd":' + b"[" * levels + b"]" * levels + b"}"
    with serve(whole(body)) as server:
        if levels < 200:
            assert caller.chat(server.provider()).choices[0].message.content == "a"
        else:
            with pytest.raises(BadResponseError, match="deeper than 200"):
                caller.chat(server.provider())
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"[" * 11 + b"]" * 11, True),
        (b"[" * 10 + b"]" * 10, False),
        (b"[" + b"[]," * 50 + b"[]]", False),
        (b'{"a":"' + b"[" * 100 + b'"}', False),
        (b'{"a":"\\"' + b"[" * 100 + b'"}', False),
        (b'{"a":"\\\\",' + b'"b":' + b"[" * 20 + b"]" * 20 + b"}", True),
        (b'  \r\n{"a":' + b"[" * 20 + b"]" * 20 + b"}", True),
        (b"\x89PNG" + b"[" * 100, False),
        (b'"' + b"[" * 100, False),
        (b"", False),
    ],
)
def test_depth_is_that_of_json(data: bytes, expected: bool) -> None:
    """Brackets in texts do not count, and what is no JSON has no depth."""
    assert is_deep(data, 10) is expected


def test_events_before_one_that_is_too_deep_are_given_out() -> None:
    deep_one = b'data: {"a":' + b"[" * 30 + b"]" * 30 + b"}\n\n"
    for cut in (0, 1, 5):
        decoder = SSEDecoder(Limits(depth=10))
        data = b"data: 1\n\ndata: 2\n\n" + deep_one + b"data: 3\n\n"
        found = decoder.feed(data[:cut])
        found += decoder.feed(data[cut:])
        assert found == [("", b"1"), ("", b"2")]
        with pytest.raises(BadResponseError, match="max_depth"):
            decoder.feed(b"data: 4\n\n")
        with pytest.raises(BadResponseError, match="max_depth"):
            decoder.close()
    lines = NDJSONDecoder(Limits(depth=10))
    with pytest.raises(BadResponseError, match="max_depth"):
        lines.feed(b"[" * 30 + b"]" * 30 + b"\n")


def test_what_a_client_sets() -> None:
    """Nothing changed is the default itself, so that decoders need not be told."""
    assert Connections().limits() is DEFAULT
    assert Connections(max_reply=1).limits() is DEFAULT
    limits = Connections(max_event=1, max_arguments=2, max_depth=3).limits()
    assert (limits.event, limits.arguments, limits.depth) == (1, 2, 3)
    for name in ("max_reply", "max_stream", "max_event", "max_ratio", "max_arguments", "max_depth"):
        with pytest.raises(ConfigurationError, match=name):
            limited(name, 0)
