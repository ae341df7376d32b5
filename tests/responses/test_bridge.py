"""A chat completion as a Responses request (RESP-01 to RESP-06), judged by OpenAI's schema and the SDK's types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from openapi_schema_validator import OAS31Validator
from pydantic import BaseModel, TypeAdapter
from referencing import Registry
from referencing.jsonschema import DRAFT202012

import onellm
from onellm import APIError, ChatRequest, StreamInterrupted, UnsupportedParameterError
from onellm.capabilities import Capability
from onellm.openai_compatible import OpenAICompatible, Spec
from tests.support import KEY, Caller, event, serve, streamed, whole
from tests.wire import both

SPEC = Spec(
    name="bridged",
    base_url="http://127.0.0.1:9",
    operations=frozenset({Capability.CHAT, Capability.STREAM, Capability.RESPONSES}),
    chat_over_responses="pro-.*",
    loose_history=False,
)
HI: list[Any] = [{"role": "user", "content": "Hi"}]
FUNCTION = {"name": "weather", "description": "d", "parameters": {"type": "object", "properties": {}}, "strict": True}
TOOL = {"type": "function", "function": FUNCTION}


@pytest.fixture(autouse=True)
def _registered() -> None:
    onellm.register_provider(SPEC)


@pytest.fixture(scope="session")
def schema(shared: Path) -> Any:
    document = json.loads((shared / "specs" / "openai.json").read_text())
    items = document["components"]["schemas"]["InputItem"]
    items["anyOf"] = items.pop("oneOf")  # a message with a list of parts fits two of them, EasyInputMessage and Item
    registry: Any = Registry().with_resource("urn:openai", DRAFT202012.create_resource(document))
    body = document["paths"]["/responses"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    reference = body["$ref"]
    return OAS31Validator({"$ref": f"urn:openai{reference}"}, registry=registry)


def provider() -> OpenAICompatible:
    return OpenAICompatible(onellm.get_provider("bridged", api_key=KEY).settings, None, SPEC)


def body_of(messages: list[Any], **params: Any) -> Any:
    call: Any = provider().chat(ChatRequest(model="pro-1", messages=messages, **params))
    assert (call.method, call.url) == ("POST", "http://127.0.0.1:9/responses")
    return call.json


TURNS: list[Any] = [
    {"role": "system", "content": "Be brief."},
    {"role": "developer", "content": [{"type": "text", "text": "And kind."}]},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "What is it?"},
            {"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
        ],
    },
    {
        "role": "assistant",
        "content": "I look.",
        "tool_calls": [
            {"id": "call_a", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}},
            {"id": "call_b", "type": "custom", "custom": {"name": "shell", "input": "ls"}},
        ],
    },
    {"role": "tool", "tool_call_id": "call_a", "content": "21"},
    {"role": "tool", "tool_call_id": "call_b", "content": [{"type": "text", "text": "a b"}]},
    {"role": "assistant", "content": None, "refusal": "No."},
    {"role": "user", "content": "Go on."},
]


def test_a_conversation_becomes_items(schema: Any) -> None:
    """RESP-02: a call goes back under its call_id, without an item's id."""
    body = body_of(TURNS)
    assert body["input"] == [
        {"type": "message", "role": "system", "content": "Be brief."},
        {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "And kind."}]},
        {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_text", "text": "What is it?"},
                {"type": "input_image", "image_url": "https://x/y.png", "detail": "low"},
                {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"},
            ],
        },
        {"type": "message", "role": "assistant", "content": "I look."},
        {"type": "function_call", "call_id": "call_a", "name": "weather", "arguments": '{"city": "Rome"}'},
        {"type": "custom_tool_call", "call_id": "call_b", "name": "shell", "input": "ls"},
        {"type": "function_call_output", "call_id": "call_a", "output": "21"},
        {"type": "custom_tool_call_output", "call_id": "call_b", "output": [{"type": "input_text", "text": "a b"}]},
        {"type": "message", "role": "assistant", "content": "No."},
        {"type": "message", "role": "user", "content": "Go on."},
    ]
    judge(schema, body)


