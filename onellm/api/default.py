"""The clients behind the faces: one of each kind for the process, knowing the same of models."""

from __future__ import annotations

import functools

from onellm.capabilities import Catalogue
from onellm.client import AsyncOneLLM, OneLLM

_catalogue = Catalogue()


@functools.cache
def client() -> OneLLM:
    """The blocking client."""
    return OneLLM(catalogue=_catalogue)


@functools.cache
def async_client() -> AsyncOneLLM:
    """The async client."""
    return AsyncOneLLM(catalogue=_catalogue)
