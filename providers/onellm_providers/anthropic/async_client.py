"""`AsyncAnthropic`: what Anthropic offers beside chat, async."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from onellm.async_service import Asynchronous, AsyncOptions, AsyncServiceClient
from onellm_providers.anthropic.resources import AnthropicResources


class AsyncAnthropic(AsyncServiceClient, AnthropicResources[Asynchronous]):
    """An async client of Anthropic; safe to share between tasks. Chat is at `AsyncOneLLM` and `ChatCompletion`.

    The parameters are those of `Anthropic`.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        version: str | None = None,
        betas: Sequence[str] | None = None,
        **options: Unpack[AsyncOptions],
    ) -> None:
        super().__init__("anthropic", {"api_key": api_key, "version": version, "betas": betas}, **options)
