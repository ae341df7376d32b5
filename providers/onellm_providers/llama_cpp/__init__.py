"""GGUF models in this process behind `llama_cpp/…`, computed by llama.cpp (extra `llama`: llama-cpp-python)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onellm_providers.llama_cpp.provider import LlamaCppProvider as LlamaCppProvider
    from onellm_providers.llama_cpp.shelf import unload as unload

_WHERE = {"LlamaCppProvider": "provider", "unload": "shelf"}

__all__ = ["LlamaCppProvider", "unload"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    return value
