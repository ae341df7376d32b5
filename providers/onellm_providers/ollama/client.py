"""`Ollama`: the models of an Ollama server, blocking."""

from __future__ import annotations

from typing import Unpack

from onellm.service import Blocking, BlockingOptions, ServiceClient
from onellm_providers.ollama.resources import OllamaResources


class Ollama(ServiceClient, OllamaResources[Blocking]):
    """A blocking client of an Ollama server; safe to share between threads. Chat is at `OneLLM` and `ChatCompletion`.

    `base_url` comes from OLLAMA_HOST or OLLAMA_BASE_URL where it is not given, else it is this machine; `api_key`
    (OLLAMA_API_KEY) is for ollama.com. `profile` names a second server. The other parameters are as in `OneLLM`. Use it
    as a context manager, or call `close()`.
    """

    def __init__(self, api_key: str | None = None, **options: Unpack[BlockingOptions]) -> None:
        super().__init__("ollama", {"api_key": api_key}, **options)
