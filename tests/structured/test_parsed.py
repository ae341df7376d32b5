"""`response_format` with a type: what goes out, what comes back, and the errors that lose nothing."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter
from typing_extensions import TypedDict

import onellm
from onellm import (
    CapabilityError,
    ConfigurationError,
    IncompleteOutputError,
    InvalidOutputError,
    InvalidRequestError,
    RefusalError,
    StructuredOutputError,
)
from onellm.types.parsed import OutputType
from tests.support import DONE, Caller, chunk, completion, event, serve, streamed, whole

BOTH = pytest.mark.parametrize("caller", [Caller("sync"), Caller("async")], ids=lambda caller: caller.kind)


class City(BaseModel):
    name: str
    people: int | None = None


class Node(BaseModel):
    value: int
    inner: Node | None = None


@dataclasses.dataclass
class Point:
    x: int
    y: int = 0


class Person(TypedDict):
    name: str
    age: int


KINDS: dict[str, tuple[Any, str, Any]] = {
    "model": (City, '{"name": "Paris", "people": 2}', City(name="Paris", people=2)),
    "recursive": (Node, '{"value": 1, "inner": {"value": 2}}', Node(value=1, inner=Node(value=2))),
    "dataclass": (Point, '{"x": 1, "y": 2}', Point(1, 2)),
    "typed dict": (Person, '{"name": "A", "age": 3}', {"name": "A", "age": 3}),
    "list": (list[City], '{"value": [{"name": "Rome"}]}', [City(name="Rome")]),
    "adapter": (TypeAdapter(int | str), '{"value": 4}', 4),
    "adapter of a model": (TypeAdapter(City), '{"name": "Oslo"}', City(name="Oslo")),
    "number": (int, '{"value": 4}', 4),
    "open object": (dict[str, int], '{"a": 1}', {"a": 1}),
}


def providers(url: str) -> dict[str, Any]:
    return {"openai": {"api_key": "sk-0123456789abcdef", "base_url": url}}


@BOTH
@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_is_a_value_of_the_type(caller: Caller, kind: str) -> None:
    target, text, value = KINDS[kind]
    with serve(whole(completion(text)), streamed(event(chunk(text[:5])), event(chunk(text[5:], "stop")), DONE)) as host:
        answer = caller.chat(providers(host.url), response_format=target)
        stream = caller.chat_stream(providers(host.url), response_format=target)
        sent = [json.loads(request.body)["response_format"] for request in host.requests]
    assert answer.parsed == value
    assert answer.usage.total_tokens == 5
    assert answer.meta.provider == "openai"
    assert answer.model_dump()["choices"][0]["message"]["content"] == text
    assert stream.text == text
    assert stream.final.parsed == value
    assert sent[0] == sent[1]
    assert sent[0]["type"] == "json_schema"
    assert sent[0]["json_schema"]["schema"]["type"] == "object", "the root must be an object"
    assert sent[0]["json_schema"]["strict"] is (kind != "open object")


CUT: dict[str, tuple[dict[str, Any], type[StructuredOutputError], str]] = {
    "cut, OUT-09": ({"content": '{"name": "Pa', "finish": "length"}, IncompleteOutputError, '{"name": "Pa'),
    "refused": ({"refusal": "I will not."}, RefusalError, "I will not."),
    "filtered": ({"content": '{"na', "finish": "content_filter"}, RefusalError, '{"na'),
    "no JSON": ({"content": "Paris"}, InvalidOutputError, "Paris"),
    "another shape": ({"content": '{"city": "Paris"}'}, InvalidOutputError, '{"city": "Paris"}'),
    "nothing": ({"content": None}, InvalidOutputError, ""),
}


@BOTH
@pytest.mark.parametrize("case", CUT)
def test_what_is_no_value_is_a_typed_error_with_the_text(caller: Caller, case: str) -> None:
    given, kind, text = CUT[case]
    message = {"role": "assistant", "content": given.get("content"), "refusal": given.get("refusal")}
    body = completion("", choices=[{"index": 0, "message": message, "finish_reason": given.get("finish", "stop")}])
    with serve(whole(body)) as host:
        answer = caller.chat(providers(host.url), response_format=City)
    with pytest.raises(kind) as caught:
        _ = answer.parsed
    assert type(caught.value) is kind
    assert caught.value.text == text
    assert caught.value.response is answer
    assert caught.value.response.usage.total_tokens == 5


@BOTH
def test_a_tool_call_beside_a_type_is_told(caller: Caller) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    choice = {"index": 0, "message": {"role": "assistant", "tool_calls": [call]}, "finish_reason": "tool_calls"}
    with serve(whole(completion("", choices=[choice]))) as host:
        answer = caller.chat(providers(host.url), response_format=City, tools=[_tool("f")])
    with pytest.raises(InvalidOutputError, match="calls tools"):
        _ = answer.parsed


@BOTH
def test_several_choices(caller: Caller) -> None:
    choices = [
        {"index": index, "message": {"role": "assistant", "content": f'{{"name": "{name}"}}'}, "finish_reason": "stop"}
        for index, name in enumerate(("Paris", "Rome"))
    ]
    with serve(whole(completion("", choices=choices))) as host:
        answer = caller.chat(providers(host.url), response_format=City, n=2)
    assert [answer.parse(index).name for index in (0, 1)] == ["Paris", "Rome"]


def _tool(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}


@BOTH
def test_by_a_tool(caller: Caller) -> None:
    text = '{"name":"Paris","people":2}'
    call = {"id": "c", "type": "function", "function": {"name": "City", "arguments": text}}
    answer = completion(
        "",
        choices=[{"index": 0, "message": {"role": "assistant", "tool_calls": [call]}, "finish_reason": "tool_calls"}],
    )
    first = {"index": 0, "id": "c", "type": "function", "function": {"name": "City", "arguments": ""}}
    events = [
        event(chunk(choices=[{"index": 0, "delta": {"tool_calls": [first]}, "finish_reason": None}])),
        *(
            event(chunk(choices=[{"index": 0, "delta": {"tool_calls": [_fragment(part)]}, "finish_reason": None}]))
            for part in (text[:9], text[9:])
        ),
        event(chunk(finish="tool_calls")),
    ]
    with serve(whole(answer), streamed(*events, DONE)) as host:
        got = caller.chat(providers(host.url), response_format=City, structured="tool")
        stream = caller.chat_stream(providers(host.url), response_format=City, structured="tool")
        body = json.loads(host.requests[0].body)
    assert "response_format" not in body
    assert body["tool_choice"] == {"type": "function", "function": {"name": "City"}}
    assert body["tools"][0]["function"]["parameters"]["required"] == ["name", "people"]
    assert got.parsed == City(name="Paris", people=2)
    assert got.choices[0].finish_reason == "stop"
    assert got.choices[0].message.tool_calls is None
    assert stream.text == text
    assert not any(choice.delta.tool_calls for part in stream.events for choice in part.choices)
    assert stream.final.parsed == City(name="Paris", people=2)


def _fragment(text: str) -> dict[str, Any]:
    return {"index": 0, "function": {"arguments": text}}


@BOTH
@pytest.mark.parametrize(
    "said", ['{"name": "Paris"}', '```json\n{"name": "Paris"}\n```', '```\n{"name": "Paris"}\n```']
)
def test_by_words(caller: Caller, said: str) -> None:
    with serve(whole(completion(said))) as host:
        got = caller.chat(providers(host.url), response_format=City, structured="prompt")
        body = json.loads(host.requests[0].body)
    assert got.parsed == City(name="Paris")
    assert "response_format" not in body
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert '"required": ["name", "people"]' in body["messages"][0]["content"]


def test_a_model_without_a_schema_mode_is_refused_with_the_other_ways() -> None:
    spec = onellm.Spec(
        name="plain", base_url="http://127.0.0.1:9", key_required=False, features={onellm.Capability.JSON_SCHEMA: False}
    )
    onellm.register_provider(spec)
    client = onellm.OneLLM()
    with pytest.raises(CapabilityError, match="structured='tool'") as caught:
        client.chat.completions.create("plain/m", [{"role": "user", "content": "x"}], response_format=City)
    assert caught.value.capability == "json_schema"


def test_what_cannot_be_asked_for_is_told_before_sending() -> None:
    client = onellm.OneLLM(providers=providers("http://127.0.0.1:9"))
    ask: Any = client.chat.completions.create
    hi = [{"role": "user", "content": "x"}]
    for target in (lambda: 1, [City], City(name="Paris")):
        with pytest.raises(ConfigurationError, match="type that pydantic knows"):
            ask("openai/m", hi, response_format=target)
    with pytest.raises(ConfigurationError, match="'native', 'tool' or 'prompt'"):
        ask("openai/m", hi, response_format=City, structured="magic")
    with pytest.raises(InvalidRequestError, match="tools"):
        ask("openai/m", hi, response_format=City, structured="tool", tools=[_tool("f")])
    with pytest.raises(InvalidRequestError, match="response_format to be a type"):
        ask("openai/m", hi, structured="tool")


def test_sch_15_only_types_are_made_strict() -> None:
    """SCH-15: an optional field of a type is required and nullable; OpenAI's own dict goes out as it is."""
    own = {
        "type": "json_schema",
        "json_schema": {"name": "x", "strict": True, "schema": {"type": "object", "properties": {"a": {"default": 1}}}},
    }
    with serve(whole(completion("{}"))) as host:
        answer = Caller("sync").chat(providers(host.url), response_format=own)
        assert json.loads(host.requests[0].body)["response_format"] == own
    assert type(answer) is onellm.ChatCompletionResponse
    made = OutputType(City).response_format()["json_schema"]
    assert made["strict"] is True
    assert made["schema"]["required"] == ["name", "people"]
    assert made["schema"]["additionalProperties"] is False
    assert made["schema"]["properties"]["people"]["anyOf"] == [{"type": "integer"}, {"type": "null"}]
