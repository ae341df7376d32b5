"""The models that the simulated Venice has, in the shape of `GET /models` (Venice OpenAPI file of 2026-08-21).

Real ids have facts of the real ones (models.dev, July 2026). Those named `sim-…` exist nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FLAGS = (
    "optimizedForCode",
    "supportsAudioInput",
    "supportsE2EE",
    "supportsFunctionCalling",
    "supportsLogProbs",
    "supportsMultipleImages",
    "supportsReasoning",
    "supportsReasoningEffort",
    "supportsResponseSchema",
    "supportsTeeAttestation",
    "supportsVideoInput",
    "supportsVision",
    "supportsWebSearch",
    "supportsXSearch",
)
_TOOLS = ("supportsFunctionCalling", "supportsResponseSchema", "supportsLogProbs", "supportsWebSearch")
_REASONING = ("supportsReasoning", "supportsReasoningEffort")
_EFFORTS = {"reasoningEffortOptions": ["none", "low", "medium", "high"], "defaultReasoningEffort": "medium"}
_RETIRES = "2027-03-01T00:00:00.000Z"


def _price(usd: float) -> dict[str, float]:
    return {"usd": usd, "diem": usd}


def _entry(name: str, kind: str, spec: Mapping[str, Any], created: int = 1_770_768_000) -> dict[str, Any]:
    spec = {"name": name, "privacy": "private", "offline": False, "traits": [], **spec}
    return {
        "id": name,
        "type": kind,
        "object": "model",
        "owned_by": "venice.ai",
        "created": created,
        "model_spec": spec,
    }


def _text(
    name: str,
    context: int,
    output: int,
    prices: tuple[float, float],
    flags: tuple[str, ...] = (),
    details: Mapping[str, Any] | None = None,
    **spec: Any,
) -> dict[str, Any]:
    capabilities = {flag: flag in flags for flag in _FLAGS} | {"quantization": "fp8", **(details or {})}
    facts = {
        "availableContextTokens": context,
        "maxCompletionTokens": output,
        "pricing": {"input": _price(prices[0]), "output": _price(prices[1])},
        "constraints": {"temperature": {"default": 0.7}, "top_p": {"default": 0.9}},
        "capabilities": capabilities,
    }
    return _entry(name, "text", {**facts, **spec}) | {"context_length": context}


_LISTED = (
    _text(
        "zai-org-glm-5", 198_000, 32_000, (1, 3.2), (*_TOOLS, *_REASONING), _EFFORTS,
        traits=["default", "default_reasoning", "function_calling_default", "most_intelligent"],
    ),
    _text(
        "qwen3-vl-235b-a22b", 128_000, 16_384, (0.25, 1.5), (*_TOOLS, "supportsVision", "supportsMultipleImages"),
        {"maxImages": 10}, traits=["default_vision"],
    ),
    _text("qwen3-coder-480b-a35b-instruct-turbo", 256_000, 65_536, (0.35, 1.5), (*_TOOLS, "optimizedForCode"),
          traits=["default_code"]),
    _text("venice-uncensored", 32_000, 8_192, (0.2, 0.9), ("supportsWebSearch",), traits=["most_uncensored"]),
    _text("e2ee-glm-5-1", 198_000, 32_000, (1, 3.2), ("supportsTeeAttestation", "supportsE2EE", *_REASONING), _EFFORTS),
    _text("e2ee-venice-uncensored-2", 32_000, 8_192, (0.2, 0.9), ("supportsTeeAttestation", "supportsE2EE")),
    _text("sim-omni", 64_000, 8_192, (1, 2), (*_TOOLS, *_REASONING, "supportsAudioInput", "supportsVideoInput",
          "supportsVision", "supportsXSearch"), {**_EFFORTS, "maxVideos": 3}, privacy="anonymized"),
    _text("sim-small", 256, 64, (0.1, 0.1)),
    _text("sim-retiring", 8_192, 4_096, (0.1, 0.1), deprecation={"autoRemap": False, "date": _RETIRES,
          "removesAt": _RETIRES, "startsAt": "2026-12-01T00:00:00.000Z", "replacementModelId": "zai-org-glm-5"}),
    _entry("text-embedding-bge-m3", "embedding", {"pricing": {"input": _price(0.15), "output": _price(0.6)},
           "embeddingDimensions": 1024, "maxInputTokens": 8192, "supportsCustomDimensions": False}),
    _entry("sim-image", "image", {
        "constraints": {"promptCharacterLimit": 1500, "steps": {"default": 8, "max": 30}, "widthHeightDivisor": 16},
        "pricing": {"generation": _price(0.01), "upscale": {"2x": _price(0.02), "4x": _price(0.08)}},
    }),
    _entry("firered-image-edit", "inpaint", {
        "constraints": {"aspectRatios": ["1:1", "16:9", "9:16"], "promptCharacterLimit": 32_768, "combineImages": True,
                        "maxInputImages": 3},
        "pricing": {"inpaint": _price(0.04)},
    }),
    _entry("sim-upscaler", "upscale", {"pricing": {"generation": _price(0.02)}}),
    _entry("tts-kokoro", "tts", {
        "pricing": {"input": _price(3.5)}, "voices": ["af_sky", "af_bella", "am_adam"], "default_voice": "af_sky",
        "supported_formats": ["mp3", "opus", "aac", "flac", "wav", "pcm"], "default_format": "mp3",
    }),
    _entry("tts-gradium-v1", "tts", {
        "pricing": {"input": _price(10)}, "voices": ["Emma", "Kent"], "default_voice": "Emma",
        "supported_formats": ["wav", "pcm"], "default_format": "wav",
    }),
    _entry("openai/whisper-large-v3", "asr", {"pricing": {"per_audio_second": _price(0.0001)}}),
    _entry("sim-music", "music", {
        "pricing": {"per_second": _price(0.002)}, "supports_lyrics": True, "lyrics_required": False,
        "min_duration": 5, "max_duration": 120, "default_duration": 30,
    }),
    _entry("sim-video", "video", {
        "constraints": {"aspect_ratios": ["16:9", "9:16"], "resolutions": ["720p", "1080p"], "durations": ["5s", "10s"],
                        "model_type": "text-to-video", "audio": True, "audio_configurable": True},
    }),
)  # fmt: skip

MODELS: Mapping[str, Mapping[str, Any]] = {entry["id"]: entry for entry in _LISTED}
TRAITS: Mapping[str, str] = {trait: entry["id"] for entry in _LISTED for trait in entry["model_spec"]["traits"]}
TYPES = ("asr", "embedding", "image", "music", "text", "tts", "upscale", "inpaint", "video", "all", "code")


def of_type(kind: str) -> list[Mapping[str, Any]]:
    """The models that `GET /models?type=` lists; `code` means text models that are optimised for it."""
    listed = [entry for entry in _LISTED if kind in ("all", entry["type"])]
    if kind == "code":
        return [entry for entry in of_type("text") if entry["model_spec"]["capabilities"]["optimizedForCode"]]
    return [*listed]
