"""`AsyncOllama`: the models of an Ollama server, async."""

from __future__ import annotations

from typing import Unpack

from onellm.async_service import Asynchronous, AsyncOptions, AsyncServiceClient
from onellm_providers.ollama.resources import OllamaResources


class AsyncOllama(AsyncServiceClient, OllamaResources[Asynchronous]):
    """An async client of an Ollama server; safe to share between tasks. Chat is at `AsyncOneLLM` and `ChatCompletion`.

    The parameters are those of `Ollama`.
    """

    def __init__(self, api_key: str | None = None, **options: Unpack[AsyncOptions]) -> None:
        super().__init__("ollama", {"api_key": api_key}, **options)
