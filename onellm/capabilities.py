"""What models can do: one vocabulary, three answers (yes, no, not known)."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from onellm.errors import CapabilityError, ConfigurationError


class Capability(enum.StrEnum):
    """The words for what a model or provider does; the same in code, docs, CLI and errors."""

    CHAT = "chat"
    STREAM = "stream"
    TOOLS = "tools"
    PARALLEL_TOOLS = "parallel_tools"
    TOOL_CHOICE_REQUIRED = "tool_choice_required"
    JSON_MODE = "json_mode"
    JSON_SCHEMA = "json_schema"
    VISION = "vision"
    AUDIO_INPUT = "audio_input"
    VIDEO_INPUT = "video_input"
    DOCUMENT_INPUT = "document_input"
    AUDIO_OUTPUT = "audio_output"
    IMAGE_OUTPUT = "image_output"
    REASONING = "reasoning"
    LOGPROBS = "logprobs"
    PROMPT_CACHING = "prompt_caching"
    WEB_SEARCH = "web_search"
    COMPLETION = "completion"
    RESPONSES = "responses"
    EMBEDDINGS = "embeddings"
    IMAGE_GENERATION = "image_generation"
    IMAGE_EDIT = "image_edit"
    SPEECH = "speech"
    TRANSCRIPTION = "transcription"
    TRANSLATION = "translation"
    MODERATION = "moderation"
    RERANK = "rerank"
    FILES = "files"
    BATCH = "batch"
    VIDEO_GENERATION = "video_generation"
    REALTIME = "realtime"
    TEE = "tee"
    E2EE = "e2ee"


CapabilityName = Literal[
    "chat", "stream", "tools", "parallel_tools", "tool_choice_required", "json_mode", "json_schema", "vision",
    "audio_input", "video_input", "document_input", "audio_output", "image_output", "reasoning", "logprobs",
    "prompt_caching", "web_search", "completion", "responses", "embeddings", "image_generation", "image_edit", "speech",
    "transcription", "translation", "moderation", "rerank", "files", "batch", "video_generation", "realtime", "tee",
    "e2ee",
]  # fmt: skip

WORDS: dict[Capability, str] = {
    Capability.VISION: "takes no images",
    Capability.AUDIO_INPUT: "takes no audio",
    Capability.VIDEO_INPUT: "takes no video",
    Capability.DOCUMENT_INPUT: "takes no documents",
    Capability.TOOLS: "takes no tools",
    Capability.STREAM: "does not stream",
    Capability.CHAT: "does not chat",
    Capability.REASONING: "does not reason",
}


@dataclass(frozen=True)
class Prices:
    """USD for a million tokens. None is not known, which is not zero."""

    input: float | None = None
    output: float | None = None
    cache_read: float | None = None
    cache_write: float | None = None


@dataclass(frozen=True)
class ModelInfo:
    """What is known of a model, from where and since when. None means that it is not known."""

    id: str
    provider: str
    capabilities: Mapping[Capability, bool | None] = field(default_factory=dict[Capability, bool | None])
    context_window: int | None = None
    max_output_tokens: int | None = None
    prices: Prices | None = None
    input_modalities: tuple[str, ...] | None = None
    output_modalities: tuple[str, ...] | None = None
    reasoning_efforts: tuple[str, ...] | None = None
    deprecated: str | None = None
    privacy: str | None = None
    source: str = "provider"
    as_of: str | None = None

    @property
    def model(self) -> str:
        """The model string, `provider/id`."""
        return f"{self.provider}/{self.id}"

    def supports(self, capability: Capability | CapabilityName) -> bool | None:
        """True, False, or None where it is not known. Raises ConfigurationError for a word that is no capability."""
        try:
            return self.capabilities.get(Capability(capability))
        except ValueError:
            words = ", ".join(Capability)
            raise ConfigurationError(f"{capability!r} is no capability; these are: {words}.") from None


class Catalogue:
    """What `/models` said, by provider: learned on request only, kept with its date, for one client."""

    __slots__ = ("_models",)

    def __init__(self) -> None:
        self._models: dict[str, dict[str, ModelInfo]] = {}

    def __bool__(self) -> bool:
        return bool(self._models)

    def learn(self, provider: str, models: Iterable[ModelInfo], as_of: str) -> list[ModelInfo]:
        """Replace what is known of a provider's models."""
        listed = [replace(info, provider=provider, as_of=info.as_of or as_of) for info in models]
        self._models[provider] = {info.id: info for info in listed}
        return listed

    def find(self, provider: str, model: str) -> ModelInfo | None:
        return self._models.get(provider, {}).get(model)

    def capable(self, capability: Capability, near: str) -> list[str]:
        """Model strings known to do it, those of the provider `near` first."""
        names = sorted(self._models, key=lambda name: (name != near, name))
        return [info.model for name in names for info in self._models[name].values() if info.supports(capability)]


def require(info: ModelInfo, capability: Capability, alternatives: Iterable[str] = ()) -> None:
    """Refuse what the model is known not to do.

    Raises CapabilityError, before anything is sent, only for a known no; what is not known never blocks.
    """
    if info.capabilities.get(capability) is not False:
        return
    others = [name for name in alternatives if name != info.model][:5]
    words = WORDS.get(capability, f"has no {capability.value}")
    hint = f"; these do: {', '.join(others)}" if others else ""
    raise CapabilityError(f"{info.model} {words}{hint}.", capability=capability.value, alternatives=others)
