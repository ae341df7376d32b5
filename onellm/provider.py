"""What a provider is: pure methods that turn a request into a call and a reply into a result."""

from __future__ import annotations

import functools
from collections.abc import Mapping
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
from onellm.models import snapshot
from onellm.models.known import changes, combine, registered
from onellm.operations import OPERATIONS, Operations
from onellm.routing import split_profile

if TYPE_CHECKING:
    from onellm.call import Auth, Op, Reply, StreamOp
    from onellm.config import Host, Secret, Settings
    from onellm.types.chat import ChatCompletionResponse, ChatRequest
    from onellm.types.chunk import ChatCompletionChunk

REMEMBERED = 512
"""Models of which a provider keeps what is known of them."""


class Provider(Operations):
    """Turns requests into calls. Does no I/O; override what the service offers (chat, and all of `Operations`).

    `host` says where the settings come from. `features` is what every model of the service is known to do or not, by
    `source` as of a date.
    """

    host: ClassVar[Host]
    features: Mapping[Capability, bool] = {}
    source: str = ""
    as_of: str = ""
    error_codes: Mapping[str, type[APIError]] = {}
    """The service's own codes of errors; a status may stand for one."""

    def __init__(self, settings: Settings, catalogue: Catalogue | None = None) -> None:
        self.settings = settings
        self.catalogue = Catalogue() if catalogue is None else catalogue
        self._known: dict[str, tuple[tuple[int, int], ModelInfo]] = {}

    # -- operations: what a service offers is what its class overrides ---------------------------------------------

    def chat(self, request: ChatRequest) -> Op[ChatCompletionResponse]:
        """A chat completion."""
        raise self._lacks(Capability.CHAT)

    def chat_stream(self, request: ChatRequest) -> StreamOp[ChatCompletionChunk, ChatCompletionResponse]:
        """A streamed chat completion."""
        raise self._lacks(Capability.STREAM)

    def models(self) -> Op[list[ModelInfo]]:
        """The models that the service lists now."""
        raise CapabilityError(f"{self.name} has no list of models.")

    # -- what is known ---------------------------------------------------------------------------------------------

    def operations(self) -> frozenset[Capability]:
        """The operations that this provider has, derived from what its class overrides."""
        cls = type(self)
        return frozenset(word for name, word in OPERATIONS.items() if getattr(cls, name) is not getattr(Provider, name))

    def capabilities(self, model: str) -> Mapping[Capability, bool | None]:
        """What the model is known to do.

        What the provider has no operation for, no model of it does; which of its models does which is not known before
        some source says so. For the model "" the answer is the provider's own.
        """
        if not model:
            own: dict[Capability, bool | None] = dict.fromkeys(Capability, None)
            return own | self._lacking | dict(self.features) | dict.fromkeys(self.operations(), True)
        return self.info(model).capabilities

    def info(self, model: str) -> ModelInfo:
        """What is known of a model without a call.

        The sources, the later before the earlier: the snapshot of models.dev, the provider's own features, what its
        `/models` said, what `register_model` was told.
        """
        if not model:
            return ModelInfo("", self.name, capabilities=self.capabilities(""))
        stamp = self.catalogue.version, changes()
        known = self._known.get(model)
        if known is None or known[0] != stamp:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[model] = stamp, self._combined(model)
        return known[1]

    def _combined(self, given: str) -> ModelInfo:
        model, service = self.model_id(given), split_profile(self.name)[0]
        names = dict.fromkeys((*self.kin(model), model, given))
        layers = (
            *(snapshot.find(service, name) for name in names),
            ModelInfo("", "", self._lacking, source=""),
            ModelInfo("", "", self.features_of(model), source=self.source, as_of=self.as_of or None),
            *(self.catalogue.find(self.name, name) for name in names),
            *(registered(self.name, name) for name in names),
        )
        return combine(model, self.name, layers)

    def kin(self, model: str) -> tuple[str, ...]:
        """The models of which everything is true of this one too, unless it is known better."""
        return ()

    def features_of(self, model: str) -> Mapping[Capability, bool]:
        """`features`, and what the provider knows beside them of this model."""
        return self.features

    @functools.cached_property
    def _lacking(self) -> dict[Capability, bool | None]:
        return dict.fromkeys(set(OPERATIONS.values()) - self.operations(), False)

    def model_id(self, model: str) -> str:
        """The id under which `/models` and the snapshot list this model."""
        return model

    def get_model_capabilities(self, model: str) -> dict[str, bool | None]:
        """Each capability by its word: True, False, or None where it is not known."""
        return {word.value: answer for word, answer in self.info(model).capabilities.items()}

    # -- keys and errors -------------------------------------------------------------------------------------------

    def auth(self) -> Auth | None:
        """What signs the provider's calls. Raises MissingAPIKeyError where a key is needed and none is known."""
        settings = self.settings
        if settings.api_key is not None:
            return self._key_header
        if self._host().key_required:
            raise MissingAPIKeyError(
                f"No API key for {self.name}. Set {settings.key_variable}, run `onellm auth set {self.name}`, "
                f'or pass providers={{"{self.name}": {{"api_key": …}}}}.'
            )
        return None

    @functools.cached_property
    def _key_header(self) -> Auth | None:
        key = self.settings.api_key
        return None if key is None else KeyHeader(key)

    @property
    def lacks_key(self) -> bool:
        """Whether it has nothing to sign with. A client makes it anew then, since a key may be stored meanwhile."""
        return self.settings.api_key is None

    def error(self, reply: Reply, model: str = "") -> APIError:
        """The typed error for a reply that is a refusal."""
        key = self._credential()
        return build_error(
            reply,
            provider=self.name,
            model=model,
            secret=key.reveal() if key else "",
            advice=self._advice(model),
            codes=self.error_codes,
        )

    def _credential(self) -> Secret | None:
        """What an answer may repeat and nobody else may see."""
        return self.settings.api_key

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
