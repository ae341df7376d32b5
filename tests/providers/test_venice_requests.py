"""Must hold 4: every request that we build for Venice chat validates against Venice's own OpenAPI file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator

from onellm import ChatParams, InvalidRequestError, OneLLMError, UnsupportedParameterError
from tests.providers.venice_schema import complaints, document, schemas
from tests.wire import USER, call, calling, received, result, stream_call, tool, tool_call

CHAT = "ChatCompletionRequest"
PNG = "data:image/png;base64,AAAA"


def judged(shared: Path, messages: Any = None, model: str = "zai-org-glm-5", **params: Any) -> dict[str, Any]:
    """The body of a call, after the file had nothing against it, whole or streamed."""
    whole = call("venice", messages, model, **params).json
    streamed = stream_call("venice", messages, model, **params).json
    assert complaints(shared, CHAT, whole) == []
    assert complaints(shared, CHAT, streamed) == []
    body: dict[str, Any] = whole
    return body


def test_every_schema_of_the_file_compiles(shared: Path) -> None:
    """One that does not would let a body through unchecked."""
    found = dict(schemas(document(shared)))
    assert len(found) > 400
    for path, schema in found.items():
        OAS30Validator.check_schema(schema)
        assert path


def test_the_judge_is_awake(shared: Path) -> None:
    for body in (
        {},
        {"model": "m", "messages": []},
        {"model": "m", "messages": [USER], "foo": 1},
        {"model": "m", "messages": [USER], "seed": 0},
        {"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": ""}]}]},
    ):
        assert complaints(shared, CHAT, body)
    assert not complaints(shared, CHAT, {"model": "m", "messages": [USER]})


SCHEMA = {"type": "object", "properties": {"port": {"type": "string"}}, "required": ["port"]}
PARAMETERS: list[dict[str, Any]] = [
    {"frequency_penalty": -2}, {"frequency_penalty": 2.0}, {"presence_penalty": 0}, {"repetition_penalty": 1.05},
    {"temperature": 0}, {"temperature": 2}, {"top_p": 0}, {"top_p": 1}, {"top_k": 0}, {"min_p": 0.05},
    {"min_temp": 0}, {"max_temp": 2}, {"seed": 1}, {"n": 2}, {"logprobs": True}, {"logprobs": True, "top_logprobs": 0},
    {"max_tokens": 10}, {"max_completion_tokens": 10}, {"stop": "END"}, {"stop": list("abcd")}, {"stop": []},
    {"stop": ""},
    {"stop_token_ids": [1, 2]}, {"user": "u"}, {"store": False}, {"metadata": {"a": "b"}}, {"include": ["x"]},
    {"prompt_cache_key": "k"}, {"prompt_cache_retention": "24h"}, {"verbosity": "auto"}, {"text": {"verbosity": "low"}},
    {"reasoning": {"effort": "low", "summary": "concise"}}, {"reasoning": {"enabled": False}},
    {"reasoning_effort": "none"}, {"reasoning_effort": "max"}, {"fallbacks": [{"model": "a"}, {"model": "b"}]},
    {"response_format": {"type": "text"}}, {"response_format": {"type": "json_object"}},
    {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA, "strict": True}}},
    {"tools": [tool("tide", parameters=SCHEMA, strict=True)]}, {"tools": []}, {"tools": [{"type": "web_search"}]},
    {"tools": [{"type": "x_search"}, tool()]}, {"tools": [{"type": "function", "function": {"name": "f"}}]},
    {"tools": [tool()], "tool_choice": "required"}, {"tools": [tool()], "parallel_tool_calls": False},
    {"tools": [tool()], "tool_choice": {"type": "function", "function": {"name": "f"}}},
    {"tools": [tool()], "tool_choice": {"type": "none"}}, {"tool_choice": "auto", "parallel_tool_calls": True},
    {"stream_options": {"include_usage": False}},
    {"venice_parameters": {}}, {"venice_parameters": {"enable_web_search": "auto"}},
    {"venice_parameters": {"enable_web_search": True}}, {"venice_parameters": {"enable_web_search": False}},
    {"venice_parameters": {"character_slug": "alan-watts", "strip_thinking_response": True, "disable_thinking": True}},
    {"venice_parameters": {"enable_e2ee": False, "enable_web_scraping": True, "enable_web_citations": True}},
    {"venice_parameters": {"include_search_results_in_stream": True, "return_search_results_as_documents": True}},
    {"venice_parameters": {"include_venice_system_prompt": False, "enable_x_search": True, "character_slug": None}},
]  # fmt: skip


@pytest.mark.parametrize("params", PARAMETERS, ids=str)
def test_each_parameter_validates(shared: Path, params: dict[str, Any]) -> None:
    judged(shared, **params)


def test_each_parameter_of_the_file_was_covered(shared: Path) -> None:
    properties = set(document(shared)["components"]["schemas"][CHAT]["properties"])
    covered = {name for params in PARAMETERS for name in params}
    assert properties - covered == {"model", "messages", "stream"}


def test_the_parameters_that_venice_takes_are_those_of_the_file(shared: Path) -> None:
    """Every parameter of the face, by name: taken where the file lists it, refused by its name where not."""
    properties = set(document(shared)["components"]["schemas"][CHAT]["properties"])
    steering = {
        "extra_body",
        "extra_headers",
        "timeout",
        "deadline",
        "max_retries",
        "unsupported",
        "api_key",
        "base_url",
        "structured",
        "e2ee",
    }
    values: dict[str, Any] = {
        "audio": {"voice": "ash"}, "function_call": "auto", "functions": [{"name": "f"}], "logit_bias": {"1": 1},
        "modalities": ["text"], "moderation": {}, "prediction": {}, "prompt_cache_options": {},
        "web_search_options": {},
        "safety_identifier": "x", "service_tier": "auto",
    }  # fmt: skip
    names = set(ChatParams.__annotations__) - steering
    assert names - properties == set(values)
    for name, value in values.items():
        with pytest.raises(UnsupportedParameterError) as caught:
            call("venice", **{name: value})
        assert caught.value.param == name
        made = call("venice", **{name: value}, unsupported="drop")
        assert (made.json, made.dropped) == ({"model": "m", "messages": [USER]}, (name,))


MARK = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
TEXT = {"type": "text", "text": "Look."}
IMAGE = {"type": "image_url", "image_url": {"url": PNG}}
CONTENTS: list[Any] = [
    "Hi", "", [], [TEXT], [{**TEXT, **MARK}], [IMAGE], [{**IMAGE, **MARK}],
    [{"type": "image_url", "image_url": "https://h.example/a.png"}],
    [{"type": "image_url", "image_url": {"url": PNG, "detail": "high"}}],
    [{"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}],
    [{"type": "input_audio", "input_audio": {"data": "AAAA"}}],
    [{"type": "video_url", "video_url": {"url": "https://h.example/a.mp4"}}],
    [{"type": "video_url", "video_url": "https://h.example/a.mp4"}],
    [{"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA", "filename": "a.pdf"}}],
    [{"type": "text", "text": ""}, TEXT], ["Hi", IMAGE],
]  # fmt: skip


@pytest.mark.parametrize("content", CONTENTS, ids=str)
def test_each_kind_of_content_validates(shared: Path, content: Any) -> None:
    judged(shared, [{"role": "user", "content": content, "name": "bob"}])


DETAILS = [{"type": "reasoning.encrypted", "data": "AAEC", "id": "r", "format": "f", "index": 0}]
HISTORIES: list[list[dict[str, Any]]] = [
    [{"role": "system", "content": "Be terse."}, USER],
    [{"role": "system", "content": [{**TEXT, **MARK}], "name": "s"}, {"role": "developer", "content": [TEXT]}, USER],
    [{"role": "developer", "content": "Be terse.", "name": None}, USER],
    [USER, {"role": "assistant", "content": "Hello", "name": "eve"}, USER],
    [USER, {"role": "assistant", "content": [TEXT], **MARK}, USER],
    [USER, {"role": "assistant", "content": ""}, USER],
    [USER, {"role": "assistant", "content": None}, USER],
    [USER, calling(tool_call()), result()],
    [USER, calling(tool_call(arguments=""), content="Let me look."), result(name="f"), USER],
    [USER, calling(tool_call("a"), tool_call("b")), result("b", [TEXT, TEXT]), result("a", ""), USER],
    [USER, calling(tool_call(), reasoning_details=DETAILS, thought_signature="c2ln"), result()],
    [USER, calling(tool_call(), provider_state={"venice": {"reasoning_details": DETAILS}}), result()],
    [USER, calling(tool_call(), provider_state={"gemini": {"x": 1}}, reasoning_content="x", refusal=None), result()],
]


@pytest.mark.parametrize("history", HISTORIES, ids=range(len(HISTORIES)))
def test_each_kind_of_history_validates(shared: Path, history: list[dict[str, Any]]) -> None:
    judged(shared, history)


def test_a_replayed_answer_validates_and_takes_its_state_along(shared: Path) -> None:
    message = {
        **calling(tool_call()),
        "reasoning_content": "Tide.",
        "reasoning_details": DETAILS,
        "thought_signature": "s",
    }
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls", "logprobs": None, "stop_reason": None}
    answer = received(
        "venice", {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    )
    body = judged(shared, [USER, answer.choices[0].message, result()])
    assert body["messages"][1]["reasoning_details"] == DETAILS
    assert body["messages"][1]["thought_signature"] == "s"


@pytest.mark.parametrize("model", ["default", "zai-org-glm-5:enable_web_search=on&character_slug=x", "a/b:c"])
def test_a_model_with_a_suffix_validates(shared: Path, model: str) -> None:
    assert judged(shared, model=model, venice_parameters={"disable_thinking": True})["model"] == model


def test_extra_body_is_the_caller_s_own_risk(shared: Path) -> None:
    body = call("venice", extra_body={"anon_user_id": "u"}).json
    assert body["anon_user_id"] == "u"
    assert complaints(shared, CHAT, body)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"seed": 0}, "seed"), ({"seed": -1}, "seed"), ({"temperature": 3}, "temperature"), ({"top_p": 1.5}, "top_p"),
    ({"temperature": -0.1}, "temperature"), ({"top_k": -1}, "top_k"), ({"min_p": 2}, "min_p"),
    ({"min_temp": 3}, "min_temp"), ({"max_temp": -1}, "max_temp"), ({"frequency_penalty": 3}, "frequency_penalty"),
    ({"presence_penalty": -3}, "presence_penalty"), ({"repetition_penalty": -1}, "repetition_penalty"),
    ({"logprobs": True, "top_logprobs": -1}, "top_logprobs"), ({"stop": list("abcde")}, "stop"),
    ({"reasoning_effort": "extreme"}, "reasoning_effort"), ({"verbosity": "loud"}, "verbosity"),
    ({"prompt_cache_retention": "1h"}, "prompt_cache_retention"), ({"fallbacks": [{"model": "m"}] * 11}, "fallbacks"),
    ({"foo": 1}, "foo"), ({"Temperature": 1}, "Temperature"), ({"enable_web_searches": "on"}, "enable_web_searches"),
    ({"venice_parameters": {"enable_web_search": "yes"}}, "venice_parameters.enable_web_search"),
    ({"venice_parameters": {"enable_web_search": 1}}, "venice_parameters.enable_web_search"),
    ({"venice_parameters": "x"}, "venice_parameters"), ({"seed": "x"}, "seed"), ({"n": 1.5}, "n"),
    ({"stop": [1]}, "stop"), ({"metadata": {"a": 1}}, "metadata"), ({"user": 7}, "user"),
    ({"logprobs": "x"}, "logprobs"),
    ({"tools": "x"}, "tools"), ({"tools": [7]}, "tools"), ({"response_format": "json"}, "response_format"),
]  # fmt: skip


@pytest.mark.parametrize(("params", "param"), REFUSED, ids=str)
def test_what_the_file_refuses_is_refused_here(params: dict[str, Any], param: str) -> None:
    with pytest.raises((InvalidRequestError, UnsupportedParameterError)) as caught:
        call("venice", **params)
    assert vars(caught.value)["param"] == param
    assert getattr(caught.value, "status", None) is None


NESTED: list[tuple[dict[str, Any], str]] = [
    ({"min_temp": "hot"}, "min_temp"), ({"stop_token_ids": "x"}, "stop_token_ids"), ({"include": "x"}, "include"),
    ({"stop_token_ids": ["x"]}, "stop_token_ids"), ({"include": [1]}, "include"), ({"text": "x"}, "text"),
    ({"text": {"verbosity": "loud"}}, "text"), ({"reasoning": {"effort": "extreme"}}, "reasoning"),
    ({"reasoning": {"summary": "long"}}, "reasoning"), ({"fallbacks": [{}]}, "fallbacks"),
    ({"fallbacks": "m"}, "fallbacks"),
    ({"venice_parameters": {"character_slug": 5}}, "venice_parameters"),
    ({"venice_parameters": {"enable_web_scraping": "yes"}}, "venice_parameters"),
    ({"response_format": {}}, "response_format"), ({"response_format": {"type": "xml"}}, "response_format"),
    ({"response_format": {"type": "json_schema"}}, "response_format"),
    ({"response_format": {"type": "json_schema", "json_schema": "x"}}, "response_format"),
    ({"response_format": {"type": "json_object", "schema": {}}}, "response_format"),
    ({"tools": [{}]}, "tools"), ({"tools": [{"type": "function"}]}, "tools"),
    ({"tools": [{"type": "function", "function": {}}]}, "tools"), ({"tools": [tool(name="f", strict="yes")]}, "tools"),
    ({"tools": [{"type": "function", "function": {"name": 7}}]}, "tools"), ({"tools": [tool(parameters=[])]}, "tools"),
    ({"tools": [tool(parameters=None)]}, "tools"),
    ({"tools": [tool()], "tool_choice": {"type": "function", "function": {"name": 7}}}, "tool_choice"),
    ({"tools": [tool()], "tool_choice": {"type": "web_search"}}, "tool_choice"),
]  # fmt: skip


@pytest.mark.parametrize(("params", "param"), NESTED, ids=str)
def test_what_the_file_refuses_inside_a_parameter_is_refused_here(params: dict[str, Any], param: str) -> None:
    with pytest.raises((InvalidRequestError, UnsupportedParameterError)) as caught:
        call("venice", **params)
    assert str(vars(caught.value)["param"]).startswith(param)


def _user(*parts: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": list(parts)}]


BROKEN: list[list[dict[str, Any]]] = [
    [], [{"role": "bot", "content": "x"}], [USER, {"role": "function", "name": "f", "content": "x"}],
    [{"role": "user", "content": None}], [{"role": "user", "content": "x", "name": 5}],
    [USER, {"role": "tool", "content": "x"}], [USER, calling(tool_call()), result(name=5)],
    [{"role": "system", "content": [IMAGE]}, USER], [{"role": "developer", "content": [IMAGE]}, USER],
    [USER, {"role": "assistant", "content": [IMAGE]}, USER], [USER, calling(tool_call()), result(content=[IMAGE])],
    [USER, {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}, USER],
    [{"role": "user", "content": "x", "cache_control": {"type": "forever"}}],
    _user({"type": "document", "document": {}}), _user({"type": "text"}), _user({"type": "text", "text": 7}),
    _user({"type": "text", "text": "x", "cache_control": "ephemeral"}),
    _user({"type": "image_url"}), _user({"type": "image_url", "image_url": {}}), _user({"type": "file", "file": {}}),
    _user({"type": "video_url", "video_url": {}}), _user({"type": "file", "file": {"file_id": "file-1"}}),
    _user({"type": "input_audio", "input_audio": {"format": "wav"}}),
    _user({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "midi"}}),
]  # fmt: skip


@pytest.mark.parametrize("messages", BROKEN, ids=str)
def test_a_message_that_the_file_refuses_is_refused_here(messages: list[dict[str, Any]]) -> None:
    """Before sending, with the place in its `param`."""
    with pytest.raises(OneLLMError) as caught:
        call("venice", messages)
    assert isinstance(caught.value, (InvalidRequestError, UnsupportedParameterError))
    assert str(vars(caught.value)["param"]).startswith("messages")
