"""The models that the simulated server has."""

from __future__ import annotations

from onellm.decode.json import Table
from onellm.testing.simulator.values import ServiceError

MODELS: dict[str, tuple[int, tuple[str, ...]]] = {
    "llama3.2:latest": (131_072, ("completion", "tools")),
    "qwen3:8b": (40_960, ("completion", "tools", "thinking")),
    "gemma3:4b": (131_072, ("completion", "vision")),
    "nomic-embed-text:latest": (2048, ("embedding",)),
}
"""By name: the window and what it does."""
PULLABLE = {**MODELS, "tinyllama:latest": (2048, ("completion",))}


def full(name: str) -> str:
    """A name without a tag is the one with the tag `latest`."""
    return name if ":" in name else f"{name}:latest"


def known(name: str, capability: str = "") -> str:
    """The full name of a model that can do this. Raises ServiceError where there is none."""
    if full(name) not in MODELS:
        raise ServiceError(404, f"model '{name}' not found")
    if capability and capability not in MODELS[full(name)][1]:
        raise ServiceError(400, f'"{name}" does not support {_WORDS.get(capability, capability)}')
    return full(name)


_WORDS = {"completion": "chat", "embedding": "embeddings"}


def listed(name: str) -> Table:
    """A model as `/api/tags` lists it."""
    return {
        "name": name,
        "model": name,
        "modified_at": "2026-11-01T12:00:00Z",
        "size": 2_019_393_189,
        "digest": "a1" * 32,
        "details": _details(name),
    }


def running(name: str) -> Table:
    """A model as `/api/ps` lists it."""
    about = {key: value for key, value in listed(name).items() if key != "modified_at"}
    return {**about, "expires_at": "2026-11-20T09:05:00Z", "size_vram": 2_019_393_189, "context_length": 4096}


def shown(name: str) -> Table:
    """A model as `/api/show` tells of it."""
    window, capabilities = MODELS[name]
    family = _details(name)["family"]
    return {
        "license": "simulated",
        "modelfile": f"FROM {name}",
        "parameters": 'stop "<|end|>"',
        "template": "{{ .Prompt }}",
        "details": _details(name),
        "model_info": {"general.architecture": family, f"{family}.context_length": window},
        "capabilities": list(capabilities),
        "modified_at": "2026-11-01T12:00:00Z",
    }


def _details(name: str) -> Table:
    family = name.partition(":")[0].partition(".")[0]
    return {
        "parent_model": "",
        "format": "gguf",
        "family": family,
        "families": [family],
        "parameter_size": "3.2B",
        "quantization_level": "Q4_K_M",
    }
