"""`venice.models`"""

from __future__ import annotations

import builtins
import datetime
import functools
from collections.abc import Callable
from typing import Literal, TypeAlias, TypeVar

from onellm.call import Call, Flow, Reply, ask
from onellm.capabilities import ModelInfo
from onellm.resource import IO, endpoint
from onellm_providers.venice.errors import ModelNotFoundError
from onellm_providers.venice.models import read_models
from onellm_providers.venice.resources.base import VeniceResource, reads, refuse
from onellm_providers.venice.tables.inference import MODELS_QUERY, TRAITS_QUERY
from onellm_providers.venice.types.models import CompatibilityMapping, ModelList, ModelTraits, VeniceModel

T = TypeVar("T")
ModelType: TypeAlias = Literal["asr", "embedding", "image", "music", "text", "tts", "upscale", "inpaint", "video"]
ListedType: TypeAlias = ModelType | Literal["all", "code"]


class Models(VeniceResource[IO]):
    """The models of Venice, their traits and the names by which others call them. No key is needed."""

    @endpoint
    def list(self, type: ListedType | None = None) -> Call[ModelList]:
        """The models of a type (text, where none is given), `all` models, or those for `code`: GET /models."""
        return self._list(type, reads(ModelList))

    @endpoint
    def get(self, model: str) -> Flow[VeniceModel]:
        """One model, taken from the list of all. Raises ModelNotFoundError."""
        listed = yield from ask(self._list("all", reads(ModelList)))
        found = listed.find(self._service.model_id(model))
        if found is None:
            raise ModelNotFoundError(f"venice lists no model {model}.", provider=self._service.name, model=model)
        return found

    @endpoint
    def refresh(self) -> Flow[builtins.list[ModelInfo]]:
        """Ask for all models, and keep what this client then knows of them: what each can do, costs and keeps private.

        Later calls of this client refuse by it, as those of `onellm.OneLLM` do after its `refresh_models`.
        """
        listed = yield from ask(self._list("all", functools.partial(_infos, self._service.name)))
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        return self._service.catalogue.learn(self._service.name, listed, today)

    @endpoint
    def traits(self, type: ModelType | None = None) -> Call[ModelTraits]:
        """Which model has which trait (default, default_code, …), of text models unless told: GET /models/traits."""
        return self._traits(type)

    @endpoint
    def get_model_traits(self, model: str, type: ModelType | None = None) -> Flow[builtins.list[str]]:
        """The traits of a model; none where it has none."""
        traits = yield from ask(self._traits(type))
        return traits.of(self._service.model_id(model))

    @endpoint
    def compatibility_mapping(self, type: ModelType | None = None) -> Call[CompatibilityMapping]:
        """Which model answers to a name from elsewhere, such as `gpt-4o`: GET /models/compatibility_mapping.

        The answer is looked up both ways: `venice_model(name)` and `names_of(model)`.
        """
        return self._mapping(type)

    @endpoint
    def resolve(self, name: str, type: ModelType | None = None) -> Flow[str]:
        """The id behind a trait or a name from elsewhere; a name that is neither is looked for among the models.

        Raises ModelNotFoundError where it is none of them.
        """
        traits = yield from ask(self._traits(type))
        if name in traits.data:
            return traits.data[name]
        mapping = yield from ask(self._mapping(type))
        if name in mapping.data:
            return mapping.data[name]
        listed = yield from ask(self._list("all", reads(ModelList)))
        if listed.find(name) is None:
            raise ModelNotFoundError(
                f"{name} is no trait, no name from elsewhere and no model of venice.",
                provider=self._service.name,
                model=name,
            )
        return name

    def _list(self, type: ListedType | None, parse: Callable[[Reply], T]) -> Call[T]:
        return self._call("GET", "models", parse, query=refuse(MODELS_QUERY, {"type": type}), key="if known")

    def _traits(self, type: ModelType | None) -> Call[ModelTraits]:
        query = refuse(TRAITS_QUERY, {"type": type})
        return self._call("GET", "models/traits", reads(ModelTraits), query=query, key="if known")

    def _mapping(self, type: ModelType | None) -> Call[CompatibilityMapping]:
        query = refuse(TRAITS_QUERY, {"type": type})
        path = "models/compatibility_mapping"
        return self._call("GET", path, reads(CompatibilityMapping), query=query, key="if known")


def _infos(provider: str, reply: Reply) -> list[ModelInfo]:
    return read_models(provider, reply.body)
