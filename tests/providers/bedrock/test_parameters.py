"""Parameters, tools and schemas on their way to Converse, by the hard cases' ids."""

from __future__ import annotations

import json
import time
from typing import Any

import hypothesis
import jsonschema
import pytest
from hypothesis import strategies as st
from onellm_providers.anthropic.formats import BOUNDS

from onellm import CapabilityError, InvalidRequestError, OneLLMError, UnsupportedParameterError
from onellm.capabilities import Capability
from tests.providers.bedrock.wire import CLAUDE, NOVA, chat_call, parameters, provider
from tests.wire import USER, calling, result, tool, tool_call

NEW = "us.anthropic.claude-opus-4-7-v1"
GPT = "openai.gpt-oss-120b-1:0"
FREE = "qwen.qwen3-32b-v1:0"
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}


def config(**params: Any) -> Any:
    return parameters(**params).get("toolConfig")


def fields(**params: Any) -> Any:
    return parameters(**params).get("additionalModelRequestFields")


# -- tools -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        pytest.param("required", {"any": {}}, id="TOOL-19"),
        pytest.param("auto", {"auto": {}}, id="TOOL-20 auto"),
        pytest.param({"type": "auto"}, {"auto": {}}, id="TOOL-20 auto as a table"),
        pytest.param({"type": "function", "function": {"name": "f"}}, {"tool": {"name": "f"}}, id="TOOL-20"),
    ],
)
def test_tool_choice(choice: Any, sent: Any) -> None:
    assert config(tools=[tool()], tool_choice=choice)["toolChoice"] == sent


@pytest.mark.parametrize("choice", [{"type": "function"}, {"kind": "x"}, {}])
def test_a_malformed_choice_is_told(choice: Any) -> None:
    """TOOL-20."""
    with pytest.raises(InvalidRequestError, match="tool_choice"):
        chat_call(tools=[tool()], tool_choice=choice)


def test_no_tool_may_be_called() -> None:
    """TOOL-18: the tools are withheld; those of the history are declared, which is told."""
    assert config(tools=[tool()], tool_choice="none") is None
    history = [USER, calling(tool_call()), result()]
    made = chat_call(*history, tools=[tool(), tool("g")], tool_choice="none")
    assert [each["toolSpec"]["name"] for each in made.json["toolConfig"]["tools"]] == ["f"]
    assert "toolChoice" not in made.json["toolConfig"]
    assert made.dropped == ("tool_choice",)


def test_descriptions_parameters_and_names() -> None:
    """TOOL-24, TOOL-26, TOOL-27."""
    (made,) = config(tools=[{"type": "function", "function": {"name": "f", "description": ""}}])["tools"]
    assert made == {"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object", "properties": {}}}}}
    with pytest.raises(InvalidRequestError, match="letters, digits"):
        chat_call(tools=[tool("a.b")])
    with pytest.raises(InvalidRequestError, match="another tool"):
        chat_call(tools=[tool(), tool()])


def test_tools_that_are_no_functions() -> None:
    """TOOL-37."""
    namespace = {"type": "namespace", "name": "n"}
    with pytest.raises(UnsupportedParameterError, match="namespace"):
        chat_call(tools=[namespace, tool()])
    made = chat_call(tools=[namespace, tool()], unsupported="drop")
    assert made.dropped == ("tools[0]",)
    assert len(made.json["toolConfig"]["tools"]) == 1


def test_strict_where_it_is_taken() -> None:
    """TOOL-39."""
    asked = [tool(strict=True, parameters=SCHEMA)]
    (made,) = config(tools=asked)["tools"]
    assert made["toolSpec"]["strict"] is True
    assert made["toolSpec"]["inputSchema"]["json"]["additionalProperties"] is False
    for model in (NOVA, NEW, "us.meta.llama3-3-70b-instruct-v1:0"):
        call = chat_call(model=model, tools=asked)
        assert "strict" not in str(call.json)
        assert call.dropped == ("tools[0].function.strict",)


def test_one_call_at_a_time_cannot_be_asked_for() -> None:
    """TOOL-22."""
    with pytest.raises(UnsupportedParameterError, match="one call"):
        chat_call(tools=[tool()], parallel_tool_calls=False)
    assert config(tools=[tool()], parallel_tool_calls=True) == config(tools=[tool()])


