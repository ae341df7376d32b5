"""What a request is encoded for."""

from __future__ import annotations

from dataclasses import dataclass

from onellm.openai_compatible.losses import Losses


@dataclass(frozen=True)
class Target:
    """A model at the service, and what it may lose of a request."""

    name: str
    model: str
    losses: Losses

    def __str__(self) -> str:
        return f"{self.name}/{self.model}"
