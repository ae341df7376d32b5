"""What every request value shares: the bare model, the caller's own fields, and errors that say where."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias, cast

from pydantic import ConfigDict, ValidationError

from onellm.errors import InvalidRequestError
from onellm.types.base import Model

Unsupported: TypeAlias = Literal["raise", "drop"]


def as_list(value: object) -> object:
    """A sequence that is no text, as a list."""
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        return value
    return list(cast("Sequence[object]", value))


class ModelRequest(Model):
    """An operation as a provider sees it: `model` is the bare name, without the provider.

    Unknown parameters are kept; the provider refuses those that its service does not take.
    Raises InvalidRequestError where a value has the wrong type.
    """

    model_config = ConfigDict(extra="allow", protected_namespaces=(), defer_build=True, strict=False)

    steering: ClassVar[frozenset[str]] = frozenset({"model", "extra_body", "extra_headers", "unsupported"})
    """Fields that are not parameters of the body: what the operation is about, and what steers the call itself."""

    model: str
    extra_body: dict[str, Any] | None = None
    extra_headers: dict[str, str] | None = None
    unsupported: Unsupported = "raise"

    if not TYPE_CHECKING:

        def __init__(self, **data: Any) -> None:
            try:
                super().__init__(**data)
            except ValidationError as error:
                raise InvalidRequestError(_explain(error), param=str(error.errors()[0]["loc"][0])) from None

    def parameters(self) -> dict[str, Any]:
        """The parameters that are set and not None, by name, without those that steer the call itself."""
        steering, values = self.steering, self.__dict__
        given = {
            name: value
            for name in sorted(self.__pydantic_fields_set__ | _with_defaults(type(self)))
            if name not in steering and (value := values.get(name)) is not None
        }
        if self.model_extra:
            given.update({name: value for name, value in self.model_extra.items() if value is not None})
        return given


@functools.cache
def _with_defaults(kind: type[ModelRequest]) -> frozenset[str]:
    """The fields that have a value though nobody gave one."""
    return frozenset(name for name, field in kind.model_fields.items() if field.get_default() is not None)


def _explain(error: ValidationError) -> str:
    """Where and what, without the value, which may be private."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{where}: {first['msg'].removeprefix('Value error, ')}{more}."
