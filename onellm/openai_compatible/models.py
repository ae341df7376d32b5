"""What a host's `GET /models` says, under whichever of the customary names it says it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from onellm.capabilities import Capability, ModelInfo, Prices
from onellm.decode.json import array, table
from onellm.openai_compatible.spec import Spec

CONTEXT = ("context_length", "context_window", "max_context_length", "max_model_len", "context_size")
OUTPUT = ("max_completion_tokens", "max_output_tokens", "max_output_length", "max_tokens")
MODALITIES = {
    "image": Capability.VISION, "audio": Capability.AUDIO_INPUT, "video": Capability.VIDEO_INPUT,
    "file": Capability.DOCUMENT_INPUT,
}  # fmt: skip
PARAMETERS = {
    "tools": Capability.TOOLS, "response_format": Capability.JSON_MODE, "structured_outputs": Capability.JSON_SCHEMA,
    "reasoning": Capability.REASONING, "logprobs": Capability.LOGPROBS,
}  # fmt: skip

FLAGS = {
    "completion_chat": Capability.CHAT, "function_calling": Capability.TOOLS, "vision": Capability.VISION,
    "reasoning": Capability.REASONING,
}  # fmt: skip
"""Mistral's words for what a model can do."""

PRICES = {
    "input": ("prompt", "input"), "output": ("completion", "output"), "cache_read": ("input_cache_read",),
    "cache_write": ("input_cache_write",),
}  # fmt: skip


def read_models(provider: str, body: bytes, spec: Spec | None = None) -> list[ModelInfo]:
    """The listed models; rows without an id are passed over. Raises ValueError where the bytes are no list."""
    value: Any = json.loads(body)
    spec = spec or Spec(provider)
    rows: Any = cast("Any", value) if isinstance(value, list) else value[spec.models_in]
    return [
        read_model(provider, {**row, "id": row[spec.model_id]}, million=spec.prices_per_million)
        for row in map(table, array(rows))
        if row.get(spec.model_id) is not None
    ]


def read_model(provider: str, row: Mapping[str, Any], *, million: bool = False) -> ModelInfo:
    """One row; what it does not say is not known. `million`: prices are numbers, for a million tokens."""
    top = table(row.get("top_provider"))
    architecture = table(row.get("architecture"))
    taken = cast("list[str] | None", architecture.get("input_modalities"))
    given = cast("list[str] | None", architecture.get("output_modalities"))
    parameters = cast("list[str] | None", row.get("supported_parameters"))
    flags = table(row.get("capabilities"))
    known: dict[Capability, bool | None] = {
        word: flags[name] for name, word in FLAGS.items() if isinstance(flags.get(name), bool)
    }
    if taken is not None:
        known.update({word: name in taken for name, word in MODALITIES.items()})
    if given is not None:
        known[Capability.IMAGE_OUTPUT] = "image" in given
    if parameters is not None:
        known.update({word: name in parameters for name, word in PARAMETERS.items()})
    return ModelInfo(
        id=str(row["id"]),
        provider=provider,
        capabilities=known,
        context_window=_number(row, CONTEXT) or _number(table(row.get("meta")), ("n_ctx_train",)),
        max_output_tokens=_number(row, OUTPUT) or _number(top, OUTPUT),
        prices=_prices(table(row.get("pricing")), million=million),
        input_modalities=tuple(taken) if taken is not None else None,
        output_modalities=tuple(given) if given is not None else None,
        source="models endpoint",
    )


def _prices(pricing: Mapping[str, Any], *, million: bool) -> Prices | None:
    """Prices as text, USD for one token, as OpenRouter and Vercel give them; or as numbers for a million (Together)."""
    found = {ours: _price(_first(pricing, names), million=million) for ours, names in PRICES.items()}
    if all(value is None for value in found.values()):
        return None
    return Prices(found["input"], found["output"], found["cache_read"], found["cache_write"])


def _price(value: Any, *, million: bool) -> float | None:
    try:
        price = value if million and isinstance(value, (int, float)) else None
        price = float(value) * 1_000_000 if isinstance(value, str) else price
    except ValueError:
        return None
    return float(price) if price is not None and price >= 0 else None  # OpenRouter's auto router says -1: it depends


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((row[name] for name in names if row.get(name) is not None), None)


def _number(row: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    value = _first(row, names)
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
