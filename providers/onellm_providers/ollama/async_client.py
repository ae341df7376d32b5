"""`AsyncOllama`: the models of an Ollama server, async."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from onellm.async_service import Asynchronous, AsyncServiceClient, TransportName
from onellm.options import UNSET, RetryPolicy, TimeoutOption, Unset
from onellm.service import Connections
from onellm_providers.ollama.resources import OllamaResources

if TYPE_CHECKING:
    import httpx


class AsyncOllama(AsyncServiceClient, OllamaResources[Asynchronous]):
    """An async client of an Ollama server; safe to share between tasks. Chat is at `AsyncOneLLM` and `ChatCompletion`.

    The parameters are those of `Ollama`.
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
        transport: TransportName | httpx.AsyncBaseTransport | None = None,
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
