"""Venice: the provider behind `venice/…`, and the clients for all of its operations."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from onellm_providers.venice.async_client import AsyncVenice as AsyncVenice
    from onellm_providers.venice.client import Venice as Venice
    from onellm_providers.venice.pictures import decode_image as decode_image
    from onellm_providers.venice.pictures import encode_image as encode_image
    from onellm_providers.venice.provider import VeniceProvider as VeniceProvider
    from onellm_providers.venice.types.jobs import MediaJob as MediaJob

_WHERE = {"AsyncVenice": "async_client", "Venice": "client", "VeniceProvider": "provider",
    "MediaJob": "types.jobs", "decode_image": "pictures", "encode_image": "pictures",
}  # fmt: skip

__all__ = ["AsyncVenice", "MediaJob", "Venice", "VeniceProvider", "decode_image", "encode_image"]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    return value
