"""Instances of JSON Schemas, judged by a validator that we did not write."""

from __future__ import annotations

import random
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator

from onellm.testing.simulator.instance import NoInstance, instance

TREE = {
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "value": {"type": "integer", "minimum": 3},
                "left": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
                "right": {"$ref": "#/$defs/node"},
                "more": {"type": "array", "items": {"$ref": "#/$defs/node"}},
            },
            "required": ["value", "left", "more"],
            "additionalProperties": False,
        }
    },
    "$ref": "#/$defs/node",
}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({}, "text"),
        (True, "text"),
        (TREE, {"value": 3, "left": None, "more": []}),
        ({"type": "object", "properties": {"a": {}}}, {}),
        ({"properties": {"a": {"type": "boolean"}}, "required": ["a", "b"]}, {"a": False, "b": "text"}),
        ({"type": ["null", "string"]}, None),
        ({"enum": [3, 4]}, 3),
        ({"const": {"a": 1}}, {"a": 1}),
        ({"type": "integer", "minimum": 7, "multipleOf": 5}, 10),
        ({"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 2}, 1),
        ({"type": "integer", "maximum": -4}, -4),
        ({"maximum": -3.5}, -3.5),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 0.1}, 0.05),
        ({"type": "string", "minLength": 6}, "textttt"[:6]),
        ({"type": "string", "maxLength": 2}, "te"),
        ({"type": "string", "pattern": "^[A-Z]{3}$"}, "AAA"),
        ({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}, "2026-01-01"),
        ({"type": "string", "format": "email"}, "someone@example.com"),
        ({"type": "string", "format": "colour"}, "text"),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [0, 0]),
        ({"prefixItems": [{"const": 1}, {"const": 2}], "items": {"const": 3}, "minItems": 3}, [1, 2, 3]),
        ({"oneOf": [{"type": "string", "pattern": "^nowhere$"}, {"type": "integer"}]}, 0),
        ({"type": "integer", "anyOf": [{"minimum": 5}, {"maximum": -5}]}, 5),
        (
            {
                "allOf": [
                    {"properties": {"a": {"type": "integer"}}, "required": ["a"]},
                    {"properties": {"a": {"minimum": 4, "maximum": 9}}, "required": ["a"]},
                    {"properties": {"a": {"minimum": 2}, "b~/": {"const": 1}}, "required": ["b~/"]},
                ]
            },
            {"b~/": 1, "a": 4},
        ),
        ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"const": 1}}}, 1),
    ],
)
def test_small_and_valid(schema: Any, expected: Any) -> None:
    made = instance(schema)
    assert made == expected
    assert not isinstance(schema, dict) or OAS31Validator(schema).is_valid(made)


def test_texts_may_be_chosen() -> None:
    assert instance({"type": "string"}, text="other") == "other"


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"required": ["self"], "properties": {"self": {"$ref": "#"}}}, "requires itself"),
        ({"$ref": "#"}, "requires itself"),
        ({"$ref": "#/$defs/none"}, "leads nowhere"),
        ({"$ref": "https://example.com/schema"}, "leads nowhere"),
        ({"type": "string", "pattern": "^unlikely [0-9]+$"}, "pattern"),
        ({"type": "string", "minLength": 5, "maxLength": 4}, "length"),
        ({"type": "integer", "minimum": 5, "maximum": 4}, "no number"),
        ({"anyOf": []}, "no alternative"),
    ],
)
def test_what_has_no_instance_says_why(schema: Any, reason: str) -> None:
    with pytest.raises(NoInstance, match=reason):
        instance(schema)


def _random_schema(dice: random.Random, depth: int) -> dict[str, Any]:
    leaf: list[dict[str, Any]] = [
        {"type": "string", "minLength": dice.randrange(9)},
        {"type": "integer", "minimum": dice.randrange(-9, 9)},
        {"type": "number", "exclusiveMaximum": dice.randrange(-9, 9)},
        {"type": ["boolean", "null"]},
        {"enum": [dice.random(), "x"]},
        {"$ref": "#/$defs/node"},
    ]
    if depth == 0:
        return dice.choice(leaf)
    inner = [_random_schema(dice, depth - 1) for _ in range(dice.randrange(1, 4))]
    names = [f"p{number}" for number in range(len(inner))]
    return dice.choice([
        {
            "type": "object",
            "properties": dict(zip(names, inner, strict=True)),
            "required": dice.sample(names, dice.randrange(len(names) + 1)),
            "additionalProperties": False,
        },
        {"type": "array", "items": inner[0], "minItems": dice.randrange(3)},
        {"anyOf": inner},
        dice.choice(leaf),
    ])  # fmt: skip


@pytest.mark.parametrize("seed", range(200))
def test_any_schema(seed: int) -> None:
    schema = {**_random_schema(random.Random(seed), 4), "$defs": TREE["$defs"]}
    OAS31Validator(schema).validate(instance(schema))
