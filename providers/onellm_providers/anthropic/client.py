"""`Anthropic`: what Anthropic offers beside chat, blocking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from onellm.options import UNSET, RetryPolicy, TimeoutOption, Unset
from onellm.service import Blocking, Connections, ServiceClient
from onellm_providers.anthropic.resources import AnthropicResources

if TYPE_CHECKING:
    import httpx


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
        base_url: str | None = None,
        headers: Mapping[str, str] | None = None,
        profile: str | None = None,
        version: str | None = None,
        betas: Sequence[str] | None = None,
        timeout: TimeoutOption | Unset = UNSET,
        deadline: float | Unset | None = UNSET,
        max_retries: int | RetryPolicy | Unset = UNSET,
        connections: Connections | None = None,
        transport: Literal["httpx"] | httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(
            f"anthropic@{profile}" if profile else "anthropic",
            {"api_key": api_key, "base_url": base_url, "headers": headers, "version": version, "betas": betas},
            timeout=timeout,
            deadline=deadline,
            max_retries=max_retries,
            connections=connections,
            transport=transport,
        )
