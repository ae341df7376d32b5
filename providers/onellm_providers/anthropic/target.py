"""What a request is encoded for."""

from __future__ import annotations

from dataclasses import dataclass

from onellm.openai_compatible.losses import Losses
from onellm_providers.anthropic.rules import Rules


@dataclass(frozen=True)
class Target:
    """A model at the service under its rules, and what it may lose of a request.

    `max_output`: the most tokens that it answers with. `sampling`: the API version takes temperature and the like.
    """

    name: str
    model: str
    rules: Rules
    losses: Losses
    max_output: int
    sampling: bool = True

    def __str__(self) -> str:
        return f"{self.name}/{self.model}"
