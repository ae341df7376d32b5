"""Structured output: JSON Schemas as Anthropic's `output_config.format` and strict tools take them.

Source: platform.claude.com, structured outputs, in third-party digests of 2026: every object is closed; bounds of
numbers, texts and lists, recursion and references to elsewhere are refused.
"""

from __future__ import annotations

import re
from typing import Any

from onellm.capabilities import Capability
from onellm.decode.json import Table, array, table
from onellm.errors import CapabilityError, InvalidRequestError
from onellm_providers.anthropic.target import Target

BOUNDS = frozenset({
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "maxItems",
    "uniqueItems", "contains", "minContains", "maxContains", "minProperties", "maxProperties", "patternProperties",
    "propertyNames", "dependentRequired", "dependentSchemas", "unevaluatedProperties", "unevaluatedItems", "not", "if",
    "then", "else", "prefixItems",
})  # fmt: skip
"""Keywords that are not taken. A schema without them allows more."""
FORMATS = frozenset({
    "date-time", "date", "time", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"
})  # fmt: skip
_HARD_PATTERN = re.compile(r"\(\?[=!<]|\\[1-9bB]")
"""Look-around, back-references and word boundaries."""


def encode_format(target: Target, given: dict[str, Any]) -> Table | None:
    """`output_config.format` for the `response_format` in `given`, which is taken out; None for plain text."""
    asked = table(given.pop("response_format", None))
    kind = asked.get("type")
    if kind in (None, "text"):
        return None
    if kind == "json_object":
        target.losses.refuse(
            "response_format",
            f"{target.name} has no JSON mode without a schema. Give a json_schema or a type, ask for JSON in the "
            "prompt, or pass unsupported='drop'.",
        )
        return None
    if kind != "json_schema":
        raise InvalidRequestError("response_format.type must be text or json_schema.", param="response_format")
    if target.rules.json_schema is False:
        raise CapabilityError(
            f"{target} has no structured output. Pass structured='tool' or structured='prompt' with a type.",
            capability=Capability.JSON_SCHEMA,
        )
    schema = table(table(asked.get("json_schema")).get("schema"))
    if not schema:
        raise InvalidRequestError("response_format.json_schema needs a schema.", param="response_format")
    return {"type": "json_schema", "schema": encode_schema(target, schema, "response_format")}


def encode_schema(target: Target, schema: Table, where: str) -> Table:
    """A copy in which every object is closed and `oneOf` is `anyOf`.

    What the service does not take raises UnsupportedParameterError; where the caller allows it, it is dropped and told.
    Raises InvalidRequestError for a schema that holds itself.
    """
    _check_recursion(schema)
    return _closed(target, schema, where)


def _closed(target: Target, schema: Table, where: str) -> Table:
    made: Table = {}
    for name, value in schema.items():
        if name in BOUNDS or _is_refused(name, value):
            target.losses.refuse(f"{where}.{name}", _refusal(target, name, where))
        elif name in ("properties", "$defs", "definitions"):
            made[name] = {key: _closed(target, table(each), f"{where}.{key}") for key, each in table(value).items()}
        elif name in ("anyOf", "oneOf", "allOf"):
            parts = [_closed(target, table(each), f"{where}.{name}[{at}]") for at, each in enumerate(array(value))]
            made["anyOf" if name == "oneOf" else name] = parts
        elif name == "items":
            made[name] = _closed(target, table(value), f"{where}.items")
        elif name != "discriminator":
            made[name] = value
    kinds = made.get("type")
    if kinds == "object" or "object" in array(kinds) or "properties" in made:
        if made.get("additionalProperties", False) is not False:
            target.losses.refuse(
                f"{where}.additionalProperties",
                f"{target.name} takes only objects whose properties are all listed ({where}).",
            )
        made["additionalProperties"] = False
    return made


def _is_refused(name: str, value: Any) -> bool:
    return (
        (name == "minItems" and value not in (0, 1))
        or (name == "format" and value not in FORMATS)
        or (name == "pattern" and isinstance(value, str) and _HARD_PATTERN.search(value) is not None)
    )


def _refusal(target: Target, name: str, where: str) -> str:
    return (
        f"{target.name} does not take {name!r} in a schema ({where}). Leave it out and check the answer, or pass "
        "unsupported='drop'."
    )


def _check_recursion(root: Table) -> None:
    """Raise InvalidRequestError where a definition holds itself, or a reference leads out of the schema."""
    definitions = {
        f"#/{key}/{name}": table(each)
        for key in ("$defs", "definitions")
        for name, each in table(root.get(key)).items()
    }
    done: set[str] = set()

    def follow(schema: Any, path: tuple[str, ...]) -> None:
        for each in array(schema):
            follow(each, path)
        for name, value in table(schema).items():
            if name == "$ref" and isinstance(value, str):
                if value in path or value == "#":
                    raise InvalidRequestError(
                        f"The schema refers to itself ({value}), which Anthropic does not take.",
                        param="response_format",
                    )
                if value not in definitions:
                    raise InvalidRequestError(f"The schema refers to {value!r}, which is not in it.")
                if value not in done:
                    follow(definitions[value], (*path, value))
                    done.add(value)
            elif name not in ("$defs", "definitions", "enum", "const", "default", "examples"):
                follow(value, path)

    follow(root, ())
