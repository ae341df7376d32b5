"""Gemini behind `vertex/…`: the same format at Google Cloud's Vertex AI, and clients for what is no chat."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onellm_providers.vertex.async_client import AsyncVertex as AsyncVertex
    from onellm_providers.vertex.client import Vertex as Vertex
    from onellm_providers.vertex.provider import VertexProvider as VertexProvider

_WHERE = {"AsyncVertex": "async_client", "Vertex": "client", "VertexProvider": "provider"}

__all__ = ["AsyncVertex", "Vertex", "VertexProvider"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    return value
