"""What a request is encoded for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from onellm.body import File
from onellm.openai_compatible.losses import Losses


@dataclass(frozen=True)
class Target:
    """A model at the server, what it may lose of a request, the settings of every call, and fetched images."""

    name: str
    model: str
    losses: Losses
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    images: Mapping[str, File] = field(default_factory=dict[str, File])

    def __str__(self) -> str:
        return f"{self.name}/{self.model}"
