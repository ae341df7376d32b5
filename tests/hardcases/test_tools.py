"""Hard cases, group TOOL: tools, calls and results for OpenAI, Venice and the rows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from onellm import InvalidRequestError, UnsupportedParameterError
from tests.support import DONE, chunk, completion, event, serve, streamed, whole
from tests.wire import (
    USER,
    both,
    call,
    calling,
    received,
    received_stream,
    result,
    rows,
    sent_messages,
    sent_parameters,
    tool,
    tool_call,
)

STRICT = pytest.mark.parametrize("name", ["openai", "venice", "openrouter", "groq"])
LOOSE = pytest.mark.parametrize("name", ["llama_server", "vllm", "openai_compatible"])
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


@STRICT
def test_tool_05_a_call_without_result_is_refused_with_its_id(name: str) -> None:
    history = [USER, calling(tool_call("call_a"), tool_call("call_b")), result("call_a"), USER]
    with pytest.raises(InvalidRequestError, match="call_b") as caught:
        call(name, history)
    assert (caught.value.status, caught.value.param) == (None, "messages[1].tool_calls")


@STRICT
def test_tool_05_a_call_without_result_at_the_end_is_refused_too(name: str) -> None:
    with pytest.raises(InvalidRequestError, match="call_1"):
        call(name, [USER, calling(tool_call())])


@STRICT
@pytest.mark.parametrize(
    "history",
    [
        [USER, result("call_x")],
        [USER, calling(tool_call()), result(), result("call_x")],
        [USER, calling(tool_call()), result(), result()],
        [USER, calling(tool_call()), result(), {"role": "assistant", "content": "ok"}, result()],
    ],
)
def test_tool_06_a_result_without_call_is_refused(name: str, history: list[dict[str, Any]]) -> None:
    where = f"messages[{len(history) - 1}].tool_call_id"
    with pytest.raises(InvalidRequestError) as caught:
        call(name, history)
    assert (caught.value.status, caught.value.param) == (None, where)


@LOOSE
def test_tool_05_tool_06_a_host_that_accepts_broken_history_gets_it(name: str) -> None:
    history = [USER, calling(tool_call("call_a")), result("call_x"), USER]
    assert sent_messages(name, *history) == history


@rows
def test_tool_05_results_may_come_in_any_order(name: str) -> None:
    history = [USER, calling(tool_call("call_a"), tool_call("call_b")), result("call_b"), result("call_a"), USER]
    assert sent_messages(name, *history) == history


@rows
def test_tool_07_calls_without_id_get_distinct_ids(name: str) -> None:
    answer = completion(None)
    calls = [{"type": "function", "function": {"name": "f", "arguments": "{}"}} for _ in range(2)]
    answer["choices"][0]["message"]["tool_calls"] = calls
    ids = [item.id for item in received(name, answer).choices[0].message.tool_calls or []]
    assert len(set(ids)) == 2
    assert all(ids)


@rows
def test_tool_07_a_streamed_call_without_id_has_the_id_of_the_whole(name: str) -> None:
    pieces = [
        {"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": "{"}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": "}"}}]},
        {"tool_calls": [{"index": 1, "function": {"name": "f", "arguments": "{}"}}]},
    ]
    data = b"".join(event(chunk(choices=[{"index": 0, "delta": piece}])) for piece in pieces)
    stream = received_stream(name, data + event(chunk(finish="tool_calls")) + DONE)
    seen: dict[int, str] = {}
    for item in stream.chunks:
        for fragment in item.choices[0].delta.tool_calls or []:
            if fragment.id is not None:
                assert seen.setdefault(fragment.index, fragment.id) == fragment.id
    whole_ids = [item.id for item in stream.final.choices[0].message.tool_calls or []]
    assert list(seen.values()) == whole_ids
    assert len(set(whole_ids)) == 2


@rows
def test_tool_12_another_provider_s_signature_stays_here_and_ids_stay_short(name: str) -> None:
    turn = calling(tool_call("call_1"), provider_state={"gemini": {"thought_signature": "c2ln" * 100}})
    sent_turn = sent_messages(name, USER, turn, result())[1]
    assert sent_turn == calling(tool_call("call_1"))


@rows
def test_tool_13_no_arguments_mean_an_empty_object(name: str) -> None:
    for empty in ("", None):
        assert sent_messages(name, USER, calling(tool_call(arguments=empty)), result())[1] == calling(tool_call())


@rows
def test_tool_16_arguments_are_a_json_string_both_ways(name: str) -> None:
    """A host that answers with an object gives the caller a string; an object in the history becomes a string."""
    answer = completion(None)
    answer["choices"][0]["message"]["tool_calls"] = [tool_call(arguments={"port": "Ōban"})]
    message = received(name, answer).choices[0].message
    assert message.tool_calls is not None
    assert json.loads(message.tool_calls[0].function.arguments) == {"port": "Ōban"}
    sent_turn = sent_messages(name, USER, calling(tool_call(arguments={"port": "Ōban"})), result())[1]
    assert sent_turn["tool_calls"][0]["function"]["arguments"] == '{"port": "Ōban"}'
    kept = sent_messages(name, USER, calling(tool_call(arguments='{ "port":1}')), result())[1]
    assert kept["tool_calls"][0]["function"]["arguments"] == '{ "port":1}'


@rows
@pytest.mark.parametrize("choice", ["none", "auto", "required", {"type": "function", "function": {"name": "f"}}])
def test_tool_18_tool_19_tool_20_a_tool_choice_is_sent_as_openai_writes_it(name: str, choice: Any) -> None:
    assert sent_parameters(name, tools=[tool()], tool_choice=choice)["tool_choice"] == choice


@rows
@pytest.mark.parametrize(
    "choice",
    [{}, {"type": "function"}, {"type": "function", "name": "f"}, {"function": {"name": "f"}}, {"type": "function", "function": {}}],  # noqa: E501
)  # fmt: skip
def test_tool_20_a_malformed_choice_is_refused_here(name: str, choice: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        call(name, tools=[tool()], tool_choice=choice)
    assert (caught.value.status, caught.value.param) == (None, "tool_choice")


@rows
@pytest.mark.parametrize("word", ["auto", "none", "required"])
def test_tool_20_a_word_may_come_as_a_table(name: str, word: str) -> None:
    assert sent_parameters(name, tools=[tool()], tool_choice={"type": word})["tool_choice"] == word


@rows
def test_tool_22_without_tools_nothing_steers_them(name: str) -> None:
    made = call(name, parallel_tool_calls=True, tool_choice="auto")
    assert set(made.json) == {"model", "messages"}
    assert set(made.dropped) == {"parallel_tool_calls", "tool_choice"}
    with pytest.raises(InvalidRequestError):
        call(name, tool_choice="required")


@rows
@pytest.mark.parametrize("flag", [True, False])
def test_tool_22_with_tools_the_flag_is_sent(name: str, flag: bool) -> None:
    assert sent_parameters(name, tools=[tool()], parallel_tool_calls=flag)["parallel_tool_calls"] is flag


@pytest.mark.parametrize("name", ["openai", "venice"])
def test_tool_33_an_image_in_a_result_is_refused_or_dropped_aloud(name: str) -> None:
    content = [{"type": "text", "text": "the chart"}, IMAGE]
    history = [USER, calling(tool_call()), result(content=content)]
    with pytest.raises(UnsupportedParameterError) as caught:
        call(name, history)
    assert caught.value.param == "messages[2].content[1]"
    made = call(name, history, unsupported="drop")
    kept = made.json["messages"][2]["content"]
    assert kept in ("the chart", [{"type": "text", "text": "the chart"}])
    assert made.dropped == ("messages[2].content[1]",)


@LOOSE
def test_tool_33_a_host_that_nobody_knows_gets_the_image(name: str) -> None:
    history = [USER, calling(tool_call()), result(content=[IMAGE])]
    assert sent_messages(name, *history) == history


@rows
def test_tool_34_an_empty_list_of_calls_is_left_out(name: str) -> None:
    turn = {"role": "assistant", "content": "Hello", "tool_calls": []}
    assert sent_messages(name, USER, turn, USER)[1] == {"role": "assistant", "content": "Hello"}


@pytest.mark.parametrize("name", ["openai", "venice", "vllm"])
def test_tool_37_a_tool_of_another_type_is_refused_or_dropped_with_what_pointed_at_it(name: str) -> None:
    strange = {"type": "namespace", "namespace": {"name": "n"}}
    choice = {"type": "namespace", "namespace": {"name": "n"}}
    with pytest.raises(UnsupportedParameterError) as caught:
        call(name, tools=[strange, tool()], tool_choice=choice)
    assert caught.value.param == "tools[0]"
    made = call(name, tools=[strange, tool()], tool_choice=choice, unsupported="drop")
    assert made.json["tools"] == [tool()]
    assert "tool_choice" not in made.json
    assert made.dropped == ("tools[0]", "tool_choice")
    alone = call(name, tools=[strange], parallel_tool_calls=True, unsupported="drop")
    assert set(alone.json) == {"model", "messages"}
    assert alone.dropped == ("tools[0]", "parallel_tool_calls")


def test_tool_37_openai_s_custom_tools_are_sent() -> None:
    custom = {"type": "custom", "custom": {"name": "c", "format": {"type": "text"}}}
    choice = {"type": "custom", "custom": {"name": "c"}}
    assert sent_parameters("openai", tools=[custom], tool_choice=choice) == {"tools": [custom], "tool_choice": choice}


@both
@pytest.mark.parametrize("how", ["whole", "opening", "later"])
def test_tool_38_a_failed_generation_is_on_the_error(caller: Any, how: str) -> None:
    """Groq's tool_use_failed: as a 400, and as an event of a stream, before and after text."""
    error = {"message": "Failed.", "type": "invalid_request_error", "code": "tool_use_failed"}
    body = {"error": {**error, "failed_generation": '{"name": "f", "arg'}}
    failure = b"event: error\n" + event(body)
    pieces = failure if how == "opening" else event(chunk("Let me")) + failure
    with serve(whole(body, 400) if how == "whole" else streamed(pieces)) as server:
        if how == "whole":
            with pytest.raises(InvalidRequestError) as caught:
                caller.chat(server.provider(), "groq/m", tools=[tool()])
            seen: Any = caught.value
        elif how == "opening":
            with pytest.raises(InvalidRequestError) as caught:
                caller.chat_stream(server.provider(), "groq/m", tools=[tool()])
            seen = caught.value
        else:
            stream = caller.chat_stream(server.provider(), "groq/m", tools=[tool()])
            assert stream.text == "Let me"
            seen = stream.error
    seen = getattr(seen, "cause", None) or seen
    assert isinstance(seen, InvalidRequestError)
    assert seen.code == "tool_use_failed"
    assert seen.body["error"]["failed_generation"] == '{"name": "f", "arg'
    assert len(server.requests) == 1


@rows
def test_tool_39_strict_is_forwarded(name: str) -> None:
    assert sent_parameters(name, tools=[tool(strict=True)])["tools"][0]["function"]["strict"] is True
