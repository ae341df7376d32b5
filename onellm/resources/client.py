"""The resources of a client, made when they are first used: their types are not loaded before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from onellm.resource import IO

if TYPE_CHECKING:
    from onellm.core import Core
    from onellm.resources.audio import Audio
    from onellm.resources.base import Routed
    from onellm.resources.batches import Batches
    from onellm.resources.completions import Completions
    from onellm.resources.embeddings import Embeddings
    from onellm.resources.files import Files
    from onellm.resources.images import Images
    from onellm.resources.models import Models
    from onellm.resources.moderations import Moderations
    from onellm.resources.rerank import Reranks
    from onellm.resources.responses import Responses

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

    @property
    def completions(self) -> Completions[IO]:
        """Text completions."""
        from onellm.resources.completions import Completions

        return self.resource(Completions[IO])

    @property
    def images(self) -> Images[IO]:
        """Images: generate, edit, vary."""
        from onellm.resources.images import Images

        return self.resource(Images[IO])

    @property
    def audio(self) -> Audio[IO]:
        """Speech, transcriptions, translations."""
        from onellm.resources.audio import Audio

        return self.resource(Audio[IO])

    @property
    def moderations(self) -> Moderations[IO]:
        """Verdicts on content."""
        from onellm.resources.moderations import Moderations

        return self.resource(Moderations[IO])

    @property
    def rerank(self) -> Reranks[IO]:
        """Documents by how well they fit a query."""
        from onellm.resources.rerank import Reranks

        return self.resource(Reranks[IO])

    @property
    def files(self) -> Files[IO]:
        """Files at a service."""
        from onellm.resources.files import Files

        return self.resource(Files[IO])

    @property
    def batches(self) -> Batches[IO]:
        """Many requests at once, for less."""
        from onellm.resources.batches import Batches

        return self.resource(Batches[IO])

    @property
    def models(self) -> Models[IO]:
        """What the providers list."""
        from onellm.resources.models import Models

        return self.resource(Models[IO])

    @property
    def responses(self) -> Responses[IO]:
        """OpenAI's Responses API."""
        from onellm.resources.responses import Responses

        return self.resource(Responses[IO])
