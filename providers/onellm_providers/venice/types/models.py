"""Models, their traits, and the names by which others call them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from onellm.types.base import Result
from onellm_providers.venice.types.base import CamelModel


class ModelDeprecation(CamelModel):
    """When a model is withdrawn (ISO 8601), and what follows it."""

    date: str
    removes_at: str | None = None
    starts_at: str | None = None
    auto_remap: bool = False
    replacement_model_id: str | None = None


class ModelCapabilities(CamelModel):
    """What a text model can do."""

    optimized_for_code: bool | None = None
    quantization: str | None = None
    supports_function_calling: bool | None = None
    supports_audio_input: bool | None = None
    supports_reasoning: bool | None = None
    supports_reasoning_effort: bool | None = None
    reasoning_effort_options: list[str] | None = None
    default_reasoning_effort: str | None = None
    supports_response_schema: bool | None = None
    supports_multiple_images: bool | None = None
    max_images: int | None = None
    max_videos: int | None = None
    supports_vision: bool | None = None
    supports_video_input: bool | None = None
    supports_web_search: bool | None = None
    supports_log_probs: bool | None = None
    supports_tee_attestation: bool | None = None
    supports_e2ee: bool | None = Field(None, alias="supportsE2EE")
    supports_x_search: bool | None = None


class ModelSpec(CamelModel):
    """What Venice says of a model. `constraints` and `pricing` differ by the model's type."""

    name: str | None = None
    description: str | None = None
    privacy: str | None = None
    offline: bool = False
    beta: bool | None = None
    traits: list[str] = []
    available_context_tokens: int | None = None
    max_completion_tokens: int | None = None
    capabilities: ModelCapabilities | None = None
    constraints: dict[str, Any] | None = None
    pricing: dict[str, Any] | None = None
    deprecation: ModelDeprecation | None = None
    region_restrictions: list[str] | None = None
    model_source: str | None = None
    embedding_dimensions: int | None = None
    max_input_tokens: int | None = None


class VeniceModel(Result):
    """One model."""

    model_config = {"protected_namespaces": ()}

    id: str
    type: str
    model_spec: ModelSpec = ModelSpec()
    object: str = "model"
    owned_by: str | None = None
    created: int | None = None
    context_length: int | None = None

    @property
    def private(self) -> bool:
        """Whether Venice runs the model without keeping what is said; other models are anonymized."""
        return self.model_spec.privacy == "private"


class ModelList(Result):
    """Models, as many as Venice lists of the type."""

    data: list[VeniceModel]
    type: str | None = None
    object: str = "list"

    def find(self, model: str) -> VeniceModel | None:
        """The model of this id."""
        return next((each for each in self.data if each.id == model), None)


class ModelTraits(Result):
    """Trait → model."""

    data: dict[str, str]
    type: str | None = None
    object: str = "list"

    def of(self, model: str) -> list[str]:
        """The traits of a model."""
        return [trait for trait, each in self.data.items() if each == model]


class CompatibilityMapping(Result):
    """Name elsewhere → model of Venice."""

    data: dict[str, str]
    type: str | None = None
    object: str = "list"

    def venice_model(self, name: str) -> str | None:
        """The model of Venice for a name from elsewhere, such as `gpt-4o`; None where there is none."""
        return self.data.get(name)

    def names_of(self, model: str) -> list[str]:
        """The names elsewhere of a model of Venice."""
        return list(self._names(model))

    def _names(self, model: str) -> Iterator[str]:
        return (name for name, each in self.data.items() if each == model)
