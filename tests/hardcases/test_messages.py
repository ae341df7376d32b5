"""Hard cases, group MSG: messages and roles, as they leave for OpenAI, Venice and the rows."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from onellm import InvalidRequestError, UnsupportedParameterError
from tests.support import completion, serve, whole
from tests.wire import USER, both, call, calling, received, result, rows, sent_messages, stream_call, tool, tool_call

REPLAYED: dict[str, Any] = {
    "role": "assistant",
    "content": "Let me look.",
    "refusal": None,
    "annotations": [],
    "audio": None,
    "function_call": None,
    "reasoning_content": "They want the tide.",
    "id": "msg_1",
    "tool_calls": [{"index": 0, **tool_call("call_9", "tide", '{"port":"Oban"}')}],
}
"""An assistant message as `model_dump()` of some SDK's answer gives it."""

PNG = "data:image/png;base64,AAAA"
STRICT: dict[str, Any] = {
    "role": "assistant",
    "content": "Let me look.",
    "tool_calls": [
        {"id": "call_9", "type": "function", "function": {"name": "tide", "arguments": '{"port":"Oban"}'}},
    ],
}


@rows
def test_msg_06_consecutive_messages_of_one_role_are_unchanged(name: str) -> None:
    turns = [{"role": role, "content": text} for role, text in zip(("user", "user"), "ab", strict=True)]
    turns += [{"role": "assistant", "content": "c"}, {"role": "assistant", "content": "d"}, USER]
    assert sent_messages(name, *turns) == turns


@rows
def test_msg_10_a_turn_with_text_and_calls_keeps_both(name: str) -> None:
    turn = calling(tool_call(), content="Let me check.")
    assert sent_messages(name, USER, turn, result())[1] == turn


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("openai", "developer"),
        ("venice", "developer"),
        ("openrouter", "developer"),
        ("groq", "developer"),
        ("llama_server", "system"),
        ("vllm", "system"),
        ("openai_compatible", "system"),
    ],
)
def test_msg_11_developer_is_kept_where_it_is_known_and_system_elsewhere(name: str, role: str) -> None:
    assert sent_messages(name, {"role": "developer", "content": "X"}, USER)[0] == {"role": role, "content": "X"}


@pytest.mark.parametrize("name", ["openai", "venice", "openrouter", "vllm"])
def test_msg_12_a_name_is_kept_where_the_host_takes_it(name: str) -> None:
    turns = [{"role": "user", "name": "bob", "content": "x"}, {"role": "assistant", "name": "eve", "content": "y"}]
    assert sent_messages(name, *turns, USER)[:2] == turns


@pytest.mark.parametrize("role", ["user", "assistant", "system"])
def test_msg_12_a_name_that_the_host_refuses_raises_or_is_dropped_aloud(role: str) -> None:
    turn = {"role": role, "name": "bob", "content": "x"}
    with pytest.raises(UnsupportedParameterError) as caught:
        call("groq", [turn, USER])
    assert caught.value.param == "messages[0].name"
    dropping = call("groq", [turn, USER], unsupported="drop")
    assert dropping.json["messages"][0] == {"role": role, "content": "x"}
    assert dropping.dropped == ("messages[0].name",)


@pytest.mark.parametrize(("name", "kept"), [("openai", False), ("venice", True), ("groq", False)])
def test_msg_12_a_tool_result_has_a_name_only_where_it_is_documented(name: str, kept: bool) -> None:
    sent = sent_messages(name, USER, calling(tool_call()), result(name="f"))[2]
    assert sent == {"role": "tool", "tool_call_id": "call_1", "content": "ok", **({"name": "f"} if kept else {})}


@rows
def test_msg_16_a_replayed_answer_is_sent_as_strict_hosts_take_it(name: str) -> None:
    assert sent_messages(name, USER, REPLAYED, result("call_9"))[1] == STRICT


