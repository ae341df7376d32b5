"""`Gemini`: what Gemini offers beside chat, blocking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from onellm.options import UNSET, RetryPolicy, TimeoutOption, Unset
from onellm.service import Blocking, Connections, ServiceClient
from onellm_providers.gemini.resources import GeminiResources

if TYPE_CHECKING:
    import httpx


class Gemini(ServiceClient, GeminiResources[Blocking]):
    """A blocking client of Gemini; safe to share between threads. Chat is at `OneLLM` and `ChatCompletion`.

    `api_key` and `base_url` come from the environment (GEMINI_API_KEY) where they are not given; `profile` names a
    second account. The other parameters are as in `OneLLM`. Use it as a context manager, or call `close()`.
    """

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        headers: Mapping[str, str] | None = None,
        profile: str | None = None,
        timeout: TimeoutOption | Unset = UNSET,
        deadline: float | Unset | None = UNSET,
        max_retries: int | RetryPolicy | Unset = UNSET,
        connections: Connections | None = None,
        transport: Literal["httpx"] | httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(
            f"gemini@{profile}" if profile else "gemini",
            {"api_key": api_key, "base_url": base_url, "headers": headers},
            timeout=timeout,
            deadline=deadline,
            max_retries=max_retries,
            connections=connections,
            transport=transport,
        )
