"""A model's input and output, as the OpenAPI file of its version describes them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError


@dataclass(frozen=True)
class Schema:
    """The names that a model takes, each with its own schema. Where it is not `known`, nothing is refused.

    `files`: what comes out are links to files, rather than text.
    """

    known: bool = False
    properties: dict[str, Table] = field(default_factory=dict[str, Table])
    required: tuple[str, ...] = ()
    files: bool | None = None

    def takes(self, name: str) -> bool | None:
        """Whether the model takes an input of this name; None where that is not known."""
        return name in self.properties if self.known else None

    def pick(self, names: Iterable[str]) -> str | None:
        """The first of several names that the model takes; the first one at all where nothing is known of it."""
        return next((name for name in names if self.takes(name) is not False), None)

    def kind(self, name: str) -> str:
        """The JSON type of an input; "" where it is not told."""
        return str(self.properties.get(name, {}).get("type") or "")

    def check(self, given: Table) -> None:
        """Raise InvalidRequestError for what is missing, and for a value outside of what the model takes."""
        for name in self.required:
            if name not in given:
                raise InvalidRequestError(f"The model needs the input {name!r}.", param=name)
        for name, value in given.items():
            _check_value(name, value, self.properties.get(name, {}))


UNKNOWN = Schema()


def _check_value(name: str, value: Any, wanted: Table) -> None:
    choices = array(wanted.get("enum"))
    if choices and value not in choices:
        raise InvalidRequestError(f"{name} must be one of {', '.join(map(str, choices))}.", param=name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return
    least, most = wanted.get("minimum"), wanted.get("maximum")
    if (least is not None and value < least) or (most is not None and value > most):
        bounds = [f"{word} {bound:g}" for word, bound in (("at least", least), ("at most", most)) if bound is not None]
        raise InvalidRequestError(f"{name} must be {' and '.join(bounds)} for this model.", param=name)


def read_schema(answer: Any) -> Schema:
    """The schema in what the service says of a model or of a version of one."""
    said = table(answer)
    version = said if "openapi_schema" in said else table(said.get("latest_version"))
    shapes = table(table(table(version.get("openapi_schema")).get("components")).get("schemas"))
    inputs = table(shapes.get("Input"))
    properties = {name: _resolved(table(each), shapes) for name, each in table(inputs.get("properties")).items()}
    if not properties:
        return UNKNOWN
    required = tuple(name for name in array(inputs.get("required")) if isinstance(name, str))
    return Schema(True, properties, required, _files(_resolved(table(shapes.get("Output")), shapes), shapes))


def _resolved(shape: Table, shapes: Table) -> Table:
    """A schema with what it refers to: choices stand in a schema of their own, behind `allOf`."""
    for each in (shape, *map(table, array(shape.get("allOf")))):
        name = str(each.get("$ref", "")).rpartition("/")[2]
        if name:
            shape = {**table(shapes.get(name)), **shape}
    return shape


def _files(output: Table, shapes: Table) -> bool | None:
    items = _resolved(table(output.get("items")), shapes) if output.get("type") == "array" else output
    return items.get("format") == "uri" if items.get("type") == "string" else None
