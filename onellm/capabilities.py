"""What models can do: one vocabulary, three answers (yes, no, not known)."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import field, replace
from itertools import islice
from typing import Literal

from onellm.errors import CapabilityError, ConfigurationError
from onellm.record import record


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


@record(frozen=True)
class Prices:
    """USD for a million tokens. None is not known, which is not zero.

    `reasoning`: None is billed as output. `image_input`: None is billed as input. `tiers`: what holds where the prompt
    is longer than so many tokens, as (tokens, prices), in rising order; it holds for the whole request.
    """

    input: float | None = None
    output: float | None = None
    cache_read: float | None = None
    cache_write: float | None = None
    reasoning: float | None = None
    audio_input: float | None = None
    audio_output: float | None = None
    image_input: float | None = None
    image_output: float | None = None
    tiers: tuple[tuple[int, Prices], ...] = ()

    def at(self, prompt_tokens: int) -> Prices:
        """The prices for a prompt of this length."""
        held = self
        for above, prices in self.tiers:
            if prompt_tokens > above:
                held = prices
        return held


@record(frozen=True)
class ModelInfo:
    """What is known of a model, from where and since when. None means that it is not known.

    `reasoning_budget`: the least and the most tokens to think with, where that can be set. `temperature`: whether it is
    taken. `deprecated`: the day from which it is withdrawn, or on which it was known to be. `released`: when the model
    came out. `source` and `as_of`: the best source that knows this model; `sources`: who said what, by field or
    capability.
    """

    id: str
    provider: str
    capabilities: Mapping[Capability, bool | None] = field(default_factory=dict[Capability, bool | None])
    context_window: int | None = None
    max_output_tokens: int | None = None
    prices: Prices | None = None
    input_modalities: tuple[str, ...] | None = None
    output_modalities: tuple[str, ...] | None = None
    reasoning_efforts: tuple[str, ...] | None = None
    reasoning_budget: tuple[int | None, int | None] | None = None
    temperature: bool | None = None
    deprecated: str | None = None
    released: str | None = None
    privacy: str | None = None
    source: str = "provider"
    as_of: str | None = None
    sources: Mapping[str, str] = field(default_factory=dict[str, str])

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

    __slots__ = ("_models", "version")

    def __init__(self) -> None:
        self._models: dict[str, dict[str, ModelInfo]] = {}
        self.version = 0
        """Another number after each change."""

    def __bool__(self) -> bool:
        return bool(self._models)

    def learn(self, provider: str, models: Iterable[ModelInfo], as_of: str) -> list[ModelInfo]:
        """Replace what is known of a provider's models."""
        listed = [replace(info, provider=provider, as_of=info.as_of or as_of) for info in models]
        self._models[provider] = {info.id: info for info in listed}
        self.version += 1
        return listed

    def find(self, provider: str, model: str) -> ModelInfo | None:
        return self._models.get(provider, {}).get(model)

    def ids(self, provider: str) -> list[str]:
        """The models that the provider listed."""
        return list(self._models.get(provider, {}))

    def providers(self) -> list[str]:
        """The providers that were asked."""
        return list(self._models)


def require(info: ModelInfo, capability: Capability, alternatives: Iterable[str] = ()) -> None:
    """Refuse what the model is known not to do.

    Raises CapabilityError, before anything is sent, only for a known no; what is not known never blocks. The error
    says who denies it, and how to say otherwise.
    """
    if info.capabilities.get(capability) is not False:
        return
    others = list(islice((name for name in alternatives if name != info.model), 5))
    words = WORDS.get(capability, f"has no {capability.value}")
    hint = f"; these do: {', '.join(others)}" if others else ""
    source = info.sources.get(capability.value)
    doubt = (
        f" So says {source}; if that is wrong, "
        f'register_model("{info.model}", capabilities={{"{capability.value}": True}}) overrides it.'
        if source
        else ""
    )
    raise CapabilityError(f"{info.model} {words}{hint}.{doubt}", capability=capability.value, alternatives=others)
