"""What an Ollama server says of its models (ollama client 0.6.3)."""

from __future__ import annotations

from typing import Any

from onellm.types.base import Model, Result


class Details(Model):
    """How a model is made."""

    format: str | None = None
    family: str | None = None
    families: list[str] | None = None
    parameter_size: str | None = None
    quantization_level: str | None = None


class LocalModel(Model):
    """A model at the server. Sizes are in bytes."""

    model: str
    modified_at: str | None = None
    size: int | None = None
    digest: str | None = None
    details: Details | None = None


class RunningModel(Model):
    """A model in memory, the window that it was loaded with, and until when it stays."""

    model: str
    size: int | None = None
    size_vram: int | None = None
    context_length: int | None = None
    expires_at: str | None = None
    digest: str | None = None
    details: Details | None = None


class ModelDetails(Result):
    """What `show` tells of a model."""

    capabilities: list[str] | None = None
    details: Details | None = None
    model_info: dict[str, Any] | None = None
    modified_at: str | None = None
    parameters: str | None = None
    template: str | None = None
    license: str | None = None

    @property
    def context_length(self) -> int | None:
        """The most tokens that the model was made for."""
        info = self.model_info or {}
        own = info.get(f"{info.get('general.architecture')}.context_length")
        found = (own, *(value for name, value in info.items() if name.endswith(".context_length")))
        return next((value for value in found if isinstance(value, int)), None)


class PullProgress(Result):
    """How far a pull is: of a layer (`digest`) so many bytes of so many. The last status is `success`."""

    status: str = ""
    digest: str | None = None
    total: int | None = None
    completed: int | None = None


class Version(Result):
    version: str
