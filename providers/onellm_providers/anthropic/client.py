"""`Anthropic`: what Anthropic offers beside chat, blocking."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from onellm.service import Blocking, BlockingOptions, ServiceClient
from onellm_providers.anthropic.resources import AnthropicResources


class Anthropic(ServiceClient, AnthropicResources[Blocking]):
    """A blocking client of Anthropic; safe to share between threads. Chat is at `OneLLM` and `ChatCompletion`.

    `api_key` and `base_url` come from the environment (ANTHROPIC_API_KEY) where they are not given; `profile` names a
    second account. `version` and `betas` are the API version and beta features of every call. The other parameters are
    as in `OneLLM`. Use it as a context manager, or call `close()`.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        version: str | None = None,
        betas: Sequence[str] | None = None,
        **options: Unpack[BlockingOptions],
    ) -> None:
        super().__init__("anthropic", {"api_key": api_key, "version": version, "betas": betas}, **options)
