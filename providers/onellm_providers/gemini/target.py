"""What a request is encoded for."""

from __future__ import annotations

from dataclasses import dataclass

from onellm.openai_compatible.losses import Losses
from onellm_providers.gemini.rules import Rules


@dataclass(frozen=True)
class Target:
    """A model at one of Google's two services under its rules, and what it may lose of a request.

    `owner`: under which name messages keep what this service wants back. `cloud`: it is Vertex AI.
    """

    name: str
    owner: str
    model: str
    rules: Rules
    losses: Losses
    cloud: bool = False

    def __str__(self) -> str:
        return f"{self.name}/{self.model}"
