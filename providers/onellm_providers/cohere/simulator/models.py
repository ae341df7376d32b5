"""The models that the simulated service has."""

from __future__ import annotations

from typing import Any

from onellm.testing.simulator.values import ServiceError

MODELS: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "command-a-03-2025": ("chat", 256_000, ("tools", "json_mode", "json_schema")),
    "command-a-reasoning-08-2025": ("chat", 256_000, ("tools", "json_mode", "json_schema", "reasoning")),
    "command-a-vision-07-2025": ("chat", 128_000, ("vision",)),
    "command-r7b-12-2024": ("chat", 128_000, ("tools", "json_mode", "json_schema")),
    "embed-v4.0": ("embed", 128_000, ()),
    "embed-english-v3.0": ("embed", 512, ()),
    "rerank-v3.5": ("rerank", 4096, ()),
}
"""By name: the endpoint, the window and the features."""


def known(name: str, endpoint: str) -> int:
    """The window of the model of this name. Raises ServiceError where there is none at this endpoint."""
    found = MODELS.get(name)
    if found is None:
        raise ServiceError(404, f"model '{name}' not found, make sure the correct model ID was used")
    if found[0] != endpoint:
        raise ServiceError(400, f"model '{name}' is not supported by the {endpoint} endpoint")
    return found[1]


def wire(name: str) -> dict[str, Any]:
    """A model as `/v1/models` lists it."""
    endpoint, window, features = MODELS[name]
    return {
        "name": name,
        "is_deprecated": False,
        "endpoints": [endpoint],
        "finetuned": False,
        "context_length": window,
        "tokenizer_url": None,
        "features": list(features) or None,
        "default_endpoints": [],
    }
