"""`AsyncVertex`: what Gemini at Vertex AI offers beside chat, async."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Unpack

from onellm.async_service import Asynchronous, AsyncOptions, AsyncServiceClient
from onellm_providers.gemini.resources import GeminiResources

if TYPE_CHECKING:
    from onellm.tokens import Token


class AsyncVertex(AsyncServiceClient, GeminiResources[Asynchronous]):
    """An async client of Vertex AI; safe to share between tasks. Chat is at `AsyncOneLLM` and `ChatCompletion`.

    The parameters are those of `Vertex`.
    """

    def __init__(
        self,
        project: str | None = None,
        location: str | None = None,
        *,
        credentials: str | Mapping[str, object] | object | None = None,
        access_token: str | Callable[[], Token] | None = None,
        api_key: str | None = None,
        **options: Unpack[AsyncOptions],
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
