"""`Vertex`: what Gemini at Vertex AI offers beside chat, blocking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

from onellm.options import UNSET, RetryPolicy, TimeoutOption, Unset
from onellm.service import Blocking, Connections, ServiceClient
from onellm_providers.gemini.resources import GeminiResources

if TYPE_CHECKING:
    import httpx

    from onellm.tokens import Token


class Vertex(ServiceClient, GeminiResources[Blocking]):
    """A blocking client of Vertex AI; safe to share between threads. Chat is at `OneLLM` and `ChatCompletion`.

    `project`, `location`, `credentials`, `access_token` and `api_key` are as in the settings of `vertex`; the other
    parameters as in `OneLLM`. Use it as a context manager, or call `close()`.
    """

    def __init__(
        self,
        project: str | None = None,
        location: str | None = None,
        *,
        credentials: str | Mapping[str, object] | object | None = None,
        access_token: str | Callable[[], Token] | None = None,
        api_key: str | None = None,
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
            f"vertex@{profile}" if profile else "vertex",
            {
                "project": project,
                "location": location,
                "credentials": credentials,
                "access_token": access_token,
                "api_key": api_key,
                "base_url": base_url,
                "headers": headers,
            },
            timeout=timeout,
            deadline=deadline,
            max_retries=max_retries,
            connections=connections,
            transport=transport,
        )
