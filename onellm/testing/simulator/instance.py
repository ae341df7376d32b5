"""A small instance of a JSON Schema, the same each time: what the simulator says where a schema is asked for."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, cast

_FORMATS = {
    "date-time": "2026-01-01T00:00:00Z",
    "date": "2026-01-01",
    "time": "00:00:00Z",
    "duration": "P1D",
    "email": "someone@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_REPEATED = (letter * count for count in range(1, 17) for letter in "aA0")
_SAMPLES = (*_REPEATED, "Text", "a1", "A1", "a-a", "a_a", "0.0", "#000000", *_FORMATS.values())
_HINTS: dict[str, tuple[str, ...]] = {
    "object": ("properties", "required"),
    "array": ("items", "prefixItems", "minItems"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
_DEEPEST = 24


class NoInstance(ValueError):
    """There is no instance, or none that can be made here."""


class _TooDeep(NoInstance):
    pass


def instance(schema: Any, text: str = "text") -> Any:
    """A value that satisfies the schema, with required properties only and no more depth than it must have.

    Strings are `text` where nothing is said about them. A `pattern` is met by trying some usual texts. Raises
    NoInstance.
    """
    for depth in range(1, _DEEPEST):
        try:
            return _Maker(schema, text).make(schema, depth)
        except _TooDeep:
            continue
    raise NoInstance("the schema is too deep, or requires itself without end")


class _Maker:
    def __init__(self, root: Any, text: str) -> None:
        self.root = root
        self.text = text

    def make(self, schema: Any, depth: int) -> Any:
        """An instance at most `depth` levels deep."""
        if depth == 0:
            raise _TooDeep
        rules = self.flat(schema, depth)
        if "const" in rules:
            return rules["const"]
        if "enum" in rules:
            return rules["enum"][0]
        for key in ("anyOf", "oneOf"):
            if key in rules:
                common = {name: rule for name, rule in rules.items() if name != key}
                options = [{"allOf": [common, option]} for option in rules[key]]
                return _first(partial(self.make, option, depth - 1) for option in options)
        return _first(partial(self.of_kind, kind, rules, depth) for kind in _kinds(rules))

    def flat(self, schema: Any, depth: int) -> dict[str, Any]:
        """The rules of a schema, with those that `$ref` and `allOf` bring in."""
        if depth == 0:
            raise _TooDeep
        rules = dict(cast("dict[str, Any]", schema)) if isinstance(schema, dict) else {}
        parts = [self.at(rules.pop("$ref"))] if "$ref" in rules else []
        for part in (*parts, *rules.pop("allOf", ())):
            rules = _both(rules, self.flat(part, depth - 1))
        return rules

    def at(self, ref: str) -> Any:
        """The part of the schema that `#/$defs/name` means."""
        target: Any = self.root
        for part in ref.removeprefix("#").split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            try:
                target = target[name]
            except (KeyError, TypeError):
                raise NoInstance(f"{ref} leads nowhere") from None
        return target

    def of_kind(self, kind: str, rules: dict[str, Any], depth: int) -> Any:
        match kind:
            case "object":
                properties = rules.get("properties", {})
                return {name: self.make(properties.get(name, {}), depth - 1) for name in rules.get("required", ())}
            case "array":
                first = rules.get("prefixItems", ())
                rest = [rules.get("items", {})] * (rules.get("minItems", 0) - len(first))
                return [self.make(item, depth - 1) for item in (*first, *rest)]
            case "string":
                return _text(rules, self.text)
            case "integer" | "number":
                return _number(rules, whole=kind == "integer")
            case "boolean":
                return False
            case _:
                return None


def _first(attempts: Iterable[Callable[[], Any]]) -> Any:
    """What the first attempt gives that succeeds. If none does, more depth may help where it was depth that lacked."""
    failed: list[NoInstance] = []
    for attempt in attempts:
        try:
            return attempt()
        except NoInstance as error:
            failed.append(error)
    failed.sort(key=lambda error: not isinstance(error, _TooDeep))
    raise failed[0] if failed else NoInstance("there is no alternative")


def _kinds(rules: dict[str, Any]) -> list[str]:
    if "type" in rules:
        return [rules["type"]] if isinstance(rules["type"], str) else rules["type"]
    return [next((kind for kind, keys in _HINTS.items() if any(key in rules for key in keys)), "string")]


def _both(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The rules of both; where both have one, objects and lists of names are united and the stricter bound wins."""
    merged = {**other, **one}
    for key in one.keys() & other.keys():
        if key == "properties":
            merged[key] = {
                name: {"allOf": [part[key][name] for part in (one, other) if name in part[key]]}
                for name in (*other[key], *one[key])
            }
        elif key == "required":
            merged[key] = list(dict.fromkeys((*other[key], *one[key])))
        elif key.startswith(("min", "exclusiveMin")):
            merged[key] = max(one[key], other[key])
        elif key.startswith(("max", "exclusiveMax")):
            merged[key] = min(one[key], other[key])
    return merged


def _text(rules: dict[str, Any], text: str) -> str:
    low, high, pattern = rules.get("minLength", 0), rules.get("maxLength", math.inf), rules.get("pattern", "")
    samples = (text, *_SAMPLES) if pattern else (text,)
    for sample in (_FORMATS[rules["format"]],) if rules.get("format") in _FORMATS else samples:
        fitted = sample + sample[-1:] * (low - len(sample)) if len(sample) <= high else sample[: int(high)]
        if low <= len(fitted) <= high and re.search(pattern, fitted):
            return fitted
    raise NoInstance(f"no text at hand has the length {low} to {high} and the pattern {pattern!r}")


def _number(rules: dict[str, Any], *, whole: bool) -> float:
    step = rules.get("multipleOf", 1 if whole else 0.25)
    low = max(rules.get("minimum", -math.inf), rules.get("exclusiveMinimum", -math.inf))
    high = min(rules.get("maximum", math.inf), rules.get("exclusiveMaximum", math.inf))
    start = 0 if low < 0 else math.ceil(low / step)
    if high < start * step:
        start = math.floor(high / step)
    middle = [] if whole or math.isinf(low + high) else [(low + high) / 2]
    for value in (start * step, (start + 1) * step, (start - 1) * step, *middle):
        fits = low <= value <= high and (not whole or value == int(value))
        if fits and value not in (rules.get("exclusiveMinimum"), rules.get("exclusiveMaximum")):
            return int(value) if value == int(value) else value
    raise NoInstance(f"no number at hand lies between {low} and {high}")