@both
@pytest.mark.parametrize("name", ["openai", "venice", "groq", "openrouter"])
def test_msg_16_the_message_of_an_answer_is_the_next_turn(caller: Any, name: str) -> None:
    """The answer's own `message` goes into the history as it is; hosts get what they take of it."""
    answer = completion(None)
    answer["choices"][0]["finish_reason"] = "tool_calls"
    answer["choices"][0]["message"] = {**REPLAYED, "content": None}
    with serve(whole(answer), whole(completion("High at 4."))) as server:
        first = caller.chat(server.provider(), f"{name}/m", [USER])
        turns = [USER, first.choices[0].message, result("call_9", "16:00")]
        second = caller.chat(server.provider(), f"{name}/m", turns)
    assert second.choices[0].message.content == "High at 4."
    assert server.requests[1].json["messages"] == [USER, {**STRICT, "content": None}, result("call_9", "16:00")]


@rows
def test_msg_16_a_dumped_answer_is_the_next_turn_too(name: str) -> None:
    message = received(name, completion("Hello")).choices[0].message
    for replay in (message, message.model_dump(), json.loads(message.model_dump_json())):
        assert sent_messages(name, USER, replay, USER)[1] == {"role": "assistant", "content": "Hello"}


@rows
@pytest.mark.parametrize("turn", [{"role": "assistant"}, {"role": "assistant", "content": None}])
def test_msg_17_a_tool_call_turn_has_content(name: str, turn: dict[str, Any]) -> None:
    sent = sent_messages(name, USER, {**turn, "tool_calls": [tool_call()]}, result())[1]
    assert sent == {"role": "assistant", "content": None, "tool_calls": [tool_call()]}


@rows
def test_msg_20_the_caller_s_objects_are_not_changed(name: str) -> None:
    given: dict[str, Any] = {
        "messages": [
            {"role": "developer", "content": [{"type": "text", "text": "Be terse."}]},
            {"role": "user", "content": [{"type": "text", "text": "Look."}, {"type": "image_url", "image_url": PNG}]},
            {**REPLAYED},
            result("call_9", "16:00", name="tide"),
            {"role": "assistant", "content": None},
            USER,
        ],
        "tools": [tool("tide")],
        "tool_choice": {"type": "function", "function": {"name": "tide"}},
        "response_format": {"type": "json_object"},
        "stream_options": {"include_usage": False},
        "extra_headers": {"X-Trace": "1"},
        "extra_body": {"foo": {"bar": 1}},
    }
    before = copy.deepcopy(given)
    first, second = call(name, **given), call(name, **given)
    third, fourth = stream_call(name, **given), stream_call(name, **given)
    assert given == before
    assert (first.json, first.headers) == (second.json, second.headers)
    assert (third.json, third.headers) == (fourth.json, fourth.headers)


@rows
def test_msg_20_a_sent_body_does_not_share_the_caller_s_parts(name: str) -> None:
    """A string URL is wrapped for the wire; the part that the caller holds stays a string."""
    part = {"type": "image_url", "image_url": "https://h.example/a.png"}
    turns = [{"role": "user", "content": [part]}]
    assert sent_messages(name, *turns)[0]["content"][0]["image_url"] == {"url": "https://h.example/a.png"}
    assert part["image_url"] == "https://h.example/a.png"


@rows
@pytest.mark.parametrize(
    ("messages", "param"),
    [
        ([], "messages"),
        ("Hi", "messages"),
        ([{"role": "bot", "content": "x"}], "messages[0]"),
        ([{"content": "x"}], "messages[0]"),
        ([USER, {"role": "user"}], "messages[1].content"),
        ([{"role": "user", "content": 7}], "messages[0].content"),
        ([{"role": "user", "content": [7]}], "messages[0].content[0]"),
        ([{"role": "user", "content": [{"text": "no type"}]}], "messages[0].content[0]"),
        ([{"role": "user", "content": [{"type": "text"}]}], "messages[0].content[0]"),
        ([{"role": "user", "content": [{"type": "text", "text": 7}]}], "messages[0].content[0]"),
    ],
)
def test_malformed_messages_are_refused_before_sending(name: str, messages: Any, param: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        call(name, messages)
    assert (caught.value.status, caught.value.param) == (None, param)
