"""`client.rerank`"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from onellm.call import Prepared
from onellm.operations import Operations
from onellm.resource import IO, endpoint
from onellm.resources.base import Routed
from onellm.types.rerank import Document, RerankParams, RerankRequest, RerankResponse


class Reranks(Routed[IO]):
    """`client.rerank`"""

    @endpoint
    def create(
        self,
        model: str | None = None,
        query: str = "",
        documents: Sequence[Document] = (),
        **params: Unpack[RerankParams],
    ) -> Prepared[RerankResponse]:
        """Documents by how well they fit a query, the best first, each with its place among those that were given.

        Parameters are those of `RerankParams`. Raises CapabilityError, UnsupportedParameterError and
        InvalidRequestError before anything is sent; later APIError and its kinds, APIConnectionError.
        """
        return self._core.prepare(Operations.rerank, RerankRequest, model, params, query=query, documents=documents)
