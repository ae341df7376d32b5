"""OpenAPI files, in JSON or YAML 1.2.

YAML 1.1, which PyYAML reads by default, takes `16:9` for the number 969 and `on` for true; Venice's file has both.
"""

from __future__ import annotations

import json
import re
from typing import Any, cast

from onellm.decode.json import table
from onellm.errors import ConfigurationError, InvalidRequestError

LIVE = "https://api.venice.ai/doc/api/swagger.yaml"

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_TAGS = (("null", _NULL), ("bool", _BOOLEAN), ("int", _INTEGER), ("float", _FLOAT))


def read_document(text: str) -> dict[str, Any]:
    """An OpenAPI file as a value. Raises InvalidRequestError where it is none."""
    try:
        value: object = json.loads(text)
    except ValueError:
        value = _read_yaml(text)
    document = table(value)
    if not table(document.get("paths")):
        raise InvalidRequestError("This is no OpenAPI file: it has no paths.", param="file")
    return document


def _read_yaml(text: str) -> object:
    try:
        import yaml
    except ImportError as error:
        raise ConfigurationError(
            "A contract in YAML needs PyYAML, which is not installed: run `python -m pip install pyyaml`."
        ) from error
    try:
        return cast("object", _core_schema(yaml)(text).get_single_data())
    except yaml.YAMLError as error:
        raise InvalidRequestError(f"This is neither JSON nor YAML: {error}.", param="file") from error


def _core_schema(yaml: Any) -> Any:
    """PyYAML's safe loader with the core schema of YAML 1.2 (section 10.3.2 of its specification)."""

    class Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML is loaded when it is needed
        yaml_implicit_resolvers: dict[str, Any] = {}

    for tag, pattern in _TAGS:
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"(?:{pattern.pattern})$"), None)
    Loader.add_constructor("tag:yaml.org,2002:int", _integer)
    return Loader


def _integer(loader: Any, node: Any) -> int:
    return int(loader.construct_scalar(node), 0) if node.value[:2] in ("0o", "0x") else int(node.value)
