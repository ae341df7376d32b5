"""Images: what Venice answers."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

from onellm.body import File
from onellm.file_input import FileInput, read_file, sniff
from onellm.types.base import Model, Result
from onellm.types.media import Media
from onellm_providers.venice.types.facts import Facts, VeniceMedia

ImageFormat: TypeAlias = Literal["jpeg", "png", "webp"]
ImageQuality: TypeAlias = Literal["low", "medium", "high"]
ImageSize: TypeAlias = Literal[
    "auto", "256x256", "512x512", "1024x1024", "1536x1024", "1024x1536", "1792x1024", "1024x1792"
]


class StyleReference(TypedDict):
    """A picture whose style is to be followed (below 8 MB), and how closely: 0.1 to 1, 0.5 where it is not said."""

    image: FileInput
    strength: NotRequired[float]


class ImageOptions(TypedDict, total=False):
    """The parameters of `images.generate` beside prompt and model."""

    negative_prompt: str | None
    width: int | None
    height: int | None
    aspect_ratio: str | None
    resolution: str | None
    quality: ImageQuality | None
    steps: int | None
    cfg_scale: float | None
    seed: int | None
    lora_strength: int | None
    style_preset: str | None
    style_references: Sequence[StyleReference] | None
    variants: Literal[1, 2, 3, 4] | None
    format: ImageFormat | None
    return_binary: bool | None
    safe_mode: bool | None
    hide_watermark: bool | None
    embed_exif_metadata: bool | None
    enable_web_search: bool | None
    enhance_prompt: bool | None
    disable_prompt_optimization_thinking: bool | None
    transparent_background: bool | None
    anon_user_id: str | None


class Timing(Model):
    """Milliseconds that an image took."""

    inferenceDuration: float | None = None  # noqa: N815 - the wire's name
    inferencePreprocessingTime: float | None = None  # noqa: N815
    inferenceQueueTime: float | None = None  # noqa: N815
    total: float | None = None


class GeneratedImage(VeniceMedia):
    """A generated image; where several were asked for, the first, and all of them in `images`."""

    images: list[Media] = []
    id: str | None = None
    timing: Timing | None = None
    request: Any = None


class ImageData(Model):
    """One image in OpenAI's shape: base64, or a data URL."""

    b64_json: str | None = None
    url: str | None = None

    def media(self) -> Media:
        """The image itself. A data URL is taken apart here; nothing is fetched."""
        file = self._file()
        return Media(content=file.content, mime_type=file.media_type)

    @property
    def bytes(self) -> bytes:
        """The content of the image."""
        return self._file().content

    @property
    def mime_type(self) -> str:
        return self._file().media_type

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the image to a file, in place of an old one."""
        return self.media().save(path)

    def _file(self) -> File:
        if self.url is not None:
            return read_file(self.url, "url")
        content = base64.b64decode(self.b64_json or "", validate=True)
        return File("image", content, sniff(content) or "image/png")


class ImageList(Facts):
    """Images in OpenAI's shape."""

    created: int
    data: list[ImageData]


class Styles(Result):
    """The names of the style presets."""

    data: list[str]
    object: str = "list"