def test_none_is_absent() -> None:
    """PAR-13."""
    assert parameters(tools=None, parallel_tool_calls=None, additionalModelRequestFields=None) == {}


# -- sampling and limits -----------------------------------------------------------------------------------------------


def test_limits_and_sampling() -> None:
    """PAR-02, PAR-03, PAR-07."""
    assert parameters(max_tokens=10, temperature=0, stop="END")["inferenceConfig"] == {
        "maxTokens": 10, "temperature": 0, "stopSequences": ["END"]
    }  # fmt: skip
    assert parameters(model=GPT, top_p=0, stop=["a", "b"])["inferenceConfig"] == {
        "topP": 0,
        "stopSequences": ["a", "b"],
    }
    with pytest.raises(InvalidRequestError, match="between 0 and 1"):
        chat_call(model=GPT, temperature=1.5)


def test_temperature_together_with_top_p() -> None:
    """PAR-05."""
    with pytest.raises(UnsupportedParameterError, match="not both"):
        chat_call(temperature=0.5, top_p=0.5)
    both = {"temperature": 0.5, "topP": 0.5}
    assert parameters("anthropic.claude-3-haiku-20240307-v1:0", temperature=0.5, top_p=0.5)["inferenceConfig"] == both


def test_top_k() -> None:
    """PAR-09."""
    assert fields(top_k=5) == {"top_k": 5}
    assert fields(model=NOVA, top_k=5) == {"inferenceConfig": {"topK": 5}}
    with pytest.raises(UnsupportedParameterError, match="top_k"):
        chat_call(model=FREE, top_k=5)


def test_several_choices_are_refused() -> None:
    """PAR-11."""
    with pytest.raises(UnsupportedParameterError, match="n"):
        chat_call(n=3)
    assert parameters(n=1) == {}


def test_native_parameters_go_along_under_their_names() -> None:
    guard = {"guardrailIdentifier": "g", "guardrailVersion": "1", "trace": "enabled"}
    made = parameters(
        guardrailConfig=guard,
        additionalModelRequestFields={"anthropic_beta": ["x"]},
        additionalModelResponseFieldPaths=["/stop_sequence"],
        performanceConfig={"latency": "optimized"},
        requestMetadata={"a": "b"},
        service_tier="flex",
        outputConfig={"effort": "low"},
    )
    assert made == {
        "guardrailConfig": guard,
        "additionalModelRequestFields": {"anthropic_beta": ["x"]},
        "additionalModelResponseFieldPaths": ["/stop_sequence"],
        "performanceConfig": {"latency": "optimized"},
        "requestMetadata": {"a": "b"},
        "serviceTier": {"type": "flex"},
        "outputConfig": {"effort": "low"},
    }
    assert parameters(metadata={"k": "v"}) == {"requestMetadata": {"k": "v"}}


# -- thinking ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "effort", "sent"),
    [
        pytest.param(CLAUDE, "low", {"thinking": {"type": "enabled", "budget_tokens": 1024}}, id="RSN-26 claude"),
        pytest.param(
            NOVA, "high", {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}}, id="RSN-26 nova"
        ),
        pytest.param(NOVA, "none", {"reasoningConfig": {"type": "disabled"}}, id="RSN-26 nova off"),
        pytest.param(GPT, "medium", {"reasoning_effort": "medium"}, id="RSN-26 gpt-oss"),
    ],
)
def test_where_thinking_goes(model: str, effort: str, sent: Any) -> None:
    assert fields(model=model, reasoning_effort=effort, max_tokens=8000) == sent


def test_efforts_of_newer_models_are_the_service_s_own() -> None:
    """RSN-26."""
    made = parameters(model=NEW, reasoning_effort="high")
    assert made["additionalModelRequestFields"] == {"thinking": {"type": "adaptive"}}
    assert made["outputConfig"] == {"effort": "high"}


def test_a_budget_and_the_limit() -> None:
    """RSN-02."""
    assert parameters(reasoning_effort="high")["inferenceConfig"] == {"maxTokens": 16384 + 4096}
    assert parameters(reasoning_effort="high", max_tokens=20000)["inferenceConfig"] == {"maxTokens": 20000}
    with pytest.raises(InvalidRequestError, match="16384"):
        chat_call(reasoning_effort="high", max_tokens=4096)


