"""What `GET /models` says of a model (google-genai 3.6, `types.Model`). It has no prices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from onellm.capabilities import Capability, ModelInfo
from onellm.decode.json import array, table

METHODS = {
    "generateContent": (Capability.CHAT, Capability.STREAM),
    "embedContent": (Capability.EMBEDDINGS,),
    "batchEmbedContents": (Capability.EMBEDDINGS,),
}
"""What the methods that a model supports mean."""


class Page(NamedTuple):
    """Some models, and the token of the next page."""

    models: list[ModelInfo]
    token: str | None


def read_page(provider: str, body: bytes) -> Page:
    """A page of the list. Raises ValueError, KeyError where the bytes are none."""
    value = table(json.loads(body))
    rows = array(value.get("models")) or array(value.get("publisherModels"))
    token = value.get("nextPageToken")
    return Page([read_model(provider, table(row)) for row in rows], str(token) if token else None)


def read_model(provider: str, row: Mapping[str, Any]) -> ModelInfo:
    """One model; what the row does not say is not known."""
    methods = array(row.get("supportedGenerationMethods")) or array(row.get("supportedActions"))
    known: dict[Capability, bool | None] = {}
    if methods:
        known = {word: False for words in METHODS.values() for word in words}
        known.update({word: True for method in methods for word in METHODS.get(str(method), ())})
    if isinstance(row.get("thinking"), bool):
        known[Capability.REASONING] = row["thinking"]
    return ModelInfo(
        id=str(row["name"]).rsplit("models/", 1)[-1],
        provider=provider,
        capabilities=known,
        context_window=_number(row.get("inputTokenLimit")),
        max_output_tokens=_number(row.get("outputTokenLimit")),
        source="models endpoint",
    )


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and value > 0 else None
