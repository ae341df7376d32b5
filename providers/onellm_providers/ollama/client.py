"""`Ollama`: the models of an Ollama server, blocking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from onellm.options import UNSET, RetryPolicy, TimeoutOption, Unset
from onellm.service import Blocking, Connections, ServiceClient
from onellm_providers.ollama.resources import OllamaResources

if TYPE_CHECKING:
    import httpx


class Ollama(ServiceClient, OllamaResources[Blocking]):
    """A blocking client of an Ollama server; safe to share between threads. Chat is at `OneLLM` and `ChatCompletion`.

    `base_url` comes from OLLAMA_HOST or OLLAMA_BASE_URL where it is not given, else it is this machine; `api_key`
    (OLLAMA_API_KEY) is for ollama.com. `profile` names a second server. The other parameters are as in `OneLLM`. Use it
    as a context manager, or call `close()`.
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
            f"ollama@{profile}" if profile else "ollama",
            {"api_key": api_key, "base_url": base_url, "headers": headers},
            timeout=timeout,
            deadline=deadline,
            max_retries=max_retries,
            connections=connections,
            transport=transport,
        )
