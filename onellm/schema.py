"""JSON Schemas as the strict structured output of OpenAI and its like takes them.

Every object is closed and requires all of its properties, nothing else stands beside a `$ref`, no default is given
(openai SDK 3.52, `to_strict_json_schema`; the root must be an object).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from onellm.decode.json import array, table

NESTED = ("items", "not", "if", "then", "else")
LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
TYPED = frozenset({"type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref"})
"""Keywords that say what a value may be."""
HELD = frozenset({"items", "prefixItems"})
TABLES = ("properties", "$defs", "definitions", "patternProperties")


def strict_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the schema in strict form. What it allows, the original allows too."""
    return _strict(schema, schema, ())


def is_closed(schema: Mapping[str, Any]) -> bool:
    """Whether strict mode takes it: objects list their properties, arrays their items, all values have a type."""
    return not any(_is_open(part) for part in parts(schema))


def parts(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The schema and every schema in it."""
    yield schema
    for name, value in schema.items():
        if name in TABLES:
            for each in table(value).values():
                yield from parts(table(each))
        elif name in LISTS:
            for each in array(value):
                yield from parts(table(each))
        elif name in NESTED or (name == "additionalProperties" and value not in (None, False)):
            yield from parts(table(value))


def resolve(root: Mapping[str, Any], ref: str) -> Mapping[str, Any]:
    """What a reference within the schema points at. Raises ValueError where it points nowhere."""
    found: Any = root
    for step in ref.removeprefix("#").split("/")[1:]:
        found = table(found).get(step.replace("~1", "/").replace("~0", "~"))
    if not ref.startswith("#") or not isinstance(found, dict):
        raise ValueError(f"the schema refers to {ref!r}, which is not in it")
    return cast("dict[str, Any]", found)


def _is_open(schema: Mapping[str, Any]) -> bool:
    if schema.get("patternProperties") or schema.get("additionalProperties") not in (None, False):
        return True
    if schema.keys().isdisjoint(TYPED) or (
        schema.get("type") == "array" and not {"items", "prefixItems"} & schema.keys()
    ):
        return True
    return schema.get("type") == "object" and not schema.get("properties") and "additionalProperties" not in schema


def _strict(schema: Mapping[str, Any], root: Mapping[str, Any], followed: tuple[str, ...]) -> dict[str, Any]:
    ref = schema.get("$ref")
    if isinstance(ref, str) and len(schema) > 1 and ref not in followed:
        beside = {name: value for name, value in schema.items() if name != "$ref"}
        return _strict({**resolve(root, ref), **beside}, root, (*followed, ref))
    if isinstance(ref, str):
        return {"$ref": ref}
    whole = array(schema.get("allOf"))
    if len(whole) == 1:
        beside = {name: value for name, value in schema.items() if name != "allOf"}
        return _strict({**table(whole[0]), **beside}, root, followed)
    out = {name: _part(name, value, root, followed) for name, value in schema.items() if name != "default"}
    if "oneOf" in out and "anyOf" not in out:
        out["anyOf"] = out.pop("oneOf")
        out.pop("discriminator", None)
    if out.get("type") == "object" or "properties" in out:
        out.setdefault("additionalProperties", False)
        if "properties" in out:
            out["required"] = list(table(out["properties"]))
    return out


def _part(name: str, value: Any, root: Mapping[str, Any], followed: tuple[str, ...]) -> Any:
    if name in TABLES:
        return {each: _strict_or_word(schema, root, followed) for each, schema in table(value).items()}
    if name in LISTS:
        return [_strict_or_word(schema, root, followed) for schema in array(value)]
    if name in (*NESTED, "additionalProperties") and (inner := table(value)):
        return _strict(inner, root, followed)
    return value


def _strict_or_word(schema: Any, root: Mapping[str, Any], followed: tuple[str, ...]) -> Any:
    """A schema in strict form; `true` and `false`, which are schemas too, as they are."""
    return schema if isinstance(schema, bool) else _strict(table(schema), root, followed)
