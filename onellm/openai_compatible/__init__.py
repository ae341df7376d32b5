"""The OpenAI wire format, once, and `Spec`: a host described as data."""

from onellm.openai_compatible.limits import Items, OneOf, Range
from onellm.openai_compatible.operations import Operation
from onellm.openai_compatible.provider import OpenAICompatible
from onellm.openai_compatible.spec import Spec

__all__ = ["Items", "OneOf", "OpenAICompatible", "Operation", "Range", "Spec"]
