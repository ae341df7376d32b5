"""STC-06 to STC-13: what the chunks of a stream mean."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import DONE, Caller, chunk, completion, event, serve, streamed, whole

CALLERS = [pytest.param(Caller("sync"), id="sync"), pytest.param(Caller("async"), id="async")]
both = pytest.mark.parametrize("caller", CALLERS)

INCLUDE: dict[str, Any] = {"stream_options": {"include_usage": True}}
"""With it the caller asked for OpenAI's own chunk without choices; without it usage rides on the last chunk."""


def usage(prompt: int, completion_tokens: int) -> dict[str, int]:
    return {"prompt_tokens": prompt, "completion_tokens": completion_tokens, "total_tokens": prompt + completion_tokens}


def read(caller: Caller, *values: Any, model: str = "openai/m", **params: Any) -> Any:
    """What a client makes of these chunks, each an event of its own, and [DONE]."""
    with serve(streamed(*(event(value) for value in values), DONE)) as server:
        result = caller.chat_stream(server.provider(), model, **params)
    assert result.error is None
    return result


def tool(index: int | None, **fields: Any) -> dict[str, Any]:
    """A chunk with one fragment of a tool call."""
    value = chunk()
    call = fields if index is None else {"index": index, **fields}
    value["choices"][0]["delta"] = {"tool_calls": [call]}
    return value


CALL = tool(0, id="call_a", type="function", function={"name": "f", "arguments": "{}"})


@both
@pytest.mark.parametrize("last", ["stop", "tool_calls"])
def test_stc_06_finish_reason_with_tool_calls(caller: Caller, last: str) -> None:
    """Hosts end with `stop` after tool calls; agents go by `tool_calls`. The host's word is kept."""
    result = read(caller, CALL, chunk(finish=last))
    choice = result.final.choices[0]
    assert (choice.finish_reason, choice.native_finish_reason) == ("tool_calls", last)
    assert result.events[-1].choices[0].finish_reason == "tool_calls"
    assert result.events[-1].choices[0].native_finish_reason == last


@both
@pytest.mark.parametrize("last", ["length", "content_filter"])
def test_stc_06_an_abnormal_end_stays_one(caller: Caller, last: str) -> None:
    """A call that was cut off must not look like one to execute."""
    assert read(caller, CALL, chunk(finish=last)).final.choices[0].finish_reason == last


@both
def test_stc_06_the_whole_answer_says_the_same(caller: Caller) -> None:
    call = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    body = completion(choices=[{"index": 0, "message": message, "finish_reason": "stop"}])
    with serve(whole(body)) as server:
        choice = caller.chat(server.provider()).choices[0]
    assert (choice.finish_reason, choice.native_finish_reason) == ("tool_calls", "stop")


@both
@pytest.mark.parametrize("params", [{}, INCLUDE], ids=["plain", "include_usage"])
def test_stc_07_chunks_without_choices_or_delta(caller: Caller, params: dict[str, Any]) -> None:
    """Azure's first chunk, null delta, null choices, a chunk of usage alone: no crash, no empty delta, nothing lost."""
    verdict = [{"prompt_index": 0, "content_filter_results": {}}]
    azure = {"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": verdict}
    no_delta = chunk(finish="stop")
    no_delta["choices"][0]["delta"] = None
    values = [
        azure,
        chunk("a"),
        {**chunk(), "choices": None},
        no_delta,
        {**chunk(), "choices": [], "usage": usage(3, 2)},
    ]
    result = read(caller, *values, **params)
    assert result.text == "a"
    assert [item.choices[0].finish_reason for item in result.events if item.choices] == [None, "stop"]
    assert result.final.choices[0].finish_reason == "stop"
    assert result.final.usage.model_dump(exclude_none=True) == usage(3, 2)
    assert result.final.model_extra["prompt_filter_results"] == verdict
    assert result.final.id == "chatcmpl-1"
    if not params:
        assert len(result.events) == 2
        assert result.events[0].model_extra["prompt_filter_results"] == verdict
        assert result.events[1].usage.prompt_tokens == 3


@both
def test_stc_07_chunks_that_lack_the_keys(caller: Caller) -> None:
    """The same with the keys missing instead of null."""
    no_delta = {"choices": [{"index": 0, "finish_reason": "stop"}]}
    assert read(caller, {"prompt_filter_results": []}, {"choices": [{"delta": {"content": "a"}}]}, no_delta).text == "a"


