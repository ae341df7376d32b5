"""OpenAI's OpenAPI file and its SDK's own types as judges of what we send and of what we make of an answer."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints

import pydantic
from openapi_schema_validator import OAS31Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

NAME = "urn:openai"


@functools.cache
def document(shared: Path) -> dict[str, Any]:
    """The file, read once."""
    value: dict[str, Any] = json.loads((shared / "specs" / "openai.json").read_text(encoding="utf-8"))
    return value


def schema_of(shared: Path, path: str, media_type: str) -> dict[str, Any]:
    """The schema of a request body, by the path of its POST."""
    body = document(shared)["paths"][path]["post"]["requestBody"]["content"][media_type]["schema"]
    name = body["$ref"].rpartition("/")[2]
    found: dict[str, Any] = document(shared)["components"]["schemas"][name]
    return {"name": name, **found}


def complaints(shared: Path, path: str, body: Mapping[str, Any], media_type: str = "application/json") -> list[str]:
    """What the file has against a body; an unknown name counts, though not all schemas of the file are closed."""
    schema = schema_of(shared, path, media_type)
    if media_type != "application/json":
        body = as_json(schema["properties"], body)
    resource: Resource[Any] = Resource.from_contents(document(shared), default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource(NAME, resource)
    validator: Any = OAS31Validator({"$ref": f"{NAME}#/components/schemas/{schema['name']}"}, registry=registry)
    found = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in validator.iter_errors(body)
    ]
    return found + [f"{name} is not in the file" for name in body if name not in schema.get("properties", body)]


def as_json(properties: Mapping[str, Any], form: Mapping[str, Any]) -> dict[str, Any]:
    """A multipart body as the JSON value that the file describes: `a[]` is a list, `a[b]` a table, a file a text."""
    value: dict[str, Any] = {}
    for name, item in form.items():
        plain, _, key = name.partition("[")
        key = key.rstrip("]")
        item = [_scalar(each) for each in item] if isinstance(item, list) else _scalar(item)
        if key:
            value.setdefault(plain, {})[key] = _typed(item)
        else:
            texts = "string" in json.dumps(properties.get(plain, {}).get("type", "any"))
            value[plain] = item if texts else _typed(item)
    return value


def _scalar(item: Any) -> Any:
    return item[0] if isinstance(item, tuple) else item


def _typed(item: Any) -> Any:
    try:
        return json.loads(item) if isinstance(item, str) else item
    except ValueError:
        return item


def unknown_to(params: Any, names: Mapping[str, Any]) -> set[str]:
    """The names that the SDK's type of the request's parameters does not have."""
    kinds = getattr(params, "__args__", (params,))
    return set(names) - {name for kind in kinds for name in get_type_hints(kind)}


def judged(params: Any, body: Mapping[str, Any]) -> None:
    """Raise where the SDK's type of the request's parameters refuses the body."""
    assert not unknown_to(params, body)
    pydantic.TypeAdapter(params).validate_python(dict(body))
