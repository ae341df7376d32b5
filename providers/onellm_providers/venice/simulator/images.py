"""Images at the simulated Venice (OpenAPI file of 2026-08-21)."""

from __future__ import annotations

import base64
import binascii
import functools
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from onellm.errors import InvalidRequestError
from onellm.testing.simulator.values import Answer, Route, ServiceError, SimReply, SimRequest
from onellm_providers.venice.pictures import LARGEST_EDIT, LARGEST_UPSCALED, check_size
from onellm_providers.venice.simulator.form import Sent, behind, checked, json_of, read_body
from onellm_providers.venice.simulator.media import PICTURES

Authenticate = Callable[[SimRequest], None]

STYLES = ("3D Model", "Analog Film", "Anime", "Cinematic", "Comic Book", "Digital Art", "Line Art", "Pixel Art")
RETIRING, SUCCESSOR = "sim-retiring-image", "sim-image"
ADULT = "adult"
"""A prompt with this word gives a picture that is blurred, unless safe mode is off."""
FORBIDDEN = "forbidden"
"""A prompt with this word gives a picture that is marked as a violation."""
_LARGEST = 25 * 1024 * 1024
_RETIRES = "2027-03-01T00:00:00.000Z"


def routes(authenticate: Authenticate) -> tuple[Route, ...]:
    """Every operation on images; `authenticate` raises for those that have no good key."""

    paid = functools.partial(behind, authenticate)

    return (
        Route("POST", "/image/generate", paid(_generate)),
        Route("POST", "/images/generations", paid(_generations)),
        Route("GET", "/image/styles", _styles),
        Route("POST", "/image/upscale", paid(_upscale)),
        Route("POST", "/image/edit", paid(_edit)),
        Route("POST", "/image/multi-edit", paid(_multi_edit)),
        Route("POST", "/image/background-remove", paid(_remove_background)),
    )


def _generate(request: SimRequest) -> Answer:
    body = json_of(request, "image/generate")
    kind, content = PICTURES[body.get("format", "webp")]
    headers = _said(body)
    if body.get("return_binary"):
        return SimReply(200, {"Content-Type": kind, **headers}, content)
    timing = {"inferenceDuration": 800, "inferencePreprocessingTime": 20, "inferenceQueueTime": 5, "total": 825}
    answer = {
        "id": f"generate-image-{request.number}",
        "images": [base64.b64encode(content).decode()] * body.get("variants", 1),
        "request": {name: body[name] for name in ("model", "prompt")},
        "timing": timing,
    }
    return SimReply.json(answer, headers=headers)


def _generations(request: SimRequest) -> Answer:
    body = json_of(request, "images/generations")
    kind, content = PICTURES[body.get("output_format", "png")]
    text = base64.b64encode(content).decode()
    image = {"url": f"data:{kind};base64,{text}"} if body.get("response_format") == "url" else {"b64_json": text}
    headers = _said({**body, "safe_mode": body.get("moderation") != "low"})
    return SimReply.json({"created": 1_790_000_000, "data": [image]}, headers=headers)


def _styles(request: SimRequest) -> Answer:
    return SimReply.json({"data": list(STYLES), "object": "list"})


def _upscale(request: SimRequest) -> Answer:
    sent = checked(read_body(request, numbers=("scale", "creativity")), "image/upscale")
    _check_picture(sent, "image", LARGEST_UPSCALED, urls=False)
    return _picture("png")


def _edit(request: SimRequest) -> Answer:
    sent = checked(read_body(request), "image/edit")
    _check_picture(sent, "image", LARGEST_EDIT)
    return _edited(sent.fields, sent.fields.get("model") or sent.fields.get("modelId") or "firered-image-edit")


def _multi_edit(request: SimRequest) -> Answer:
    sent = read_body(request, lists=("images",))
    if sent.is_form and "images" not in sent.files:
        raise ServiceError(400, "images must be files in multipart/form-data")
    _check_picture(checked(sent, "image/multi-edit"), "images", LARGEST_EDIT)
    return _edited(sent.fields, sent.fields.get("modelId", "firered-image-edit"))


def _remove_background(request: SimRequest) -> Answer:
    sent = checked(read_body(request), "image/background-remove")
    _check_picture(sent, "image", LARGEST_EDIT, urls=False)
    if not str(sent.fields.get("image_url", "https://")).startswith(("http://", "https://")):
        raise ServiceError(400, "image_url must be a URL")
    return _picture("png")


def _edited(fields: Mapping[str, Any], model: str) -> Answer:
    large = fields.get("resolution", "1K") in ("2K", "4K")
    name = fields.get("output_format") or ("jpeg" if large else "png")
    return _picture(name, {"x-venice-model-id": model, "x-venice-model-name": model.title(), **_said(fields)})


def _picture(name: str, headers: Mapping[str, str] | None = None) -> Answer:
    kind, content = PICTURES[name]
    return SimReply(200, {"Content-Type": kind, **(headers or {})}, content)


def _said(body: Mapping[str, Any]) -> dict[str, str]:
    """The headers of a picture."""
    prompt = body["prompt"]
    headers = {
        "x-venice-is-blurred": _word(ADULT in prompt and body.get("safe_mode", True)),
        "x-venice-is-content-violation": _word(FORBIDDEN in prompt),
    }
    if body.get("enhance_prompt"):
        headers["x-venice-enhanced-prompt"] = quote(f"{prompt}, in fine détail")
    if body.get("model") == RETIRING:
        headers |= {
            "x-venice-model-deprecation-warning": f"{RETIRING} is deprecated, use {SUCCESSOR}",
            "x-venice-model-deprecation-date": _RETIRES,
            "x-venice-deprecated": "true",
            "x-venice-deprecated-replacement": SUCCESSOR,
        }
    return headers


def _word(value: object) -> str:
    return "true" if value else "false"


def _check_picture(sent: Sent, name: str, most: int, *, urls: bool = True) -> None:
    """Raise ServiceError for pictures that are too large, too small, or none."""
    given = sent.fields.get(name)
    texts = [given] if isinstance(given, str) and not sent.is_form else given if not sent.is_form else ()
    contents = [upload.content for upload in sent.files.get(name, ())]
    contents += [_decoded(text) for text in texts or () if not (urls and text.startswith(("http://", "https://")))]
    for content in contents:
        if not content or len(content) >= _LARGEST:
            raise ServiceError(400, "Image must be smaller than 25MB")
        try:
            check_size(content, name, most)
        except InvalidRequestError as error:
            raise ServiceError(400, error.message) from error


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.partition("base64,")[2] or text, validate=True)
    except binascii.Error as error:
        raise ServiceError(400, "Invalid image") from error
