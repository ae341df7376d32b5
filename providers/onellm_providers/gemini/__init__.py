"""Google's Gemini behind `gemini/…`, in the format of generateContent, and clients for what is no chat."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onellm_providers.gemini.async_client import AsyncGemini as AsyncGemini
    from onellm_providers.gemini.client import Gemini as Gemini
    from onellm_providers.gemini.provider import GeminiProvider as GeminiProvider

_WHERE = {"Gemini": "client", "GeminiProvider": "provider", "AsyncGemini": "async_client"}

__all__ = ["AsyncGemini", "Gemini", "GeminiProvider"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    return value
