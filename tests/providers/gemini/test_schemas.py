"""Schemas in the subset that old models take: nothing valid is lost, and nothing else is said than the subset has."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import hypothesis
import jsonschema
import pytest
from google.genai import types
from hypothesis import strategies as st
from onellm_providers.gemini.rules import rules_for
from onellm_providers.gemini.schemas import ordered, subset, whole
from onellm_providers.gemini.target import Target

from onellm import InvalidRequestError, UnsupportedParameterError
from onellm.openai_compatible.losses import Losses
from onellm.translate.schema import inlined
from tests.providers.gemini.wire import NEW, OLD, body
from tests.recursion import recursive
from tests.wire import call, tool

EXAMPLES = hypothesis.settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.filter_too_much],
)
NODE: dict[str, Any] = {
    "$defs": {"N": {"type": "object", "properties": {"next": {"$ref": "#/$defs/N"}, "v": {"type": "integer"}}}},
    "$ref": "#/$defs/N",
}
MUTUAL: dict[str, Any] = {
    "$defs": {
        "A": {"type": "object", "properties": {"b": {"$ref": "#/$defs/B"}}},
        "B": {"type": "object", "properties": {"a": {"type": "array", "items": {"$ref": "#/$defs/A"}}}},
    },
    "$ref": "#/$defs/A",
}


def converted(schema: Any, *, drop: bool = False) -> dict[str, Any]:
    """The schema in the subset, whose keywords the SDK's type knows."""
    losses = Losses(drop=drop)
    made = subset(Target("gemini", "gemini", OLD, rules_for(OLD), losses), schema, "schema")
    check_subset(made)
    return made


def check_subset(made: Any) -> None:
    types.Schema.model_validate(made)
    assert not made.keys() & {"$ref", "$defs", "oneOf", "allOf", "const", "additionalProperties"}
    if "anyOf" in made:
        assert made.keys() <= {"anyOf", "nullable"}
    else:
        assert made["type"] in ("STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL")
    if "enum" in made:
        assert made["type"] == "STRING"
        assert all(isinstance(each, str) and each for each in made["enum"])
    if made.get("type") == "ARRAY":
        assert made["items"]
    assert set(made.get("required", ())) <= set(made.get("properties", {}))
    for each in (
        *made.get("anyOf", ()),
        *made.get("properties", {}).values(),
        *([made["items"]] if "items" in made else ()),
    ):
        check_subset(each)


def as_json_schema(made: Any) -> Any:
    """What the subset says, as JSON Schema."""
    plain = {
        name: value
        for name, value in made.items()
        if name
        in ("enum", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "required")
    }
    if "anyOf" in made:
        plain["anyOf"] = [as_json_schema(each) for each in made["anyOf"]]
    if "type" in made:
        plain["type"] = made["type"].lower()
    if "properties" in made:
        plain["properties"] = {name: as_json_schema(each) for name, each in made["properties"].items()}
    if "items" in made:
        plain["items"] = as_json_schema(made["items"])
    return {"anyOf": [plain, {"type": "null"}]} if made.get("nullable") else plain


# -- random schemas, each with values that are valid for it ------------------------------------------------------------

WORDS = st.text("abc", min_size=1, max_size=3)
NAMES = ("Text", "Count", "Pair")
DEFINED: dict[str, Any] = {
    "Text": {"type": "string", "minLength": 1},
    "Count": {"type": ["integer", "null"], "minimum": 0},
    "Pair": {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/Text"}, "b": {"$ref": "#/$defs/Count"}},
        "required": ["a"],
    },
}


BESIDE: tuple[dict[str, Any], ...] = (
    {},
    {"description": "D"},
    {"default": None},
    {"minLength": 2},
    {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}, {"type": "object"}]},
    {"allOf": [{"type": ["string", "object"]}], "anyOf": [{"type": "string"}, {"type": "object"}]},
)
"""What stands beside a reference."""


