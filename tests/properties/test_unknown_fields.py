"""Whatever a service adds to an answer, at any level of it, is in the answer's dump: for every kind of result."""

from __future__ import annotations

import functools
import importlib
import json
import pkgutil
from collections.abc import Iterator
from typing import Any

import onellm_providers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

import onellm.types
from onellm.testing.simulator.instance import NoInstance, instance
from onellm.types.base import Result

Path = tuple[str | int, ...]


def kinds() -> Iterator[type[Result]]:
    """Every public kind of result, of the core and of the built-in providers."""
    for package in (onellm.types, onellm_providers):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    todo = [Result]
    while todo:
        kind = todo.pop()
        todo += kind.__subclasses__()
        if kind.model_fields and not kind.__name__.startswith("_") and kind.__module__.startswith("onellm"):
            yield kind


KINDS = {f"{kind.__module__}.{kind.__qualname__}": kind for kind in kinds()}


def demanding(schema: Any) -> Any:
    """The schema with every property required, none of them null, and no list empty."""
    if isinstance(schema, list):
        return [demanding(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    changed = {name: demanding(value) for name, value in schema.items() if name != "default"}
    if isinstance(properties := changed.get("properties"), dict):
        changed["required"] = list(properties)
    if isinstance(options := changed.get("anyOf"), list):
        changed["anyOf"] = [option for option in options if option != {"type": "null"}] or options
    if changed.get("type") == "array":
        changed["minItems"] = max(1, changed.get("minItems", 0))
    return changed


@functools.cache
def sample(kind: type[Result]) -> str:
    """An answer with everything in it that is known of this kind, as JSON."""
    schema = kind.model_json_schema(by_alias=True)
    try:
        return json.dumps(instance(demanding(schema)))
    except NoInstance:  # a value that holds others of its kind would have no end
        return json.dumps(instance(schema))


def places(value: object, path: Path = ()) -> Iterator[Path]:
    """Where in a result its parts are that may hold unknown fields, by their names on the wire."""
    if isinstance(value, BaseModel):
        yield path
        for name, field in type(value).model_fields.items():
            if not field.exclude:
                yield from places(getattr(value, name), (*path, field.serialization_alias or field.alias or name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from places(item, (*path, number))


def at(value: Any, path: Path) -> Any:
    """The value at a place."""
    for step in path:
        value = value[step]
    return value


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
unknown = st.dictionaries(st.text(max_size=8).map(lambda name: f"x_{name}"), anything, min_size=1, max_size=3)


@pytest.mark.parametrize("name", KINDS)
def test_any_value_in_any_unknown_field_survives(name: str) -> None:
    kind = KINDS[name]
    where = list(places(kind.model_validate_json(sample(kind))))

    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(st.dictionaries(st.sampled_from(where), unknown, min_size=1, max_size=4))
    def check(added: dict[Path, dict[str, Any]]) -> None:
        body = json.loads(sample(kind))
        for path, fields in added.items():
            at(body, path).update(fields)
        dumped = json.loads(kind.model_validate_json(json.dumps(body)).model_dump_json(by_alias=True))
        for path, fields in added.items():
            found = at(dumped, path)
            assert json.dumps({field: found[field] for field in fields}) == json.dumps(fields)

    check()


def test_every_level_is_tried() -> None:
    """The samples are whole, not only what is required."""
    found = list(
        places(
            KINDS["onellm.types.chat.ChatCompletionResponse"].model_validate_json(
                sample(KINDS["onellm.types.chat.ChatCompletionResponse"])
            )
        )
    )
    assert ("choices", 0, "message", "tool_calls", 0, "function") in found
    assert ("usage", "prompt_tokens_details") in found
    assert ("choices", 0, "logprobs", "content", 0, "top_logprobs", 0) in found
