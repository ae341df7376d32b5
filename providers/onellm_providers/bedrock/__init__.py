"""Amazon Bedrock behind `bedrock/…` in the format of Converse, and its OpenAI-shaped endpoint as `bedrock_openai/…`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onellm_providers.bedrock.openai import BedrockOpenAI as BedrockOpenAI
    from onellm_providers.bedrock.provider import BedrockProvider as BedrockProvider

_WHERE = {"BedrockOpenAI": "openai", "BedrockProvider": "provider"}

__all__ = ["BedrockOpenAI", "BedrockProvider"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    return value