def leaves() -> st.SearchStrategy[Any]:
    return st.one_of(
        st.builds(
            lambda low, more: {"type": "integer", "minimum": low, "exclusiveMaximum": low + more},
            st.integers(-5, 5),
            st.integers(1, 9),
        ),
        st.builds(lambda low: {"type": "number", "exclusiveMinimum": low, "multipleOf": 0.5}, st.integers(-5, 5)),
        st.just({"type": "boolean"}),
        st.just({"type": "null"}),
        st.builds(lambda size: {"type": "string", "maxLength": size, "format": "uuid"}, st.integers(0, 5)),
        st.builds(
            lambda values: {"enum": values},
            st.lists(st.one_of(WORDS, st.integers(-3, 3), st.none(), st.booleans()), min_size=1, unique_by=repr),
        ),
        st.builds(lambda values: {"type": "string", "enum": values}, st.lists(WORDS, min_size=1, unique=True)),
        st.builds(lambda value: {"const": value}, st.one_of(WORDS, st.integers(), st.booleans(), st.none())),
        st.builds(
            lambda name, more: {"$ref": f"#/$defs/{name}", **more}, st.sampled_from(NAMES), st.sampled_from(BESIDE)
        ),
    )


def bigger(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    fields = st.dictionaries(WORDS, inner, min_size=1, max_size=3)

    def record(made: dict[str, Any], all_: bool) -> Any:
        return {
            "type": "object",
            "properties": made,
            "required": list(made)[: None if all_ else 1],
            "additionalProperties": False,
        }

    def both(one: dict[str, Any], other: dict[str, Any]) -> Any:
        return {
            "allOf": [
                {"type": "object", "properties": one, "required": list(one)},
                {"type": "object", "properties": {f"z{name}": each for name, each in other.items()}},
            ]
        }

    return st.one_of(
        st.builds(record, fields, st.booleans()),
        st.builds(lambda items, low: {"type": "array", "items": items, "minItems": low}, inner, st.integers(0, 2)),
        st.builds(
            lambda first, other: {"type": "array", "prefixItems": [first, other], "minItems": 2, "maxItems": 2},
            inner,
            inner,
        ),
        st.builds(
            lambda kind, members: {kind: members, "title": "T"},
            st.sampled_from(["anyOf", "oneOf"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(lambda one: {"anyOf": [one, {"type": "null"}], "default": None}, inner),
        st.builds(both, fields, fields),
    )


SCHEMAS = st.recursive(leaves(), bigger, max_leaves=8)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-6, 12), st.sampled_from([0.5, 1.5, -2.5]), WORDS, st.just("")),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=6,
)


def valid_for(schema: Any, draw: Any) -> Any:
    """A value that is likely valid: made along the schema."""
    if "$ref" in schema:
        return valid_for(DEFINED[schema["$ref"].rsplit("/", 1)[1]], draw)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    for kind in ("anyOf", "oneOf"):
        if kind in schema:
            return valid_for(draw(st.sampled_from(schema[kind])), draw)
    if "allOf" in schema:
        one, other = (valid_for(each, draw) for each in schema["allOf"])
        return {**other, **one}
    kind = schema["type"] if isinstance(schema["type"], str) else draw(st.sampled_from(schema["type"]))
    if kind == "object":
        return {
            name: valid_for(each, draw)
            for name, each in schema["properties"].items()
            if name in schema.get("required", ()) or draw(st.booleans())
        }
    if kind == "array" and "prefixItems" in schema:
        return [valid_for(each, draw) for each in schema["prefixItems"]]
    if kind == "array":
        return [valid_for(schema["items"], draw) for _ in range(draw(st.integers(schema["minItems"], 3)))]
    simple: dict[str, Any] = {
        "integer": st.integers(schema.get("minimum", 0), schema.get("exclusiveMaximum", 20) - 1),
        "number": st.sampled_from([schema.get("exclusiveMinimum", 0) + step for step in (0.5, 1, 3)]),
        "boolean": st.booleans(), "null": st.none(),
        "string": st.text("ab", min_size=schema.get("minLength", 0), max_size=schema.get("maxLength", 5)),
    }  # fmt: skip
    return draw(simple[kind])


@EXAMPLES
@hypothesis.given(SCHEMAS, st.data())
def test_what_the_original_allows_the_subset_allows(schema: Any, data: st.DataObject) -> None:
    root = {**schema, "$defs": DEFINED}
    before = json.dumps(root)
    made = as_json_schema(converted(root))
    assert json.dumps(root) == before
    wide, narrow = jsonschema.Draft202012Validator(made), jsonschema.Draft202012Validator(root)
    for value in (valid_for(schema, data.draw), data.draw(VALUES)):
        if narrow.is_valid(value):
            assert wide.is_valid(value), (root, made, value)


@EXAMPLES
@hypothesis.given(SCHEMAS, st.data())
def test_a_schema_without_references_means_the_same(schema: Any, data: st.DataObject) -> None:
    """What stands beside a reference is merged with it: the result allows at least as much."""

    def never(ref: str) -> Any:
        raise AssertionError(ref)

    root = {**schema, "$defs": DEFINED}
    made = inlined(root, never)
    assert "$ref" not in json.dumps(made)
    narrow, wide = jsonschema.Draft202012Validator(root), jsonschema.Draft202012Validator(made)
    for value in (valid_for(schema, data.draw), data.draw(VALUES)):
        assert not narrow.is_valid(value) or wide.is_valid(value)


def refs_in(schema: Any) -> Iterator[dict[str, Any]]:
    """The parts of a schema, of no value in it, that refer to another."""
    if isinstance(schema, list):
        for each in schema:
            yield from refs_in(each)
    elif isinstance(schema, dict):
        if "$ref" in schema:
            yield schema
        for name, each in schema.items():
            if name not in ("enum", "const", "default"):
                yield from refs_in(each)


@EXAMPLES
@hypothesis.given(SCHEMAS, st.sampled_from(["$defs", "definitions"]), st.data())
def test_a_whole_schema_means_the_same_and_no_reference_has_company(
    schema: Any, home: str, data: st.DataObject
) -> None:
    written = json.dumps({**schema, "$defs": DEFINED}).replace("$defs", home)
    root = json.loads(written)
    made, told = whole(root), ordered(root)
    assert json.dumps(root) == written
    for each in (made, told):
        assert "definitions" not in each
        for part in refs_in(each):
            assert all(name.startswith("$") for name in part)
            assert part["$ref"].startswith("#/$defs/")
    theirs, ours, ordered_ = map(jsonschema.Draft202012Validator, (root, made, told))
    for value in (valid_for(schema, data.draw), data.draw(VALUES)):
        assert theirs.is_valid(value) == ours.is_valid(value) == ordered_.is_valid(value)


@EXAMPLES
@hypothesis.given(st.dictionaries(st.sampled_from(NAMES), st.sampled_from([*NAMES, ""]), min_size=3), st.data())
def test_random_recursion_ends_or_is_told(edges: dict[str, str], data: st.DataObject) -> None:
    definitions = {
        name: {
            "type": "object",
            "properties": {"next": {"$ref": f"#/$defs/{to}"} if to in edges else {"type": "string"}},
        }
        for name, to in edges.items()
    }
    root = {"$defs": definitions, "$ref": f"#/$defs/{next(iter(edges))}"}
    if recursive(root):
        with pytest.raises(UnsupportedParameterError, match="holds itself"):
            converted(root)
        made = as_json_schema(converted(root, drop=True))
    else:
        made = as_json_schema(converted(root))
    value: Any = {}
    for _ in range(data.draw(st.integers(0, 3))):
        value = {"next": value}
    if jsonschema.Draft202012Validator(root).is_valid(value):
        assert jsonschema.Draft202012Validator(made).is_valid(value)


# -- the hard cases ----------------------------------------------------------------------------------------------------


def test_sch_01_references_are_replaced_or_go_whole() -> None:
    inner = {"type": "object", "properties": {"n": {"$ref": "#/$defs/Name"}}, "required": ["n"]}
    schema = {
        "type": "object",
        "properties": {"task": {"$ref": "#/$defs/TaskModel"}},
        "$defs": {"TaskModel": inner, "Name": {"type": "string"}},
    }
    (old,) = body(model=OLD, tools=[tool(parameters=schema)])["tools"][0]["functionDeclarations"]
    (new,) = body(model=NEW, tools=[tool(parameters=schema)])["tools"][0]["functionDeclarations"]
    assert old["parameters"]["properties"]["task"]["properties"]["n"] == {"type": "STRING"}
    assert "parametersJsonSchema" not in old
    assert new["parametersJsonSchema"] == schema
    assert "parameters" not in new


@pytest.mark.parametrize("schema", [NODE, MUTUAL])
def test_sch_03_a_schema_that_holds_itself(schema: Any) -> None:
    began = time.process_time()
    with pytest.raises(UnsupportedParameterError, match=r"#/\$defs/"):
        converted(schema)
    assert converted(schema, drop=True)
    whole: dict[str, Any] = {"type": "object", "properties": {"n": schema["$defs"]}}
    assert whole
    asked = {"type": "object", **schema}
    (made,) = body(model=NEW, tools=[tool(parameters=asked)])["tools"][0]["functionDeclarations"]
    assert made["parametersJsonSchema"]["$defs"] == schema["$defs"]
    dropped = call("gemini", model=OLD, tools=[tool(parameters=asked)], unsupported="drop").dropped
    assert any("$defs" in each for each in dropped)
    assert time.process_time() - began < 1


def test_sch_03_a_schema_that_grows_without_bound_is_told() -> None:
    definitions: dict[str, Any] = {
        f"D{number}": {"type": "object", "properties": {side: {"$ref": f"#/$defs/D{number + 1}"} for side in "ab"}}
        for number in range(40)
    }
    definitions["D40"] = {"type": "string"}
    with pytest.raises(InvalidRequestError, match="parts"):
        converted({"$defs": definitions, "$ref": "#/$defs/D0"})
    assert not recursive({"$defs": definitions, "$ref": "#/$defs/D0"})
    with pytest.raises(InvalidRequestError, match="not in it"):
        converted({"$ref": "#/$defs/Ghost"})


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        pytest.param({"anyOf": [{"type": "string"}, {"type": "null"}], "default": "t", "title": "T"},
                     {"type": "STRING", "nullable": True, "default": "t", "title": "T"}, id="SCH-04"),
        pytest.param({"type": ["null", "array"], "items": {"type": "string"}},
                     {"type": "ARRAY", "items": {"type": "STRING"}, "nullable": True}, id="SCH-05 array"),
        pytest.param({"type": ["integer", "string"], "enum": [1, "auto"]},
                     {"anyOf": [{"type": "INTEGER", "description": "(one of [1])"},
                                {"type": "STRING", "enum": ["auto"]}]},
                     id="SCH-05 enum"),
        pytest.param({"type": "integer", "enum": [60, 1440]},
                     {"type": "INTEGER", "description": "(one of [60, 1440])"}, id="SCH-08"),
        pytest.param({"enum": ["a", "", None]}, {"type": "STRING", "enum": ["a"], "nullable": True}, id="SCH-09"),
        pytest.param({"enum": ["", None]}, {"type": "STRING", "nullable": True}, id="SCH-09 nothing left"),
        pytest.param({"const": True}, {"type": "BOOLEAN", "description": "(one of [true])"}, id="SCH-10 bool"),
        pytest.param({"const": 1}, {"type": "INTEGER", "description": "(one of [1])"}, id="SCH-10 int"),
        pytest.param({"const": "x"}, {"type": "STRING", "enum": ["x"]}, id="SCH-10 text"),
        pytest.param({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}],
                      "minItems": 2, "maxItems": 2},
                     {"type": "ARRAY", "items": {"anyOf": [{"type": "INTEGER"}, {"type": "STRING"}]},
                      "minItems": 2, "maxItems": 2},
                     id="SCH-13 tuple"),
        pytest.param({"oneOf": [{"type": "string"}, {"type": "integer"}], "$schema": "s", "examples": [1]},
                     {"anyOf": [{"type": "STRING"}, {"type": "INTEGER"}]}, id="SCH-13 oneOf"),
        pytest.param({"type": "number", "exclusiveMinimum": 0, "description": "D"},
                     {"type": "NUMBER", "minimum": 0, "description": "D (exclusiveMinimum: 0)"}, id="SCH-13 bound"),
        pytest.param({"type": "string", "format": "uuid"},
                     {"type": "STRING", "description": '(format: "uuid")'}, id="SCH-13 format"),
        pytest.param({"type": "string", "format": "date-time"}, {"type": "STRING", "format": "date-time"}, id="format"),
    ],
)  # fmt: skip
def test_keywords(schema: Any, expected: Any) -> None:
    assert converted({"type": "object", "properties": {"x": schema}})["properties"]["x"] == expected


