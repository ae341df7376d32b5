"""STR-01 to STR-06: how a stream is cut into events, over real sockets and at every possible place."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Sequence
from typing import Any

import pytest

from onellm import AsyncOneLLM, OneLLM
from tests.support import DONE, Caller, chunk, event, serve, streamed

CALLERS = [pytest.param(Caller("sync"), id="sync"), pytest.param(Caller("async"), id="async")]
both = pytest.mark.parametrize("caller", CALLERS)

ASK: dict[str, Any] = {"model": "openai/m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
Seen = list[tuple[str | None, str | None]]


def answer(text: bytes, *places: int) -> Sequence[Any]:
    """The bytes of a stream as an answer, cut at these places into pieces that arrive one by one."""
    edges = [0, *places, len(text)]
    return streamed(*(text[start:end] for start, end in itertools.pairwise(edges) if start < end))


def every_cut(text: bytes) -> list[Sequence[Any]]:
    """The stream cut in two at each place, and once into single bytes."""
    return [*(answer(text, place) for place in range(1, len(text))), answer(text, *range(1, len(text)))]


def read_each(caller: Caller, answers: list[Sequence[Any]]) -> list[Seen]:
    """What each of the answers gives: content and finish reason of each chunk. One client reads them in turn."""

    def seen(item: Any) -> tuple[str | None, str | None]:
        assert len(item.choices) == 1, "a phantom event"
        return item.choices[0].delta.content, item.choices[0].finish_reason

    async def read_async(providers: Any) -> list[Seen]:
        async with AsyncOneLLM(providers=providers) as client:
            return [[seen(item) async for item in await client.chat.completions.create(**ASK)] for _ in answers]

    with serve(*answers) as server:
        if caller.kind == "async":
            return asyncio.run(read_async(server.provider()))
        with OneLLM(providers=server.provider()) as client:
            return [[seen(item) for item in client.chat.completions.create(**ASK)] for _ in answers]


def framed(*values: Any, end: bytes = b"\n") -> bytes:
    """Events with the line ending `end`, and [DONE]."""
    lines = [json.dumps(value, ensure_ascii=False).encode() for value in values]
    return b"".join(b"data: " + line + end + end for line in (*lines, b"[DONE]"))


@both
def test_str_01_utf8_split_over_network_chunks(caller: Caller) -> None:
    """Two-, three- and four-byte characters, cut at each byte."""
    text = framed(chunk("é日本👩‍👩‍👧"), chunk(finish="stop"))
    first = text.index("é".encode()) - 1
    last = text.index("👧".encode()) + 5
    answers = [answer(text, place) for place in range(first, last)]
    assert read_each(caller, answers) == [[("é日本👩‍👩‍👧", None), (None, "stop")]] * len(answers)


@both
@pytest.mark.parametrize(
    "separator", ["\u2028", "\u2029", "\u0085", "\u2028\u0085\u2029"], ids=["2028", "2029", "0085", "all"]
)
def test_str_02_line_separators_inside_json(caller: Caller, separator: str) -> None:
    """They are text, not the end of a line; raw in the bytes, not escaped."""
    raw = f'data: {{"choices":[{{"delta":{{"content":"a{separator}b"}}}}]}}\n\n'.encode()
    assert separator.encode() in raw
    with serve(streamed(raw, event(chunk(finish="stop")), DONE)) as server:
        result = caller.chat_stream(server.provider())
    assert result.error is None
    assert [item.choices[0].delta.content for item in result.events] == [f"a{separator}b", None]
    assert result.final.choices[0].message.content == f"a{separator}b"


@both
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["lf", "crlf", "cr"])
def test_str_03_line_endings_at_every_split(caller: Caller, end: bytes) -> None:
    """One event each and no phantom, wherever the bytes are cut: in the middle of CR LF too."""
    text = framed(chunk("a"), chunk("b", finish="stop"), end=end)
    answers = every_cut(text)
    assert read_each(caller, answers) == [[("a", None), ("b", "stop")]] * len(answers)


@both
def test_str_03_mixed_line_endings(caller: Caller) -> None:
    """CR LF, LF and CR in one stream."""
    a, b, c = (json.dumps(chunk(text)).encode() for text in "abc")
    text = (
        b"data: " + a + b"\r\n\n" + b"data: " + b + b"\r\r" + b"data: " + c + b"\n\r\n" + framed(chunk(finish="stop"))
    )
    places = [
        place
        for place in range(1, len(text))
        if text[place - 1 : place + 1].strip(b"\r\n") != text[place - 1 : place + 1]
    ]
    answers = [answer(text, place) for place in places]
    expected = [("a", None), ("b", None), ("c", None), (None, "stop")]
    assert read_each(caller, answers) == [expected] * len(answers)


@both
def test_str_04_data_without_a_space(caller: Caller) -> None:
    """`data:{…}` is data, and of `data:  x` one space is stripped, no more."""
    value = json.dumps(chunk("a")).encode()
    lines = [
        b"data:" + value,
        b"data:  " + value,
        b"data:\t" + value,
        b"data:" + json.dumps(chunk(finish="stop")).encode(),
    ]
    with serve(streamed(*(line + b"\n\n" for line in lines), b"data:[DONE]\n\n")) as server:
        result = caller.chat_stream(server.provider())
    assert (result.error, result.text) == (None, "aaa")
    assert result.events[-1].choices[0].finish_reason == "stop"


@both
def test_str_04_data_in_several_lines_is_joined_by_a_newline(caller: Caller) -> None:
    raw = b'data: {"choices":[{"index":0,\ndata: "delta":{"content":"a"}}]}\n\n'
    with serve(streamed(raw, event(chunk(finish="stop")), DONE)) as server:
        assert caller.chat_stream(server.provider()).text == "a"


@both
@pytest.mark.parametrize("usage", [False, True], ids=["plain", "include_usage"])
def test_str_06_comments_pings_blank_and_unknown_events_and_bom(caller: Caller, usage: bool) -> None:
    """All of it is passed over: the chunks and the answer are those of a stream without it."""
    noise = [
        b": OPENROUTER PROCESSING\n\n",
        b":\n\n",
        b"\n\n\n",
        b'event: ping\ndata: {"type": "ping"}\n\n',
        b"event: ping\ndata:\n\n",
        b"event: ping\n\n",
        b'event: foo\ndata: {"a": 1}\n\n',
        b"event: foo\ndata: no JSON\n\n",
        b"id: 7\nretry: 3000\nfoo: bar\nfoo\n\n",
    ]
    pieces = [b"\xef\xbb\xbf", *noise, event(chunk("a")), *noise, event(chunk("b", finish="stop")), *noise, DONE]
    options: dict[str, Any] = {"stream_options": {"include_usage": True}} if usage else {}
    with serve(streamed(*pieces)) as server:
        result = caller.chat_stream(server.provider(), **options)
    assert result.error is None
    seen = [(item.choices[0].delta.content, item.choices[0].finish_reason) for item in result.events]
    assert seen == [("a", None), ("b", "stop")]
    assert not any(item.model_extra for item in result.events)
    assert not result.final.model_extra


@both
def test_str_06_bom_cut_into_bytes(caller: Caller) -> None:
    text = b"\xef\xbb\xbf" + framed(chunk("a", finish="stop"))
    assert read_each(caller, [answer(text, 1), answer(text, 2), answer(text, 1, 2, 3)]) == [[("a", "stop")]] * 3


@both
@pytest.mark.parametrize("name", ["message", "chat.completion.chunk"])
def test_str_06_chunks_in_named_events_count(caller: Caller, name: str) -> None:
    """Hosts name their events as they like; a chunk is a chunk."""
    value = b"event: " + name.encode() + b"\n" + event(chunk("a", finish="stop"))
    with serve(streamed(value, DONE)) as server:
        result = caller.chat_stream(server.provider())
    assert (result.error, result.text) == (None, "a")
