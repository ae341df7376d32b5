"""The strict form of a JSON Schema: judged by the openai SDK's own, and no looser than the original."""

from __future__ import annotations

import enum
from typing import Annotated, Any, Literal

import hypothesis
import openai
import pytest
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openai.lib._pydantic import to_strict_json_schema
from pydantic import BaseModel, Field, TypeAdapter

from onellm.schema import is_closed, parts, resolve, strict_schema
from onellm.types.parsed import OutputType


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Wheel(BaseModel):
    size: Annotated[int, Field(ge=1, description="in inches")] = 20


class Car(BaseModel):
    """A car."""

    name: str
    colour: Colour = Field(Colour.RED, description="of the body")
    wheels: list[Wheel] = []
    owner: str | None = None
    kind: Literal["new", "used"]


class Tree(BaseModel):
    value: int
    children: list[Tree] = []


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str]


class Owner(BaseModel):
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]


@pytest.mark.parametrize("model", [Car, Tree, Wheel])
def test_it_is_what_the_openai_sdk_makes(model: type[BaseModel]) -> None:
    ours = strict_schema(model.model_json_schema())
    theirs = to_strict_json_schema(model)
    for part in parts(theirs):
        if isinstance(part, dict):
            part.pop("default", None)  # the SDK keeps defaults that are not null; the service refuses them
    assert ours == theirs
    assert openai.__version__


@pytest.mark.parametrize("model", [Car, Tree, Owner, Wheel])
def test_every_object_is_closed_and_requires_all_it_has(model: type[BaseModel]) -> None:
    schema = strict_schema(model.model_json_schema())
    Draft202012Validator.check_schema(schema)
    for part in parts(schema):
        assert "default" not in part
        assert "oneOf" not in part
        assert part.get("$ref") is None or list(part) == ["$ref"]
        if part.get("type") == "object":
            assert part["additionalProperties"] is False
            assert part["required"] == list(part["properties"])


def test_the_original_is_not_changed() -> None:
    schema = Car.model_json_schema()
    before = repr(schema)
    strict_schema(schema)
    assert repr(schema) == before


@pytest.mark.parametrize(
    ("kind", "closed"),
    [(Car, True), (Tree, True), (dict[str, int], False), (dict[str, Any], False), (list[Car], True), (Owner, True)],
)
def test_open_objects_are_known(kind: Any, closed: bool) -> None:
    assert is_closed(TypeAdapter(kind).json_schema()) is closed


@pytest.mark.parametrize(
    "part",
    [
        {"type": "array"},
        {"type": "array", "items": {}},
        {"type": "array", "items": True},
        True,
        {},
        {"description": "d"},
    ],
)
def test_sch_11_what_has_no_type_is_not_for_strict_mode(part: Any) -> None:
    """SCH-11: arrays without items and boolean schemas turn strict mode off, and break nothing."""
    schema = {"type": "object", "properties": {"a": part, "b": {"type": "string"}}}
    assert not is_closed(schema)
    strict = strict_schema(schema)
    assert strict["properties"]["a"] == part
    assert OutputType(dict[str, Any]).strict is False
    assert OutputType(list[Any]).response_format()["json_schema"]["strict"] is False


def test_words_that_are_schemas_stay() -> None:
    schema = {"type": "object", "properties": {"a": False}, "anyOf": [True, {"type": "object", "properties": {}}]}
    strict = strict_schema(schema)
    assert strict["properties"]["a"] is False
    assert strict["anyOf"][0] is True


def test_a_reference_that_leads_nowhere_is_told() -> None:
    with pytest.raises(ValueError, match="#/\\$defs/Gone"):
        resolve({"$defs": {}}, "#/$defs/Gone")
    with pytest.raises(ValueError, match=r"https://x"):
        strict_schema({"$ref": "https://x/y", "description": "d"})


NAMES = st.sampled_from(["a", "b", "c/d", "e~f"])
LEAVES = st.sampled_from([
    {"type": "string"}, {"type": "integer"}, {"type": "null"}, {"enum": ["x", 1]}, {"$ref": "#/$defs/Leaf"},
    {"$ref": "#/$defs/Leaf", "description": "d"}, {"type": "number", "default": 1.5},
])  # fmt: skip
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda items: {"type": "array", "items": items}, inner),
        st.builds(lambda options: {"anyOf": options}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda whole: {"allOf": [whole]}, inner),
        st.builds(
            lambda properties, some: {
                "type": "object",
                "properties": properties,
                "required": sorted(properties)[:some],
            },
            st.dictionaries(NAMES, inner, min_size=1, max_size=3),
            st.integers(0, 3),
        ),
    ),
    max_leaves=8,
)
VALUES = st.recursive(
    st.one_of(st.none(), st.integers(-2, 2), st.sampled_from(["x", "y"]), st.just(1.5)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
)


@hypothesis.settings(max_examples=300, deadline=None, derandomize=True)
@hypothesis.given(schema=SCHEMAS, value=VALUES)
def test_what_the_strict_form_allows_the_original_allows(schema: dict[str, Any], value: Any) -> None:
    whole = {**schema, "$defs": {"Leaf": {"type": "object", "properties": {"a": {"type": "integer"}}}}}
    strict = strict_schema(whole)
    Draft202012Validator.check_schema(strict)
    if Draft202012Validator(strict).is_valid(value):
        assert Draft202012Validator(whole).is_valid(value)
