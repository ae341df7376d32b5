"""JSON Schemas as Gemini takes them: whole from 2.0 on, before that in the subset of OpenAPI's.

The subset is that of `google.genai.types.Schema`, for `parameters` and `responseSchema`. What the original allows, the
result allows; what it cannot say as a keyword it says in the description. The exceptions: an empty text in an `enum`,
which the service refuses and which is left out and noted; a value of which no type is told, which may be no list of
lists; a type that only other keywords tell.
"""

from __future__ import annotations

import json
from typing import Any, cast

from onellm.decode.json import Table, array, table
from onellm.translate.schema import alternatives, inlined, walk
from onellm_providers.gemini.target import Target

KEPT = frozenset({
    "title", "description", "default", "enum", "format", "pattern", "minimum", "maximum", "minLength", "maxLength",
    "minItems", "maxItems", "minProperties", "maxProperties", "propertyOrdering",
})  # fmt: skip
"""Keywords that the subset has."""
FORMATS = {"string": {"date-time"}, "number": {"float", "double"}, "integer": {"int32", "int64"}}
SILENT = frozenset({
    "$schema", "$id", "$comment", "$anchor", "examples", "example", "discriminator", "deprecated", "readOnly",
    "writeOnly", "additionalProperties", "unevaluatedProperties",
})  # fmt: skip
"""Keywords that say nothing to a model that only writes what is listed."""
_KINDS: list[Table] = [{"type": "STRING"}, {"type": "NUMBER"}, {"type": "BOOLEAN"}, {"type": "OBJECT"}]
ANY: Table = {
    "anyOf": [*_KINDS, {"type": "ARRAY", "items": {"anyOf": _KINDS, "nullable": True}}],
    "nullable": True,
}
"""A value of which nothing is known: the service wants a type."""


def subset(target: Target, schema: Table, where: str) -> Table:
    """The schema in the subset; references are replaced.

    A schema that holds itself raises UnsupportedParameterError; where the caller allows it, it ends there.
    """

    def ends(ref: str) -> Table:
        target.losses.refuse(
            f"{where}.{ref}",
            f"{target} takes no schema that holds itself ({ref} in {where}). Take a later model, or pass "
            "unsupported='drop'.",
        )
        return {"type": "object"}

    def note_empty(each: Table) -> Table:
        if "" in array(each.get("enum")) or each.get("const") == "":
            target.losses.note(f"{where}.enum")
        return each

    return _any_of(walk(inlined(schema, ends), note_empty))


def whole(schema: Table) -> Table:
    """The schema for the fields that take JSON Schema. It means the same, and a `$ref` stands alone.

    The service knows definitions under `$defs`, and takes nothing beside a `$ref` (google-genai 3.6,
    `GenerateContentConfig.response_json_schema`).
    """
    old = "definitions" in schema and "$defs" not in schema

    def alone(each: Table) -> Table:
        ref = each.get("$ref")
        if not isinstance(ref, str):
            return each
        if old and ref.startswith("#/definitions/"):
            each = {**each, "$ref": ref.replace("#/definitions/", "#/$defs/", 1)}
        if all(name.startswith("$") or name == "definitions" for name in each):
            return each
        beside = {name: value for name, value in each.items() if name != "$ref"}
        both = {"allOf": [{"anyOf": beside.pop("anyOf")}]} if "anyOf" in beside else {}
        if "allOf" in beside and both:
            both["allOf"] += beside.pop("allOf")
        return {"anyOf": [{"$ref": each["$ref"]}], **beside, **both}

    made: Table = walk(schema, alone)
    return {"$defs" if old and name == "definitions" else name: value for name, value in made.items()}


def ordered(schema: Table) -> Table:
    """A whole schema that tells the order of its properties, which models of 2.0 take from nowhere else."""

    def tell(each: Table) -> Table:
        names = list(table(each.get("properties")))
        return {**each, "propertyOrdering": each.get("propertyOrdering", names)} if len(names) > 1 else each

    made: Table = walk(whole(schema), tell)
    return made


def _any_of(schema: Any) -> Table:
    found = alternatives(schema)
    kinds = [each for each in found if each.get("type") != "null"]
    nullable = len(kinds) < len(found) or any("type" not in each or None in array(each.get("enum")) for each in found)
    made = _distinct([_one(each) for each in kinds])
    if not made:
        one: Table = {"type": "NULL"} if nullable else dict(ANY)
    elif len(made) == 1:
        one = made[0]
    else:
        one = {"anyOf": made}
    return {**one, "nullable": True} if nullable and one.get("type") != "NULL" else one


def _distinct(made: list[Table]) -> list[Table]:
    flat: list[Table] = []
    for each in made:
        for one in array(each["anyOf"]) if "anyOf" in each else [each]:
            if one not in flat:
                flat.append(one)
    return flat


def _one(schema: Table) -> Table:
    """One alternative, of one type at most."""
    kind = schema.get("type")
    if not isinstance(kind, str):
        return _untyped(schema)
    made: Table = {"type": kind.upper()}
    hints: list[str] = []
    for name, value in schema.items():
        if name in ("type", "required", "properties", "items", "nullable"):
            continue
        if name == "enum":
            _place_enum(made, kind, array(value), hints)
        elif name == "exclusiveMinimum" or name == "exclusiveMaximum":
            _place_bound(made, name, value, hints)
        elif (name in KEPT and name != "format") or (name == "format" and value in FORMATS.get(kind, ())):
            made.setdefault(name, value)
        elif name not in SILENT or (name == "additionalProperties" and isinstance(value, dict) and value):
            hints.append(f"{name}: {json.dumps(value, ensure_ascii=False)}")
    if kind == "object":
        _place_properties(made, schema)
    elif kind == "array":
        made["items"] = _any_of(schema.get("items", {}))
    return _told(made, hints)


def _untyped(schema: Table) -> Table:
    """Of no known type: any, with what is said of it."""
    said: Table = {name: schema[name] for name in ("title", "description") if name in schema}
    hints = [
        f"{name}: {json.dumps(value, ensure_ascii=False)}"
        for name, value in schema.items()
        if name not in said and name not in SILENT and name not in KEPT
    ]
    return {"anyOf": [_told({**each, **said}, hints) for each in cast("list[Table]", ANY["anyOf"])]}


def _place_enum(made: Table, kind: str, values: list[Any], hints: list[str]) -> None:
    """Texts alone may be listed; other values are told in the description."""
    known = [value for value in values if value is not None]
    if kind == "string":
        if texts := [value for value in known if value != ""]:
            made["enum"] = texts
    elif known:
        hints.append(f"one of {json.dumps(known, ensure_ascii=False)}")


def _place_bound(made: Table, name: str, value: Any, hints: list[str]) -> None:
    plain = "minimum" if name == "exclusiveMinimum" else "maximum"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        made.setdefault(plain, value)
    hints.append(f"{name}: {json.dumps(value)}")


def _place_properties(made: Table, schema: Table) -> None:
    properties = table(schema.get("properties"))
    if not properties:
        return
    made["properties"] = {name: _any_of(each) for name, each in properties.items()}
    if required := [name for name in array(schema.get("required")) if name in properties]:
        made["required"] = required
    made.setdefault("propertyOrdering", list(properties))


def _told(made: Table, hints: list[str]) -> Table:
    if not hints:
        return made
    said = made.get("description")
    text = f"({'; '.join(hints)})"
    return {**made, "description": f"{said} {text}" if said else text}
