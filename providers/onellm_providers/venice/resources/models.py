"""`venice.models`"""

from __future__ import annotations

from typing import Literal

from onellm.call import Call
from onellm.resource import IO, endpoint
from onellm_providers.venice.resources.base import VeniceResource, reads
from onellm_providers.venice.types.models import ModelTraits


class Models(VeniceResource[IO]):
    """The models of Venice, their traits and the names by which others call them."""

    @endpoint
    def traits(self, type: Literal["text", "image", "embedding"] | None = None) -> Call[ModelTraits]:
        """Which model has which trait (default, fastest, …): GET /models/traits."""
        return self._call("GET", "models/traits", reads(ModelTraits), query={"type": type})
