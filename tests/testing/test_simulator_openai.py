"""OpenAI in the simulator: what it answers and what it refuses, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from onellm_providers.openai_simulator.models import MODELS
from onellm_providers.openai_simulator.table import CHAT_COMPLETION
from openapi_schema_validator import OAS31Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from onellm.testing.simulator import Simulator, faults, simulator
from onellm.testing.simulator.chat import echo

USER = {"role": "user", "content": "Hello"}
FUNCTION = {"name": "tide", "parameters": {"type": "object", "properties": {}}}
TOOL = {"type": "function", "function": FUNCTION}
CALLED = {
    "role": "assistant",
    "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "tide", "arguments": "{}"}}],
}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "high"}
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/x.png", "detail": "original"}}


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with simulator() as running:
        yield running


@pytest.fixture(scope="module")
def client(sim: Simulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sim.base_url("openai"), headers={"Authorization": "Bearer sim-key"}) as made:
        yield made


def chat(client: httpx.Client, **parameters: Any) -> httpx.Response:
    return client.post("/chat/completions", json={"model": "gpt-4o-mini", "messages": [USER], **parameters})


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    *chunks, done = answer.text.removesuffix("\n\n").split("\n\n")
    assert done == "data: [DONE]"
    return [json.loads(chunk.removeprefix("data: ")) for chunk in chunks]


ACCEPTED: list[dict[str, Any]] = [
    {},
    {"n": 2, "stop": ["x"], "seed": 7, "temperature": 1.5, "logprobs": True, "top_logprobs": 2, "max_tokens": 5},
    {"temperature": None, "stop": None, "n": None, "stream_options": None, "metadata": None},
    {"tools": [TOOL], "tool_choice": "required", "parallel_tool_calls": False},
    {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "tide"}}},
    {"messages": [USER, CALLED, RESULT]},
    {"messages": [USER, {"role": "assistant", "content": "x", "refusal": None, "annotations": []}, USER]},
    {"messages": [{"role": "developer", "content": [{"type": "text", "text": "Be brief."}]}, USER]},
    {"messages": [{"role": "user", "content": [{"type": "text", "text": "What?"}, IMAGE]}]},
    {"response_format": {"type": "json_object"}, "messages": [{"role": "user", "content": "Say JSON"}]},
    {"model": "gpt-6-luna", "reasoning_effort": "low", "max_completion_tokens": 50, "verbosity": "low"},
    {"model": "gpt-6-luna", "reasoning_effort": "none", "temperature": 0.2, "logprobs": True},
    {"metadata": {"a": "b"}, "store": True, "service_tier": "fast", "user": "u", "logit_bias": {"7": -100}},
]

CUSTOM_TOOL = {
    "tools": [{"type": "custom", "custom": {"name": "note", "format": {"type": "text"}}}],
    "tool_choice": "required",
}
"""The file knows custom tools in whole answers, not yet in chunks."""


class TestAnswers:
    @pytest.mark.parametrize("parameters", [*ACCEPTED, CUSTOM_TOOL])
    def test_whole_answers_fit_the_specification(
        self, client: httpx.Client, parameters: dict[str, Any], specification: _Specification
    ) -> None:
        answer = chat(client, **parameters)
        assert answer.status_code == 200, answer.text
        specification.check("CreateChatCompletionResponse", answer.json())

    @pytest.mark.parametrize("parameters", [*ACCEPTED, CUSTOM_TOOL])
    def test_a_stream_says_the_same(self, client: httpx.Client, parameters: dict[str, Any]) -> None:
        whole, stream = chat(client, **parameters).json(), events(chat(client, **parameters, stream=True))
        for choice in whole["choices"]:
            sent = [each for chunk in stream for each in chunk["choices"] if each["index"] == choice["index"]]
            assert "".join(each["delta"].get("content") or "" for each in sent) == (choice["message"]["content"] or "")
            assert sent[-1]["finish_reason"] == choice["finish_reason"]

    @pytest.mark.parametrize("parameters", ACCEPTED)
    def test_chunks_fit_the_specification(
        self, client: httpx.Client, parameters: dict[str, Any], specification: _Specification
    ) -> None:
        answer = chat(client, **parameters, stream=True)
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        for chunk in events(answer):
            specification.check("CreateChatCompletionStreamResponse", chunk)

    def test_a_whole_answer(self, client: httpx.Client) -> None:
        assert chat(client).json() == {
            "id": chat(client).json()["id"],
            "object": "chat.completion",
            "created": 1_790_000_000,
            "model": "gpt-4o-mini",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": echo("Hello"), "refusal": None, "annotations": []},
                    "logprobs": None,
                    "finish_reason": "stop",
                }
            ],
            "usage": {
                "prompt_tokens": 5,
                "completion_tokens": 12,
                "total_tokens": 17,
                "prompt_tokens_details": {"cached_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0},
            },
            "service_tier": "default",
        }

    def test_a_stream_with_usage(self, client: httpx.Client) -> None:
        sent = events(chat(client, stream=True, stream_options={"include_usage": True}))
        text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in sent if chunk["choices"])
        assert text == echo("Hello")
        assert sent[-1]["usage"]["total_tokens"] == 17
        assert all("usage" not in chunk for chunk in events(chat(client, stream=True)))

    def test_reasoning_is_counted_and_not_shown(self, client: httpx.Client) -> None:
        answer = chat(client, model="gpt-5.4-mini", reasoning_effort="high")
        assert answer.json()["usage"]["completion_tokens_details"]["reasoning_tokens"] == 32
        assert "reasoning" not in str(answer.json()["choices"])

    def test_headers(self, client: httpx.Client) -> None:
        answers = [chat(client), chat(client, n=0)]
        assert len({answer.headers["x-request-id"] for answer in answers}) == 2
        for answer in answers:
            assert answer.headers["openai-processing-ms"] == "1"
            assert answer.headers["x-ratelimit-reset-requests"] == "120ms"

    def test_a_tier_is_named_as_it_was_served(self, client: httpx.Client) -> None:
        assert chat(client, service_tier="fast").json()["service_tier"] == "priority"
        assert chat(client, service_tier="flex").json()["service_tier"] == "flex"

    def test_models(self, client: httpx.Client, specification: _Specification) -> None:
        listed = client.get("/models").json()
        specification.check("ListModelsResponse", listed)
        assert [model["id"] for model in listed["data"]] == list(MODELS)
        assert client.get("/models/gpt-4o-mini").json()["shutdown_date"] == "2027-01-14"
        assert client.get("/models/nothing").json()["error"]["code"] == "model_not_found"


REFUSED: list[tuple[dict[str, Any], str | None, str | None, str]] = [
    # parameters, param, code, part of the message
    ({"foo": 1}, None, None, "Unrecognized request argument supplied: foo"),
    ({"foo": 1, "bar": 2}, None, None, "Unrecognized request arguments supplied: foo, bar"),
    ({"messages": []}, "messages", "array_below_min_length", "Expected an array with minimum length 1"),
    ({"messages": "hi"}, "messages", "invalid_type", "expected an array, but got a string instead"),
    ({"model": None}, "model", "invalid_type", "expected a string, but got null instead"),
    ({"temperature": 2.1}, "temperature", "decimal_above_max_value", "Expected a value <= 2, but got 2.1"),
    ({"temperature": "1"}, "temperature", "invalid_type", "expected a number, but got a string"),
    ({"temperature": True}, "temperature", "invalid_type", "but got a boolean"),
    ({"top_p": -0.1}, "top_p", "decimal_below_min_value", ">= 0"),
    ({"frequency_penalty": -3}, "frequency_penalty", "decimal_below_min_value", ">= -2"),
    ({"presence_penalty": 2.5}, "presence_penalty", "decimal_above_max_value", "<= 2"),
    ({"n": 0}, "n", "integer_below_min_value", ">= 1"),
    ({"n": 129}, "n", "integer_above_max_value", "<= 128"),
    ({"n": 1.5}, "n", "invalid_type", "expected an integer, but got a float"),
    ({"max_tokens": 0}, "max_tokens", "integer_below_min_value", ">= 1"),
    ({"max_completion_tokens": 0}, "max_completion_tokens", "integer_below_min_value", ">= 1"),
    ({"stop": ["a"] * 5}, "stop", "array_above_max_length", "maximum length 4, but got an array with length 5"),
    ({"stop": []}, "stop", "array_below_min_length", "minimum length 1"),
    ({"stop": 3}, "stop", "invalid_type", "but got a number"),
    ({"logprobs": 2}, "logprobs", "invalid_type", "expected a boolean"),
    ({"logprobs": True, "top_logprobs": 21}, "top_logprobs", "integer_above_max_value", "<= 20"),
    ({"logit_bias": {"7": 101}}, "logit_bias.7", "integer_above_max_value", "<= 100"),
    ({"reasoning_effort": "huge"}, "reasoning_effort", "invalid_value", "Supported values are: 'none', 'minimal'"),
    ({"verbosity": "loud"}, "verbosity", "invalid_value", "'loud'"),
    ({"service_tier": "gold"}, "service_tier", "invalid_value", "'gold'"),
    ({"response_format": {"type": "xml"}}, "response_format.type", "invalid_value", "'xml'"),
    ({"response_format": {"type": "json_schema"}},
     "response_format.json_schema", "missing_required_parameter", "Missing"),
    ({"stream": True, "stream_options": {"x": 1}}, "stream_options.x", "unknown_parameter", "Unknown parameter"),
    ({"metadata": {"a": "b" * 513}}, "metadata.a", "string_above_max_length", "512"),
    ({"metadata": {str(n): "" for n in range(17)}}, "metadata", "object_above_max_length", "16"),
    ({"metadata": {"k" * 65: ""}}, "metadata." + "k" * 65, "string_above_max_length", "64"),
    ({"safety_identifier": "x" * 129}, "safety_identifier", "string_above_max_length", "128"),
    ({"tools": []}, "tools", "array_below_min_length", "minimum length 1"),
    ({"tools": [TOOL] * 129}, "tools", "array_above_max_length", "maximum length 128"),
    ({"tools": [{"type": "web"}]}, "tools[0].type", "invalid_value", "'function', 'custom'"),
    ({"tools": [{"type": "function", "function": {}}]},
     "tools[0].function.name", "missing_required_parameter", "Missing"),
    ({"tools": [TOOL], "tool_choice": "any"}, "tool_choice", "invalid_value", "'none', 'auto', 'required'"),
    # messages
    ({"messages": [{"content": "x"}]}, "messages[0].role", "missing_required_parameter", "Missing"),
    ({"messages": [{"role": "bot", "content": "x"}]}, "messages[0].role", "invalid_value", "'bot'"),
    ({"messages": [{**USER, "provider_state": {}}]}, "messages[0].provider_state", "unknown_parameter", "Unknown"),
    ({"messages": [{"role": "user"}]}, "messages[0].content", "missing_required_parameter", "Missing"),
    ({"messages": [{"role": "user", "content": None}]}, "messages[0].content", "invalid_type", "got null"),
    ({"messages": [{"role": "user", "content": [{"type": "video"}]}]},
     "messages[0].content[0].type", "invalid_value", "'video'"),
    ({"messages": [{"role": "system", "content": [IMAGE]}]}, "messages[0].content[0].type", "invalid_value", "'text'"),
    ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x.png"}}]}]},
     "messages[0].content[0].image_url.url", "invalid_value", "Expected a valid URL"),
    ({"messages": [{"role": "assistant", "tool_calls": None}]}, "messages[0].tool_calls", "invalid_type", "got null"),
    ({"messages": [{"role": "assistant"}]}, "messages.[0].content", None, "expected a string, got null"),
    # what needs something else
    ({"stream_options": {}}, "stream_options", None, "only allowed when 'stream' is enabled"),
    ({"top_logprobs": 1}, "top_logprobs", None, "only allowed when 'logprobs' is enabled"),
    ({"parallel_tool_calls": True}, "parallel_tool_calls", None, "only allowed when 'tools' are specified"),
    ({"tool_choice": "auto"}, "tool_choice", None, "only allowed when 'tools' are specified"),
    ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "x"}}},
     "tool_choice", None, "'x' not found"),
    ({"max_tokens": 1, "max_completion_tokens": 1}, None, None, "at the same time"),
    ({"response_format": {"type": "json_object"}}, "messages", None, "must contain the word 'json'"),
    # tool history
    ({"messages": [USER, RESULT]}, "messages.[1].role", None, "must be a response to a preceding message"),
    ({"messages": [USER, CALLED]}, "messages.[2].role", None, "did not have response messages: c1"),
    ({"messages": [USER, CALLED, USER, RESULT]}, "messages.[2].role", None, "did not have response messages: c1"),
    ({"messages": [USER, CALLED, RESULT, RESULT]}, "messages.[3].role", None, "must be a response"),
    # strict schemas
    ({"response_format": {"type": "json_schema", "json_schema": {
        "name": "x", "strict": True, "schema": {"type": "array"}}}},
     None, "invalid_schema", "response_format 'x': schema must be of type 'object'"),
    ({"tools": [{"type": "function", "function": {**FUNCTION, "strict": True}}]},
     None, "invalid_schema", "function 'tide': 'additionalProperties' is required"),
    ({"response_format": {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": {
        "type": "object", "additionalProperties": False, "required": ["a"], "properties": {"a": {"anyOf": [{
            "type": "object", "additionalProperties": False, "properties": {"b": {}}}]}}}}}},
     None, "invalid_schema", "Missing 'b'"),
    # models
    ({"model": "sim-small", "messages": [{"role": "user", "content": [IMAGE]}]},
     "messages.[0].content.[0].type", None, "image_url is only supported by certain models"),
    ({"messages": [{"role": "user", "content": [
        {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}]}]},
     "messages.[0].content.[0].type", None, "input_audio is only supported by certain models"),
    ({"modalities": ["text", "audio"]}, "modalities", "unsupported_value", "audio"),
    ({"reasoning_effort": "low"}, None, None, "Unrecognized request argument supplied: reasoning_effort"),
    ({"model": "gpt-6-luna", "reasoning_effort": "minimal"}, "reasoning_effort", "unsupported_value", "minimal"),
    ({"model": "gpt-6-luna", "max_tokens": 5}, "max_tokens", "unsupported_parameter", "Use 'max_completion_tokens'"),
    ({"model": "gpt-6-luna", "stop": "x"}, "stop", "unsupported_parameter", "'stop' is not supported"),
    ({"model": "gpt-6-luna", "temperature": 0.5}, "temperature", "unsupported_value", "0.5"),
    ({"model": "gpt-6-luna", "top_p": 0.5}, "top_p", "unsupported_value", "0.5"),
    ({"model": "gpt-6-luna", "logprobs": True}, "logprobs", "unsupported_parameter", "'logprobs' is not supported"),
    ({"model": "sim-small", "messages": [{"role": "user", "content": "word " * 300}]},
     "messages", "context_length_exceeded", "maximum context length is 256 tokens"),
]  # fmt: skip


class TestRefusals:
    @pytest.mark.parametrize(("parameters", "param", "code", "message"), REFUSED)
    def test_a_bad_request(
        self, client: httpx.Client, parameters: dict[str, Any], param: str | None, code: str | None, message: str
    ) -> None:
        answer = chat(client, **parameters)
        error = answer.json()["error"]
        assert (answer.status_code, error["type"]) == (400, "invalid_request_error")
        assert message in error["message"]
        assert (error["param"], error["code"]) == (param, code)

    @pytest.mark.parametrize("header", ["", "Bearer", "Basic abc", "Bearer bad-key"])
    def test_a_bad_key(self, sim: Simulator, header: str) -> None:
        for method, path in (("POST", "/chat/completions"), ("GET", "/models"), ("GET", "/models/gpt-6-luna")):
            answer = httpx.request(
                method, sim.base_url("openai") + path, headers={"Authorization": header} if header else {}
            )
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")

    @pytest.mark.parametrize("body", [b"", b"{", b'{"model": NaN}', b"\xff", b"[" * 100_000])
    def test_a_body_that_is_no_json(self, client: httpx.Client, body: bytes) -> None:
        answer = client.post("/chat/completions", content=body)
        assert answer.status_code == 400
        assert answer.json()["error"]["message"] == "We could not parse the JSON body of your request."

    def test_a_body_that_is_no_object(self, client: httpx.Client) -> None:
        assert client.post("/chat/completions", json=[]).status_code == 400

    @pytest.mark.parametrize(("model", "code"), [("gpt-99", "model_not_found"), ("text-embedding-3-small", None)])
    def test_a_model_that_does_not_chat(self, client: httpx.Client, model: str, code: str | None) -> None:
        answer = chat(client, model=model)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, code)

    def test_other_paths_and_methods(self, client: httpx.Client) -> None:
        assert client.get("/nothing").json()["error"]["message"] == "Invalid URL (GET /openai/v1/nothing)"
        assert client.get("/chat/completions").status_code == 405

    def test_what_faults_say(self, sim: Simulator, client: httpx.Client) -> None:
        sim.inject(faults.insufficient_quota())
        answer = chat(client)
        assert (answer.status_code, answer.json()["error"]["type"]) == (429, "insufficient_quota")
        sim.inject(faults.rate_limit("1"))
        assert chat(client).json()["error"]["code"] == "rate_limit_exceeded"
        sim.inject(faults.status(500))
        assert chat(client).json()["error"]["type"] == "server_error"
        sim.inject(faults.error_event(after=2))
        sent = chat(client, stream=True).text.strip().split("\n\n")
        assert json.loads(sent[2].removeprefix("data: "))["error"]["message"] == "Upstream failed"


class _Specification:
    def __init__(self, path: Path) -> None:
        contents = json.loads(path.read_bytes())
        resource = Resource.from_contents(contents, default_specification=DRAFT202012)
        self.registry = Registry[Any]().with_resource("urn:openai", resource)

    def validator(self, name: str) -> Any:
        return OAS31Validator({"$ref": f"urn:openai#/components/schemas/{name}"}, registry=self.registry)

    def check(self, name: str, value: Any) -> None:
        self.validator(name).validate(value)


@pytest.fixture(scope="module")
def specification(shared: Path) -> _Specification:
    return _Specification(shared / "specs" / "openai.json")


VALUES: list[Any] = [
    *(None, True, 0, 1, -1, 1.5, 2, 2.1, -2, -2.1, 101, "", "x", "auto", "none", "low", "24h", "required"),
    *([], ["a"], [1], ["a"] * 4, ["a"] * 5, [None], [{}], ["text"], [TOOL], [{"type": "nope"}], [{"type": "function"}]),
    *(
        {},
        {"a": 1},
        {"a": "b"},
        {"1": 7},
        {"1": "7"},
        {"type": "text"},
        {"type": "json_object"},
        {"type": "json_schema"},
    ),
    *({"type": "json_schema", "json_schema": {"name": "x"}}, {"type": "json_schema", "json_schema": {}}),
    *({"include_usage": True}, {"include_usage": 1}, {"type": "function", "function": {"name": "f"}}, {"name": "f"}),
    *({"type": "content", "content": "x"}, {"format": "wav", "voice": "ash"}, {"format": "doc", "voice": "ash"}),
]


def test_what_the_table_takes_the_specification_takes(specification: _Specification) -> None:
    """The file is open where the service is closed, so the other way round does not hold."""
    validator = specification.validator("CreateChatCompletionRequest")
    names = [next(iter(issue.path)) for issue in CHAT_COMPLETION({}, ())]
    assert names == ["model", "messages"]
    taken = 0
    for name in _parameters(specification):
        for value in VALUES:
            body = {"model": "m", "messages": [USER], name: value}
            if (name, value) in (("stop", None), ("top_logprobs", None)):
                continue  # null: the file's two halves contradict each other
            if not list(CHAT_COMPLETION(body, ())):
                taken += 1
                assert validator.is_valid(body), (name, value)
    assert taken > 150


def _parameters(specification: _Specification) -> set[str]:
    schemas = specification.registry["urn:openai"].contents["components"]["schemas"]
    own = schemas["CreateChatCompletionRequest"]["allOf"][1]["properties"]
    common = schemas["ModelResponseProperties"]["properties"]
    return {*own, *common, "prompt_cache_options"} - {"messages"}


def test_the_table_has_every_parameter_of_the_specification(specification: _Specification) -> None:
    for name in _parameters(specification):
        issues = CHAT_COMPLETION({"model": "m", "messages": [USER], name: object()}, ())
        assert "unrecognized_keys" not in {issue.code for issue in issues}, name
