"""JSON Schemas taken to pieces for services that take a part of them: references, `allOf`, alternatives, null.

What is made here allows at least what the original allows. The caller's schema is never changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from onellm import schema as whole
from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError

MOST_PARTS = 20_000
"""Schemas that one schema may hold after its references were replaced."""
MOST_ALTERNATIVES = 32
"""Alternatives that `anyOf`s which must hold together may become."""
DEFINITIONS = ("$defs", "definitions")
NAMED = ("properties", "patternProperties", "dependentSchemas", *DEFINITIONS)
LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
SINGLE = (
    "items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames", "unevaluatedItems",
    "unevaluatedProperties",
)  # fmt: skip
LEAST = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
MOST = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})
ABOUT = frozenset({"title", "description", "default", "examples", "$comment", "deprecated", "readOnly", "writeOnly"})
"""Keywords that say nothing of what is allowed."""

KEYWORDS_OF: Mapping[str, frozenset[str]] = {
    "object": frozenset({
        "properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties",
        "maxProperties", "dependentRequired", "dependentSchemas", "unevaluatedProperties", "propertyOrdering",
    }),
    "array": frozenset({
        "items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains", "minContains", "maxContains",
        "unevaluatedItems",
    }),
    "string": frozenset({"minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
}  # fmt: skip
"""The keywords that say something of one kind of value alone."""
BOUND = frozenset(name for names in KEYWORDS_OF.values() for name in names)

OnRecursion = Callable[[str], Table]
"""What stands in the place of a reference that leads back to itself; it may raise."""


def walk(schema: Any, change: Callable[[Table], Table]) -> Any:
    """A copy in which `change` was applied to every schema, the inner ones first. Boolean schemas stay as they are."""
    if not isinstance(schema, dict):
        return schema
    made: Table = {}
    for name, value in cast("Table", schema).items():
        if name in NAMED and isinstance(value, dict):
            made[name] = {key: walk(each, change) for key, each in cast("Table", value).items()}
        elif name in LISTS:
            made[name] = [walk(each, change) for each in array(value)]
        elif name == "items" and isinstance(value, list):  # tuples before draft 2020-12
            made[name] = [walk(each, change) for each in cast("list[Any]", value)]
        elif name in SINGLE:
            made[name] = walk(value, change)
        else:
            made[name] = value
    return change(made)


def target(root: Mapping[str, Any], ref: str) -> Table:
    """What a reference points at. Raises InvalidRequestError where that is not in the schema."""
    try:
        return dict(whole.resolve(root, ref))
    except ValueError:
        raise InvalidRequestError(f"The schema refers to {ref!r}, which is not in it.", param="schema") from None


def inlined(root: Mapping[str, Any], on_recursion: OnRecursion) -> Table:
    """A copy without references: what they point at stands in their place, merged with what stands beside them.

    Raises InvalidRequestError where a reference points nowhere, and where the copy would be too large.
    """
    count = 0

    def copy(schema: Any, path: tuple[str, ...]) -> Any:
        nonlocal count
        count += 1
        if count > MOST_PARTS:
            raise InvalidRequestError(
                f"The schema has more than {MOST_PARTS} parts once its references are replaced; make it smaller.",
                param="schema",
            )
        if not isinstance(schema, dict):
            return schema
        known = {name: value for name, value in cast("Table", schema).items() if name not in DEFINITIONS}
        ref = known.pop("$ref", None)
        beside = {name: _inner(name, value, path) for name, value in known.items()}
        if not isinstance(ref, str):
            return beside
        found = on_recursion(ref) if ref in path or ref == "#" else copy(target(root, ref), (*path, ref))
        return merge(flat(found), flat(beside)) if beside else found

    def _inner(name: str, value: Any, path: tuple[str, ...]) -> Any:
        if name in NAMED and isinstance(value, dict):
            return {key: copy(each, path) for key, each in cast("Table", value).items()}
        if isinstance(value, list) and name in (*LISTS, "items"):
            return [copy(each, path) for each in array(cast("object", value))]
        return copy(value, path) if name in SINGLE else cast("Any", value)

    return table(copy(dict(root), ()))


def flat(schema: Any) -> Table:
    """The schema on its own level without `const`, `oneOf`, `allOf` and tuples: as `enum`, `anyOf`, `items`, merged.

    `true` is an empty schema, `false` one that allows nothing (`{"not": {}}`).
    """
    if not isinstance(schema, dict):
        return {"not": {}} if schema is False else {}
    made = dict(cast("Table", schema))
    if "const" in made:
        value = made.pop("const")
        made = merge(made, {"enum": [value]})
    if isinstance(made.get("items"), list):
        made["prefixItems"] = made.pop("items")
        if "additionalItems" in made:
            made["items"] = made.pop("additionalItems")
    if "prefixItems" in made:
        _loosen_tuple(made)
    one, every = array(made.pop("oneOf", None)), array(made.pop("allOf", None))
    made.pop("discriminator", None)
    if one:
        made = merge(made, {"anyOf": one}) if "anyOf" in made else {**made, "anyOf": one}
    for each in every:
        made = merge(made, flat(each))
    return made


def _loosen_tuple(made: Table) -> None:
    """Each element may be what any of them may be, where nothing else may follow; else `prefixItems` stays."""
    first, rest = array(made["prefixItems"]), made.get("items", True)
    bounded = rest is False or made.get("maxItems", len(first) + 1) <= len(first)
    if bounded or isinstance(rest, dict):
        if rest is False:
            made["maxItems"] = min(made.get("maxItems", len(first)), len(first))
        kinds: list[Any] = first if bounded else [*first, cast("Any", rest)]
        del made["prefixItems"]
        made["items"] = {"anyOf": kinds} if len(kinds) > 1 else (kinds[0] if kinds else {})


def merge(one: Mapping[str, Any], other: Mapping[str, Any]) -> Table:
    """One schema for two flat ones that must both hold. What cannot be said in one stays in its `allOf`."""
    made = dict(one)
    left: Table = {}
    for name, value in other.items():
        known = made.get(name)
        if name not in made or known == value:
            made[name] = value
        elif name == "type":
            common = _common_types(known, value)
            made[name] = (common[0] if len(common) == 1 else common) or known
            left |= {} if common else {"not": {}}
        elif name == "enum":
            made[name] = [each for each in array(known) if _among(each, array(value))]
        elif name == "required":
            made[name] = list(dict.fromkeys([*array(known), *array(value)]))
        elif name == "properties":
            mine, theirs = table(known), table(value)
            both = {key: _both(mine[key], theirs[key]) for key in mine.keys() & theirs.keys()}
            made[name] = {**mine, **theirs, **both}
        elif name == "items":
            made[name] = _both(known, value)
        elif name in LEAST | MOST:
            made[name] = max(known, value) if name in LEAST else min(known, value)
        elif name == "anyOf":
            made[name] = _product(array(known), array(value))
        elif name == "description":
            made[name] = f"{known} {value}"
        elif name == "allOf":
            made[name] = [*array(known), *array(value)]
        elif name not in ABOUT:
            left[name] = value
    if left:
        made["allOf"] = [*array(made.get("allOf")), left]
    return made


def _both(one: Any, other: Any) -> Table:
    return merge(flat(one), flat(other))


def _product(mine: list[Any], theirs: list[Any]) -> list[Any]:
    """The alternatives of both at once; with too many, those of the first, which allow more."""
    if len(mine) * len(theirs) > MOST_ALTERNATIVES:
        return mine
    return [_both(one, other) for one in mine for other in theirs]


def _common_types(one: Any, other: Any) -> list[str]:
    mine, theirs = types_in(one), types_in(other)
    common = [each for each in mine if each in theirs or (each == "integer" and "number" in theirs)]
    return common + [each for each in theirs if each == "integer" and "number" in mine and "integer" not in common]


def types_in(said: Any) -> list[str]:
    """The names in a `type`, which is one or a list, in lower case."""
    return [said.lower()] if isinstance(said, str) else [str(each).lower() for each in array(said)]


def _among(value: Any, values: Iterable[Any]) -> bool:
    return any(same(value, each) for each in values)


def same(one: Any, other: Any) -> bool:
    """Whether two values are one in JSON Schema, where `True` is no number, and 1.0 is 1."""
    return json.dumps(_exact(one), sort_keys=True) == json.dumps(_exact(other), sort_keys=True)


def _exact(value: Any) -> Any:
    """The value with whole numbers written in one way."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _exact(each) for name, each in cast("Table", value).items()}
    return [_exact(each) for each in cast("list[Any]", value)] if isinstance(value, list) else value


