"""`venice.embeddings`"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from onellm.call import Op
from onellm.resource import IO, endpoint
from onellm.types.embedding import EmbeddingRequest, EmbeddingResponse
from onellm_providers.venice.resources.base import VeniceResource


class Embeddings(VeniceResource[IO]):
    """Vectors for texts."""

    @endpoint
    def create(
        self,
        model: str,
        input: str | Sequence[str],
        *,
        dimensions: int | None = None,
        encoding_format: Literal["float", "base64"] | None = None,
        user: str | None = None,
    ) -> Op[EmbeddingResponse]:
        """Vectors of one text or several, in their order: POST /embeddings.

        Texts are not empty, each at most 8,192 tokens; more than 2,048 are sent in several calls and joined.
        `dimensions` makes shorter vectors, where the model can. `encoding_format` says how they travel (base64 where
        nothing is said); floats come out either way. Token numbers are refused here, since Venice does not take them.
        Raises InvalidRequestError before sending; later VeniceAPIError and its kinds.
        """
        given: Any = {
            "model": model,
            "input": input,
            "dimensions": dimensions,
            "encoding_format": encoding_format,
            "user": user,
        }
        return self._service.embed(EmbeddingRequest(**given))
