"""JSON schemas as GBNF: llama-cpp-python's converter, with what it leaves out or gets wrong (0.3.36)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from onellm.decode.json import Table, array, table
from onellm_providers.llama_cpp.ranges import integers, numbers

NOT_HELD = frozenset({
    "contains", "dependentRequired", "dependentSchemas", "else", "if", "maxProperties", "minProperties", "multipleOf",
    "not", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties", "uniqueItems",
})  # fmt: skip
"""Keywords of which no grammar is made."""
BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
CLASSES = {r"\d": "[0-9]", r"\w": "[A-Za-z0-9_]", r"\s": "[ ]"}
"""What GBNF has no letter for in a pattern. White space is a space alone: a JSON string spells others otherwise."""


def not_held(schema: Any) -> list[str]:
    """The keywords of a schema that its grammar does not hold an answer to."""
    return sorted(set(_lost(schema)))


def _lost(schema: Any) -> Iterator[str]:
    if not (schema := table(schema)):
        return
    yield from schema.keys() & NOT_HELD
    kinds = schema.get("type")
    if "number" in (array(kinds) or [kinds]):
        yield from (name for name in BOUNDS if not _whole(schema.get(name, 0)))
    if "pattern" in schema:
        yield from schema.keys() & {"maxLength", "minLength"}
    if schema.get("prefixItems") and schema.get("items"):
        yield "items"
    for name in ("properties", "patternProperties", "$defs", "definitions"):
        for each in table(schema.get(name)).values():
            yield from _lost(each)
    for name in ("items", "additionalProperties"):
        yield from _lost(schema.get(name))
    for name in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for each in array(schema.get(name)):
            yield from _lost(each)


def _whole(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, float) and value.is_integer())


def to_gbnf(schema: Table) -> str:
    """The grammar of a schema. Raises what the library's converter raises where it makes none."""
    base: Any = import_module("llama_cpp.llama_grammar").SchemaConverter

    class Converter(base):  # type: ignore[misc]
        names: dict[str, str]

        def visit(self, schema: Any, name: str) -> str:
            """The name of the rule for a schema."""
            simple = _simplified(schema)
            rule = _range(simple)
            if rule is None:
                return str(base.visit(self, simple, name))
            return str(self._add_rule(name or "root", f"({rule}) space"))

        def _resolve_ref(self, ref: str) -> str:
            """Each definition has a rule of its own, whatever the last word of its path."""
            if ref not in self.names:
                name = self.names[ref] = f"definition-{len(self.names)}"
                made = self.visit(self._refs[ref], name)
                if made != name:
                    self._rules[name] = made
            return self.names[ref]

        def _format_literal(self, literal: str) -> str:
            if literal.startswith('"'):
                literal = json.dumps(json.loads(literal), ensure_ascii=False)
            return '"' + re.sub(r'["\\]', r"\\\g<0>", literal).replace("\r", r"\r").replace("\n", r"\n") + '"'

        def _generate_constant_rule(self, value: Any) -> str:
            return self._format_literal(json.dumps(value, ensure_ascii=False))

    converter: Any = Converter(prop_order={}, allow_fetch=False, dotall=False, raw_pattern=False)
    converter.names = {}
    converter._rules.setdefault("space", '" "?')
    converter.visit(converter.resolve_refs(json.loads(json.dumps(schema)), "stdin"), "")
    return str(converter.format_grammar())


def _simplified(schema: Any) -> Table:
    """A schema that says the same in what the library's converter knows."""
    if schema is True:
        return {}
    given = table(schema)
    kinds, known = array(given.get("type")), table(given.get("properties"))
    if kinds and "enum" not in given and "const" not in given:
        return {"anyOf": [{**given, "type": kind} for kind in kinds]}
    if "enum" in given or "const" in given:
        return {name: given[name] for name in ("enum", "const") if name in given}
    if "pattern" in given:
        return {**given, "pattern": _pattern(str(given["pattern"]))}
    if given.get("type") == "array" and not given.keys() & {"items", "prefixItems"}:
        return {**given, "items": {}} if given.keys() & {"minItems", "maxItems"} else given
    if given.get("additionalProperties") is not False and (
        more := {str(each): dict[str, Any]() for each in array(given.get("required")) if each not in known}
    ):
        return {**given, "properties": {**known, **more}}
    return given


def _range(schema: Table) -> str | None:
    """The expression for numbers that have bounds; None for what is no number or has none."""
    kind = schema.get("type")
    if kind not in ("integer", "number") or not schema.keys() & set(BOUNDS) or schema.keys() & {"enum", "const"}:
        return None
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    low = max((each for each in (schema.get("minimum"), above) if each is not None), default=None)
    high = min((each for each in (schema.get("maximum"), below) if each is not None), default=None)
    over, under = low is not None and low == above, high is not None and high == below
    if kind == "integer":
        least = None if low is None else math.floor(low) + 1 if over else math.ceil(low)
        most = None if high is None else math.ceil(high) - 1 if under else math.floor(high)
        found = integers(least, most)
    else:
        whole = (None if each is None or not _whole(each) else int(each) for each in (low, high))
        found = numbers(*whole, above=over, below=under)
    if found is None:
        raise ValueError(f"no {kind} is within its bounds")
    return found


def _pattern(pattern: str) -> str:
    """A pattern whose letters for kinds of characters are written out, outside of brackets and in them."""
    found = ""
    inside = False
    for part in re.findall(r"\\.|.", pattern, re.DOTALL):
        if part in CLASSES:
            found += CLASSES[part][1:-1] if inside else CLASSES[part]
        else:
            inside = part == "[" or (inside and part != "]")
            found += part
    return found