def judge(schema: Any, body: Any) -> None:
    TypeAdapter(ResponseCreateParamsNonStreaming).validate_python(body)
    for error in schema.iter_errors(body):
        raise error


class City(BaseModel):
    name: str


PARAMETERS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "length": ({"max_tokens": 50}, {"max_output_tokens": 50}),
    "length, the newer name": ({"max_completion_tokens": 50}, {"max_output_tokens": 50}),
    "effort": ({"reasoning_effort": "high"}, {"reasoning": {"effort": "high"}}),
    "effort and summary": (
        {"reasoning_effort": "low", "reasoning": {"summary": "auto"}},
        {"reasoning": {"summary": "auto", "effort": "low"}},
    ),
    "verbosity": ({"verbosity": "low"}, {"text": {"verbosity": "low"}}),
    "object": ({"response_format": {"type": "json_object"}}, {"text": {"format": {"type": "json_object"}}}),
    "schema": (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}},
        {"text": {"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}}}},
    ),
    "tools": ({"tools": [TOOL]}, {"tools": [{"type": "function", **FUNCTION}]}),
    "a named tool": (
        {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "weather"}}},
        {"tool_choice": {"type": "function", "name": "weather"}},
    ),
    "a required tool": ({"tools": [TOOL], "tool_choice": "required"}, {"tool_choice": "required"}),
    "what only responses have": (
        {"truncation": "auto", "include": ["file_search_call.results"], "text": {"verbosity": "high"}},
        {
            "truncation": "auto",
            "include": ["file_search_call.results", "reasoning.encrypted_content"],
            "text": {"verbosity": "high"},
        },
    ),
    "sampling": ({"temperature": 0.5, "top_p": 0.5}, {"temperature": 0.5, "top_p": 0.5}),
    "logprobs": (
        {"logprobs": True, "top_logprobs": 2},
        {"top_logprobs": 2, "include": ["message.output_text.logprobs", "reasoning.encrypted_content"]},
    ),
    "stored": ({"store": True}, {"store": True}),
    "one answer": ({"n": 1, "modalities": ["text"]}, {}),
}


@pytest.mark.parametrize("case", PARAMETERS)
def test_parameters_go_under_their_names(case: str, schema: Any) -> None:
    """RESP-01 and RESP-06."""
    given, expected = PARAMETERS[case]
    body = body_of(HI, **given)
    assert expected.items() <= body.items()
    for gone in ("n", "modalities", "max_tokens", "max_completion_tokens", "response_format", "reasoning_effort",
                 "logprobs", "verbosity", "messages", "stream_options"):  # fmt: skip
        assert gone not in body
    assert "previous_response_id" not in body
    judge(schema, body)


def test_nothing_is_kept_at_the_service_unless_asked_for() -> None:
    assert body_of(HI)["store"] is False
    assert body_of(HI)["include"] == ["reasoning.encrypted_content"]
    assert "include" not in body_of(HI, store=True)


@pytest.mark.parametrize(
    ("name", "value"), [("stop", ["x"]), ("seed", 1), ("n", 2), ("logit_bias", {"1": 1.0}), ("presence_penalty", 1.0)]
)
def test_what_a_response_cannot_be_asked_for_is_refused(name: str, value: Any) -> None:
    with pytest.raises(UnsupportedParameterError, match=name) as caught:
        body_of(HI, **{name: value})
    assert caught.value.param == name
    call: Any = provider().chat(ChatRequest(model="pro-1", messages=HI, unsupported="drop", **{name: value}))
    assert call.dropped == (name,)
    assert name not in call.json


def test_a_part_that_it_does_not_take_is_refused() -> None:
    audio = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
    with pytest.raises(UnsupportedParameterError, match="input_audio"):
        body_of([{"role": "user", "content": [audio]}])


