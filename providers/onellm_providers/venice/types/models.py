"""Models, their traits, and the names by which others call them."""

from __future__ import annotations

from onellm.types.base import Result


class ModelTraits(Result):
    """Trait → model."""

    data: dict[str, str]
    type: str | None = None
    object: str = "list"
