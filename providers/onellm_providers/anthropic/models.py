"""What `GET /v1/models` says of a model (anthropic SDK 2.11, `ModelInfo`). It has no prices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from onellm.capabilities import Capability, ModelInfo
from onellm.decode.json import Table, table

WORDS = {
    "image_input": Capability.VISION,
    "pdf_input": Capability.DOCUMENT_INPUT,
    "structured_outputs": Capability.JSON_SCHEMA,
    "thinking": Capability.REASONING,
}
"""The service's capabilities that are ours under another name."""


class Page(NamedTuple):
    """Some models, and the id after which the next page begins."""

    models: list[ModelInfo]
    after: str | None


def read_page(provider: str, body: bytes) -> Page:
    """A page of the list. Raises ValueError, KeyError where the bytes are none."""
    value = table(json.loads(body))
    models = [read_model(provider, row) for row in map(table, value["data"])]
    last = value.get("last_id")
    return Page(models, str(last) if value.get("has_more") and last else None)


def read_model(provider: str, row: Mapping[str, Any]) -> ModelInfo:
    """One model; what the row does not say is not known."""
    said = table(row.get("capabilities"))
    known: dict[Capability, bool | None] = {Capability.CHAT: True}
    for name, word in WORDS.items():
        if isinstance(yes := table(said.get(name)).get("supported"), bool):
            known[word] = yes
    gone = row.get("retires_at") or row.get("deprecated_at")
    return ModelInfo(
        id=str(row["id"]),
        provider=provider,
        capabilities=known,
        context_window=_number(row.get("max_input_tokens")),
        max_output_tokens=_number(row.get("max_tokens")),
        reasoning_efforts=_efforts(table(said.get("effort"))),
        deprecated=str(gone)[:10] if gone and row.get("lifecycle") != "active" else None,
        released=str(row["created_at"])[:10] if row.get("created_at") else None,
        source="models endpoint",
    )


def _efforts(said: Table) -> tuple[str, ...] | None:
    words = [word for word in ("low", "medium", "high", "xhigh", "max") if table(said.get(word)).get("supported")]
    return tuple(words) or None


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and value > 0 else None
