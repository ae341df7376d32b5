"""`Gemini`: what Gemini offers beside chat, blocking."""

from __future__ import annotations

from typing import Unpack

from onellm.service import Blocking, BlockingOptions, ServiceClient
from onellm_providers.gemini.resources import GeminiResources


class Gemini(ServiceClient, GeminiResources[Blocking]):
    """A blocking client of Gemini; safe to share between threads. Chat is at `OneLLM` and `ChatCompletion`.

    `api_key` and `base_url` come from the environment (GEMINI_API_KEY) where they are not given; `profile` names a
    second account. The other parameters are as in `OneLLM`. Use it as a context manager, or call `close()`.
    """

    def __init__(self, api_key: str | None = None, **options: Unpack[BlockingOptions]) -> None:
        super().__init__("gemini", {"api_key": api_key}, **options)
