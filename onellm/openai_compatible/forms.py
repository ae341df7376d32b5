"""Multipart bodies as OpenAI takes them: lists as `name[]`, tables as `name[key]`, booleans as words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from onellm.body import File, Multipart

Part = tuple[str, str | File]


def form(fields: Mapping[str, Any], files: list[tuple[str, File]]) -> Multipart:
    """The fields, then the files."""
    parts: list[Part] = [part for name, value in fields.items() for part in _parts(name, value)]
    return Multipart([*parts, *files])


def _parts(name: str, value: Any) -> Iterator[Part]:
    if isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            yield from _parts(f"{name}[{key}]", item)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _parts(f"{name}[]", item)
    else:
        yield name, value if isinstance(value, str) else json.dumps(value)
