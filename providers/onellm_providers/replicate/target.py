"""What a request is encoded for."""

from __future__ import annotations

from dataclasses import dataclass

from onellm.openai_compatible.losses import Losses
from onellm_providers.replicate.schema import Schema


@dataclass(frozen=True)
class Target:
    """A model at the service, the input that it takes, and what may be lost of a request."""

    name: str
    model: str
    schema: Schema
    losses: Losses

    def __str__(self) -> str:
        return f"{self.name}/{self.model}"
