"""Hard cases about single hosts: messages (MSG-09, 12, 14, 16), tools (TOOL-08, 12, 19, 34, 37, 39), reasoning
(RSN-05, 14, 17, 20, 22), ends and usage (FIN-06, USE-06, USE-08), parameters (PAR-01, 10, 14, 15, OUT-07), HOST-01,
ERR-04, ERR-10, ERR-11.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from onellm import (
    AuthenticationError,
    InsufficientBalanceError,
    InvalidRequestError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    Reply,
    UnsupportedParameterError,
)
from tests.support import DONE, KEY, chunk, completion, event, serve, streamed, whole
from tests.wire import (
    USER,
    both,
    call,
    calling,
    received,
    received_stream,
    result,
    sent_messages,
    sent_parameters,
    stream_call,
    tool,
    tool_call,
)

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
JSON_SCHEMA = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}


# -- tool calls --------------------------------------------------------------------------------------------------------


def test_tool_08_mistral_s_ids_are_nine_letters_and_digits() -> None:
    ids = ["call_aaaaaaaaa1", "call_aaaaaaaaa2", "abcDEF123", "functions.f:0"]
    history = [USER, calling(*(tool_call(name) for name in ids)), *(result(name) for name in ids)]
    made = sent_messages("mistral", *history, USER)
    called = [item["id"] for item in made[1]["tool_calls"]]
    assert [item["tool_call_id"] for item in made[2:6]] == called
    assert len(set(called)) == 4
    assert all(len(name) == 9 and name.isalnum() and name.isascii() for name in called)
    assert called[2] == "abcDEF123"
    assert sent_messages("mistral", *history, USER) == made
    assert sent_messages("mistral", USER, calling(tool_call(ids[1])), result(ids[1]))[2]["tool_call_id"] == called[1]
    assert history[1]["tool_calls"][0]["id"] == ids[0]


def test_tool_08_an_id_that_complies_is_nobody_else_s() -> None:
    """An id that is kept is never given to another call."""
    other = sent_messages("mistral", USER, calling(tool_call("x")), result("x"))[2]["tool_call_id"]
    made = sent_messages("mistral", USER, calling(tool_call("x"), tool_call(other)), result("x"), result(other))
    first, second = (item["id"] for item in made[1]["tool_calls"])
    assert second == other
    assert first != other
    assert len(first) == 9


@pytest.mark.parametrize(
    ("host", "word"), [("mistral", "required"), ("fireworks", "any"), ("groq", "required"), ("zai", "required")]
)
def test_tool_19_a_required_choice_in_the_host_s_words(host: str, word: str) -> None:
    """Mistral takes `required` and `any`."""
    tools = [tool()]
    assert sent_parameters(host, tools=tools, tool_choice="required") == {"tools": tools, "tool_choice": word}


def test_tool_37_deepseek_is_sent_functions_only() -> None:
    tools: list[Any] = [{"type": "namespace", "name": "n"}, tool()]
    choice = {"type": "namespace", "name": "n"}
    with pytest.raises(UnsupportedParameterError) as caught:
        call("deepseek", tools=tools, tool_choice=choice)
    assert caught.value.param == "tools[0]"
    made = call("deepseek", tools=tools, tool_choice=choice, unsupported="drop")
    assert made.json["tools"] == [tool()]
    assert "tool_choice" not in made.json
    assert made.dropped == ("tools[0]", "tool_choice")


def test_tool_39_strict_is_not_sent_where_it_is_refused() -> None:
    for host in ("huggingface", "xai", "fireworks"):
        assert sent_parameters(host, tools=[tool(strict=False)]) == {"tools": [tool()]}
        with pytest.raises(UnsupportedParameterError):
            call(host, tools=[tool(strict=True)])
        made = call(host, tools=[tool(strict=True)], unsupported="drop")
        assert made.json["tools"] == [tool()]
        assert made.dropped == ("tools[0].function.strict",)


def test_rsn_14_google_s_signature_rides_on_its_call_and_tool_12_goes_to_nobody_else() -> None:
    signed = {**tool_call("call_1"), "extra_content": {"google": {"thought_signature": "c2ln"}}}
    plain = tool_call("call_2")
    body = completion(choices=[{"index": 0, "message": calling(signed, plain), "finish_reason": "stop"}])
    pieces = [{"index": number, **item} for number, item in enumerate((signed, plain))]
    data = b"".join(event(chunk(choices=[{"index": 0, "delta": {"tool_calls": [piece]}}])) for piece in pieces)
    for answer in (
        received("google", body),
        received_stream("google", data + event(chunk(finish="stop")) + DONE).final,
    ):
        message = answer.choices[0].message
        assert answer.choices[0].finish_reason == "tool_calls"
        for said in (message, message.model_dump(mode="json")):
            turns = (USER, said, result("call_1"), result("call_2"))
            assert sent_messages("google", *turns)[1] == calling(signed, plain)
            assert sent_messages("openai", *turns)[1] == calling(tool_call("call_1"), plain)


CALLED = json.dumps({"name": "f", "arguments": {"a": "x"}})


@pytest.mark.parametrize(
    ("content", "lifted"),
    [
        (CALLED, True),
        (f"  {CALLED}\n", True),
        (json.dumps({"name": "f", "parameters": {"a": "x"}}), True),
        (json.dumps({"name": "other", "arguments": {}}), False),
        ('{"answer": 1}', False),
        ('{"name": ["f"], "arguments": {}}', False),
        ('{"name": "f", "arguments": [1]}', False),
        ('[{"name": "f", "arguments": {}}]', False),
        ("{" * 5000, False),
        ('{"name": "f"', False),
        (f"Look: {CALLED}", False),
        ("Hello", False),
    ],
)
def test_host_01_a_call_in_the_content_is_a_call(content: str, lifted: bool) -> None:
    tools = [tool("f")]
    halves = [content[: len(content) // 2], content[len(content) // 2 :]]
    data = b"".join(event(chunk(half)) for half in halves) + event(chunk(finish="stop")) + DONE
    answer = call("fireworks", tools=tools).parse(Reply(200, {}, json.dumps(completion(content)).encode()))
    for found in (answer, received_stream("fireworks", data, tools=tools).final):
        choice = found.choices[0]
        if not lifted:
            assert (choice.message.content, choice.message.tool_calls, choice.finish_reason) == (content, None, "stop")
            continue
        assert choice.message.tool_calls is not None
        (made,) = choice.message.tool_calls
        assert (made.function.name, json.loads(made.function.arguments)) == ("f", {"a": "x"})
        assert (choice.message.content, choice.finish_reason) == (None, "tool_calls")


def test_host_01_without_tools_and_elsewhere_json_is_text() -> None:
    assert received("fireworks", completion(CALLED)).choices[0].message.content == CALLED
    body = json.dumps(completion(CALLED)).encode()
    assert call("openai", tools=[tool("f")]).parse(Reply(200, {}, body)).choices[0].message.content == CALLED


def test_host_01_text_is_not_held_back_where_it_is_no_call() -> None:
    streamed_call = stream_call("fireworks", tools=[tool("f")])
    decoder = streamed_call.decoder()
    texts = [[item.choices[0].delta.content for item in decoder.feed(event(chunk(text)))] for text in ("He", "llo")]
    assert texts == [["He"], ["llo"]]


def test_host_01_thinking_and_effort_exclude_each_other() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        call("fireworks", thinking={"type": "enabled", "budget_tokens": 2048}, reasoning_effort="high")
    assert caught.value.param == "reasoning_effort"


# -- messages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["mistral", "xai"])
def test_msg_12_a_name_is_refused_or_dropped(host: str) -> None:
    named = {"role": "user", "name": "bob", "content": "x"}
    with pytest.raises(UnsupportedParameterError) as caught:
        call(host, [named])
    assert caught.value.param == "messages[0].name"
    made = call(host, [named], unsupported="drop")
    assert made.json["messages"] == [{"role": "user", "content": "x"}]
    assert made.dropped == ("messages[0].name",)


def test_msg_14_mistral_s_prefill_is_marked() -> None:
    said = {"role": "assistant", "content": "```python\n"}
    assert sent_messages("mistral", USER, said, USER, said) == [USER, said, USER, {**said, "prefix": True}]
    history = [USER, calling(tool_call("abcDEF123")), result("abcDEF123")]
    assert "prefix" not in json.dumps(sent_messages("mistral", *history))
    for flag in (True, False):
        assert sent_messages("mistral", USER, {**said, "prefix": flag}, USER)[1] == {**said, "prefix": flag}
        assert sent_messages("mistral", USER, {**said, "prefix": flag})[1] == {**said, "prefix": flag}


@pytest.mark.parametrize("host", ["mistral", "deepseek", "groq"])
def test_msg_09_a_turn_that_says_nothing_is_left_out(host: str) -> None:
    assert sent_messages(host, USER, {"role": "assistant", "content": None}, USER) == [USER, USER]


@pytest.mark.parametrize("host", ["groq", "mistral", "friendli", "together"])
def test_msg_16_and_tool_34_a_replayed_answer_is_what_strict_hosts_take(host: str) -> None:
    """litellm 1.109.1: friendli too refuses fields that only answers have."""
    dumped: dict[str, Any] = {
        "role": "assistant", "content": "Hello", "function_call": None, "refusal": None, "annotations": [],
        "audio": None, "reasoning_content": "x", "tool_calls": [], "id": "msg_1",
    }  # fmt: skip
    assert sent_messages(host, USER, dumped, USER)[1] == {"role": "assistant", "content": "Hello"}
    made = {"index": 0, **tool_call("abcDEF123")}
    turn = sent_messages(host, USER, {**dumped, "tool_calls": [made]}, result("abcDEF123"))[1]
    assert turn == calling(tool_call("abcDEF123"), content="Hello")


# -- reasoning ---------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("how", ["whole", "streamed"])
@pytest.mark.parametrize("host", ["deepseek", "moonshot"])
def test_rsn_17_thoughts_go_back_on_turns_with_tool_calls(caller: Any, host: str, how: str) -> None:
    answer = completion("Let me see.")
    thought = {"reasoning_content": "They want x."}
    answer["choices"][0]["message"].update(tool_calls=[tool_call()], **thought)
    pieces: list[dict[str, Any]] = [thought, {"content": "Let me see."}, {"tool_calls": [{"index": 0, **tool_call()}]}]
    data = b"".join(event(chunk(choices=[{"index": 0, "delta": piece}])) for piece in pieces)
    first = whole(answer) if how == "whole" else streamed(data + event(chunk(finish="tool_calls")) + DONE)
    final = completion("Done.")
    final["choices"][0]["message"].update(reasoning_content="That is it.")
    with serve(first, whole(final), whole(completion())) as server:
        providers = {host: {"api_key": KEY, "base_url": server.url}}
        model = f"{host}/m"
        one = caller.chat(providers, model) if how == "whole" else caller.chat_stream(providers, model).final
        history = [USER, one.choices[0].message.model_dump(mode="json"), result()]
        two = caller.chat(providers, model, history)
        caller.chat(providers, model, [*history, two.choices[0].message, USER])
    assert server.requests[1].json["messages"][1] == {**calling(tool_call(), content="Let me see."), **thought}
    last = server.requests[2].json["messages"]
    assert last[1]["reasoning_content"] == "They want x."
    assert last[3] == {"role": "assistant", "content": "Done."}


def test_rsn_17_other_owners_thoughts_stay_with_them() -> None:
    answer = completion(None)
    answer["choices"][0]["message"].update(tool_calls=[tool_call()], reasoning_content="They want x.")
    message = received("deepseek", answer).choices[0].message
    for other in ("mistral", "openai", "groq"):
        assert "reasoning_content" not in sent_messages(other, USER, message, result())[1]


def test_rsn_20_mistral_s_content_may_be_a_list() -> None:
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "t"}]},
        {"type": "reference", "reference_ids": [1]},
        {"type": "text", "text": "A"},
    ]
    body = completion(
        choices=[{"index": 0, "message": {"role": "assistant", "content": parts}, "finish_reason": "stop"}]
    )
    data = b"".join(event(chunk(choices=[{"index": 0, "delta": {"content": [part]}}])) for part in parts)
    for answer in (
        received("mistral", body),
        received_stream("mistral", data + event(chunk(finish="stop")) + DONE).final,
    ):
        message = answer.choices[0].message
        assert (message.content, message.reasoning_content) == ("A", "t")


def test_rsn_05_a_thinking_budget_and_a_forced_tool_exclude_each_other() -> None:
    """Claude behind OpenRouter; an effort is its own affair, and other models take both."""
    claude, other = "anthropic/claude-sonnet-4.5", "deepseek/deepseek-chat"
    given: dict[str, Any] = {"tools": [tool()], "reasoning": {"max_tokens": 2000}}
    for choice in ("required", {"type": "function", "function": {"name": "f"}}):
        with pytest.raises(InvalidRequestError) as caught:
            call("openrouter", model=claude, tool_choice=choice, **given)
        assert caught.value.param == "tool_choice"
        assert call("openrouter", model=other, tool_choice=choice, **given).json["tool_choice"] == choice
    assert call("openrouter", model=claude, tool_choice="auto", **given).json["tools"] == [tool()]


@pytest.mark.parametrize(
    ("model", "taken"), [("grok-4-fast-reasoning", False), ("grok-code-fast-1", False), ("grok-4.3", True)]
)
def test_rsn_22_an_effort_that_the_model_does_not_take(model: str, taken: bool) -> None:
    if taken:
        assert call("xai", model=model, reasoning_effort="low").json["reasoning_effort"] == "low"
        return
    with pytest.raises(UnsupportedParameterError) as caught:
        call("xai", model=model, reasoning_effort="low")
    assert caught.value.param == "reasoning_effort"
    made = call("xai", model=model, reasoning_effort="low", unsupported="drop")
    assert made.dropped == ("reasoning_effort",)


# -- ends, usage, parameters -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "raw", "word"),
    [
        ("mistral", "model_length", "length"),
        ("mistral", "error", "error"),
        ("zai", "sensitive", "content_filter"),
        ("zai", "network_error", "error"),
        ("deepseek", "insufficient_system_resource", "error"),
        ("together", "eos", "stop"),
        ("deepseek", "sensitive", "error"),
        ("mistral", "sensitive", "error"),
    ],
)
def test_fin_06_each_vendor_s_words_are_its_own(host: str, raw: str, word: str) -> None:
    body = completion()
    body["choices"][0]["finish_reason"] = raw
    for answer in (
        received(host, body),
        received_stream(host, event(chunk("Hello")) + event(chunk(finish=raw)) + DONE).final,
    ):
        assert (answer.choices[0].finish_reason, answer.choices[0].native_finish_reason) == (word, raw)


def test_use_06_xai_s_details_overlap() -> None:
    """text_tokens count the cached ones too, and reasoning is outside the completion."""
    usage = {
        "prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 130,
        "prompt_tokens_details": {"text_tokens": 100, "cached_tokens": 80},
        "completion_tokens_details": {"reasoning_tokens": 20},
    }  # fmt: skip
    found = received("xai", completion(usage=usage)).usage
    assert found is not None
    assert found.prompt_tokens_details is not None
    assert (found.prompt_tokens, found.completion_tokens, found.total_tokens) == (100, 30, 130)
    assert found.prompt_tokens_details.cached_tokens == 80


def test_use_08_deepseek_s_cache_hits() -> None:
    usage = {
        "prompt_tokens": 100, "completion_tokens": 1, "total_tokens": 101,
        "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36,
    }  # fmt: skip
    found = received("deepseek", completion(usage=usage)).usage
    assert found is not None
    assert found.prompt_tokens_details is not None
    assert (found.prompt_tokens, found.prompt_tokens_details.cached_tokens) == (100, 64)


def test_par_01_mistral_and_groq_have_the_limit_under_one_name() -> None:
    for given in ("max_tokens", "max_completion_tokens"):
        assert sent_parameters("mistral", **{given: 100}) == {"max_tokens": 100}
    with pytest.raises(InvalidRequestError):
        call("mistral", max_tokens=1, max_completion_tokens=2)


def test_par_10_seed_has_mistral_s_name() -> None:
    assert sent_parameters("mistral", seed=7) == {"random_seed": 7}


@pytest.mark.parametrize("host", ["mistral", "groq"])
def test_par_14_strict_hosts_and_openai_s_extras(host: str) -> None:
    extras: dict[str, Any] = {"store": True, "logit_bias": {"1": 1}}
    for name, value in extras.items():
        with pytest.raises(UnsupportedParameterError) as caught:
            call(host, **{name: value})
        assert caught.value.param == name
        made = call(host, **{name: value}, unsupported="drop")
        assert name not in made.json
        assert made.dropped == (name,)
        assert sent_parameters(host, extra_body={name: value}) == {name: value}


def test_par_15_mistral_gets_no_stream_options() -> None:
    assert stream_call("mistral").json == {"model": "m", "messages": [USER], "stream": True}
    assert "stream_options" not in call("mistral", stream_options={"include_usage": True}).json


def test_par_15_usage_that_comes_unasked_comes_as_it_was_asked() -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    data = event(chunk("Hello")) + event(chunk(finish="stop", usage=usage)) + DONE
    stream = received_stream("mistral", data, stream_options={"include_usage": True})
    assert stream.final.usage is not None
    assert stream.final.usage.total_tokens == 5


@pytest.mark.parametrize(
    ("host", "written"),
    [
        ("together", JSON_SCHEMA),
        ("groq", JSON_SCHEMA),
        ("cerebras", JSON_SCHEMA),
        ("anyscale", {"type": "json_object", "schema": SCHEMA}),
    ],
)
def test_out_07_a_schema_in_the_host_s_shape(host: str, written: dict[str, Any]) -> None:
    assert sent_parameters(host, response_format=JSON_SCHEMA) == {"response_format": written}


def test_out_07_a_host_without_schemas_says_so() -> None:
    with pytest.raises(UnsupportedParameterError) as caught:
        call("deepseek", response_format=JSON_SCHEMA)
    assert caught.value.param == "response_format"
    assert "json_object" in str(caught.value)


# -- errors ------------------------------------------------------------------------------------------------------------


@both
def test_err_11_a_balance_that_is_used_up_is_not_tried_again(caller: Any) -> None:
    for host, status, body in (
        ("deepseek", 402, {"error": {"message": "Insufficient Balance"}}),
        ("minimax", 200, {"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}),
    ):
        with serve(whole(body, status)) as server:
            with pytest.raises(InsufficientBalanceError):
                caller.chat({host: {"api_key": KEY, "base_url": server.url}}, f"{host}/m")
            assert len(server.requests) == 1


GOOGLE = "type.googleapis.com/google.rpc."


@both
@pytest.mark.parametrize("how", ["whole", "streamed"])
def test_err_10_google_s_wrong_key_comes_with_a_400(caller: Any, how: str) -> None:
    info = {"@type": f"{GOOGLE}ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"}
    body = [{"error": {"code": 400, "message": "Not valid.", "status": "INVALID_ARGUMENT", "details": [info]}}]
    with serve(whole(body, 400)) as server:
        ask = caller.chat if how == "whole" else caller.chat_stream
        with pytest.raises(AuthenticationError) as caught:
            ask({"google": {"api_key": KEY, "base_url": server.url}}, "google/m")
    assert (caught.value.status, caught.value.code) == (400, "API_KEY_INVALID")


def test_err_10_google_s_permission_is_another_thing() -> None:
    body = [{"error": {"code": 403, "message": "No.", "status": "PERMISSION_DENIED"}}]
    assert type(call("google").error(Reply(403, {}, json.dumps(body).encode()))) is PermissionDeniedError


@both
def test_err_04_google_s_delay_is_in_the_body(caller: Any) -> None:
    retry = {"@type": f"{GOOGLE}RetryInfo", "retryDelay": "45.837906927s"}
    minute = {"@type": f"{GOOGLE}QuotaFailure", "violations": [{"quotaId": "GenerateRequestsPerMinutePerProject"}]}
    daily = {"@type": f"{GOOGLE}QuotaFailure", "violations": [{"quotaId": "GenerateRequestsPerDayPerProject"}]}
    for details, error, attempts in (([retry, minute], RateLimitError, 1), ([daily], QuotaExceededError, 1)):
        body = [{"error": {"code": 429, "message": "Quota.", "status": "RESOURCE_EXHAUSTED", "details": details}}]
        with serve(whole(body, 429)) as server:
            with pytest.raises(error) as caught:
                caller.chat({"google": {"api_key": KEY, "base_url": server.url}}, "google/m", deadline=20)
            assert len(server.requests) == attempts
        assert caught.value.retry_after == (45.837906927 if retry in details else None)
