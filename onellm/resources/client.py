"""The resources of a client, made when they are first used: their types are not loaded before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from onellm.resource import IO

if TYPE_CHECKING:
    from onellm.core import Core
    from onellm.resources.base import Routed
    from onellm.resources.embeddings import Embeddings

N = TypeVar("N", bound="Routed[Any]")


class Resources(Generic[IO]):
    """What both clients offer beside chat, in OpenAI's layout."""

    _core: Core
    _engine: IO
    _made: dict[type[Any], Any]

    def resource(self, kind: type[N]) -> N:
        """The one resource of this kind."""
        made = self.__dict__.setdefault("_made", {})
        if kind not in made:
            made[kind] = kind(self._engine, self._core)
        found: N = made[kind]
        return found

    @property
    def embeddings(self) -> Embeddings[IO]:
        """Embeddings."""
        from onellm.resources.embeddings import Embeddings

        return self.resource(Embeddings[IO])
