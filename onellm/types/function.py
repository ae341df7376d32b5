"""Tools made of Python functions: the schema from annotations and docstring, and calling them with a model's words."""

from __future__ import annotations

import inspect
import re
import textwrap
import typing
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeAlias, cast, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError
from pydantic_core import PydanticSerializationError, to_json

from onellm.errors import ConfigurationError

Function: TypeAlias = Callable[..., Any]

_GOOGLE = re.compile(r"^(?:Args|Arguments|Parameters|Params):\s*$", re.MULTILINE)
_SECTION = re.compile(r"^[A-Z][A-Za-z ]*:\s*$", re.MULTILINE)
_ENTRY = re.compile(r"^(\*{0,2}\w+)(?:\s*\(.*?\))?:\s*(.*)$")
_FIELD = re.compile(r"^:param\s+(?:[^:]*\s)?(\w+):\s*(.*?)(?=^:|\Z)", re.MULTILINE | re.DOTALL)


class FunctionTool:
    """A function as a tool. Its parameters are named and typed; `*args`, `**kwargs` and positional ones are refused.

    The description is the docstring's text before its sections. What a parameter is for comes from
    `Annotated[T, "…"]`, `Annotated[T, Field(description="…")]`, or the docstring (`Args:` or `:param x:`).
    """

    def __init__(self, function: Function) -> None:
        self.function = function
        self.name: str = getattr(function, "__name__", type(function).__name__)
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", self.name):
            raise ConfigurationError(f"{self.name!r} cannot name a tool; give a function with a name of its own.")
        self.description, told = _docstring(inspect.getdoc(function) or "")
        self.arguments = self._arguments(told)

    @property
    def is_async(self) -> bool:
        """Whether calling it gives a coroutine."""
        return inspect.iscoroutinefunction(self.function) or inspect.iscoroutinefunction(
            getattr(self.function, "__call__", None)  # noqa: B004 - an object whose call is async
        )

    def schema(self) -> dict[str, Any]:
        """The tool as OpenAI writes it."""
        parameters = self.arguments.model_json_schema()
        parameters.pop("title", None)
        for part in parameters.get("properties", {}).values():
            part.pop("title", None)
        parameters.setdefault("properties", {})
        function: dict[str, Any] = {"name": self.name, "parameters": parameters}
        if self.description:
            function["description"] = self.description
        return {"type": "function", "function": function}

    def read(self, arguments: str) -> dict[str, Any]:
        """The arguments of a call, as the function's types. Raises ValueError that says what does not fit."""
        try:
            values = self.arguments.model_validate_json(arguments or "{}")
        except ValidationError as error:
            problems = error.errors(include_input=False, include_url=False, include_context=False)
            said = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}".lstrip(": ") for each in problems)
            raise ValueError(f"the arguments do not fit: {said}") from None
        return {name: getattr(values, name) for name in type(values).model_fields if name in values.model_fields_set}

    def _arguments(self, told: Mapping[str, str]) -> type[BaseModel]:
        try:
            hints = typing.get_type_hints(self.function, include_extras=True)
        except (NameError, TypeError, AttributeError):
            hints = {}
        fields: dict[str, Any] = {}
        for name, parameter in inspect.signature(self.function).parameters.items():
            if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                raise ConfigurationError(
                    f"The tool {self.name} takes {parameter}; a model can only give parameters by name."
                )
            annotation = hints.get(name, parameter.annotation)
            kind: Any = Any if annotation is parameter.empty or isinstance(annotation, str) else annotation
            default: Any = ... if parameter.default is parameter.empty else parameter.default
            fields[name] = (kind, Field(default, description=_annotated(kind) or told.get(name)))
        config = ConfigDict(extra="forbid", arbitrary_types_allowed=False, protected_namespaces=())
        try:
            return create_model(self.name, __config__=config, **fields)
        except (PydanticSchemaGenerationError, PydanticUserError, NameError) as error:
            raise ConfigurationError(
                f"The tool {self.name} has a parameter that no JSON value stands for: {error}"
            ) from None


def written(value: object) -> str:
    """What a tool gave, as a model reads it: a text as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    try:
        return to_json(value).decode()
    except PydanticSerializationError:
        return str(value)


def as_tool(value: object) -> object:
    """The schema of a function; anything else as it is."""
    if isinstance(value, FunctionTool):
        return value.schema()
    if callable(value) and not isinstance(value, Mapping):
        return FunctionTool(value).schema()
    return cast("object", value)


def _annotated(kind: Any) -> str | None:
    if get_origin(kind) is not Annotated:
        return None
    for note in get_args(kind)[1:]:
        if isinstance(note, str):
            return note
        if isinstance(described := getattr(note, "description", None), str):
            return described
    return None


def _docstring(text: str) -> tuple[str, dict[str, str]]:
    """The description, and what is said of each parameter."""
    told = {name: " ".join(said.split()) for name, said in _FIELD.findall(text)}
    start = _GOOGLE.search(text)
    if start:
        rest = text[start.end() :]
        end = _SECTION.search(rest)
        told.update(_entries(textwrap.dedent(rest[: end.start()] if end else rest).strip("\n")))
    first = min(
        (match.start() for match in (_SECTION.search(text), re.search(r"^:\w+", text, re.MULTILINE)) if match),
        default=len(text),
    )
    return text[:first].strip(), told


def _entries(block: str) -> dict[str, str]:
    """`name (type): text` lines, with their continuations."""
    told: dict[str, str] = {}
    name = ""
    for line in block.splitlines():
        entry = _ENTRY.match(line)
        if entry:
            name = entry[1].lstrip("*")
            told[name] = entry[2].strip()
        elif name and line.strip():
            told[name] = f"{told[name]} {line.strip()}".strip()
    return told
