"""`client.embeddings`"""

from __future__ import annotations

from typing import Unpack

from onellm.call import Prepared
from onellm.provider import Provider
from onellm.resource import IO, endpoint
from onellm.resources.base import Routed
from onellm.types.embedding import EmbeddingInput, EmbeddingParams, EmbeddingRequest, EmbeddingResponse


class Embeddings(Routed[IO]):
    """`client.embeddings`"""

    @endpoint
    def create(
        self, model: str | None = None, input: EmbeddingInput = (), **params: Unpack[EmbeddingParams]
    ) -> Prepared[EmbeddingResponse]:
        """Embeddings of one text or several, in the order of the input.

        More inputs than the service takes in one call are split, and joined in order. Parameters are those of
        `EmbeddingParams`. Raises CapabilityError, UnsupportedParameterError and InvalidRequestError before anything is
        sent; later APIError and its kinds, APIConnectionError.
        """
        return self._core.prepare(Provider.embed, EmbeddingRequest, model, params, input=input)
