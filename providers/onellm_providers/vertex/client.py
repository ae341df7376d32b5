"""`Vertex`: what Gemini at Vertex AI offers beside chat, blocking."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Unpack

from onellm.service import Blocking, BlockingOptions, ServiceClient
from onellm_providers.gemini.resources import GeminiResources

if TYPE_CHECKING:
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
        **options: Unpack[BlockingOptions],
    ) -> None:
        super().__init__(
            "vertex",
            {
                "project": project,
                "location": location,
                "credentials": credentials,
                "access_token": access_token,
                "api_key": api_key,
            },
            **options,
        )
