"""`Rerank.create` and `acreate`."""

from __future__ import annotations

from typing import Any

from onellm.api.face import asynchronous, blocking
from onellm.resources.rerank import Reranks


class Rerank:
    """Documents by how well they fit a query, on the process's own clients, with keys from the environment."""

    create = blocking(Reranks[Any].create)
    acreate = asynchronous(Reranks[Any].create)
