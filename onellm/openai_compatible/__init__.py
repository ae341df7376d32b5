"""The OpenAI wire format, once, and `Spec`: a host described as data."""

from onellm.openai_compatible.provider import OpenAICompatible
from onellm.openai_compatible.spec import Items, OneOf, Range, Spec

__all__ = ["Items", "OneOf", "OpenAICompatible", "Range", "Spec"]
