"""`Embedding.create` and `acreate`."""

from __future__ import annotations

from typing import Any

from onellm.api.face import asynchronous, blocking
from onellm.resources.embeddings import Embeddings


class Embedding:
    """Embeddings on the process's own clients, with keys from the environment."""

    create = blocking(Embeddings[Any].create)
    acreate = asynchronous(Embeddings[Any].create)
