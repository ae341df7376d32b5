"""Answers as values of the caller's own type: pydantic models, dataclasses, TypedDicts, anything pydantic knows."""

from __future__ import annotations

import functools
import inspect
import re
from typing import Any, Generic, TypeVar, cast

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUndefinedAnnotation, PydanticUserError

from onellm.errors import (
    ConfigurationError,
    IncompleteOutputError,
    InvalidOutputError,
    RefusalError,
)
from onellm.schema import is_closed, strict_schema
from onellm.types.chat import ChatCompletionResponse

T = TypeVar("T")


class OutputType(Generic[T]):
    """A type that an answer is to have: its schema, and reading it.

    A type whose schema is no object (a list, an int, a union) travels as the property `value` of one.
    """

    def __init__(self, target: type[T] | TypeAdapter[T]) -> None:
        self.adapter: TypeAdapter[T] = _adapter(target)
        schema = self.adapter.json_schema()
        self.name = re.sub(r"[^a-zA-Z0-9_-]", "_", str(schema.get("title") or _name(target)))[:64] or "output"
        self.wrapped = schema.get("type") != "object" and not _is_object(schema)
        if self.wrapped:
            defs = {"$defs": schema.pop("$defs")} if "$defs" in schema else {}
            schema = {"type": "object", "properties": {"value": schema}, "required": ["value"], **defs}
        elif "$ref" in schema:  # a recursive type: the root itself must be an object
            schema = {**schema["$defs"][schema["$ref"].rpartition("/")[2]], "$defs": schema["$defs"]}
        self.strict = is_closed(schema)
        self.schema: dict[str, Any] = strict_schema(schema) if self.strict else schema

    def response_format(self) -> dict[str, Any]:
        """The parameter as OpenAI writes it. It is strict where every object of the type lists its fields."""
        return {
            "type": "json_schema",
            "json_schema": {"name": self.name, "schema": self.schema, "strict": self.strict},
        }

    def read(self, text: str) -> T:
        """The value that a JSON text stands for. Raises ValueError (pydantic's, which says where)."""
        if self.wrapped:
            return cast("T", self._wrapper(text))
        return self.adapter.validate_json(text)

    def _wrapper(self, text: str) -> Any:
        from pydantic_core import from_json

        whole: Any = from_json(text)
        if not isinstance(whole, dict) or "value" not in whole:
            raise ValueError("the answer lacks the property 'value'")
        return self.adapter.validate_python(cast("dict[str, Any]", whole)["value"], strict=False)


class ParsedChatCompletion(ChatCompletionResponse, Generic[T]):
    """A whole answer whose text is a value of the type that was asked for."""

    __slots__ = ("_output",)

    @classmethod
    def of(cls, answer: ChatCompletionResponse, output: OutputType[T]) -> ParsedChatCompletion[T]:
        """The answer, to be read as this type."""
        parsed = cls.model_construct(answer.model_fields_set, **answer.__dict__, **(answer.model_extra or {}))
        object.__setattr__(parsed, "_output", output)
        return parsed

    @property
    def parsed(self) -> T:
        """The first choice as a value.

        Raises RefusalError where the model refused or a filter stopped it, IncompleteOutputError where the answer was
        cut, InvalidOutputError where it does not fit the type. Each carries the text and this response.
        """
        return self.parse(0)

    def parse(self, index: int) -> T:
        """The choice at this place as a value; errors as in `parsed`."""
        choice = self.choices[index]
        text = choice.message.content
        if choice.message.refusal or choice.finish_reason == "content_filter":
            said = choice.message.refusal or "a content filter stopped the answer"
            raise RefusalError(f"The model did not answer: {said}.", text=text or said, response=self)
        if choice.finish_reason in ("length", "error"):
            raise IncompleteOutputError(
                f"The answer was cut ({choice.finish_reason}); raise max_completion_tokens, or ask for less.",
                text=text or "",
                response=self,
            )
        if not text:
            why = "it calls tools: run them, and ask again" if choice.message.tool_calls else "it is empty"
            raise InvalidOutputError(f"The answer has no text to read: {why}.", text="", response=self)
        try:
            return self._output.read(text)  # type: ignore[attr-defined,no-any-return]
        except ValidationError as error:
            problem = _explain(error)
        except ValueError as error:
            problem = str(error)
        raise InvalidOutputError(f"The answer does not fit the type asked for: {problem}.", text=text, response=self)


@functools.lru_cache(maxsize=256)
def _cached(target: Any) -> TypeAdapter[Any]:
    return TypeAdapter(target)


def _adapter(target: Any) -> TypeAdapter[Any]:
    if isinstance(target, TypeAdapter):
        return cast("TypeAdapter[Any]", target)
    if inspect.isroutine(target):
        raise ConfigurationError(f"response_format={_name(target)} is a function; pass a type that pydantic knows.")
    try:
        return _cached(target)
    except (PydanticSchemaGenerationError, PydanticUndefinedAnnotation, PydanticUserError, TypeError) as error:
        raise ConfigurationError(f"response_format={_name(target)} is no type that pydantic knows: {error}") from None


def _name(target: Any) -> str:
    if isinstance(target, TypeAdapter):
        return "output"
    return getattr(target, "__name__", None) or "output"


def _is_object(schema: dict[str, Any]) -> bool:
    """Whether the schema is a reference to an object, as for a recursive model."""
    ref = schema.get("$ref")
    return isinstance(ref, str) and schema.get("$defs", {}).get(ref.rpartition("/")[2], {}).get("type") == "object"


def _explain(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = ".".join(map(str, first["loc"]))
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{where}: {first['msg']}{more}" if where else f"{first['msg']}{more}"
