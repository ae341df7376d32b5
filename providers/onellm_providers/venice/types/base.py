"""Values whose fields Venice writes in camel case and Python in snake case."""

from __future__ import annotations

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from onellm.types.base import Model, Result

_CAMEL = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class CamelModel(Model):
    """A part of an answer; unknown fields are kept under Venice's own names."""

    model_config = _CAMEL


class CamelResult(Result):
    """A whole answer; unknown fields are kept under Venice's own names."""

    model_config = _CAMEL
