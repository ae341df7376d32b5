"""The resources of both clients, made when they are first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onellm.resource import IO
from onellm.service import Service

if TYPE_CHECKING:
    from onellm_providers.venice.resources.models import Models


class VeniceResources(Service[IO]):
    """All of Venice by area."""

    @property
    def models(self) -> Models[IO]:
        """Models, traits, and the names by which others call them."""
        from onellm_providers.venice.resources.models import Models

        return self.resource(Models[IO])