def test_sch_06_additional_properties_are_left_out() -> None:
    closed = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
    made = converted({"type": "object", "properties": {"o": closed}, "additionalProperties": False})
    assert "additionalProperties" not in json.dumps(made)
    told = converted({"type": "object", "additionalProperties": {"type": "integer"}})
    assert "additionalProperties" in told["description"]


@pytest.mark.parametrize("items", [{}, {"items": {}}, {"items": True}])
def test_sch_11_a_list_of_anything(items: Any) -> None:
    made = converted({"type": "array", **items})
    assert [each["type"] for each in made["items"]["anyOf"]] == ["STRING", "NUMBER", "BOOLEAN", "OBJECT", "ARRAY"]
    assert converted({"type": "object", "properties": {"any": True}})["properties"]["any"]["anyOf"]


def test_sch_12_required_names_that_are_not_there() -> None:
    made = converted({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a", "ghost"]})
    assert made["required"] == ["a"]


def test_sch_13_all_of_is_merged() -> None:
    one = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    other = {"type": "object", "properties": {"b": {"type": "integer"}}, "required": ["b"]}
    made = converted({"allOf": [one, other]})
    assert made["properties"] == {"a": {"type": "STRING"}, "b": {"type": "INTEGER"}}
    assert made["required"] == ["a", "b"]


def test_a_reference_has_no_company_in_what_is_sent() -> None:
    """A model with a description or a default, as pydantic writes it; a function whose schema is a reference."""
    color = {"type": "string", "enum": ["red", "blue"]}
    schema = {
        "type": "object",
        "properties": {"color": {"$ref": "#/$defs/Color", "default": "red"}, "other": {"$ref": "#/$defs/Color"}},
        "$defs": {"Color": color},
    }
    (made,) = body(model=NEW, tools=[tool(parameters=schema)])["tools"][0]["functionDeclarations"]
    assert made["parametersJsonSchema"]["properties"] == {
        "color": {"anyOf": [{"$ref": "#/$defs/Color"}], "default": "red"},
        "other": {"$ref": "#/$defs/Color"},
    }
    (node,) = body(model=NEW, tools=[tool(parameters=NODE)])["tools"][0]["functionDeclarations"]
    assert node["parametersJsonSchema"] == NODE


def test_sch_09_an_empty_text_that_is_left_out_is_noted() -> None:
    schema = {"type": "object", "properties": {"a": {"enum": ["x", ""]}}}
    sent = call("gemini", model=OLD, tools=[tool(parameters=schema)])
    assert sent.dropped == ("tools[0].function.parameters.enum",)
    assert call("gemini", model=NEW, tools=[tool(parameters=schema)]).dropped == ()


def test_a_value_of_no_type_may_be_a_list() -> None:
    made = jsonschema.Draft202012Validator(as_json_schema(converted({"type": "object", "properties": {"a": {}}})))
    for value in ([1, "a", None, {}], [], "x", None, 2.5, {"b": [[1]]}):
        assert made.is_valid({"a": value}), value


def test_merging_loses_nothing_that_both_allow() -> None:
    assert converted({"enum": [1, "a"], "const": 1.0}) == {"type": "INTEGER", "description": "(one of [1])"}
    never = {"type": "null", "$ref": "#/$defs/O", "$defs": {"O": {"type": "object"}}}
    assert not jsonschema.Draft202012Validator(inlined(never, lambda _: {})).is_valid(None)
