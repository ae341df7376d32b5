"""Hard cases HOST-04 and CACHE-05: what one host takes and another does not."""

from __future__ import annotations

from typing import Any

import pytest

from onellm import InvalidRequestError, UnsupportedParameterError
from tests.wire import USER, call, calling, result, rows, sent_messages, sent_parameters, tool_call


@rows
def test_host_04_an_unknown_key_goes_out_only_as_extra_body(name: str) -> None:
    with pytest.raises(UnsupportedParameterError) as caught:
        call(name, foo=1)
    assert caught.value.param == "foo"
    assert "extra_body" in str(caught.value)
    assert sent_parameters(name, extra_body={"foo": 1}) == {"foo": 1}


def test_host_04_venice_parameters_are_nested_as_given_and_go_to_nobody_else() -> None:
    given = {"enable_web_search": "on", "character_slug": "alan-watts", "include_venice_system_prompt": False}
    assert sent_parameters("venice", venice_parameters=given, top_k=3) == {"venice_parameters": given, "top_k": 3}
    with pytest.raises(UnsupportedParameterError) as caught:
        call("openai", venice_parameters=given)
    assert caught.value.param == "venice_parameters"


def test_host_04_seed_zero_is_refused_by_venice() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        call("venice", seed=0)
    assert caught.value.param == "seed"


def test_host_04_reasoning_effort_wins() -> None:
    """Venice itself takes `reasoning_effort` over `reasoning.effort`; where only one place exists it is the former."""
    given: dict[str, Any] = {"reasoning": {"effort": "low"}, "reasoning_effort": "high"}
    assert sent_parameters("venice", **given) == given
    assert sent_parameters("openrouter", **given) == {"reasoning": {"effort": "high"}}


CACHED: dict[str, Any] = {
    "role": "user",
    "content": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
}


@pytest.mark.parametrize("name", ["groq", "openai", "vllm"])
def test_cache_05_a_host_that_does_not_know_cache_control_does_not_get_it(name: str) -> None:
    on_message = {"role": "user", "content": "x", "cache_control": {"type": "ephemeral"}}
    said = {"role": "assistant", "content": "y", "cache_control": {"type": "ephemeral"}}
    for turn, param in (
        (CACHED, "messages[0].content[0].cache_control"),
        (on_message, "messages[0].cache_control"),
        (said, "messages[0].cache_control"),
    ):
        with pytest.raises(UnsupportedParameterError) as caught:
            call(name, [turn, USER])
        assert caught.value.param == param
        made = call(name, [turn, USER], unsupported="drop")
        assert "cache_control" not in str(made.json)
        assert made.dropped == (param,)


@pytest.mark.parametrize("name", ["openrouter", "venice"])
def test_cache_05_a_host_that_knows_cache_control_gets_it_on_the_part(name: str) -> None:
    mark = {"type": "ephemeral"}
    marked = [{"type": "text", "text": "x", "cache_control": mark}]
    assert sent_messages(name, CACHED) == [CACHED]
    for content in ("x", [{"type": "text", "text": "x"}]):
        for role in ("user", "system", "assistant"):
            turn = {"role": role, "content": content, "cache_control": mark}
            assert sent_messages(name, turn, USER)[0] == {"role": role, "content": marked}


def test_cache_05_venice_takes_no_cache_control_in_a_tool_s_result() -> None:
    history = [USER, calling(tool_call()), result(content="x", cache_control={"type": "ephemeral"})]
    with pytest.raises(UnsupportedParameterError) as caught:
        call("venice", history)
    assert caught.value.param == "messages[2].cache_control"
    assert call("venice", history, unsupported="drop").json["messages"][2] == result(content="x")
