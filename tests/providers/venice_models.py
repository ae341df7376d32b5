"""Rows of Venice's `GET /models`, as its OpenAPI file (ModelResponse) describes them."""

from __future__ import annotations

from typing import Any

FLAGS = (
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


def usd(price: float) -> dict[str, float]:
    """A price as Venice writes it."""
    return {"usd": price, "diem": price * 10}


def _row(name: str, kind: str, **spec: Any) -> dict[str, Any]:
    given = {"name": name, "privacy": "private", "offline": False, "traits": [], **spec}
    head = {"id": name, "type": kind, "object": "model", "owned_by": "venice.ai", "created": 1_770_000_000}
    return {**head, "model_spec": given}


def text(name: str, *flags: str, **capabilities: Any) -> dict[str, Any]:
    """A text model with these flags, a cache price and a date of removal."""
    can = {flag: flag in flags for flag in FLAGS}
    prices = {"input": usd(0.7), "output": usd(2.8), "cache_input": usd(0.35), "cache_write": usd(7.5)}
    removal = {"autoRemap": False, "date": "2027-01-01T00:00:00.000Z", "removesAt": "2027-03-01T00:00:00.000Z"}
    row = _row(
        name,
        "text",
        availableContextTokens=131072,
        maxCompletionTokens=8192,
        capabilities={**can, "quantization": "fp8", **capabilities},
        constraints={"temperature": {"default": 0.7}, "top_p": {"default": 0.9}},
        pricing=prices,
        deprecation=removal,
    )
    return {**row, "context_length": 131072}


def embedding(name: str) -> dict[str, Any]:
    """An embedding model."""
    return _row(name, "embedding", pricing={"input": usd(0.15), "output": usd(0.6)}, embeddingDimensions=1024)


def image(name: str) -> dict[str, Any]:
    """An image model."""
    constraints = {"promptCharacterLimit": 1500, "steps": {"default": 8, "max": 30}, "widthHeightDivisor": 16}
    prices = {"generation": usd(0.01), "upscale": {"2x": usd(0.02), "4x": usd(0.08)}}
    return _row(name, "image", constraints=constraints, pricing=prices)


def audio(name: str) -> dict[str, Any]:
    """A speech model."""
    return _row(name, "tts", pricing={"input": usd(3.5)}, voices=["af_sky"], default_voice="af_sky")


def unlike(name: str, kind: str) -> dict[str, Any]:
    """A model of a type that has no capability of its own here."""
    return _row(name, kind, pricing={"per_second": usd(0.005)})
