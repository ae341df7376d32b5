"""What an OpenAPI file says that a client depends on, as flat facts: parameters, fields of bodies, fields of answers.

    {"POST /augment/search": {
        "request": {"body limit": {"type": "integer", "minimum": 1, "maximum": 20}, …},
        "answer": {"results[].title": {"type": "string", "required": True}, …}}}

A field of an object is `outer.inner`, an item of a list `outer[]`, any key of a map `outer.*`. Where a value may have
one of several shapes, the fields of all of them count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, cast

from onellm.decode.json import Table, array, table

Fact: TypeAlias = dict[str, Any]
Facts: TypeAlias = dict[str, dict[str, dict[str, Fact]]]

METHODS = ("get", "post", "put", "patch", "delete")
BOUNDS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "format")
DEEPEST = 12


def facts_of(document: Mapping[str, Any]) -> Facts:
    """The facts of every operation, by `METHOD /path`."""
    reader = _Reader(document)
    found: Facts = {}
    for path, item in table(document.get("paths")).items():
        shared = array(table(item).get("parameters"))
        for method in METHODS:
            operation = table(table(item).get(method))
            if operation:
                found[f"{method.upper()} {path}"] = reader.operation(operation, shared)
    return found


class _Reader:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def operation(self, operation: Table, shared: list[Any]) -> dict[str, dict[str, Fact]]:
        request: dict[str, Fact] = {}
        for each in (*shared, *array(operation.get("parameters"))):
            parameter = self._resolved(each)
            name = f"{parameter.get('in')} {parameter.get('name')}"
            fact = self._fact(table(parameter.get("schema")))
            request[name] = {**fact, **({"required": True} if parameter.get("required") else {})}
        body = self._resolved(operation.get("requestBody"))
        for content in table(body.get("content")).values():
            self._add(request, "body ", table(table(content).get("schema")))
        answer: dict[str, Fact] = {}
        for status, each in table(operation.get("responses")).items():
            if str(status).startswith("2"):
                for kind, content in table(self._resolved(each).get("content")).items():
                    answer.setdefault(f"<{kind}>", {})
                    self._add(answer, "", table(table(content).get("schema")))
        return {"request": request, "answer": answer}

    def _add(self, facts: dict[str, Fact], prefix: str, schema: Table) -> None:
        for path, fact in self._fields(schema, "", DEEPEST):
            name = f"{prefix}{path}"
            facts[name] = _both(facts[name], fact) if name in facts else fact

    def _fields(self, schema: Table, path: str, depth: int) -> Iterator[tuple[str, Fact]]:
        """The fields below a schema, each with its facts."""
        if depth == 0:
            return
        for shape in self._shapes(schema):
            required = array(shape.get("required"))
            for name, each in table(shape.get("properties")).items():
                inner = f"{path}.{name}" if path else name
                yield inner, {**self._fact(table(each)), **({"required": True} if name in required else {})}
                yield from self._fields(table(each), inner, depth - 1)
            if "items" in shape:
                item = table(shape["items"])
                yield f"{path}[]", self._fact(item)
                yield from self._fields(item, f"{path}[]", depth - 1)
            if isinstance(shape.get("additionalProperties"), dict):
                yield f"{path}.*", self._fact(table(shape["additionalProperties"]))
                yield from self._fields(table(shape["additionalProperties"]), f"{path}.*", depth - 1)

    def _fact(self, schema: Table) -> Fact:
        """Type, choices and bounds of a value; of several shapes, what any of them allows."""
        found: Fact = {}
        for number, shape in enumerate(self._shapes(schema)):
            fact: Fact = {name: shape[name] for name in BOUNDS if name in shape}
            if "type" in shape:
                fact["type"] = shape["type"]
            if "enum" in shape:
                fact["enum"] = sorted(as_written(value, shape.get("type")) for value in shape["enum"])
            for name in ("exclusiveMinimum", "exclusiveMaximum", "nullable"):
                if shape.get(name):
                    fact[name] = shape[name]
            if shape.get("additionalProperties") is False:
                fact["closed"] = True
            found = _either(found, fact) if number else fact
        return found

    def _shapes(self, schema: Table) -> Iterator[Table]:
        """The schema with its references followed; each alternative of `anyOf` and `oneOf` by itself."""
        schema = self._resolved(schema)
        for part in array(schema.get("allOf")):
            for inner in self._shapes(table(part)):
                schema = _merged(schema, inner)
        options = [*array(schema.get("anyOf")), *array(schema.get("oneOf"))]
        if not options:
            yield schema
            return
        own = {name: value for name, value in schema.items() if name not in ("anyOf", "oneOf", "allOf")}
        for option in options:
            for inner in self._shapes(table(option)):
                yield _merged(own, inner)

    def _resolved(self, value: object) -> Table:
        """The value, or what its `$ref` leads to."""
        found = table(value)
        for _ in range(DEEPEST):
            ref = found.get("$ref")
            if not isinstance(ref, str):
                break
            target: Any = self._document
            for part in ref.removeprefix("#/").split("/"):
                target = table(target).get(part.replace("~1", "/").replace("~0", "~"))
            found = table(target)
        return found


def _merged(one: Table, other: Table) -> Table:
    """Two parts of one schema."""
    both = {**one, **other}
    if "properties" in one and "properties" in other:
        both["properties"] = {**table(one["properties"]), **table(other["properties"])}
    if "required" in one and "required" in other:
        both["required"] = [*array(one["required"]), *array(other["required"])]
    return both


def _either(one: Fact, other: Fact) -> Fact:
    """What is allowed where one of two shapes will do: joined types and choices, and bounds that both have."""
    types = sorted({*str(one.get("type", "")).split("|"), *str(other.get("type", "")).split("|")} - {""})
    joined: Fact = {"type": "|".join(types)} if types else {}
    if "enum" in one and "enum" in other:
        joined["enum"] = sorted({*one["enum"], *other["enum"]})
    elif "enum" in one or "enum" in other:
        joined["suggested"] = sorted({*one.get("enum", ()), *other.get("enum", ()), *one.get("suggested", ())})
    for name in {*one, *other} - {"type", "enum"}:
        if name == "nullable" or one.get(name) == other.get(name):
            joined[name] = one.get(name, other.get(name))
        elif name != "suggested":
            joined[name] = sorted({bound for each in (one, other) for bound in _bounds(each.get(name))})
    return joined


def _bounds(value: Any) -> list[str]:
    """A bound, or those of several shapes; none where a shape has none."""
    if value is None:
        return ["none"]
    return [str(each) for each in cast("list[Any]", value)] if isinstance(value, list) else [str(value)]


def as_written(value: object, kind: object) -> str:
    """A choice as the file's author wrote it: a text that YAML 1.1 took for a number of base 60, or for a truth."""
    if kind == "string" and isinstance(value, bool):
        return "on" if value else "off"
    if kind == "string" and isinstance(value, int) and value >= 60:
        return f"{value // 60}:{value % 60}"
    return str(value)


def _both(one: Fact, other: Fact) -> Fact:
    """The facts of a field that stands in several shapes of its object: it is required only where all say so."""
    joined = one if one == other else _either(one, other)
    if not (one.get("required") and other.get("required")):
        joined = {name: value for name, value in joined.items() if name != "required"}
    return joined
