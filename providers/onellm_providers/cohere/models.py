"""What `GET /v1/models` says of a model (cohere SDK 7.3.1, `GetModelResponse`). It has no prices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from onellm.capabilities import Capability, ModelInfo
from onellm.decode.json import array, table
from onellm.translate.usage import count

ENDPOINTS = {"chat": Capability.CHAT, "embed": Capability.EMBEDDINGS, "rerank": Capability.RERANK}


class Page(NamedTuple):
    """Some models, and the token of the next page."""

    models: list[ModelInfo]
    after: str


def read_page(provider: str, body: bytes) -> Page:
    """A page of the list. Raises ValueError, KeyError where the bytes are none."""
    value = table(json.loads(body))
    return Page([read_model(provider, table(row)) for row in value["models"]], str(value.get("next_page_token") or ""))


def read_model(provider: str, row: Mapping[str, Any]) -> ModelInfo:
    """One model; a feature whose word is one of ours is a yes, and the absence of one says nothing."""
    endpoints = array(row.get("endpoints"))
    known: dict[Capability, bool | None] = {}
    if endpoints:
        known = {word: name in endpoints for name, word in ENDPOINTS.items()}
        known[Capability.STREAM] = known[Capability.CHAT]
    words = {word.value: word for word in Capability}
    known.update({words[name]: True for name in array(row.get("features")) if name in words})
    return ModelInfo(
        id=str(row["name"]),
        provider=provider,
        capabilities=known,
        context_window=count(row.get("context_length")) or None,
        source="models endpoint",
    )
