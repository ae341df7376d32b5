"""STC-04, STC-05 and STC-14: tool calls in pieces."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support import DONE, Caller, chunk, event, serve, streamed

CALLERS = [pytest.param(Caller("sync"), id="sync"), pytest.param(Caller("async"), id="async")]
both = pytest.mark.parametrize("caller", CALLERS)

LOST = object()


def deltas(*fragments: dict[str, Any], choice: int = 0) -> dict[str, Any]:
    """A chunk with these fragments of tool calls."""
    value = chunk()
    value["choices"][0].update(index=choice, delta={"tool_calls": list(fragments)})
    return value


def fragment(arguments: Any = LOST, *, index: Any = LOST, id: str | None = None, name: str | None = None) -> Any:
    """A fragment that has only what is given."""
    function = {"name": name} if name is not None else {}
    if arguments is not LOST:
        function["arguments"] = arguments
    value: dict[str, Any] = {"function": function}
    if index is not LOST:
        value["index"] = index
    if id is not None:
        value.update(id=id, type="function")
    return value


def read(caller: Caller, *values: Any, finish: str = "tool_calls", **params: Any) -> Any:
    with serve(streamed(*(event(value) for value in (*values, chunk(finish=finish))), DONE)) as server:
        result = caller.chat_stream(server.provider(), **params)
    assert result.error is None
    return result


def calls(result: Any, choice: int = 0) -> list[tuple[str, str, str]]:
    """Id, name and arguments of each call of the whole answer."""
    found = result.final.choices[choice].message.tool_calls
    return [(call.id, call.function.name, call.function.arguments) for call in found]


def by_index(result: Any, choice: int = 0) -> dict[int, str]:
    """The arguments as a caller joins them from the chunks, by index."""
    joined: dict[int, str] = {}
    for item in result.events:
        for part in item.choices:
            for call in (part.delta.tool_calls or []) if part.index == choice else []:
                joined[call.index] = joined.get(call.index, "") + (call.function.arguments or "")
    return joined


A, B = {"path": "a"}, {"path": "b"}
START = [fragment("", index=0, id="call_a", name="read"), fragment("", index=1, id="call_b", name="write")]
WANTED = [("call_a", "read", json.dumps(A)), ("call_b", "write", json.dumps(B))]


@both
def test_stc_04_interleaved_fragments(caller: Caller) -> None:
    """0, 1, 0, 1; the id comes once."""
    a, b = json.dumps(A), json.dumps(B)
    pieces = [fragment(a[:5], index=0), fragment(b[:7], index=1), fragment(a[5:], index=0), fragment(b[7:], index=1)]
    result = read(caller, deltas(START[0]), deltas(START[1]), *(deltas(piece) for piece in pieces))
    assert calls(result) == WANTED
    assert by_index(result) == {0: a, 1: b}


@both
def test_stc_04_interleaved_in_one_chunk(caller: Caller) -> None:
    a, b = json.dumps(A), json.dumps(B)
    result = read(caller, deltas(*START), deltas(fragment(a, index=0), fragment(b, index=1)))
    assert calls(result) == WANTED


@both
def test_stc_04_id_and_name_in_each_chunk(caller: Caller) -> None:
    """They are not joined to "readread"."""
    a = json.dumps(A)
    pieces = [fragment(part, index=0, id="call_a", name="read") for part in ("", a[:4], a[4:])]
    assert calls(read(caller, *(deltas(piece) for piece in pieces))) == WANTED[:1]


@both
@pytest.mark.parametrize("index", [LOST, None], ids=["missing", "null"])
def test_stc_04_no_index_but_ids(caller: Caller, index: Any) -> None:
    """Fragments are routed by id where there is no index."""
    a, b = json.dumps(A), json.dumps(B)
    pieces = [
        fragment("", index=index, id="call_a", name="read"),
        fragment(a[:5], index=index, id="call_a"),
        fragment("", index=index, id="call_b", name="write"),
        fragment(b[:5], index=index, id="call_b"),
        fragment(a[5:], index=index, id="call_a"),
        fragment(b[5:], index=index, id="call_b"),
    ]
    result = read(caller, *(deltas(piece) for piece in pieces))
    assert calls(result) == WANTED
    assert by_index(result) == {0: a, 1: b}


@both
@pytest.mark.parametrize("index", [LOST, None], ids=["missing", "null"])
def test_stc_04_index_in_the_first_fragment_only(caller: Caller, index: Any) -> None:
    """The id says where a later fragment belongs; without one it belongs to the last call."""
    a, b = json.dumps(A), json.dumps(B)
    order = [(b[:5], "call_b"), (a, "call_a"), (b[5:], "call_b")]
    pieces = [fragment(text, index=index, id=call) for text, call in order]
    assert calls(read(caller, *(deltas(piece) for piece in (*START, *pieces)))) == WANTED


@both
def test_stc_04_neither_index_nor_id_after_the_first(caller: Caller) -> None:
    a, b = json.dumps(A), json.dumps(B)
    pieces = [fragment("", id="call_a", name="read"), fragment(a), fragment("", id="call_b", name="write"), fragment(b)]
    assert calls(read(caller, *(deltas(piece) for piece in pieces))) == WANTED


@both
def test_stc_04_whole_calls_without_index_or_id(caller: Caller) -> None:
    """Two calls in one chunk are two calls, with ids of their own."""
    result = read(caller, deltas(fragment(json.dumps(A), name="read"), fragment(json.dumps(B), name="write")))
    found = calls(result)
    assert [call[1:] for call in found] == [("read", json.dumps(A)), ("write", json.dumps(B))]
    assert len({call[0] for call in found}) == 2


@both
def test_stc_04_another_id_and_name_under_the_same_index(caller: Caller) -> None:
    """Another call begins; what follows without an id belongs to it, and with the first id to the first."""
    a, b = json.dumps(A), json.dumps(B)
    result = read(
        caller,
        deltas(fragment(a[:3], index=0, id="call_a", name="read")),
        deltas(fragment(b[:3], index=0, id="call_b", name="write")),
        deltas(fragment(b[3:], index=0)),
        deltas(fragment(a[3:], index=0, id="call_a")),
    )
    assert calls(result) == WANTED
    assert by_index(result) == {0: a, 1: b}


@both
def test_stc_04_another_id_without_a_name_is_the_same_call(caller: Caller) -> None:
    """Some hosts make an id for each fragment."""
    a = json.dumps(A)
    pieces = [fragment(a[:4], index=0, id="call_a", name="read"), fragment(a[4:], index=0, id="call_x")]
    result = read(caller, *(deltas(piece) for piece in pieces))
    assert calls(result) == WANTED[:1]
    ids = {call.id for item in result.events for part in item.choices for call in part.delta.tool_calls or []}
    assert ids == {"call_a"}


def test_stc_04_an_assembler_alone_tells_them_apart() -> None:
    """Chunks that no decoder has settled, as another format's provider may make them."""
    from onellm import ChatCompletionChunk
    from onellm.openai_compatible.assemble import ChatAssembler

    a, b = json.dumps(A), json.dumps(B)
    assembler = ChatAssembler()
    for value in (
        deltas(fragment(a, index=0, id="call_a", name="read")),
        deltas(fragment(b[:3], index=0, id="call_b", name="write")),
        deltas(fragment(b[3:], index=0)),
    ):
        assembler.add(ChatCompletionChunk.model_validate(value))
    found = assembler.result().choices[0].message.tool_calls or []
    assert [(call.id, call.function.name, call.function.arguments) for call in found] == WANTED


