"""Cases for all streams, as values, at each provider that has a format of its own (and at Azure)."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from onellm import OneLLMError
from tests.hardcases.natives import NATIVES, WORDS, Native, natives
from tests.providers.anthropic import wire as anthropic
from tests.providers.bedrock import wire as bedrock
from tests.support import Caller, serve, whole
from tests.support import streamed as stream_of
from tests.wire import Stream, both

ODD = "日本 \u2028\u2029\u0085 a\n\n  b 🌊"
"""Letters of several bytes, separators that are no ends of lines, and white space that must stay."""


def decoded(native: Native, *pieces: bytes) -> Stream:
    """What is made of these pieces."""
    call = native.stream_call()
    decoder, assembler = call.decoder(), call.assembler()
    chunks = [each for piece in pieces for each in decoder.feed(piece)]
    chunks += decoder.close()
    for each in chunks:
        assembler.add(each)
    return Stream(chunks, assembler.result(), decoder.failure)


def text_of(found: Stream) -> Any:
    return found.final.choices[0].message.content


def same(found: Stream, expected: Stream) -> bool:
    """Whether two streams are one answer; services without ids or times get them here."""
    one, other = (each.final.model_dump(exclude={"id", "created"}) for each in (found, expected))
    return found.failure is None and one == other


@natives
def test_str_01_str_02_stc_13_bytes_cut_anywhere(native: Native) -> None:
    data = b"".join(native.pieces(ODD))
    expected = decoded(native, data)
    assert (text_of(expected), expected.failure) == (ODD, None)
    for at in range(1, len(data)):
        assert same(decoded(native, data[:at], data[at:]), expected), at
    assert same(decoded(native, *(data[at : at + 1] for at in range(len(data)))), expected)


@natives
@pytest.mark.parametrize("ends", [b"\r\n", b"\r"], ids=["CRLF", "CR"])
def test_str_03_ends_of_lines(native: Native, ends: bytes) -> None:
    """Cut between the two as well. A line of JSON each is ended by LF alone, with or without a CR before it."""
    if native.lines == "frames" or (native.lines == "json" and ends == b"\r"):
        pytest.skip("no such ends of lines in this framing")
    data = b"".join(native.stream).replace(b"\n", ends)
    expected = decoded(native, *native.stream)
    assert same(decoded(native, data), expected)
    assert same(decoded(native, *(data[at : at + 1] for at in range(len(data)))), expected)


sse_alone = pytest.mark.parametrize("native", [each for each in NATIVES if each.lines == "sse"], ids=str)


@sse_alone
def test_str_04_no_space_after_data(native: Native) -> None:
    """STR-06 too: comments and a byte order mark before it."""
    data = b"".join(native.stream).replace(b"data: ", b"data:")
    assert same(decoded(native, b"\xef\xbb\xbf: hello\n\n" + data), decoded(native, *native.stream))


BROKEN = {"sse": b'data: {"broken\n\n', "json": b'{"broken\n', "frames": b"\x00\x00\x00\x10broken frame"}


@natives
def test_str_07_broken_json_within(native: Native) -> None:
    """What came before it is kept; replicate's data are texts, so that a broken number is an unknown event there."""
    broken = b'event: done\ndata: {"broken\n\n' if native.name == "replicate" else BROKEN[native.lines]
    first, *rest = native.pieces(WORDS * 3)
    kept = rest[: len(rest) // 2]
    found = decoded(native, b"".join([first, *kept, broken, *rest[len(kept) :]]))
    assert isinstance(found.failure, OneLLMError)
    assert text_of(found) == text_of(decoded(native, first, *kept))
    assert text_of(found)


@both
@natives
def test_stc_12_one_id_one_role(caller: Caller, native: Native) -> None:
    with serve([b""]) as server:
        server.script = native.good(server, stream=True)
        found = caller.chat_stream(native.providers(server), native.full_name)
    assert len({(each.id, each.created, each.model) for each in (*found.events, found.final)}) == 1
    assert found.events[0].id or native.name == "bedrock", "its id is that of the request"
    roles = [choice.delta.role for each in found.events for choice in each.choices]
    assert roles == ["assistant", *[None] * (len(roles) - 1)]


@natives
def test_stc_08_usage_is_that_of_the_whole(native: Native) -> None:
    """However often it is told in a stream, it counts once. Replicate's streams tell none."""
    usage = decoded(native, *native.stream).final.usage
    if native.name == "replicate":
        assert usage is None
        return
    assert usage is not None
    longer = decoded(native, *native.pieces(WORDS * 9)).final.usage
    assert longer is not None
    assert (usage.prompt_tokens, usage.completion_tokens) == (longer.prompt_tokens, longer.completion_tokens)
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens > 0


@dataclass
class City:
    city: str


_INPUT = {"city": "Oban"}
_USED = anthropic.message({"type": "tool_use", "id": "t", "name": "City", "input": _INPUT}, stop_reason="tool_use")
_CONVERSED = bedrock.message({"toolUse": {"toolUseId": "t", "name": "City", "input": _INPUT}}, stop_reason="tool_use")
tool_values = pytest.mark.parametrize(
    ("name", "answer", "pieces"),
    [("anthropic", _USED, anthropic.events(_USED)), ("bedrock", _CONVERSED, bedrock.frames(_CONVERSED))],
    ids=["anthropic", "bedrock"],
)


@both
@tool_values
def test_out_01_out_02_a_value_by_way_of_a_tool(caller: Caller, name: str, answer: Any, pieces: list[bytes]) -> None:
    """The input of the forced tool is the content, whole and in pieces, and no call is to be seen."""
    native = next(each for each in NATIVES if each.name == name)
    asked: dict[str, Any] = {"response_format": City, "structured": "tool"}
    with serve(whole(answer), stream_of(*pieces)) as server:
        got = caller.chat(native.providers(server), native.full_name, **asked)
        found = caller.chat_stream(native.providers(server), native.full_name, **asked)
    assert found.error is None
    for each in (got, found.final):
        assert each.parsed == City("Oban")
        assert each.choices[0].message.tool_calls is None
        assert each.choices[0].finish_reason == "stop"
        assert json.loads(each.choices[0].message.content) == _INPUT
    assert json.loads(found.text) == _INPUT
    assert not any(choice.delta.tool_calls for chunk in found.events for choice in chunk.choices)


@natives
def test_use_12_an_unknown_price_is_not_zero(native: Native) -> None:
    unknown = replace(native, model="o/nobody" if native.name == "replicate" else "nobody-knows-1")
    with serve([b""]) as server:
        named = {name: "nobody-knows-1" for name in ("model", "modelVersion") if name in native.whole}
        server.script = [*native.before(server, False), whole({**native.whole, **named})]
        answer = Caller("sync").chat(unknown.providers(server), unknown.full_name, client={"max_retries": 0})
    assert answer.meta.cost is None
    assert answer.usage is None or answer.usage.cost is None
