"""What Venice's `GET /models` says of each model (ModelResponse of the OpenAPI file)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from onellm.capabilities import Capability, ModelInfo, Prices
from onellm.decode.json import table

FLAGS = {
    "supportsFunctionCalling": (Capability.TOOLS,),
    "supportsVision": (Capability.VISION,),
    "supportsAudioInput": (Capability.AUDIO_INPUT,),
    "supportsVideoInput": (Capability.VIDEO_INPUT,),
    "supportsReasoning": (Capability.REASONING,),
    "supportsResponseSchema": (Capability.JSON_SCHEMA,),
    "supportsWebSearch": (Capability.WEB_SEARCH,),
    "supportsLogProbs": (Capability.LOGPROBS,),
    "supportsTeeAttestation": (Capability.TEE,),
    "supportsE2EE": (Capability.E2EE,),
}

TYPES = {
    "text": Capability.CHAT,
    "code": Capability.CHAT,
    "embedding": Capability.EMBEDDINGS,
    "image": Capability.IMAGE_GENERATION,
    "inpaint": Capability.IMAGE_EDIT,
    "upscale": Capability.IMAGE_EDIT,
    "tts": Capability.SPEECH,
    "asr": Capability.TRANSCRIPTION,
    "video": Capability.VIDEO_GENERATION,
}


def read_models(provider: str, body: bytes) -> list[ModelInfo]:
    """The listed models. Raises ValueError or LookupError where the bytes are no such list."""
    return [read_model(provider, row) for row in map(table, json.loads(body)["data"])]


def read_model(provider: str, row: Mapping[str, Any]) -> ModelInfo:
    """One row. The flags of a text model are yes or no; other types are known not to chat."""
    spec = table(row.get("model_spec"))
    flags = table(spec.get("capabilities"))
    known: dict[Capability, bool | None] = {
        word: bool(flags[name]) for name, words in FLAGS.items() if name in flags for word in words
    }
    does = TYPES.get(str(row.get("type")))
    if does is not Capability.CHAT:
        known.update({Capability.CHAT: False, Capability.STREAM: False})
    if does is not None:
        known[does] = True
    efforts = flags.get("reasoningEffortOptions")
    deprecation = table(spec.get("deprecation"))
    window = spec.get("availableContextTokens") or row.get("context_length")
    longest = spec.get("maxCompletionTokens")
    return ModelInfo(
        id=str(row["id"]),
        provider=provider,
        capabilities=known,
        context_window=int(window) if window else None,
        max_output_tokens=int(longest) if longest else None,
        prices=_prices(spec.get("pricing")) if does is Capability.CHAT else None,
        reasoning_efforts=tuple(efforts) if efforts else None,
        deprecated=deprecation.get("removesAt") or deprecation.get("date"),
        privacy=spec.get("privacy"),
        source="Venice /models",
    )


def _prices(pricing: Any) -> Prices | None:
    usd = [_usd(table(pricing).get(name)) for name in ("input", "output", "cache_input", "cache_write")]
    return Prices(*usd) if usd[0] is not None else None


def _usd(price: Any) -> float | None:
    value = table(price).get("usd")
    return float(value) if isinstance(value, (int, float)) else None