@both
def test_stc_04_arguments_as_an_object(caller: Caller) -> None:
    """Some hosts send arguments as JSON, not as the text of it."""
    result = read(caller, deltas(fragment(A, index=0, id="call_a", name="read")))
    assert json.loads(calls(result)[0][2]) == A


@both
@pytest.mark.parametrize("arguments", ["", LOST, None, "{}"], ids=["empty", "missing", "null", "object"])
def test_stc_05_call_without_arguments_is_not_dropped(caller: Caller, arguments: Any) -> None:
    result = read(caller, deltas(fragment(arguments, index=0, id="call_a", name="now")))
    assert [call[:2] for call in calls(result)] == [("call_a", "now")]
    assert calls(result)[0][2] in ("", "{}")
    assert result.final.choices[0].finish_reason == "tool_calls"


@both
def test_stc_14_two_choices_with_tools(caller: Caller) -> None:
    """Each choice keeps its index, its calls and its finish reason."""
    a, b = json.dumps(A), json.dumps(B)
    end = chunk(finish="stop")
    end["choices"][0]["index"] = 1
    result = read(
        caller,
        deltas(fragment("", index=0, id="call_a", name="read")),
        deltas(fragment("", index=0, id="call_b", name="write"), choice=1),
        deltas(fragment(b[:3], index=0), choice=1),
        deltas(fragment(a[:4], index=0)),
        deltas(fragment(b[3:], index=0), choice=1),
        deltas(fragment(a[4:], index=0)),
        end,
        n=2,
    )
    assert [choice.index for choice in result.final.choices] == [0, 1]
    assert (calls(result, 0), calls(result, 1)) == (WANTED[:1], WANTED[1:])
    assert (by_index(result, 0), by_index(result, 1)) == ({0: a}, {0: b})
    assert [choice.finish_reason for choice in result.final.choices] == ["tool_calls", "tool_calls"]
    assert [choice.native_finish_reason for choice in result.final.choices] == ["tool_calls", "stop"]


@both
def test_stc_14_two_texts(caller: Caller) -> None:
    """One choice answers, the other calls; both in one chunk too."""
    value = chunk()
    value["choices"] = [
        {"index": 1, "delta": {"content": "b"}, "finish_reason": None},
        {"index": 0, "delta": {"content": "a"}, "finish_reason": "length"},
    ]
    end = chunk(finish="stop")
    end["choices"][0]["index"] = 1
    with serve(streamed(event(value), event(value | {"choices": value["choices"][:1]}), event(end), DONE)) as server:
        result = caller.chat_stream(server.provider(), n=2)
    assert result.error is None
    assert [(c.index, c.message.content, c.finish_reason) for c in result.final.choices] == [
        (0, "a", "length"),
        (1, "bb", "stop"),
    ]
    assert [c.delta.role for item in result.events for c in item.choices] == ["assistant", "assistant", None, None]