@both
@pytest.mark.parametrize("params", [{}, INCLUDE], ids=["plain", "include_usage"])
def test_stc_08_cumulative_usage_is_not_summed(caller: Caller, params: dict[str, Any]) -> None:
    """Usage in each chunk grows; the last one that is there counts, and a later null does not erase it."""
    values = [
        {**chunk("a"), "usage": usage(3, 1)},
        {**chunk("b"), "usage": {**usage(3, 2), "prompt_tokens_details": {"cached_tokens": 2}}},
        {**chunk(finish="stop"), "usage": None},
    ]
    used = read(caller, *values, **params).final.usage
    assert (used.prompt_tokens, used.completion_tokens, used.total_tokens) == (3, 2, 5)
    assert used.prompt_tokens_details.cached_tokens == 2


@both
def test_stc_09_usage_after_the_finish_reason(caller: Caller) -> None:
    """The reader gets it although it stops at the finish reason: the finishing chunk carries it."""
    values = [chunk("a"), chunk(finish="stop"), {**chunk(), "choices": [], "usage": usage(3, 2)}]
    result = read(caller, *values)
    assert [item.choices[0].finish_reason for item in result.events] == [None, "stop"]
    assert result.events[-1].usage.total_tokens == 5
    assert result.final.usage.total_tokens == 5


@both
def test_stc_09_usage_as_openai_sends_it_where_it_was_asked_for(caller: Caller) -> None:
    """Code written for OpenAI reads the usage from a last chunk without choices."""
    values = [chunk("a"), chunk(finish="stop"), {**chunk(), "choices": [], "usage": usage(3, 2)}]
    result = read(caller, *values, **INCLUDE)
    assert [len(item.choices) for item in result.events] == [1, 1, 0]
    assert [item.usage and item.usage.total_tokens for item in result.events] == [None, None, 5]
    assert result.final.usage.total_tokens == 5


@both
def test_stc_10_empty_finish_reason(caller: Caller) -> None:
    """`""` in each chunk is no end; with [DONE] the answer ended normally."""
    result = read(caller, chunk("a", finish=""), chunk("b", finish=""), chunk("c", finish=""))
    assert result.text == "abc"
    assert [item.choices[0].finish_reason for item in result.events] == [None, None, None, "stop"]
    assert result.final.choices[0].finish_reason == "stop"


@both
def test_stc_10_finish_reason_never_set(caller: Caller) -> None:
    """Content and [DONE], no finish reason at all: `stop`; after tool calls, `tool_calls`."""
    assert read(caller, chunk("a"), chunk("b")).final.choices[0].finish_reason == "stop"
    assert read(caller, CALL).final.choices[0].finish_reason == "tool_calls"


@both
def test_stc_10_a_partial_answer_has_no_finish_reason(caller: Caller) -> None:
    """Only a whole stream ends in `stop`."""
    with serve(streamed(event(chunk("a")))) as server:
        error: Any = caller.chat_stream(server.provider()).error
    assert error.partial.choices[0].finish_reason is None


@both
def test_stc_12_one_id_one_role(caller: Caller) -> None:
    """Hosts number their chunks, or give the id only once; the reader sees one id, created and model, and one role."""
    values = [chunk("a"), chunk("b"), chunk("c"), chunk(finish="stop")]
    for number, value in enumerate(values):
        value.update(id=f"chatcmpl-{number}", created=1790000000 + number, model=f"m-{number}")
        value["choices"][0]["delta"]["role"] = "assistant"
    del values[2]["id"]
    result = read(caller, *values)
    assert {(item.id, item.created, item.model) for item in result.events} == {("chatcmpl-0", 1790000000, "m-0")}
    assert [item.choices[0].delta.role for item in result.events] == ["assistant", None, None, None]
    assert (result.final.id, result.final.created, result.final.model) == ("chatcmpl-0", 1790000000, "m-0")


@both
def test_stc_12_role_that_the_host_never_sends(caller: Caller) -> None:
    result = read(caller, chunk("a"), chunk(finish="stop"))
    assert [item.choices[0].delta.role for item in result.events] == ["assistant", None]


@both
def test_stc_13_whitespace_fidelity(caller: Caller) -> None:
    """Not a byte is trimmed or dropped: the stream's text is the whole answer's text."""
    deltas = ["\n", " ", "Hello", " ", "\n\n", "", "\t", "\u00a0", "world", "  \r\n", " "]
    result = read(caller, *(chunk(text) for text in deltas), chunk(finish="stop"))
    with serve(whole(completion("".join(deltas)))) as server:
        expected = caller.chat(server.provider()).choices[0].message.content
    assert result.text == "".join(deltas) == expected == result.final.choices[0].message.content
    assert [item.choices[0].delta.content for item in result.events] == [*deltas, None]
