"""Images: what is asked and answered (OpenAI's POST /images/generations, /images/edits, /images/variations)."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import ConfigDict

from onellm.body import File
from onellm.errors import OneLLMError
from onellm.types.base import Model, Result
from onellm.types.call_params import CallParams
from onellm.types.media import Media
from onellm.types.request import ModelRequest

MIME_TYPES = {
    "png": "image/png", "jpeg": "image/jpeg", "jpg": "image/jpeg", "webp": "image/webp", "gif": "image/gif",
    "svg": "image/svg+xml",
}  # fmt: skip


class _Options(ModelRequest):
    """What making an image and editing one have in common."""

    aspect_ratio: str | None = None
    background: str | None = None
    cfg_scale: float | None = None
    complexity: str | None = None
    frame_count: int | None = None
    frame_duration_ms: int | None = None
    height: int | None = None
    moderation: str | None = None
    n: int | None = None
    negative_prompt: str | None = None
    output_compression: int | None = None
    output_format: str | None = None
    partial_images: int | None = None
    quality: str | None = None
    resolution: str | None = None
    response_format: Literal["url", "b64_json"] | None = None
    safety_identifier: str | None = None
    seed: int | None = None
    size: str | None = None
    steps: int | None = None
    style: str | None = None
    svg: dict[str, Any] | None = None
    user: str | None = None
    width: int | None = None


class ImageRequest(_Options):
    """An image to be made, as a provider sees it."""

    steering: ClassVar[frozenset[str]] = ModelRequest.steering | {"prompt"}

    prompt: str


class ImageEditRequest(_Options):
    """An edit of images, as a provider sees it: the files have been read."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    steering: ClassVar[frozenset[str]] = ModelRequest.steering | {"prompt", "image", "mask", "markup"}

    image: list[File]
    prompt: str
    mask: File | None = None
    markup: File | None = None
    input_fidelity: str | None = None


class ImageVariationRequest(ModelRequest):
    """A variation of an image, as a provider sees it."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    steering: ClassVar[frozenset[str]] = ModelRequest.steering | {"image"}

    image: File
    n: int | None = None
    response_format: Literal["url", "b64_json"] | None = None
    size: str | None = None
    user: str | None = None


class ImageParams(CallParams, total=False):
    """The parameters of images beside `model` and `prompt`; which of them a model takes differs widely.

    `n` images (1–10). `size` as "1024x1024" or "auto"; some hosts take `width` and `height`, or `aspect_ratio` and
    `resolution`, instead. `quality`, `background` ("transparent", "opaque", "auto"), `output_format` (png, jpeg, webp),
    `output_compression` 0–100. `response_format`: "url" or "b64_json", for models that take it. `partial_images` 0–3:
    how many unfinished ones a stream shows. `seed`, `steps`, `cfg_scale` and `negative_prompt`: hosts of open models.
    """

    aspect_ratio: str | None
    background: Literal["transparent", "opaque", "auto"] | None
    cfg_scale: float | None
    complexity: Literal["low", "medium", "high"] | None
    frame_count: int | None
    frame_duration_ms: int | None
    height: int | None
    moderation: Literal["low", "auto"] | None
    n: int | None
    negative_prompt: str | None
    output_compression: int | None
    output_format: Literal["png", "webp", "jpeg", "gif", "svg"] | None
    partial_images: int | None
    quality: Literal["low", "medium", "high", "xhigh", "max", "auto", "standard", "hd"] | None
    resolution: str | None
    response_format: Literal["url", "b64_json"] | None
    safety_identifier: str | None
    seed: int | None
    size: str | None
    steps: int | None
    style: str | None
    svg: Mapping[str, object] | None
    user: str | None
    width: int | None


class ImageEditParams(ImageParams, total=False):
    """The parameters of an edit: those of `ImageParams`, and how closely to keep to the input."""

    input_fidelity: Literal["high", "low"] | None


class ImageVariationParams(CallParams, total=False):
    """The parameters of a variation beside `model` and `image`."""

    n: int | None
    response_format: Literal["url", "b64_json"] | None
    size: str | None
    user: str | None


class ImageData(Model):
    """One image: `b64_json` holds it, or `url` says where it lies for a while."""

    b64_json: str | None = None
    url: str | None = None
    revised_prompt: str | None = None
    mime_type: str = "image/png"

    @property
    def bytes(self) -> bytes:
        """The image. Raises OneLLMError where the service gave a URL instead."""
        if self.b64_json is None:
            raise OneLLMError(
                f"The image came as a URL ({self.url}); fetch it, or ask for response_format='b64_json'."
                if self.url
                else "The service gave no image here."
            )
        return base64.b64decode(self.b64_json.partition("base64,")[2] or self.b64_json)

    @property
    def media(self) -> Media:
        """The image with its media type."""
        return Media(content=self.bytes, mime_type=self.mime_type)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the image to a file, in place of an old one. It is either whole or not there."""
        return self.media.save(path)


class ImageUsage(Model):
    """Tokens of an image; the details tell text and image tokens apart."""

    input_tokens: int = 0
    output_tokens: int = 0
    total_tokens: int = 0
    input_tokens_details: dict[str, int | None] | None = None
    output_tokens_details: dict[str, int | None] | None = None


class ImageResponse(Result):
    """The images, in the order in which the service gave them."""

    created: int = 0
    data: list[ImageData]
    background: str | None = None
    output_format: str | None = None
    quality: str | None = None
    size: str | None = None
    usage: ImageUsage | None = None

    @property
    def image(self) -> ImageData:
        """The first image."""
        return self.data[0]


class ImageEvent(Result):
    """An image of a stream: unfinished (`type` ends in `partial_image`) or the finished one (`completed`)."""

    type: str = ""
    b64_json: str = ""
    partial_image_index: int | None = None
    created_at: int = 0
    background: str | None = None
    output_format: str | None = None
    quality: str | None = None
    size: str | None = None
    usage: ImageUsage | None = None

    @property
    def image(self) -> ImageData:
        """The image as it is by now."""
        kind = MIME_TYPES.get(self.output_format or "", "image/png")
        return ImageData(b64_json=self.b64_json, mime_type=kind)
