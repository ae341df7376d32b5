"""`client.moderations`"""

from __future__ import annotations

from typing import Unpack

from onellm.call import Prepared
from onellm.operations import Operations
from onellm.resource import IO, endpoint
from onellm.resources.base import Routed
from onellm.types.moderation import ModerationInput, ModerationParams, ModerationRequest, ModerationResponse


class Moderations(Routed[IO]):
    """`client.moderations`"""

    @endpoint
    def create(
        self, model: str | None = None, input: ModerationInput = (), **params: Unpack[ModerationParams]
    ) -> Prepared[ModerationResponse]:
        """Whether texts (or parts with images, which are judged together) are harmful, and how.

        Raises CapabilityError, UnsupportedParameterError and InvalidRequestError before anything is sent; later
        APIError and its kinds, APIConnectionError.
        """
        return self._core.prepare(Operations.moderate, ModerationRequest, model, params, input=input)
