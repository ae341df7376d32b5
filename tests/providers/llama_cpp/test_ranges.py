"""Numbers between bounds: each expression, read as a regular one, takes what it should and nothing else."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onellm_providers.llama_cpp.converter import not_held
from onellm_providers.llama_cpp.ranges import MOST, integers, numbers

some = settings(max_examples=150, deadline=None, derandomize=True)
bound = st.none() | st.integers(-300, 300) | st.integers(-MOST, MOST)
places = st.integers(-310, 310) | st.integers(-MOST, MOST)


def takes(rule: str | None, text: str) -> bool:
    """Whether an expression of GBNF, of which only literals, classes and repetitions are used, takes a text."""
    if rule is None:
        return False
    return bool(re.fullmatch(rule.replace('"."', r"\.").replace('"', "").replace(" ", ""), text))


def within(value: Decimal | int, least: int | None, most: int | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)


@some
@given(bound, bound, st.lists(places, min_size=1))
def test_integers(least: int | None, most: int | None, values: list[int]) -> None:
    rule = integers(least, most)
    near = [edge + step for edge in (least, most) if edge is not None for step in (-1, 0, 1)]
    for value in {*values, *near, 0, -1, 1}:
        if abs(value) <= MOST:
            assert takes(rule, str(value)) is within(value, least, most), value
    assert not takes(rule, "01")
    assert not takes(rule, "")


@some
@given(bound, bound, st.booleans(), st.booleans(), st.lists(places, min_size=1), st.integers(0, 999))
def test_numbers(
    least: int | None, most: int | None, above: bool, below: bool, values: list[int], fraction: int
) -> None:
    rule = numbers(least, most, above=above and least is not None, below=below and most is not None)
    near = [edge + step for edge in (least, most) if edge is not None for step in (-1, 0, 1)]
    for value in {*values, *near, 0}:
        for text in (str(value), f"{value}.{fraction}", f"{value}.0", f"{value}.001"):
            said = Decimal(text)
            if abs(said) < MOST:
                right = within(said, least, most) and not (above and said == least) and not (below and said == most)
                assert takes(rule, text) is right, text


@pytest.mark.parametrize(
    ("schema", "lost"),
    [
        ({"type": "integer", "minimum": 1.5}, []),
        ({"type": "number", "minimum": 0, "exclusiveMaximum": 1.0}, []),
        ({"type": "number", "minimum": 0.5}, ["minimum"]),
        ({"anyOf": [{"type": "array", "uniqueItems": True}, {"not": {}}]}, ["not", "uniqueItems"]),
        ({"properties": {"not": {"type": "string", "pattern": "^a$", "minLength": 1}}}, ["minLength"]),
        ({"$defs": {"a": {"items": {"multipleOf": 2}}}, "enum": [{"not": 1}]}, ["multipleOf"]),
    ],
)
def test_what_no_grammar_holds(schema: dict[str, object], lost: list[str]) -> None:
    assert not_held(schema) == lost
