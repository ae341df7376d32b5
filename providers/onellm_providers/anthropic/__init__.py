"""Anthropic's Claude behind `anthropic/…`, in the format of the Messages API, and clients for what is no chat."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onellm_providers.anthropic.async_client import AsyncAnthropic as AsyncAnthropic
    from onellm_providers.anthropic.client import Anthropic as Anthropic
    from onellm_providers.anthropic.provider import AnthropicProvider as AnthropicProvider

_WHERE = {"Anthropic": "client", "AnthropicProvider": "provider", "AsyncAnthropic": "async_client"}

__all__ = ["Anthropic", "AnthropicProvider", "AsyncAnthropic"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    return value
