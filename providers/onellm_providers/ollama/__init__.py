"""Models at an Ollama server behind `ollama/…`, in Ollama's own format, and clients for its models."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onellm_providers.ollama.async_client import AsyncOllama as AsyncOllama
    from onellm_providers.ollama.client import Ollama as Ollama
    from onellm_providers.ollama.options import PromptTooLongWarning as PromptTooLongWarning
    from onellm_providers.ollama.provider import OllamaProvider as OllamaProvider

_WHERE = {
    "AsyncOllama": "async_client", "Ollama": "client", "OllamaProvider": "provider", "PromptTooLongWarning": "options"
}  # fmt: skip

__all__ = ["AsyncOllama", "Ollama", "OllamaProvider", "PromptTooLongWarning"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    return value
