"""What a host's `GET /models` says, under whichever of the customary names it says it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from onellm.capabilities import Capability, ModelInfo, Prices
from onellm.decode.json import array, table

CONTEXT = ("context_length", "context_window", "max_context_length", "max_model_len", "context_size")
OUTPUT = ("max_completion_tokens", "max_output_tokens", "max_output_length")
MODALITIES = {
    "image": Capability.VISION, "audio": Capability.AUDIO_INPUT, "video": Capability.VIDEO_INPUT,
    "file": Capability.DOCUMENT_INPUT,
}  # fmt: skip
PARAMETERS = {
    "tools": Capability.TOOLS, "response_format": Capability.JSON_MODE, "structured_outputs": Capability.JSON_SCHEMA,
    "reasoning": Capability.REASONING, "logprobs": Capability.LOGPROBS,
}  # fmt: skip


def read_models(provider: str, body: bytes) -> list[ModelInfo]:
    """The listed models; rows without an id are passed over. Raises ValueError where the bytes are no list."""
    value: Any = json.loads(body)
    rows: Any = cast("Any", value) if isinstance(value, list) else value["data"]
    return [read_model(provider, row) for row in map(table, array(rows)) if "id" in row]


def read_model(provider: str, row: Mapping[str, Any]) -> ModelInfo:
    """One row; what it does not say is not known."""
    top = table(row.get("top_provider"))
    architecture = table(row.get("architecture"))
    taken = cast("list[str] | None", architecture.get("input_modalities"))
    given = cast("list[str] | None", architecture.get("output_modalities"))
    parameters = cast("list[str] | None", row.get("supported_parameters"))
    known: dict[Capability, bool | None] = {}
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
        prices=_prices(table(row.get("pricing"))),
        input_modalities=tuple(taken) if taken is not None else None,
        output_modalities=tuple(given) if given is not None else None,
        source="models endpoint",
    )


def _prices(pricing: Mapping[str, Any]) -> Prices | None:
    """Prices as OpenRouter and Vercel give them: USD for one token, as text."""
    names = ("prompt", "completion", "input_cache_read", "input_cache_write")
    values = [_price(pricing.get(name)) for name in names]
    return Prices(*values) if any(value is not None for value in values) else None


def _price(value: Any) -> float | None:
    try:
        price = float(value) * 1_000_000 if isinstance(value, str) else None
    except ValueError:
        return None
    return price if price is None or price >= 0 else None  # OpenRouter's auto router says -1 for "it depends"


def _number(row: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    value = next((row[name] for name in names if row.get(name) is not None), None)
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
