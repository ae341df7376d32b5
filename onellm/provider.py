"""What a provider is: pure methods that turn a request into a call and a reply into a result."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from onellm.auth import KeyHeader
from onellm.capabilities import Capability, Catalogue, ModelInfo
from onellm.error_bodies import build_error
from onellm.errors import (
    APIError,
    AuthenticationError,
    CapabilityError,
    ContextLengthError,
    InsufficientBalanceError,
    MissingAPIKeyError,
    ModelNotFoundError,
    QuotaExceededError,
)

if TYPE_CHECKING:
    from onellm.call import Auth, Op, Reply, StreamOp
    from onellm.config import Host, Settings
    from onellm.types.chat import ChatCompletionChunk, ChatCompletionResponse, ChatRequest
    from onellm.types.embedding import EmbeddingRequest, EmbeddingResponse

OPERATIONS: dict[str, Capability] = {
    "chat": Capability.CHAT,
    "chat_stream": Capability.STREAM,
    "embed": Capability.EMBEDDINGS,
}
"""The methods that a provider may override, and the capability that each of them is."""


class Provider:
    """Turns requests into calls. Does no I/O; override what the service offers.

    `host` says where the settings come from. `features` is what every model of the service is known to do or not.
    """

    host: ClassVar[Host]
    features: Mapping[Capability, bool] = {}
    error_codes: Mapping[str, type[APIError]] = {}
    """The service's own codes of errors."""

    def __init__(self, settings: Settings, catalogue: Catalogue | None = None) -> None:
        self.settings = settings
        self.catalogue = Catalogue() if catalogue is None else catalogue

    @property
    def name(self) -> str:
        """The provider as model strings name it, with the profile if there is one."""
        return self.settings.label

    # -- operations: what a service offers is what its class overrides ---------------------------------------------

    def chat(self, request: ChatRequest) -> Op[ChatCompletionResponse]:
        """A chat completion."""
        raise self._lacks(Capability.CHAT)

    def chat_stream(self, request: ChatRequest) -> StreamOp[ChatCompletionChunk, ChatCompletionResponse]:
        """A streamed chat completion."""
        raise self._lacks(Capability.STREAM)

    def embed(self, request: EmbeddingRequest) -> Op[EmbeddingResponse]:
        """Embeddings of texts, in the order of the input."""
        raise self._lacks(Capability.EMBEDDINGS)

    def models(self) -> Op[list[ModelInfo]]:
        """The models that the service lists now."""
        raise CapabilityError(f"{self.name} has no list of models.")

    # -- what is known ---------------------------------------------------------------------------------------------

    def operations(self) -> frozenset[Capability]:
        """The operations that this provider has, derived from what its class overrides."""
        cls = type(self)
        return frozenset(word for name, word in OPERATIONS.items() if getattr(cls, name) is not getattr(Provider, name))

    def capabilities(self, model: str) -> Mapping[Capability, bool | None]:
        """What the model is known to do: the provider's features, refined by what `/models` said.

        What the provider has no operation for, no model of it does; which of its models does which is not known before
        `/models` says so. For the model "" the answer is the provider's own.
        """
        if not model:
            return {**self._of_every_model, **dict.fromkeys(self.operations(), True)}
        learned = self.catalogue.find(self.name, self.model_id(model)) if self.catalogue else None
        if learned is None:
            return self._of_every_model
        known = {**self._of_every_model, **{word: yes for word, yes in learned.capabilities.items() if yes is not None}}
        if known[Capability.CHAT] and known[Capability.STREAM] is None:
            known[Capability.STREAM] = True  # a model that chats does so in streams, where the provider streams
        return known

    def info(self, model: str) -> ModelInfo:
        """What is known of a model without a call."""
        learned = self.catalogue.find(self.name, self.model_id(model)) if self.catalogue else None
        return replace(learned or ModelInfo(model, self.name), capabilities=self.capabilities(model))

    @functools.cached_property
    def _of_every_model(self) -> Mapping[Capability, bool | None]:
        known: dict[Capability, bool | None] = dict.fromkeys(Capability, None)
        known.update(dict.fromkeys(set(OPERATIONS.values()) - self.operations(), False))
        known.update(self.features)
        return MappingProxyType(known)

    def model_id(self, model: str) -> str:
        """The id under which `/models` lists this model."""
        return model

    def get_model_capabilities(self, model: str) -> dict[str, bool | None]:
        """Each capability by its word: True, False, or None where it is not known."""
        return {word.value: answer for word, answer in self.info(model).capabilities.items()}

    # -- keys and errors -------------------------------------------------------------------------------------------

    def auth(self) -> Auth | None:
        """What signs the provider's calls. Raises MissingAPIKeyError where a key is needed and none is known."""
        settings = self.settings
        if settings.api_key is not None:
            return KeyHeader(settings.api_key)
        if self._host().key_required:
            raise MissingAPIKeyError(
                f"No API key for {self.name}. Set {settings.key_variable}, run `onellm auth set {self.name}`, "
                f'or pass providers={{"{self.name}": {{"api_key": …}}}}.'
            )
        return None

    def error(self, reply: Reply, model: str = "") -> APIError:
        """The typed error for a reply that is a refusal."""
        key = self.settings.api_key
        return build_error(
            reply,
            provider=self.name,
            model=model,
            secret=key.reveal() if key else "",
            advice=self._advice(model),
            codes=self.error_codes,
        )

    def _advice(self, model: str) -> dict[type[APIError], str]:
        key, variable = self.settings.api_key, self.settings.key_variable
        which = f"The key ending in {key.hint} was refused" if key else "No key was sent"
        return {
            AuthenticationError: f"{which}: set {variable} or run `onellm auth set {self.name}`.",
            ContextLengthError: "Shorten the messages, lower max_completion_tokens, or take a model with more room.",
            ModelNotFoundError: f"`onellm models {self.name}` lists its models.",
            InsufficientBalanceError: f"Add credit to the {self.name} account; a retry does not help.",
            QuotaExceededError: f"Add credit to the {self.name} account; a retry does not help.",
        }

    def _host(self) -> Host:
        return self.host

    def _lacks(self, capability: Capability) -> CapabilityError:
        return CapabilityError(f"{self.name} has no {capability.value}.", capability=capability.value)

    # -- the flags under the names that users of such clients know -------------------------------------------------

    @property
    def json_mode_support(self) -> bool | None:
        return self.info("").supports(Capability.JSON_MODE)

    @property
    def vision_support(self) -> bool | None:
        return self.info("").supports(Capability.VISION)

    @property
    def audio_input_support(self) -> bool | None:
        return self.info("").supports(Capability.AUDIO_INPUT)

    @property
    def video_input_support(self) -> bool | None:
        return self.info("").supports(Capability.VIDEO_INPUT)

    @property
    def streaming_support(self) -> bool | None:
        return self.info("").supports(Capability.STREAM)

    @property
    def realtime_support(self) -> bool | None:
        return self.info("").supports(Capability.REALTIME)

    @property
    def function_calling_support(self) -> bool | None:
        return self.info("").supports(Capability.TOOLS)
