"""Venice's OpenAPI file as a judge of what we send."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

NAME = "urn:venice"


@functools.cache
def document(shared: Path) -> dict[str, Any]:
    """The file, read once."""
    value: dict[str, Any] = json.loads((shared / "venice" / "openapi.json").read_text(encoding="utf-8"))
    return value


def schemas(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every schema of the file with its path: components, and whatever is called `schema`."""
    if isinstance(value, dict):
        for key, item in value.items():
            here = (*path, str(key))
            if key == "schema" or path == ("components", "schemas"):
                yield "/".join(here), item
            yield from schemas(item, here)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from schemas(item, (*path, str(index)))


@functools.cache
def validator(shared: Path, component: str) -> Any:
    """A validator of one of the file's component schemas."""
    resource: Resource[Any] = Resource.from_contents(document(shared), default_specification=DRAFT4)
    registry: Registry[Any] = Registry().with_resource(NAME, resource)
    return OAS30Validator({"$ref": f"{NAME}#/components/schemas/{component}"}, registry=registry)


def complaints(shared: Path, component: str, body: Any) -> list[str]:
    """What the file has against a body; empty where it is valid. The body is judged as the JSON that is sent."""
    found = validator(shared, component).iter_errors(json.loads(json.dumps(body)))
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}" for error in found]
