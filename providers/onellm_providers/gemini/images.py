"""Images of models that make them: generateContent with `imageConfig`, one image a call.

Source: google-genai 3.6 (`types.ImageConfig`).
"""

from __future__ import annotations

import base64
import json
from typing import Any

from onellm.body import File
from onellm.call import Reply
from onellm.capabilities import Capability
from onellm.decode.json import Table, array, table
from onellm.errors import BadResponseError, CapabilityError, ContentPolicyError, InvalidRequestError
from onellm.translate.parameters import add_extra_body, refuse_rest
from onellm.types.image import MIME_TYPES, ImageData, ImageEditRequest, ImageRequest, ImageResponse, ImageUsage
from onellm_providers.gemini.answers import FINISH, blocked_by, parts_of
from onellm_providers.gemini.media import media_in
from onellm_providers.gemini.replay import spoken
from onellm_providers.gemini.target import Target
from onellm_providers.gemini.usage import modality

TAKEN = frozenset({
    "aspect_ratio", "n", "output_compression", "output_format", "resolution", "response_format", "seed", "size",
})  # fmt: skip
SIZES = frozenset({"1K", "2K", "4K"})


def encode_image(target: Target, request: ImageRequest | ImageEditRequest) -> Table:
    """The body. Raises CapabilityError for a model that makes none, InvalidRequestError, UnsupportedParameterError."""
    if target.rules.image_output is False:
        raise CapabilityError(f"{target} makes no images.", capability=Capability.IMAGE_GENERATION.value)
    if not request.prompt:
        raise InvalidRequestError("prompt is empty.", param="prompt")
    given = request.parameters()
    parts: list[Table] = [_inline(file) for file in request.image] if isinstance(request, ImageEditRequest) else []
    if isinstance(request, ImageEditRequest) and not parts:
        raise InvalidRequestError("image is empty; give at least one.", param="image")
    for name in ("mask", "markup"):
        if getattr(request, name, None) is not None:
            target.losses.refuse(name, f"{target.name} takes no {name}; say in the prompt what to change.")
    config: Table = {"responseModalities": ["TEXT", "IMAGE"]}
    if given.get("seed") is not None:
        config["seed"] = given.pop("seed")
    if made := _image_config(target, given):
        config["imageConfig"] = made
    _check_form(target, given)
    refuse_rest(given, target.losses, target, TAKEN)
    parts.append({"text": request.prompt})
    body: Table = {"contents": [{"role": "user", "parts": parts}], "generationConfig": config}
    add_extra_body(body, request, ("contents", "prompt", "model"))
    return body


def read_image(name: str, reply: Reply) -> ImageResponse:
    """The images of an answer. ContentPolicyError: it was filtered; BadResponseError: it holds none for other reasons.

    What the model said beside an image is its `text`.
    """
    raw = table(json.loads(reply.body))
    found: list[ImageData] = []
    if reason := blocked_by(raw):
        raise ContentPolicyError(f"{name} refused the prompt ({reason}). Change it.", code=reason, provider=name)
    reasons, texts = list[Any](), list[str]()
    for candidate in map(table, array(raw.get("candidates"))):
        parts = parts_of(candidate)
        reasons.append(candidate.get("finishReason"))
        texts.append(spoken(parts))
        datas = [table(part["inlineData"]) for part in parts if (made := media_in(part)) and made.image]
        found += [_data(data, texts[-1]) for data in datas]
    if not found:
        raise _no_image(name, [str(each) for each in reasons if each], " ".join(filter(None, texts)))
    return ImageResponse(data=found, usage=_usage(table(raw.get("usageMetadata"))))


def _inline(file: File) -> Table:
    return {"inlineData": {"mimeType": file.media_type, "data": base64.b64encode(file.content).decode()}}


def _image_config(target: Target, given: dict[str, Any]) -> Table:
    made: Table = {}
    if given.get("aspect_ratio") is not None:
        made["aspectRatio"] = given.pop("aspect_ratio")
    for name in ("size", "resolution"):
        size = given.pop(name, None)
        if size in (None, "auto"):
            continue
        if str(size).upper() in SIZES:
            made["imageSize"] = str(size).upper()
        else:
            target.losses.refuse(
                name,
                f"{target.name} takes {name} as {', '.join(sorted(SIZES))}, not {size!r}; the form of an image is its "
                "aspect_ratio, such as '16:9'.",
            )
    if target.cloud:  # the Gemini API has no choice of formats
        kind, quality = given.pop("output_format", None), given.pop("output_compression", None)
        options = {"mimeType": MIME_TYPES.get(str(kind), kind), "compressionQuality": quality}
        if kept := {name: value for name, value in options.items() if value is not None}:
            made["imageOutputOptions"] = kept
    return made


def _check_form(target: Target, given: dict[str, Any]) -> None:
    """One image comes, as base64."""
    if (count := given.pop("n", None)) not in (None, 1):
        target.losses.refuse("n", f"{target.name} makes one image a call, not {count}; ask several times.")
    if (form := given.pop("response_format", None)) not in (None, "b64_json"):
        target.losses.refuse("response_format", f"{target.name} has the response_format b64_json alone, not {form!r}.")


def _data(data: Table, text: str) -> ImageData:
    said: Table = {"text": text} if text else {}
    return ImageData(b64_json=data.get("data"), mime_type=str(data.get("mimeType")), **said)


def _no_image(name: str, reasons: list[str], text: str) -> Exception:
    why = ", ".join(reasons) or "no reason was given"
    if filtered := next((each for each in reasons if FINISH.get(each) == "content_filter"), None):
        return ContentPolicyError(f"{name} made no image ({why}). Change the prompt.", code=filtered, provider=name)
    return BadResponseError(f"{name} made no image ({why}){f'; it said: {text[:200]}' if text else ''}.")


def _usage(raw: Table) -> ImageUsage | None:
    if not raw:
        return None
    given, made = int(raw.get("promptTokenCount") or 0), int(raw.get("candidatesTokenCount") or 0)
    made += int(raw.get("thoughtsTokenCount") or 0)
    details = [
        {f"{kind.lower()}_tokens": modality(raw, side, kind) for kind in ("TEXT", "IMAGE")}
        if raw.get(f"{side}TokensDetails")
        else None
        for side in ("prompt", "candidates")
    ]
    return ImageUsage(
        input_tokens=given,
        output_tokens=made,
        total_tokens=given + made,
        input_tokens_details=details[0],
        output_tokens_details=details[1],
    )