def test_the_callers_own_fields_go_in_last() -> None:
    body = body_of(HI, extra_body={"truncation": "auto", "store": True})
    assert (body["truncation"], body["store"]) == ("auto", True)


def test_other_models_of_the_host_chat_as_usual() -> None:
    call: Any = provider().chat(ChatRequest(model="mini", messages=HI))
    assert call.url == "http://127.0.0.1:9/chat/completions"


# -- streams ---------------------------------------------------------------------------------------------------------

HEAD = {"id": "resp_1", "object": "response", "created_at": 1790000000, "model": "pro-1", "output": []}
USAGE = {
    "input_tokens": 9, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 5,
    "output_tokens_details": {"reasoning_tokens": 2}, "total_tokens": 14,
}  # fmt: skip


def named(kind: str, **fields: Any) -> bytes:
    return f"event: {kind}\n".encode() + event({"type": kind, **fields})


def call_item(number: int, arguments: str = "") -> dict[str, Any]:
    return {"type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}", "name": f"f{number}",
            "arguments": arguments, "status": "completed"}  # fmt: skip


MESSAGE = {
    "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
    "content": [{"type": "output_text", "text": "I call.", "annotations": []}],
}  # fmt: skip
BEGIN = named("response.created", response={**HEAD, "status": "in_progress"})
CALLS = [
    BEGIN,
    named("response.output_item.added", output_index=0, item={**MESSAGE, "content": [], "status": "in_progress"}),
    named("response.output_text.delta", output_index=0, content_index=0, item_id="msg_1", delta="I call."),
    named("response.output_item.done", output_index=0, item=MESSAGE),
    named("response.output_item.added", output_index=1, item=call_item(1)),
    named("response.output_item.added", output_index=2, item=call_item(2)),
    named("response.function_call_arguments.delta", output_index=2, item_id="fc_2", delta='{"b":'),
    named("response.function_call_arguments.delta", output_index=1, item_id="fc_1", delta='{"a": 1}'),
    named("response.function_call_arguments.delta", output_index=2, item_id="fc_2", delta=" 2}"),
    named("response.output_item.done", output_index=1, item=call_item(1, '{"a": 1}')),
    named("response.output_item.done", output_index=2, item=call_item(2, '{"b": 2}')),
]
ENDED = [MESSAGE, call_item(1, '{"a": 1}'), call_item(2, '{"b": 2}')]
END = named("response.completed", response={**HEAD, "status": "completed", "output": ENDED, "usage": USAGE})


def bridged(url: str) -> dict[str, Any]:
    return {"bridged": {"api_key": KEY, "base_url": url}}


@both
def test_parallel_calls_keep_their_places_and_the_end_comes_last(caller: Caller) -> None:
    """RESP-04."""
    with serve(streamed(*CALLS, END)) as host:
        stream = caller.chat_stream(bridged(host.url), "bridged/pro-1")
        assert json.loads(host.requests[0].body)["stream"] is True
    assert stream.error is None
    assert stream.text == "I call."
    (choice,) = stream.final.choices
    assert [(call.id, call.function.name, call.function.arguments) for call in choice.message.tool_calls] == [
        ("call_1", "f1", '{"a": 1}'), ("call_2", "f2", '{"b": 2}'),
    ]  # fmt: skip
    assert [chunk.choices[0].finish_reason for chunk in stream.events][:-1] == [None] * (len(stream.events) - 1)
    assert stream.events[-1].choices[0].finish_reason == "tool_calls"
    assert stream.events[0].choices[0].delta.role == "assistant"
    assert {chunk.id for chunk in stream.events} == {"resp_1"}
    usage = stream.final.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (9, 5, 14)
    assert usage.prompt_tokens_details.cached_tokens == 4


@both
@pytest.mark.parametrize("cut", range(1, len(CALLS) + 1))
def test_a_stream_that_is_cut_is_told(caller: Caller, cut: int) -> None:
    with serve(streamed(*CALLS[:cut])) as host:
        stream = caller.chat_stream(bridged(host.url), "bridged/pro-1")
    assert isinstance(stream.error, StreamInterrupted)
    assert stream.error.partial is not None


