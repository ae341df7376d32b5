"""The clients behind the faces: one of each kind for the process, knowing the same of models."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from onellm.capabilities import Catalogue
from onellm.client import OneLLM

if TYPE_CHECKING:
    from onellm.async_client import AsyncOneLLM

_catalogue = Catalogue()


@functools.cache
def client() -> OneLLM:
    """The blocking client."""
    return OneLLM(catalogue=_catalogue)


@functools.cache
def async_client() -> AsyncOneLLM:
    """The async client."""
    from onellm.async_client import AsyncOneLLM

    return AsyncOneLLM(catalogue=_catalogue)
