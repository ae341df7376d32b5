"""`AsyncGemini`: what Gemini offers beside chat, async."""

from __future__ import annotations

from typing import Unpack

from onellm.async_service import Asynchronous, AsyncOptions, AsyncServiceClient
from onellm_providers.gemini.resources import GeminiResources


class AsyncGemini(AsyncServiceClient, GeminiResources[Asynchronous]):
    """An async client of Gemini; safe to share between tasks. Chat is at `AsyncOneLLM` and `ChatCompletion`.

    The parameters are those of `Gemini`.
    """

    def __init__(self, api_key: str | None = None, **options: Unpack[AsyncOptions]) -> None:
        super().__init__("gemini", {"api_key": api_key}, **options)
