"""Hard cases, groups FIN and SAFE: how an answer ends, whole and streamed, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from onellm import ChatRequest, ContentPolicyError, Reply, Spec
from tests.support import DONE, chunk, completion, event, serve, streamed, whole
from tests.wire import USER, both, of_spec, received, received_stream, rows, tool_call


def ended(name: str, reason: str | None, message: dict[str, Any] | None = None) -> tuple[str | None, str | None]:
    """Our word and the host's for the end of an answer; the streamed answer must end the same way."""
    answer = completion()
    answer["choices"][0]["finish_reason"] = reason
    answer["choices"][0]["message"].update(message or {})
    choice = received(name, answer).choices[0]
    delta = {"content": "Hello", **(message or {})}
    if "tool_calls" in delta:
        delta["tool_calls"] = [{"index": index, **item} for index, item in enumerate(delta["tool_calls"])]
    data = event(chunk(choices=[{"index": 0, "delta": delta}])) + event(chunk(finish=reason)) + DONE
    final = received_stream(name, data).final.choices[0]
    assert (final.finish_reason, final.native_finish_reason) == (choice.finish_reason, choice.native_finish_reason)
    return choice.finish_reason, choice.native_finish_reason


@rows
@pytest.mark.parametrize("reason", ["stop", "length", "tool_calls", "content_filter", "function_call"])
def test_fin_06_openai_s_words_are_kept(name: str, reason: str) -> None:
    assert ended(name, reason) == (reason, reason)


@rows
@pytest.mark.parametrize("raw", ["sensitive", "network_error", "insufficient_system_resource", "abort", "brand_new"])
def test_fin_06_an_unknown_word_is_an_error_and_kept_raw(name: str, raw: str) -> None:
    """Never a plain stop, and no vendor's table is applied to another's host."""
    assert ended(name, raw) == ("error", raw)


@rows
def test_fin_06_eos_is_a_stop(name: str) -> None:
    assert ended(name, "eos") == ("stop", "eos")


def test_fin_06_a_host_s_own_table_is_its_own() -> None:
    spec = Spec(
        "zed", "https://zed.example/v1", finish_reasons={"sensitive": "content_filter", "model_length": "length"}
    )
    provider = of_spec(spec)
    for raw, word in (("sensitive", "content_filter"), ("model_length", "length"), ("network_error", "error")):
        answer = completion()
        answer["choices"][0]["finish_reason"] = raw
        call: Any = provider.chat(ChatRequest(model="m", messages=[USER]))
        choice = call.parse(Reply(200, {}, json.dumps(answer).encode())).choices[0]
        assert (choice.finish_reason, choice.native_finish_reason) == (word, raw)
        assert ended("openai", raw)[0] == "error"


@rows
def test_fin_06_a_native_word_of_the_host_is_kept(name: str) -> None:
    """OpenRouter says both words."""
    answer = completion()
    answer["choices"][0]["native_finish_reason"] = "end_turn"
    choice = received(name, answer).choices[0]
    assert (choice.finish_reason, choice.native_finish_reason) == ("stop", "end_turn")


@rows
def test_fin_06_a_stop_with_tool_calls_is_tool_calls(name: str) -> None:
    assert ended(name, "stop", {"content": None, "tool_calls": [tool_call()]}) == ("tool_calls", "stop")


@rows
@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_fin_06_a_cut_answer_with_tool_calls_stays_cut(name: str, reason: str) -> None:
    assert ended(name, reason, {"tool_calls": [tool_call()]}) == (reason, reason)


@rows
def test_fin_07_a_choice_without_content_is_a_choice(name: str) -> None:
    """The budget went into reasoning: finish_reason length, no content."""
    answer = completion(None)
    answer["choices"][0]["finish_reason"] = "length"
    del answer["choices"][0]["message"]["content"]
    choice = received(name, answer).choices[0]
    assert (choice.message.content, choice.finish_reason) == (None, "length")


@both
@pytest.mark.parametrize("name", ["openai", "venice"])
def test_safe_02_a_refusal_is_kept(caller: Any, name: str) -> None:
    answer = completion(None)
    answer["choices"][0]["message"]["refusal"] = "I can't."
    pieces = [{"role": "assistant", "content": None, "refusal": "I "}, {"refusal": "can't."}]
    data = b"".join(event(chunk(choices=[{"index": 0, "delta": piece}])) for piece in pieces)
    with serve(whole(answer), streamed(data, event(chunk(finish="stop")), DONE)) as server:
        first = caller.chat(server.provider(), f"{name}/m")
        second = caller.chat_stream(server.provider(), f"{name}/m")
    for final in (first, second.final):
        assert (final.choices[0].message.content, final.choices[0].message.refusal) == (None, "I can't.")
    assert "".join(item.choices[0].delta.refusal or "" for item in second.events) == "I can't."


@both
@pytest.mark.parametrize("name", ["openai", "venice"])
def test_safe_03_a_filter_as_a_choice_is_no_exception(caller: Any, name: str) -> None:
    answer = completion("Half an ans")
    answer["choices"][0]["finish_reason"] = "content_filter"
    data = event(chunk("Half an ans")) + event(chunk(finish="content_filter")) + DONE
    with serve(whole(answer), streamed(data)) as server:
        first = caller.chat(server.provider(), f"{name}/m")
        second = caller.chat_stream(server.provider(), f"{name}/m")
    for final in (first, second.final):
        assert final.choices[0].finish_reason == "content_filter"
        assert final.choices[0].message.content == "Half an ans"


@both
@pytest.mark.parametrize("how", ["whole", "streamed"])
def test_safe_03_a_filter_as_an_http_error_is_a_content_policy_error(caller: Any, how: str) -> None:
    verdict = {"hate": {"filtered": True, "severity": "high"}}
    inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": verdict}
    body = {"error": {"message": "The prompt was filtered.", "code": "content_filter", "innererror": inner}}
    with serve(whole(body, 400)) as server, pytest.raises(ContentPolicyError) as caught:
        (caller.chat if how == "whole" else caller.chat_stream)(server.provider())
    assert (caught.value.status, caught.value.code) == (400, "content_filter")
    assert caught.value.body["error"]["innererror"]["content_filter_result"] == verdict
    assert len(server.requests) == 1