@pytest.mark.parametrize("params", [{"temperature": 0.2}, {"top_p": 0.5}, {"top_k": 5}])
def test_sampling_while_it_thinks(params: Any) -> None:
    """RSN-04."""
    with pytest.raises(UnsupportedParameterError, match="while it thinks"):
        chat_call(reasoning_effort="low", max_tokens=8000, **params)
    with pytest.raises(UnsupportedParameterError, match="takes no"):
        chat_call(model=NEW, **params)


def test_forced_tools_while_it_thinks() -> None:
    """RSN-05."""
    with pytest.raises(InvalidRequestError, match="forced"):
        chat_call(reasoning_effort="low", max_tokens=8000, tools=[tool()], tool_choice="required")
    with pytest.raises(CapabilityError, match="forced"):
        chat_call(model="us.anthropic.claude-opus-5-5", tools=[tool()], tool_choice="required")


@pytest.mark.parametrize(
    ("model", "effort"), [(GPT, "minimal"), (FREE, "low"), ("anthropic.claude-3-haiku-20240307-v1:0", "low")]
)
def test_efforts_that_are_not_taken(model: str, effort: str) -> None:
    """RSN-22."""
    with pytest.raises(UnsupportedParameterError, match=r"think|effort"):
        chat_call(model=model, reasoning_effort=effort)
    made = chat_call(model=model, reasoning_effort=effort, unsupported="drop")
    assert made.dropped == ("reasoning_effort",)
    with pytest.raises(InvalidRequestError, match="must be one of"):
        chat_call(model=GPT, reasoning_effort="enormous")


# -- structured output -------------------------------------------------------------------------------------------------


def form(schema: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}


def test_structured_output() -> None:
    """OUT-08: in outputConfig where it is taken, refused where it is known not to be."""
    sent = parameters(response_format=form(SCHEMA))["outputConfig"]["textFormat"]
    assert sent["type"] == "json_schema"
    assert sent["structure"]["jsonSchema"]["name"] == "n"
    assert json.loads(sent["structure"]["jsonSchema"]["schema"]) == {**SCHEMA, "additionalProperties": False}
    with pytest.raises(CapabilityError, match="structured"):
        chat_call(model="anthropic.claude-3-haiku-20240307-v1:0", response_format=form(SCHEMA))
    with pytest.raises(UnsupportedParameterError, match="JSON mode"):
        chat_call(response_format={"type": "json_object"})


def test_a_format_and_tools_go_together() -> None:
    """OUT-03: nothing forces a tool."""
    made = parameters(response_format=form(SCHEMA), tools=[tool()])
    assert "toolChoice" not in made["toolConfig"]
    assert "textFormat" in made["outputConfig"]


def test_schemas_that_hold_themselves() -> None:
    """SCH-03."""
    node = {"$defs": {"N": {"type": "object", "properties": {"c": {"type": "array", "items": {"$ref": "#/$defs/N"}}}}}}
    pair = {
        "$defs": {
            "A": {"type": "object", "properties": {"b": {"$ref": "#/$defs/B"}}},
            "B": {"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}},
        }
    }
    began = time.process_time()
    for schema, name in ((node, "N"), (pair, "A")):
        with pytest.raises(InvalidRequestError, match="itself"):
            chat_call(response_format=form({**schema, "$ref": f"#/$defs/{name}"}))
        used = tool(parameters={**schema, "type": "object", "properties": {"x": {"$ref": f"#/$defs/{name}"}}})
        assert config(tools=[used])["tools"][0]["toolSpec"]["inputSchema"]["json"]["$defs"] == schema["$defs"]
    assert time.process_time() - began < 1


LEAVES = st.sampled_from([
    {"type": "string"}, {"type": "integer", "minimum": 3}, {"type": "number", "exclusiveMaximum": 9},
    {"enum": ["a", 1]},
    {"type": "string", "format": "date"}, {"type": "string", "pattern": "^a+$"}, {"type": "boolean"}, {"type": "null"},
    {"type": "string", "maxLength": 3}, {"const": "x"}, {"type": ["string", "null"]}, {"$ref": "#/$defs/D"},
    {"anyOf": [{"$ref": "#/$defs/D"}, {"type": "null"}]},
])  # fmt: skip


PLAIN = LEAVES.filter(lambda each: "$defs" not in str(each))
"""Those that refer to nothing."""


def _objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    return st.builds(
        lambda found, closed: {
            "type": "object", "properties": found, "required": sorted(found),
            **({"additionalProperties": closed} if closed is not None else {}),
        },
        names,
        st.sampled_from([None, False, True]),
    )  # fmt: skip


SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        _objects(inner),
        st.builds(lambda each, size: {"type": "array", "items": each, "minItems": size}, inner, st.integers(0, 2)),
        st.builds(lambda parts: {"oneOf": parts}, st.lists(inner, min_size=1, max_size=2)),
        st.builds(lambda parts: {"anyOf": parts}, st.lists(inner, min_size=1, max_size=2)),
    ),
    max_leaves=6,
)


