"""What Venice refuses beyond the type of a parameter: what the model's `/models` entry says that it cannot do.

Venice OpenAPI file of 2026-08-21, and its guides on reasoning, vision and model feature suffixes.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from onellm.checks import Issue, Path
from onellm.testing.simulator.chat import parts_of
from onellm.testing.simulator.values import ServiceError
from onellm_providers.venice.simulator.models import MODELS, TRAITS
from onellm_providers.venice.table import VENICE_PARAMETERS

_SMALLEST_IMAGE = 64
_PART_FLAGS = {
    "image_url": "supportsVision",
    "input_audio": "supportsAudioInput",
    "video_url": "supportsVideoInput",
}
_WORDS = {"true": True, "false": False}


def find_model(name: str) -> Mapping[str, Any]:
    """The text model of this id or trait. Raises ServiceError."""
    entry = MODELS.get(TRAITS.get(name, name))
    if entry is None:
        raise ServiceError(404, "Specified model not found")
    if entry["type"] != "text":
        raise ServiceError(400, "Invalid model specified")
    return entry


def split_suffix(model: str) -> tuple[str, dict[str, Any]]:
    """`default:enable_web_search=on&…` as a model and the venice_parameters that its suffix holds."""
    name, _, suffix = model.partition(":")
    given: dict[str, Any] = {key: _WORDS.get(value, value) for key, value in parse_qsl(suffix, keep_blank_values=True)}
    unknown = [key for key in given if key not in VENICE_PARAMETERS]
    if unknown or (suffix and not given):
        raise ServiceError(400, f"Unknown model feature suffix: {', '.join(unknown) or suffix}")
    issues = [issue for key, value in given.items() for issue in VENICE_PARAMETERS[key](value, ("model", key))]
    if issues:
        raise ServiceError(400, "Invalid model feature suffix", issues=issues)
    return name, given


def check(body: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    """Raises ServiceError with everything that the model cannot do."""
    if issues := [*_features(body, model["model_spec"]["capabilities"]), *_parts(body, model)]:
        raise ServiceError(400, issues[0].message, issues=issues)


def effort_of(body: Mapping[str, Any]) -> str | None:
    """The reasoning effort that was asked for; `reasoning_effort` wins over `reasoning.effort`."""
    effort: str | None = body.get("reasoning_effort") or body.get("reasoning", {}).get("effort")
    return effort


def _features(body: Mapping[str, Any], can: Mapping[str, Any]) -> Iterator[Issue]:
    parameters = body.get("venice_parameters", {})
    asked = {
        "tools": (body.get("tools"), "supportsFunctionCalling"),
        "response_format": (body.get("response_format", {}).get("type") == "json_schema", "supportsResponseSchema"),
        "logprobs": (body.get("logprobs"), "supportsLogProbs"),
        "reasoning_effort": (effort_of(body), "supportsReasoningEffort"),
        "enable_x_search": (parameters.get("enable_x_search"), "supportsXSearch"),
    }
    for name, (wanted, flag) in asked.items():
        if wanted and not can[flag]:
            yield _unsupported((name,), name)
    effort, options = effort_of(body), can.get("reasoningEffortOptions")
    if effort and options and effort not in options:
        yield _unsupported(("reasoning_effort",), f"reasoning_effort '{effort}'")
    choice: Any = body.get("tool_choice", "auto")
    if not isinstance(choice, str):
        names = [tool["function"]["name"] for tool in body.get("tools") or () if "function" in tool]
        if choice["function"]["name"] not in names:
            yield Issue(("tool_choice",), "custom", f"tool_choice names no tool: {choice['function']['name']}")


def _parts(body: Mapping[str, Any], model: Mapping[str, Any]) -> Iterator[Issue]:
    can = model["model_spec"]["capabilities"]
    videos = 0
    for place, message in enumerate(body["messages"]):
        for at, part in enumerate(parts_of(message)):
            path: Path = ("messages", place, "content", at)
            flag = _PART_FLAGS.get(part["type"])
            if flag and not can[flag]:
                yield _unsupported(path, part["type"])
            elif part["type"] == "image_url" and _is_small_png(part["image_url"]["url"]):
                yield Issue(path, "custom", f"Image must be at least {_SMALLEST_IMAGE} pixels square")
            videos += part["type"] == "video_url"
    if videos > can.get("maxVideos", 3):
        yield Issue(("messages",), "custom", f"At most {can.get('maxVideos', 3)} videos are taken")


def _unsupported(path: Path, what: str) -> Issue:
    return Issue(path, "custom", f"{what} is not supported by this model")


def _is_small_png(url: str) -> bool:
    if not url.startswith("data:image/png;base64,"):
        return False
    try:
        image = base64.b64decode(url.partition(",")[2], validate=True)
    except binascii.Error:
        return True
    sides = (int.from_bytes(image[16:20], "big"), int.from_bytes(image[20:24], "big"))  # of its IHDR chunk
    return not image.startswith(b"\x89PNG\r\n\x1a\n") or min(sides) < _SMALLEST_IMAGE
