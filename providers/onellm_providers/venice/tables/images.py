"""Images: POST /image/… and /images/generations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from onellm.checks import (
    Check,
    Issue,
    Path,
    anything,
    array,
    boolean,
    integer,
    nullable,
    number,
    record,
    string,
)
from onellm_providers.venice.patterns import ANON_USER
from onellm_providers.venice.tables.words import Growing, broken, constant, ruled

FORMATS = ("jpeg", "png", "webp")
QUALITIES = ("low", "medium", "high")
RATIOS = ("auto", "1:1", "3:2", "16:9", "21:9", "9:16", "2:3", "3:4", "4:5")
SIZES = ("auto", "256x256", "512x512", "1024x1024", "1536x1024", "1024x1536", "1792x1024", "1024x1792")
LAYERING = (
    "firered-image-edit", "qwen-edit-uncensored", "grok-imagine-edit", "grok-imagine-quality-edit",
    "grok-imagine-image-2-0-edit", "qwen-image-2-edit", "qwen-image-2-pro-edit", "wan-2-7-pro-edit", "flux-2-max-edit",
    "gpt-image-2-edit", "gpt-image-1-5-edit", "nano-banana-2-edit", "nano-banana-pro-edit", "nano-banana-2-lite-edit",
    "seedream-v5-lite-edit", "seedream-v5-pro-edit", "seedream-v4-edit", "qwen-image-3-edit", "qwen-image-3-pro-edit",
)  # fmt: skip
EDITING = (*LAYERING, "luma-uni-1-edit", "luma-uni-1-max-edit")


def image_tables(growing: Growing) -> dict[str, Check]:
    """The tables by path."""
    edits: dict[str, Check] = {
        **_BEYOND,
        "aspect_ratio": growing(*RATIOS),
        "disable_prompt_optimization_thinking": boolean(),
        "enhance_prompt": boolean(),
        "output_format": string(*FORMATS),
        "prompt": string(low=1, high=32768),
        "resolution": string(low=1, high=10),
        "safe_mode": boolean(),
    }
    return {
        "image/generate": ruled(_GENERATE, _one_binary, _with_alpha),
        "images/generations": _GENERATIONS,
        "image/upscale": record(
            {"creativity": nullable(number()), "image": string(low=1), "scale": constant(2, 4)}, ("image",)
        ),
        "image/edit": ruled(
            record(
                {**edits, "image": string(low=1), "model": string(low=1), "modelId": growing(*EDITING)},
                ("image", "prompt"),
                closed=True,
            ),
            _with_alpha,
        ),
        "image/multi-edit": ruled(
            record(
                {
                    **edits,
                    "images": array(string(low=1), 1),
                    "modelId": growing(*LAYERING),
                    "quality": string(*QUALITIES),
                },
                ("images", "prompt"),
                closed=True,
            ),
            _with_alpha,
        ),
        "image/background-remove": ruled(
            record({"anon_user_id": ANON_USER, "image": string(low=1), "image_url": string(low=1)}, closed=True),
            _one_image,
        ),
    }


_BEYOND: dict[str, Check] = {"anon_user_id": ANON_USER, "transparent_background": boolean()}
"""Not in the OpenAPI file; known from venice-py 2.9.0."""

_GENERATE = record(
    {
        **_BEYOND,
        "aspect_ratio": string(),
        "cfg_scale": number(above=0, high=20),
        "disable_prompt_optimization_thinking": boolean(),
        "embed_exif_metadata": boolean(),
        "enable_web_search": boolean(),
        "enhance_prompt": boolean(),
        "format": string(*FORMATS),
        "height": integer(above=0, high=1280),
        "hide_watermark": boolean(),
        "inpaint": anything(),
        "lora_strength": integer(0, 100),
        "model": string(),
        "negative_prompt": string(high=7500),
        "prompt": string(low=1, high=7500),
        "quality": string(*QUALITIES),
        "resolution": string(),
        "return_binary": boolean(),
        "safe_mode": boolean(),
        "seed": integer(-999999999, 999999999),
        "steps": integer(),
        "style_preset": string(),
        "style_references": array(
            record({"image": string(low=1), "strength": number(0.1, 1)}, ("image",), closed=True)
        ),
        "variants": integer(1, 4),
        "width": integer(above=0, high=1280),
    },
    ("model", "prompt"),
    closed=True,
)

_GENERATIONS = record(
    {
        "anon_user_id": ANON_USER,
        "background": nullable(string("transparent", "opaque", "auto")),
        "model": string(),
        "moderation": nullable(string("low", "auto")),
        "n": nullable(constant(1)),
        "output_compression": nullable(integer(0, 100)),
        "output_format": string(*FORMATS),
        "prompt": string(low=1, high=1500),
        "quality": nullable(string("auto", "high", "medium", "low", "hd", "standard")),
        "response_format": nullable(string("b64_json", "url")),
        "size": nullable(string(*SIZES)),
        "style": nullable(string("vivid", "natural")),
        "user": string(),
    },
    ("prompt",),
    closed=True,
)


def _one_binary(body: dict[str, Any], path: Path) -> Iterator[Issue]:
    if body.get("return_binary") and "variants" in body:
        yield broken((*path, "variants"), "variants is only supported when return_binary is false")


def _with_alpha(body: dict[str, Any], path: Path) -> Iterator[Issue]:
    name = "format" if "format" in body else "output_format"
    if body.get("transparent_background") and body.get(name) == "jpeg":
        yield broken((*path, name), "A transparent background needs png or webp")


def _one_image(body: dict[str, Any], path: Path) -> Iterator[Issue]:
    if ("image" in body) == ("image_url" in body):
        yield broken((*path, "image"), "Provide either image or image_url")