def type_of(value: Any) -> str:
    """The type of a value in JSON Schema's words."""
    if value is None:
        return "null"
    if isinstance(value, bool):  # before int, which it is as well
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def alternatives(schema: Any) -> list[Table]:
    """The schema as alternatives of one type each, `null` among them; one of which nothing is known has no `type`.

    What stands beside `anyOf` is merged into its members, and what says something of another type is left out.
    """
    found: list[Table] = []
    made = flat(schema)
    members = array(made.pop("anyOf", None))
    if not members:
        return _by_type(made)
    for member in members:
        inner = flat(member)
        if isinstance(made.get("description"), str) and inner.get("description") == made["description"]:
            inner.pop("description")
        found += alternatives(merge(made, inner)) if "anyOf" in inner else _by_type(merge(made, inner))
    return found


def _by_type(schema: Table) -> list[Table]:
    kinds = types_in(schema.get("type"))
    values = schema.get("enum")
    if not kinds and isinstance(values, list):
        kinds = list(dict.fromkeys(type_of(value) for value in cast("list[Any]", values)))
    if not kinds:
        kinds = [kind for kind, names in KEYWORDS_OF.items() if names & schema.keys()][:1]
    if not kinds:
        return [schema]
    return [
        narrowed(schema, kind)
        for kind in kinds
        if not isinstance(values, list) or _fits_any(array(cast("object", values)), kind)
    ]


def narrowed(schema: Mapping[str, Any], kind: str) -> Table:
    """The schema for values of one type: keywords about other types, and other values of `enum`, are left out."""
    mine = KEYWORDS_OF["number" if kind == "integer" else kind] if kind not in ("null", "boolean") else frozenset[str]()
    made = {name: value for name, value in schema.items() if name not in BOUND or name in mine}
    made["type"] = kind
    if isinstance(made.get("enum"), list):
        made["enum"] = [value for value in made["enum"] if _fits(value, kind)]
    return made


def _fits_any(values: Iterable[Any], kind: str) -> bool:
    return any(_fits(value, kind) for value in values)


def _fits(value: Any, kind: str) -> bool:
    told = type_of(value)
    if told == "number" and kind == "integer":
        return float(value).is_integer()
    return told == kind or (told == "integer" and kind == "number")
