"""Grammars of llama.cpp in this process: answers that fit a schema, and calls that must be made."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from onellm import InvalidRequestError, UnsupportedParameterError
from tests.both import Either
from tests.real.here import HELLO, TOOL, Trip, both, streamed, whole

pytestmark = pytest.mark.real


@both
def test_a_schema_is_kept_to(told: Any, kind: str) -> None:
    asked = {"type": "json_schema", "json_schema": {"name": "trip", "schema": Trip.model_json_schema()}}

    async def tell(either: Either) -> None:
        for seed in range(3):
            choice = (await whole(either, max_tokens=400, seed=seed, response_format=asked)).choices[0]
            Trip.model_validate_json(choice.message.content or "")
            assert choice.finish_reason == "stop"
        parsed = await whole(either, max_tokens=400, seed=1, response_format=Trip)
        assert isinstance(parsed.parsed, Trip)  # type: ignore[attr-defined]

    told(kind, tell)


def fields(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}


SCHEMAS: dict[str, Any] = {
    "integers": fields(a={"type": "integer", "minimum": -3, "exclusiveMaximum": 17}),
    "numbers": fields(a={"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
    "text": fields(a={"type": "string", "minLength": 5, "maxLength": 6}),
    "pattern": fields(a={"type": "string", "pattern": r"^[a-c\d]{3}-\d+\s\w$"}),
    "formats": fields(a={"type": "string", "format": "date"}, b={"type": "string", "format": "uuid"}),
    "enum": fields(a={"enum": ["x", 1, None, True]}, b={"const": {"k": [1]}}),
    "items": fields(a={"type": "array", "items": {"type": "boolean"}, "minItems": 2, "maxItems": 3}),
    "tuple": fields(a={"type": "array", "prefixItems": [{"type": "integer", "maximum": 5}, {"type": "null"}]}),
    "any": fields(a={"anyOf": [{"type": "integer", "minimum": 0, "maximum": 3}, {"type": "null"}]}),
    "types": fields(
        a={"type": ["string", "null"], "maxLength": 2}, b={"type": ["string", "null"], "enum": ["x", None]}
    ),
    "an object or none": fields(a={**fields(b={"type": "boolean"}), "type": ["object", "null"]}),
    "a list": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "integer"}},
    "optional": {**fields(a={"type": "boolean"}, b={"type": "null"}), "required": ["b"]},
    "required alone": {"type": "object", "required": ["a"], "properties": {"b": {"type": "null"}}},
    "spelling": fields(**{'q"\\b\n': {"type": "boolean"}, "é☃": {"enum": ['ü"\\', "\n"]}}),
    "names of definitions": {
        **fields(a={"$ref": "#/$defs/a/$defs/T"}, b={"$ref": "#/$defs/b/$defs/T"}),
        "$defs": {"a": {"$defs": {"T": {"const": 1}}}, "b": {"$defs": {"T": {"const": 2}}}},
    },
    "recursion": {
        **fields(a={"$ref": "#/$defs/T"}),
        "$defs": {"T": {"anyOf": [{"type": "null"}, fields(next={"$ref": "#/$defs/T"})]}},
    },
}


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_an_answer_is_what_its_schema_says(told: Any, schema: dict[str, Any]) -> None:
    asked = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}

    async def tell(either: Either) -> None:
        ended = 0
        for seed in range(8):
            choice = (await whole(either, max_tokens=600, seed=seed, response_format=asked)).choices[0]
            if choice.finish_reason == "stop":
                ended += 1
                jsonschema.validate(json.loads(choice.message.content or ""), schema)
        assert ended >= 2

    told("sync", tell)


def test_definitions_of_one_name_in_two_tools(told: Any) -> None:
    def tool(name: str, value: int) -> dict[str, Any]:
        parameters = {**fields(a={"$ref": "#/$defs/T"}), "$defs": {"T": {"const": value}}}
        return {"type": "function", "function": {"name": name, "parameters": parameters}}

    async def tell(either: Either) -> None:
        said = set[tuple[str, str]]()
        for seed in range(12):
            answer = await whole(
                either, tools=[tool("f", 1), tool("g", 2)], tool_choice="required", max_tokens=300, seed=seed
            )
            (call,) = answer.choices[0].message.tool_calls or []
            said.add((call.function.name, call.function.arguments.replace(" ", "")))
        assert said == {("f", '{"a":1}'), ("g", '{"a":2}')}

    told("sync", tell)


def test_what_a_grammar_cannot_hold_is_refused(told: Any) -> None:
    unique = fields(a={"type": "array", "items": {"type": "boolean"}, "uniqueItems": True})
    asked = {"type": "json_schema", "json_schema": {"name": "n", "schema": unique}}

    async def tell(either: Either) -> None:
        with pytest.raises(UnsupportedParameterError, match="uniqueItems"):
            await whole(either, response_format=asked)
        answer = await whole(either, response_format=asked, unsupported="drop", max_tokens=50)
        assert answer.meta.dropped_params == ("response_format.uniqueItems",)

    told("sync", tell)


@both
def test_a_required_tool_is_called(told: Any, kind: str) -> None:
    """TOOL-20, STC-06"""
    other = {"type": "function", "function": {"name": "other"}}
    named = {"type": "function", "function": {"name": "book"}}

    async def tell(either: Either) -> None:
        for seed in range(3):
            for choice in ("required", named):
                tools = [TOOL] if choice == "required" else [other, TOOL]
                params = {"tools": tools, "tool_choice": choice, "max_tokens": 400, "seed": seed}
                chunks, final = await streamed(either, **params)
                for answer in (await whole(either, **params), final):
                    (call,) = answer.choices[0].message.tool_calls or []
                    assert call.function.name == "book"
                    Trip.model_validate_json(call.function.arguments)
                    assert answer.choices[0].finish_reason == "tool_calls"
                assert len([chunk for chunk in chunks if chunk.choices[0].delta.tool_calls]) > 2

    told(kind, tell)


@both
def test_the_result_of_a_tool_goes_back(told: Any, kind: str) -> None:
    async def tell(either: Either) -> None:
        asked = await whole(either, tools=[TOOL], tool_choice="required", max_tokens=400, seed=1)
        (call,) = asked.choices[0].message.tool_calls or []
        result = {"role": "tool", "tool_call_id": call.id, "content": "booked"}
        messages = [*HELLO, asked.choices[0].message, result]
        answer = await whole(either, messages=messages, tools=[TOOL], max_tokens=8)
        assert answer.choices

    told(kind, tell)


@both
def test_what_cannot_be_a_grammar_is_told(told: Any, kind: str) -> None:
    """Not by the end of the process, which is llama.cpp's answer to a sampler without a grammar."""

    async def tell(either: Either) -> None:
        wrong = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"$ref": "#/$defs/None"}}}
        for params in ({"response_format": wrong}, {"grammar": "root ::= ("}):
            with pytest.raises(InvalidRequestError, match="grammar"):
                await whole(either, **params, max_tokens=4)
        held = await whole(either, grammar='root ::= "yes" | "no"', max_tokens=8)
        assert held.choices[0].message.content in ("yes", "no")

    told(kind, tell)
