"""What a request is encoded for."""

from __future__ import annotations

from dataclasses import dataclass

from onellm.openai_compatible.losses import Losses
from onellm_providers.anthropic.rules import UNKNOWN_OUTPUT, Rules
from onellm_providers.anthropic.target import Target as ClaudeTarget
from onellm_providers.bedrock.families import Family


@dataclass(frozen=True)
class Target:
    """A model at the service, its family, and what it may lose of a request."""

    name: str
    model: str
    family: Family
    losses: Losses
    max_output: int | None = None

    def __str__(self) -> str:
        return f"{self.name}/{self.model}"

    @property
    def claude(self) -> ClaudeTarget:
        """The same for what Anthropic's format decides: thinking and schemas."""
        rules = self.family.claude or Rules(json_schema=self.family.json_schema)
        return ClaudeTarget(self.name, self.model, rules, self.losses, self.max_output or UNKNOWN_OUTPUT)
