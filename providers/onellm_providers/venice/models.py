"""What Venice's `GET /models` says of each model (ModelResponse of the OpenAPI file)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
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

MODALITIES = {"supportsVision": "image", "supportsAudioInput": "audio", "supportsVideoInput": "video"}
PRICED_BY_TOKENS = (Capability.CHAT, Capability.EMBEDDINGS)


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
        prices=_prices(table(spec.get("pricing"))) if does in PRICED_BY_TOKENS else None,
        input_modalities=_inputs(flags) if does is Capability.CHAT else None,
        reasoning_efforts=tuple(efforts) if efforts else None,
        deprecated=deprecation.get("removesAt") or deprecation.get("date"),
        privacy=spec.get("privacy"),
        source="Venice /models",
    )


def _inputs(flags: Mapping[str, Any]) -> tuple[str, ...] | None:
    """What a text model takes; None where its flags are silent."""
    if not flags:
        return None
    return ("text", *(word for name, word in MODALITIES.items() if flags.get(name)))


def _prices(pricing: Mapping[str, Any]) -> Prices | None:
    """USD for a million tokens, with those of longer prompts; None where the model is not priced by tokens."""
    usual = _amounts(pricing)
    if usual.input is None:
        return None
    longer = table(pricing.get("extended"))
    above = longer.get("context_token_threshold")
    return replace(usual, tiers=((int(above), _amounts(longer)),)) if isinstance(above, (int, float)) else usual


def _amounts(pricing: Mapping[str, Any]) -> Prices:
    usd = (_usd(pricing.get(name)) for name in ("input", "output", "cache_input", "cache_write"))
    return Prices(next(usd), next(usd), next(usd), next(usd))


def _usd(price: Any) -> float | None:
    value = table(price).get("usd")
    return float(value) if isinstance(value, (int, float)) else None