@hypothesis.settings(max_examples=150, deadline=None, derandomize=True)
@hypothesis.given(_objects(SCHEMAS), _objects(PLAIN), st.data())
def test_any_schema_is_in_the_subset_or_is_refused(root: Any, shared_part: Any, data: st.DataObject) -> None:
    """SCH-13, SCH-01: what is sent has none of the refused words, and takes every instance of the original.

    An object that takes more than it lists is closed, which `encode_schema` does for every object: the instances here
    hold what is listed.
    """
    schema = {**root, "$defs": {"D": shared_part}}
    try:
        made = chat_call(response_format=form(schema))
    except UnsupportedParameterError:
        made = chat_call(response_format=form(schema), unsupported="drop")
        assert made.dropped
    found = json.loads(made.json["outputConfig"]["textFormat"]["structure"]["jsonSchema"]["schema"])
    assert not _words(found) & BOUNDS
    instance = data.draw(_instance(schema, shared_part))
    if jsonschema.Draft202012Validator(schema).is_valid(instance):
        jsonschema.validate(instance, found)


def _words(schema: Any) -> set[str]:
    if isinstance(schema, list):
        return set[str]().union(*map(_words, schema))
    if not isinstance(schema, dict):
        return set()
    tables = ("properties", "$defs")
    inner = [each for name, each in schema.items() if name not in tables]
    return {*schema, *_words([*inner, *(each for name in tables for each in schema.get(name, {}).values())])}


def _instance(schema: Any, part: Any) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        return _instance(part, part)
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    if "oneOf" in schema or "anyOf" in schema:
        return st.one_of([_instance(each, part) for each in schema.get("oneOf", schema.get("anyOf"))])
    if isinstance(schema["type"], list):
        return st.one_of([_instance({"type": kind}, part) for kind in schema["type"]])
    if schema["type"] == "object":
        return st.fixed_dictionaries({name: _instance(each, part) for name, each in schema["properties"].items()})
    if schema["type"] == "array":
        return st.lists(_instance(schema["items"], part), max_size=3)
    plain: dict[str, st.SearchStrategy[Any]] = {
        "string": st.sampled_from(["a", "aa", "2026-01-02", ""]),
        "integer": st.integers(0, 9),
        "number": st.integers(0, 20),
        "boolean": st.booleans(),
        "null": st.none(),
    }
    return plain[schema["type"]]


# -- what is known -----------------------------------------------------------------------------------------------------


def test_capabilities_are_those_of_the_model_behind_the_id() -> None:
    """AUTH-09."""
    arn = "arn:aws:bedrock:eu-west-1:1:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0"
    for model in (CLAUDE, CLAUDE.removeprefix("us."), arn):
        assert provider().info(model).supports(Capability.JSON_SCHEMA) is True
    assert provider().info("meta.llama3-8b-instruct-v1:0").supports(Capability.PROMPT_CACHING) is False
    assert provider().info("meta.llama3-8b-instruct-v1:0").supports(Capability.TOOLS) is None


def test_what_is_nobody_s_parameter_is_told() -> None:
    with pytest.raises(OneLLMError, match="guardrailConfig"):
        chat_call(guardrailConfg={})


@pytest.mark.parametrize("name", ["additionalModelRequestFields", "outputConfig", "guardrailConfig", "requestMetadata"])
def test_a_table_of_the_service_must_be_one(name: str) -> None:
    with pytest.raises(InvalidRequestError, match=f"{name} must be a dict"):
        chat_call(unsupported="drop", **dict[str, Any]({name: ["low"]}))