@both
@pytest.mark.parametrize(
    ("status", "details", "finish", "native"),
    [
        ("completed", None, "stop", "completed"),
        ("incomplete", {"reason": "max_output_tokens"}, "length", "max_output_tokens"),
        ("incomplete", {"reason": "content_filter"}, "content_filter", "content_filter"),
        ("incomplete", {"reason": "steered"}, "error", "steered"),
    ],
)
def test_ends(caller: Caller, status: str, details: Any, finish: str, native: str) -> None:
    response = {**HEAD, "status": status, "incomplete_details": details, "output": [MESSAGE], "usage": USAGE}
    kind = f"response.{status}"
    with serve(whole(response), streamed(BEGIN, named(kind, response=response))) as host:
        answer = caller.chat(bridged(host.url), "bridged/pro-1")
        stream = caller.chat_stream(bridged(host.url), "bridged/pro-1")
    assert stream.error is None
    for choice in (answer.choices[0], stream.events[-1].choices[0]):
        assert (choice.finish_reason, choice.native_finish_reason) == (finish, native)


FAILED = {**HEAD, "status": "failed", "error": {"code": "server_error", "message": "It broke."}}


@both
def test_a_response_that_failed_raises(caller: Caller) -> None:
    with serve(whole(FAILED)) as host, pytest.raises(APIError, match="It broke") as caught:
        caller.chat(bridged(host.url), "bridged/pro-1", max_retries=0)
    assert caught.value.code == "server_error"
    with serve(streamed(*CALLS[:3], named("response.failed", response=FAILED))) as host:
        stream = caller.chat_stream(bridged(host.url), "bridged/pro-1")
    assert isinstance(stream.error, APIError)
    assert "It broke" in str(stream.error)
    assert stream.text == "I call."


@both
def test_an_error_event_raises(caller: Caller) -> None:
    flat = named("error", code="rate_limit_exceeded", message="Slow down.", param=None)
    with serve(streamed(*CALLS[:3], flat)) as host:
        stream = caller.chat_stream(bridged(host.url), "bridged/pro-1")
    assert isinstance(stream.error, APIError)
    assert stream.error.code == "rate_limit_exceeded"
    assert "Slow down." in str(stream.error)


@both
def test_a_type_can_be_asked_for_through_the_bridge(caller: Caller) -> None:
    said = {**MESSAGE, "content": [{"type": "output_text", "text": '{"name": "Rome"}', "annotations": []}]}
    with serve(whole({**HEAD, "status": "completed", "output": [said], "usage": USAGE})) as host:
        answer = caller.chat(bridged(host.url), "bridged/pro-1", response_format=City)
        sent = json.loads(host.requests[0].body)["text"]["format"]
    assert answer.parsed == City(name="Rome")
    assert (sent["type"], sent["name"], sent["strict"]) == ("json_schema", "City", True)


@both
def test_annotations_are_kept_in_a_chats_shape(caller: Caller) -> None:
    note = {"type": "url_citation", "url": "https://x", "title": "T", "start_index": 0, "end_index": 2}
    said = {**MESSAGE, "content": [{"type": "output_text", "text": "It is.", "annotations": [note]}]}
    response = {**HEAD, "status": "completed", "output": [said], "usage": USAGE}
    with serve(whole(response), streamed(BEGIN, named("response.completed", response=response))) as host:
        answer = caller.chat(bridged(host.url), "bridged/pro-1")
        stream = caller.chat_stream(bridged(host.url), "bridged/pro-1")
    expected = [{"type": "url_citation", "url_citation": {k: v for k, v in note.items() if k != "type"}}]
    assert answer.choices[0].message.model_extra["annotations"] == expected
    assert stream.final.choices[0].message.model_extra["annotations"] == expected
