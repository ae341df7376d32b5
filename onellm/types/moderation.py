"""Moderation: what is asked and answered (OpenAI's POST /moderations)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import BeforeValidator

from onellm.types.base import Model, Result
from onellm.types.call_params import CallParams
from onellm.types.request import ModelRequest, as_list

ModerationInput: TypeAlias = str | Sequence[str] | Sequence[Mapping[str, object]]
"""One text, several texts, or parts (`{"type": "text", …}`, `{"type": "image_url", …}`) that are judged together."""


class ModerationRequest(ModelRequest):
    """Content to be judged, as a provider sees it."""

    steering: ClassVar[frozenset[str]] = ModelRequest.steering | {"input"}

    input: Annotated[str | list[str] | list[dict[str, Any]], BeforeValidator(as_list)]


class ModerationParams(CallParams, total=False):
    """Moderation has no parameters beside `model` and `input`."""


class ModerationResult(Model):
    """The verdict on one input: `flagged`; by category yes or no, a score 0–1, and which of its media it is about."""

    flagged: bool
    categories: dict[str, bool | None] = {}
    category_scores: dict[str, float | None] = {}
    category_applied_input_types: dict[str, list[str] | None] | None = None


class ModerationResponse(Result):
    """The verdicts, in the order of the input."""

    id: str = ""
    model: str = ""
    results: list[ModerationResult]

    @property
    def flagged(self) -> bool:
        """Whether any of the inputs was flagged."""
        return any(result.flagged for result in self.results)
