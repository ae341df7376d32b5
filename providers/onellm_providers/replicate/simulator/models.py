"""The models that the simulated service has: one that takes a prompt, one that takes messages, one of images.

Inputs by the models' pages at replicate.com as of November 2026 and the recorded schema of `stability-ai/sdxl`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from onellm.decode.json import Table
from onellm.testing.simulator.values import ServiceError


class Model(NamedTuple):
    """A model with its inputs. `official`: it is called by name; else by its version. `kind`: text or image."""

    id: str
    version: str
    kind: str
    inputs: dict[str, Table]
    official: bool = True
    streams: bool = True


def _text(**more: Any) -> Table:
    return {"type": "string", **more}


def _number(low: float | None = None, high: float | None = None, kind: str = "number") -> Table:
    bounds = {name: bound for name, bound in (("minimum", low), ("maximum", high)) if bound is not None}
    return {"type": kind, **bounds}


def _count(low: int | None = None, high: int | None = None) -> Table:
    return _number(low, high, "integer")


_LLAMA = {
    "prompt": _text(), "system_prompt": _text(), "max_tokens": _count(1), "min_tokens": _count(0),
    "temperature": _number(0, 5), "top_p": _number(0, 1), "top_k": _count(0), "stop_sequences": _text(),
    "seed": _count(), "presence_penalty": _number(), "frequency_penalty": _number(), "prompt_template": _text(),
}  # fmt: skip
_GPT: dict[str, Any] = {
    "prompt": _text(), "system_prompt": _text(), "messages": {"type": "array", "items": {}},
    "image_input": {"type": "array", "items": _text(format="uri")}, "temperature": _number(0, 2),
    "max_completion_tokens": _count(1), "top_p": _number(0, 1), "frequency_penalty": _number(-2, 2),
    "presence_penalty": _number(-2, 2),
}  # fmt: skip
_FLUX = {
    "prompt": _text(), "aspect_ratio": {"allOf": [{"$ref": "#/components/schemas/aspect_ratio"}]},
    "num_outputs": _count(1, 4), "num_inference_steps": _count(1, 4), "seed": _count(),
    "output_format": {"allOf": [{"$ref": "#/components/schemas/output_format"}]}, "output_quality": _count(0, 100),
    "go_fast": {"type": "boolean"},
}  # fmt: skip
_SDXL = {
    "prompt": _text(), "negative_prompt": _text(), "image": _text(format="uri"), "mask": _text(format="uri"),
    "width": _count(), "height": _count(), "num_outputs": _count(1, 4), "num_inference_steps": _count(1, 500),
    "guidance_scale": _number(1, 50), "seed": _count(),
}  # fmt: skip
CHOICES: dict[str, list[str]] = {
    "aspect_ratio": ["1:1", "16:9", "9:16", "4:3", "3:4"],
    "output_format": ["webp", "jpg", "png"],
}

MODELS = (
    Model("meta/meta-llama-3-8b-instruct", "a" * 64, "text", _LLAMA),
    Model("openai/gpt-4o-mini", "b" * 64, "text", _GPT),
    Model("black-forest-labs/flux-schnell", "c" * 64, "image", _FLUX),
    Model("acme/llama", "d" * 64, "text", _LLAMA, official=False, streams=False),
    Model("stability-ai/sdxl", "e" * 64, "image", _SDXL, official=False),
)


def named(owner: str, name: str) -> Model:
    """The model of this name. Raises ServiceError."""
    for model in MODELS:
        if model.id == f"{owner}/{name}":
            return model
    raise ServiceError(404, "The requested resource could not be found.")


def of_version(version: str) -> Model:
    """The model of this version. Raises ServiceError."""
    for model in MODELS:
        if model.version == version:
            return model
    raise ServiceError(422, "The specified version does not exist (or perhaps you don't have permission to use it?)")


def schema_of(model: Model) -> Table:
    """The OpenAPI file of the model's version, as far as it is about input and output."""
    if model.kind == "image":
        output: Table = {"type": "array", "items": _text(format="uri"), "title": "Output"}
    else:
        output = {"type": "array", "items": _text(), "title": "Output", "x-cog-array-type": "iterator"}
    shapes: Table = {name: {"type": "string", "enum": choices} for name, choices in CHOICES.items()}
    shapes["Input"] = {"type": "object", "title": "Input", "required": ["prompt"], "properties": model.inputs}
    if "messages" in model.inputs:
        del shapes["Input"]["required"]
    return {"openapi": "3.0.2", "components": {"schemas": {**shapes, "Output": output}}}


def version_of(model: Model) -> Table:
    """The model's version, as the service tells it."""
    return {
        "id": model.version,
        "created_at": "2026-01-01T00:00:00.000000Z",
        "cog_version": "0.16.0",
        "openapi_schema": schema_of(model),
    }


def wire(model: Model) -> Table:
    """The model, as the service tells it."""
    owner, _, name = model.id.partition("/")
    return {
        "url": f"https://replicate.com/{model.id}",
        "owner": owner,
        "name": name,
        "description": "A simulated model",
        "visibility": "public",
        "run_count": 1,
        "latest_version": version_of(model),
    }
