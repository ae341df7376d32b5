"""Functions as tools: the schema from annotations and docstring, and reading a model's arguments."""

from __future__ import annotations

import enum
import functools
from datetime import date
from typing import Annotated, Any, Literal

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from onellm import ConfigurationError
from onellm.types.function import FunctionTool, written


class Unit(enum.StrEnum):
    C = "celsius"
    F = "fahrenheit"


class Place(BaseModel):
    city: str
    country: str = "France"


def google(city: str, days: int = 1, unit: Unit = Unit.C) -> str:
    """Get the weather.

    Over several days, if asked.

    Args:
        city: The city,
            in English.
        days (int): How many days.

    Returns:
        A text.
    """
    return f"{city} {days} {unit}"


def rest(city: str, days: int | None = None) -> str:
    """Get the weather.

    :param city: The city.
    :param int days: How many days.
    :returns: A text.
    """
    return f"{city} {days}"


def annotated(
    city: Annotated[str, "The city"], when: Annotated[date, Field(description="The day")], place: Place
) -> None: ...


def test_a_docstring_tells_what_the_tool_and_its_parameters_are_for() -> None:
    schema = FunctionTool(google).schema()
    function = schema["function"]
    assert schema["type"] == "function"
    assert function["name"] == "google"
    assert function["description"] == "Get the weather.\n\nOver several days, if asked."
    assert function["parameters"]["properties"]["city"] == {"type": "string", "description": "The city, in English."}
    assert function["parameters"]["properties"]["days"] == {
        "type": "integer", "default": 1, "description": "How many days.",
    }  # fmt: skip
    assert function["parameters"]["required"] == ["city"]
    assert function["parameters"]["additionalProperties"] is False
    Draft202012Validator.check_schema(function["parameters"])


def test_fields_of_another_style() -> None:
    function = FunctionTool(rest).schema()["function"]
    assert function["description"] == "Get the weather."
    told = {name: part["description"] for name, part in function["parameters"]["properties"].items()}
    assert told == {"city": "The city.", "days": "How many days."}


def test_annotations_tell_it_too_and_types_come_back() -> None:
    tool = FunctionTool(annotated)
    properties = tool.schema()["function"]["parameters"]["properties"]
    assert properties["city"]["description"] == "The city"
    assert properties["when"]["description"] == "The day"
    assert tool.read('{"city": "P", "when": "2026-01-02", "place": {"city": "Lyon"}}') == {
        "city": "P", "when": date(2026, 1, 2), "place": Place(city="Lyon"),
    }  # fmt: skip


def test_what_is_left_out_is_left_to_the_function() -> None:
    assert FunctionTool(google).read('{"city": "P"}') == {"city": "P"}
    assert FunctionTool(google).read('{"city": "P", "unit": "fahrenheit"}')["unit"] is Unit.F


def no_parameters() -> str:
    return "x"


@pytest.mark.parametrize("arguments", ["", "{}"])
def test_a_tool_without_parameters(arguments: str) -> None:
    tool = FunctionTool(no_parameters)
    assert tool.schema()["function"] == {
        "name": "no_parameters", "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
    }  # fmt: skip
    assert tool.read(arguments) == {}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ('{"days": 1}', "city: Field required"),
        ('{"city": "P", "days": "many"}', "days"),
        ('{"city": "P", "town": 1}', "town"),
        ('{"city": "P"', "JSON"),
        ("[1]", "object"),
    ],
)
def test_arguments_that_do_not_fit_say_which(arguments: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        FunctionTool(google).read(arguments)


class Counter:
    def __init__(self) -> None:
        self.count = 0

    def add(self, by: int) -> int:
        """Add."""
        self.count += by
        return self.count


def test_a_method() -> None:
    counter = Counter()
    tool = FunctionTool(counter.add)
    assert tool.name == "add"
    assert list(tool.schema()["function"]["parameters"]["properties"]) == ["by"]
    assert tool.function(**tool.read('{"by": 3}')) == 3


def spread(*names: str) -> None: ...


def anything(**names: str) -> None: ...


def placed(name: str, /) -> None: ...


def strange(value: Counter) -> None: ...


@pytest.mark.parametrize("function", [spread, anything, placed, strange])
def test_functions_that_a_model_cannot_call_are_refused(function: Any) -> None:
    with pytest.raises(ConfigurationError, match=function.__name__):
        FunctionTool(function)


def test_what_has_no_name_of_its_own_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="cannot name a tool"):
        FunctionTool(lambda city: city)


def test_async_functions_are_known() -> None:
    async def later(city: str) -> str:
        return city

    class Later:
        __name__ = "later"

        async def __call__(self, city: str) -> str:
            return city

    assert FunctionTool(later).is_async
    assert FunctionTool(Later()).is_async
    assert not FunctionTool(google).is_async
    assert FunctionTool(functools.wraps(google)(later)).is_async


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"), (None, "null"), ({"a": 1}, '{"a":1}'), (Place(city="P"), '{"city":"P","country":"France"}'),
        ([date(2026, 1, 2)], '["2026-01-02"]'), (True, "true"), ("ü", "ü"),
    ],
)  # fmt: skip
def test_a_result_as_the_model_reads_it(value: Any, text: str) -> None:
    assert written(value) == text


def test_a_result_that_is_no_json_is_written_as_text() -> None:
    class Odd:
        def __repr__(self) -> str:
            return "<odd>"

    assert written(Odd()) == "<odd>"


KIND = Literal["a", "b"]


def test_annotations_written_as_text_are_understood() -> None:
    def late(kind: KIND) -> str:
        return kind

    assert FunctionTool(late).schema()["function"]["parameters"]["properties"]["kind"]["enum"] == ["a", "b"]
