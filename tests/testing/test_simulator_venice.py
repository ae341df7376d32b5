"""Venice in the simulator: what it answers and what it refuses, over HTTP, with its OpenAPI file as the judge."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from onellm_providers.venice.simulator.models import MODELS, TYPES
from onellm_providers.venice.table import CHAT_COMPLETION
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from onellm.testing.simulator import Simulator, faults, simulator
from onellm.testing.simulator.chat import echo

USER = {"role": "user", "content": "Hello"}
TOOL = {"type": "function", "function": {"name": "tide", "parameters": {"type": "object", "properties": {}}}}
CHOICE = {"type": "function", "function": {"name": "tide"}}
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


def png(width: int, height: int) -> dict[str, Any]:
    """An image part: the start of a PNG of this size."""
    start = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return {"type": "image_url", "image_url": {"url": "data:image/png;base64," + base64.b64encode(start).decode()}}


def user(*parts: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"type": "text", "text": "Look"}, *parts]}]


AUDIO = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
VIDEO = {"type": "video_url", "video_url": {"url": "https://example.com/x.mp4"}}


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with simulator() as running:
        yield running


@pytest.fixture(scope="module")
def client(sim: Simulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sim.base_url("venice"), headers={"Authorization": "Bearer sim-key"}) as made:
        yield made


class _Specification:
    def __init__(self, path: Path) -> None:
        self.contents = json.loads(path.read_bytes())
        resource = Resource.from_contents(self.contents, default_specification=DRAFT4)
        self.registry = Registry[Any]().with_resource("urn:venice", resource)

    def validator(self, *place: str) -> Any:
        pointer = "/".join(part.replace("/", "~1") for part in place)
        return OAS30Validator({"$ref": f"urn:venice#/{pointer}"}, registry=self.registry)

    def reply(self, method: str, path: str, status: int) -> Any:
        return self.validator("paths", path, method, "responses", str(status), "content", "application/json", "schema")


@pytest.fixture(scope="module")
def specification(shared: Path) -> _Specification:
    return _Specification(shared / "venice" / "openapi.json")


def chat(client: httpx.Client, **parameters: Any) -> httpx.Response:
    return client.post("/chat/completions", json={"model": "zai-org-glm-5", "messages": [USER], **parameters})


def events(answer: httpx.Response) -> list[dict[str, Any]]:
    *chunks, done = answer.text.removesuffix("\n\n").split("\n\n")
    assert done == "data: [DONE]"
    return [json.loads(chunk.removeprefix("data: ")) for chunk in chunks]


ACCEPTED: list[dict[str, Any]] = [
    {},
    {"n": 2, "stop": ["x"], "seed": 7, "temperature": 1.5, "logprobs": True, "top_logprobs": 2, "max_tokens": 5},
    {"max_tokens": 0, "stop": None, "tools": None, "top_k": 0, "min_p": 0.1, "repetition_penalty": 1.2},
    {"tools": [TOOL], "tool_choice": "required", "parallel_tool_calls": False},
    {"tools": [TOOL, {"type": "web_search"}], "tool_choice": CHOICE},
    {"reasoning_effort": "low", "reasoning": {"effort": "high", "summary": "auto", "enabled": True}},
    {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}},
    {"response_format": {"type": "json_object"}},
    {"venice_parameters": {"enable_web_search": "on", "character_slug": "alan-watts", "tomorrow": 1}},
    {
        "user": "u",
        "store": True,
        "metadata": {"a": "b"},
        "fallbacks": [{"model": "x"}],
        "include": [],
        "verbosity": "auto",
    },
    {
        "model": "qwen3-vl-235b-a22b",
        "messages": user(png(64, 64), {"type": "image_url", "image_url": {"url": "https://x/y"}}),
    },
    {"model": "sim-omni", "messages": user(AUDIO, VIDEO)},
    {"messages": user({"type": "file", "file": {"file_data": "data:text/plain;base64,QQ==", "filename": "a.txt"}})},
    {
        "messages": [
            USER,
            {"role": "assistant", "content": "", "tool_calls": [{"id": "c", "x": 1}], "provider_state": 1},
        ]
    },
    {"messages": [USER, {"role": "tool", "tool_call_id": "c", "content": "r", "name": "tide"}]},
    {"model": "default:enable_web_search=on&include_venice_system_prompt=false"},
]


class TestAnswers:
    @pytest.mark.parametrize("parameters", ACCEPTED)
    def test_whole_answers_fit_the_file(
        self, client: httpx.Client, parameters: dict[str, Any], specification: _Specification
    ) -> None:
        answer = chat(client, **parameters)
        assert answer.status_code == 200, answer.text
        specification.reply("post", "/chat/completions", 200).validate(answer.json())

    @pytest.mark.parametrize("parameters", ACCEPTED)
    def test_a_stream_says_the_same(self, client: httpx.Client, parameters: dict[str, Any]) -> None:
        whole, stream = chat(client, **parameters).json(), events(chat(client, **parameters, stream=True))
        for choice in whole["choices"]:
            deltas = [
                each["delta"] for chunk in stream for each in chunk["choices"] if each["index"] == choice["index"]
            ]
            for name in ("content", "reasoning_content"):
                assert "".join(delta.get(name) or "" for delta in deltas) == (choice["message"].get(name) or "")
        assert {chunk["model"] for chunk in stream} == {whole["model"]}

    @pytest.mark.parametrize("kind", TYPES)
    def test_models_fit_the_file(self, client: httpx.Client, kind: str, specification: _Specification) -> None:
        listed = client.get("/models", params={"type": kind}).json()
        specification.reply("get", "/models", 200).validate(listed)
        assert listed["type"] == kind

    def test_models_by_type(self, client: httpx.Client) -> None:
        def ids(**query: str) -> list[str]:
            return [model["id"] for model in client.get("/models", params=query).json()["data"]]

        assert ids() == ids(type="text")
        assert ids(type="all") == list(MODELS)
        assert ids(type="embedding") == ["text-embedding-bge-m3"]
        assert ids(type="image") == ["sim-image"]
        assert ids(type="code") == ["qwen3-coder-480b-a35b-instruct-turbo"]
        assert ids(type="video") == ["sim-video"]

    def test_models_need_no_key(self, sim: Simulator) -> None:
        assert httpx.get(sim.base_url("venice") + "/models").is_success

    def test_the_echo_of_the_parameters(self, client: httpx.Client) -> None:
        given = {"enable_web_search": "auto", "character_slug": "x", "enable_e2ee": False}
        echoed = chat(client, model="default:strip_thinking_response=true", venice_parameters=given).json()[
            "venice_parameters"
        ]
        assert len(echoed) == 10
        assert {**echoed, **given, "strip_thinking_response": True} == echoed

    def test_cost(self, client: httpx.Client) -> None:
        answer = chat(client).json()
        usage = answer["usage"]
        usd = (usage["prompt_tokens"] * 1 + usage["completion_tokens"] * 3.2) / 1_000_000
        assert answer["cost"] == {"usd": pytest.approx(usd), "diem": 0}
        last = events(chat(client, stream=True, stream_options={"include_usage": True}))[-1]
        assert (last["choices"], last["usage"], last["cost"]) == ([], usage, answer["cost"])

    def test_reasoning(self, client: httpx.Client) -> None:
        def reasoning(**parameters: Any) -> tuple[str | None, int]:
            answer = chat(client, **parameters).json()
            count = answer["usage"]["completion_tokens_details"]["reasoning_tokens"]
            return answer["choices"][0]["message"].get("reasoning_content"), count

        assert reasoning() == (None, 0)
        assert reasoning(reasoning_effort="low") == (" let me think let me think let me", 8)
        assert reasoning(reasoning={"effort": "medium"})[1] == 16
        assert reasoning(reasoning={"effort": "medium"}, reasoning_effort="none") == (None, 0)
        assert reasoning(reasoning_effort="low", venice_parameters={"disable_thinking": True}) == (None, 0)
        assert reasoning(reasoning_effort="low", venice_parameters={"strip_thinking_response": True}) == (None, 8)

    def test_limits(self, client: httpx.Client) -> None:
        for limits, count in (({"max_tokens": 3}, 3), ({"max_tokens": 3, "max_completion_tokens": 2}, 2)):
            answer = chat(client, **limits).json()
            assert answer["usage"]["completion_tokens"] == count
            assert (answer["choices"][0]["finish_reason"], answer["choices"][0]["stop_reason"]) == ("length", "length")
        assert chat(client, max_tokens=-1).json()["choices"][0]["message"]["content"] == echo("Hello")

    def test_tool_calls(self, client: httpx.Client) -> None:
        (choice,) = chat(client, tools=[TOOL], tool_choice="required").json()["choices"]
        assert (choice["finish_reason"], choice.get("stop_reason")) == ("tool_calls", None)
        assert choice["message"]["tool_calls"][0]["function"] == {"name": "tide", "arguments": "{}"}
        assert chat(client).json()["choices"][0]["message"]["tool_calls"] == []

    def test_citations(self, client: httpx.Client) -> None:
        on = {"enable_web_search": "on"}
        (citation,) = chat(client, venice_parameters=on).json()["venice_parameters"]["web_search_citations"]
        assert citation["url"] == "https://example.com/page"
        first, second, *_ = events(chat(client, venice_parameters=on, stream=True))
        assert first["venice_parameters"]["web_search_citations"] == [citation]
        assert first["choices"][0]["delta"]["role"] == "assistant"
        assert "venice_parameters" not in second
        alone = events(chat(client, venice_parameters=on | {"include_search_results_in_stream": True}, stream=True))[0]
        assert (alone["choices"], alone["venice_parameters"]["web_search_citations"]) == ([], [citation])

    def test_headers(self, client: httpx.Client) -> None:
        answers = [chat(client, model="default"), chat(client, n=0)]
        assert len({answer.headers["cf-ray"] for answer in answers}) == 2
        for answer in answers:
            assert answer.headers["x-venice-balance-usd"] == "10.00"
            assert answer.headers["x-ratelimit-remaining-requests"] == "499"
        assert answers[0].headers["x-venice-model-id"] == answers[0].json()["model"] == "zai-org-glm-5"
        assert "x-venice-model-deprecation-date" not in answers[0].headers
        retiring = chat(client, model="sim-retiring").headers
        assert retiring["x-venice-model-deprecation-date"] == "2027-03-01T00:00:00.000Z"
        assert "zai-org-glm-5" in retiring["x-venice-model-deprecation-warning"]

    @pytest.mark.parametrize(
        ("trait", "model"),
        [
            ("default", "zai-org-glm-5"),
            ("default_vision", "qwen3-vl-235b-a22b"),
            ("most_uncensored", "venice-uncensored"),
        ],
    )
    def test_traits_are_models(self, client: httpx.Client, trait: str, model: str) -> None:
        assert chat(client, model=trait).json()["model"] == model


REFUSED: list[tuple[dict[str, Any], list[str | int], str, str]] = [
    # parameters, path, code, message
    ({"foo": 1}, [], "unrecognized_keys", "Unrecognized key(s) in object: 'foo'"),
    ({"service_tier": "auto"}, [], "unrecognized_keys", "'service_tier'"),
    ({"messages": []}, ["messages"], "too_small", "Array must contain at least 1 element(s)"),
    ({"model": None}, ["model"], "invalid_type", "Expected string, received null"),
    ({"temperature": 2.1}, ["temperature"], "too_big", "Number must be less than or equal to 2"),
    ({"temperature": None}, ["temperature"], "invalid_type", "Expected number, received null"),
    ({"max_temp": 3}, ["max_temp"], "too_big", "less than or equal to 2"),
    ({"min_temp": -1}, ["min_temp"], "too_small", "greater than or equal to 0"),
    ({"top_p": 1.1}, ["top_p"], "too_big", "less than or equal to 1"),
    ({"min_p": -0.1}, ["min_p"], "too_small", "greater than or equal to 0"),
    ({"top_k": -1}, ["top_k"], "too_small", "greater than or equal to 0"),
    ({"top_k": 1.5}, ["top_k"], "invalid_type", "Expected integer, received float"),
    ({"frequency_penalty": -2.1}, ["frequency_penalty"], "too_small", "greater than or equal to -2"),
    ({"presence_penalty": 2.1}, ["presence_penalty"], "too_big", "less than or equal to 2"),
    ({"repetition_penalty": -1}, ["repetition_penalty"], "too_small", "greater than or equal to 0"),
    ({"n": 0}, ["n"], "too_small", "greater than or equal to 1"),
    ({"seed": 0}, ["seed"], "too_small", "Number must be greater than 0"),
    ({"stop": []}, ["stop"], "too_small", "at least 1"),
    ({"stop": ["a"] * 5}, ["stop"], "too_big", "Array must contain at most 4 element(s)"),
    ({"top_logprobs": -1}, ["top_logprobs"], "too_small", "greater than or equal to 0"),
    ({"fallbacks": [{"model": "x"}] * 11}, ["fallbacks"], "too_big", "at most 10"),
    ({"reasoning_effort": "huge"}, ["reasoning_effort"], "invalid_enum_value", "received 'huge'"),
    ({"reasoning": {"effort": "huge"}}, ["reasoning", "effort"], "invalid_enum_value", "received 'huge'"),
    ({"verbosity": "loud"}, ["verbosity"], "invalid_enum_value", "received 'loud'"),
    ({"prompt_cache_retention": "1h"}, ["prompt_cache_retention"], "invalid_enum_value",
     "Expected 'default' | 'extended' | '24h'"),
    ({"metadata": {"a": 1}}, ["metadata", "a"], "invalid_type", "Expected string, received number"),
    ({"response_format": {"type": "json_object", "x": 1}}, ["response_format"], "unrecognized_keys", "'x'"),
    ({"venice_parameters": {"enable_web_search": True}}, ["venice_parameters", "enable_web_search"], "invalid_type",
     "Expected string, received boolean"),
    ({"venice_parameters": {"enable_web_search": "yes"}}, ["venice_parameters", "enable_web_search"],
     "invalid_enum_value", "Expected 'auto' | 'off' | 'on', received 'yes'"),
    ({"venice_parameters": {"enable_e2ee": "true"}}, ["venice_parameters", "enable_e2ee"], "invalid_type", "boolean"),
    ({"tools": [{"type": "function"}]}, ["tools", 0, "function"], "invalid_type", "Required"),
    ({"messages": [{"role": "bot", "content": ""}]}, ["messages", 0, "role"], "invalid_enum_value", "'bot'"),
    ({"messages": user({"type": "text", "text": ""})}, ["messages", 0, "content", 1, "text"], "too_small",
     "String must contain at least 1 character(s)"),
    ({"messages": [{"role": "tool", "content": [], "tool_call_id": "c"}]},
     ["messages", 0, "content"], "invalid_type", "Expected string, received array"),
    ({"messages": user({"type": "image_url", "image_url": {"url": "x.png"}})},
     ["messages", 0, "content", 1, "image_url", "url"], "invalid_string", "Invalid url"),
    # what the model cannot do
    ({"messages": user(png(64, 64))}, ["messages", 0, "content", 1], "custom", "image_url is not supported"),
    ({"model": "default_vision", "messages": user(png(64, 63))}, ["messages", 0, "content", 1], "custom", "64 pixels"),
    ({"model": "default_vision", "messages": user({"type": "image_url", "image_url": {
        "url": "data:image/png;base64,no!"}})}, ["messages", 0, "content", 1], "custom", "64 pixels"),
    ({"messages": user(AUDIO)}, ["messages", 0, "content", 1], "custom", "input_audio is not supported"),
    ({"messages": user(VIDEO)}, ["messages", 0, "content", 1], "custom", "video_url is not supported"),
    ({"model": "sim-omni", "messages": user(VIDEO, VIDEO, VIDEO, VIDEO)}, ["messages"], "custom", "At most 3 videos"),
    ({"model": "venice-uncensored", "tools": [TOOL]}, ["tools"], "custom", "tools is not supported by this model"),
    ({"model": "venice-uncensored", "response_format": {"type": "json_schema", "json_schema": SCHEMA}},
     ["response_format"], "custom", "response_format is not supported"),
    ({"model": "venice-uncensored", "logprobs": True}, ["logprobs"], "custom", "logprobs is not supported"),
    ({"model": "venice-uncensored", "reasoning_effort": "low"}, ["reasoning_effort"], "custom", "not supported"),
    ({"reasoning_effort": "xhigh"}, ["reasoning_effort"], "custom", "reasoning_effort 'xhigh' is not supported"),
    ({"venice_parameters": {"enable_x_search": True}}, ["enable_x_search"], "custom", "not supported"),
    ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "x"}}},
     ["tool_choice"], "custom", "names no tool: x"),
    ({"model": "default:enable_web_search=yes"}, ["model", "enable_web_search"], "invalid_enum_value", "'yes'"),
]  # fmt: skip


class TestRefusals:
    @pytest.mark.parametrize(("parameters", "path", "code", "message"), REFUSED)
    def test_a_bad_request(
        self, client: httpx.Client, parameters: dict[str, Any], path: list[str | int], code: str, message: str
    ) -> None:
        answer = chat(client, **parameters)
        body = answer.json()
        assert answer.status_code == 400
        (issue,) = body["issues"]
        assert (issue["path"], issue["code"]) == (path, code)
        assert message in issue["message"]
        node = body["details"]
        for part in path:
            node = node[str(part)]
        assert node == {"_errors": [issue["message"]]}

    def test_refusals_fit_the_file(self, client: httpx.Client, specification: _Specification) -> None:
        for parameters, *_ in REFUSED:
            specification.reply("post", "/chat/completions", 400).validate(chat(client, **parameters).json())

    def test_all_issues_are_listed(self, client: httpx.Client) -> None:
        body = chat(client, n=0, seed=0, foo=1).json()
        assert [issue["path"] for issue in body["issues"]] == [["n"], ["seed"], []]
        assert body["issues"][1] == {
            "code": "too_small",
            "message": "Number must be greater than 0",
            "path": ["seed"],
            "type": "number",
            "minimum": 0,
            "inclusive": False,
            "exact": False,
        }

    def test_no_credentials_fit_the_file(self, sim: Simulator, specification: _Specification) -> None:
        missing = httpx.post(sim.base_url("venice") + "/chat/completions", json={})
        specification.reply("post", "/chat/completions", 402).validate(missing.json())

    def test_no_credentials_are_no_bad_key(self, sim: Simulator) -> None:
        url = sim.base_url("venice") + "/chat/completions"
        missing = httpx.post(url, json={})
        assert missing.status_code == 402
        assert missing.json()["authOptions"]["x402Wallet"]["header"] == "SIGN-IN-WITH-X"
        assert json.loads(base64.b64decode(missing.headers["payment-required"])) == missing.json()
        wrong = httpx.post(url, json={}, headers={"Authorization": "Bearer bad-key"})
        assert (wrong.status_code, wrong.json()) == (401, {"error": "Authentication failed"})

    @pytest.mark.parametrize(
        ("model", "status", "message"),
        [
            ("nothing", 404, "Specified model not found"),
            ("ZAI-ORG-GLM-5", 404, "Specified model not found"),
            ("sim-image", 400, "Invalid model specified"),
            ("default:web", 400, "Unknown model feature suffix: web"),
            ("default:nothing=on", 400, "Unknown model feature suffix: nothing"),
        ],
    )
    def test_a_model_that_does_not_chat(self, client: httpx.Client, model: str, status: int, message: str) -> None:
        answer = chat(client, model=model)
        assert (answer.status_code, answer.json()) == (status, {"error": message})

    def test_a_suffix_that_contradicts_the_body(self, client: httpx.Client) -> None:
        same, other = ({"enable_web_search": value} for value in ("on", "off"))
        assert chat(client, model="default:enable_web_search=on", venice_parameters=same).is_success
        refused = chat(client, model="default:enable_web_search=on", venice_parameters=other)
        assert (refused.status_code, "contradicts" in refused.json()["error"]) == (400, True)

    def test_a_prompt_that_is_too_long(self, client: httpx.Client) -> None:
        answer = chat(client, model="sim-small", messages=[{"role": "user", "content": "word " * 300}])
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "context_length_exceeded"

    def test_a_body_that_is_no_json(self, client: httpx.Client) -> None:
        answer = client.post("/chat/completions", content=b"{", headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()) == (400, {"error": "The body is not valid JSON"})
        assert client.post("/chat/completions", content=b"{}").status_code == 415

    def test_an_unknown_type_of_models(self, client: httpx.Client) -> None:
        answer = client.get("/models", params={"type": "poem"})
        assert (answer.status_code, answer.json()["issues"][0]["path"]) == (400, ["type"])

    def test_what_faults_say(self, sim: Simulator, client: httpx.Client) -> None:
        sim.inject(faults.insufficient_quota())
        answer = chat(client)
        assert answer.status_code == 402
        assert answer.json()["error"].startswith("Insufficient USD or Diem balance")
        sim.inject(faults.rate_limit("1"))
        assert (chat(client).json(), sim.requests[-1].status) == ({"error": "Rate limit exceeded"}, 429)
        sim.inject(faults.error_event(after=1))
        assert chat(client, stream=True).text.endswith('data: {"error":"Upstream failed"}\n\n')


VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 1.5, 2, 2.1, 3, -2, -2.1, 1e9, "", "x", "on", "off", "auto", "low", "none", "24h"),
    *([], ["a"], [1], ["a"] * 4, ["a"] * 5, [None], [{}], [{"model": "m"}], [{"model": "m"}] * 11),
    *([{"type": "web_search"}], [{"type": "x"}], [{"function": {"name": "f"}}], [{"function": {}}], [TOOL]),
    *([{"function": {"name": "f", "parameters": 3}}], [{"function": {"name": "f", "strict": None}}]),
    *({}, {"a": 1}, {"a": "b"}, {"effort": "low"}, {"effort": "x"}, {"summary": "auto"}, {"verbosity": "x"}),
    *(
        {"type": "text"},
        {"type": "json_object", "x": 1},
        {"type": "json_schema"},
        {"type": "json_schema", "json_schema": {}},
    ),
    *({"include_usage": True}, {"include_usage": 1}, CHOICE, {"type": "function", "function": {}}),
    *({"enable_web_search": "on"}, {"enable_web_search": True}, {"enable_e2ee": "true"}, {"character_slug": None}),
]
CACHE = {"type": "ephemeral"}
PARTS: list[Any] = [
    *({"type": "text", "text": "a"}, {"type": "text", "text": ""}, {"type": "text"}, {"type": "x"}, {}, "x"),
    *({"type": "text", "text": "a", "cache_control": CACHE}, {"type": "text", "text": "a", "cache_control": {}}),
    *(png(64, 64), {"type": "image_url", "image_url": "https://x/y"}, AUDIO, VIDEO),
    *({"type": "input_audio", "input_audio": {"data": ""}}, {"type": "input_audio", "input_audio": {"format": "wav"}}),
    *(
        {"type": "input_audio", "input_audio": {"data": "", "format": "opus"}},
        {"type": "file", "file": {"file_data": ""}},
    ),
    *({"type": "file", "file": {"filename": "x"}}, {"type": "video_url", "video_url": {}}),
]
FIELDS: list[dict[str, Any]] = [
    *({}, {"tool_call_id": "c"}, {"tool_call_id": 1}, {"name": None}, {"name": 3}, {"tool_calls": None}, {"x": 1}),
    *({"tool_calls": [{"id": 1}]}, {"tool_calls": {}}, {"reasoning_content": None}, {"reasoning_content": 3}),
    *({"reasoning_details": [{"type": "t"}]}, {"reasoning_details": [{}]}, {"thought_signature": 3}),
]


class TestTable:
    """The table refuses what the file refuses, and nothing more."""

    def test_parameters(self, specification: _Specification) -> None:
        validator = specification.validator("components", "schemas", "ChatCompletionRequest")
        schema = specification.contents["components"]["schemas"]["ChatCompletionRequest"]
        for name in {*schema["properties"], "foo"} - {"messages"}:
            for value in VALUES:
                body = {"model": "m", "messages": [USER], name: value}
                if not (name == "n" and isinstance(value, int) and value < 1):  # the file forgot: `n` has no minimum
                    assert (not list(CHAT_COMPLETION(body, ()))) == validator.is_valid(body), (name, value)

    def test_messages(self, specification: _Specification) -> None:
        validator = specification.validator("components", "schemas", "ChatCompletionRequest")
        contents: list[Any] = ["x", "", None, [], 3, {}, *([part] for part in PARTS)]
        roles = ("user", "assistant", "tool", "system", "developer", "function", None)
        for message in (
            {"role": role, **fields, **content}
            for role in roles
            for fields in FIELDS
            for content in ({}, *({"content": content} for content in contents))
        ):
            body = {"model": "m", "messages": [message]}
            assert (not list(CHAT_COMPLETION(body, ()))) == validator.is_valid(body), message

    def test_every_schema_of_the_file_compiles(self, specification: _Specification) -> None:
        for name, schema in specification.contents["components"]["schemas"].items():
            OAS30Validator.check_schema(schema)
            specification.validator("components", "schemas", name).is_valid({})
