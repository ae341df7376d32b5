"""Where a model of code written for `openai` goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onellm.core import Core, Route
from onellm.openai.names import given
from onellm.registry import list_providers
from onellm.routing import split_profile

OPENAI = "openai"


class OpenAICore(Core):
    """A model without a provider is OpenAI's; with a base URL of the caller's, every model goes there as it is."""

    elsewhere: bool = False

    def named(self, model: str | None) -> str | None:
        """The model string for a model as code for `openai` writes it."""
        if model is None:
            return None
        first = split_profile(model.partition("/")[0])[0]
        known = "/" in model and first in list_providers()
        return model if known and not self.elsewhere else f"{OPENAI}/{model}"

    def route(self, model: str | None, params: Mapping[str, Any]) -> Route:
        return super().route(self.named(model or self.model), given(params))

    def route_to(self, label: str, name: str, params: Mapping[str, Any]) -> Route:
        return super().route_to(label, name, given(params))
