"""`venice.images`"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack

from onellm.call import Call, Effect, Flow, ask
from onellm.errors import BadResponseError, OneLLMError
from onellm.file_input import is_url
from onellm.media import fetch_media
from onellm.resource import IO, endpoint
from onellm.types.media import Media
from onellm_providers.venice.pictures import decode_image
from onellm_providers.venice.resources.base import reads
from onellm_providers.venice.resources.image_edits import ACCEPT, ImageEdits
from onellm_providers.venice.resources.images_read import matching_style, read_generated
from onellm_providers.venice.resources.media import (
    LARGEST_FILE,
    MEGABYTE,
    check_names,
    fields_of,
    json_body,
    link,
    many,
    reads_json,
    refuse_foreign,
)
from onellm_providers.venice.resources.signature import spelled_out
from onellm_providers.venice.types.image import (
    GeneratedImage,
    ImageFormat,
    ImageList,
    ImageOptions,
    ImageQuality,
    ImageSize,
    StyleReference,
    Styles,
)

LARGEST_STYLE = 8 * MEGABYTE
_IN_GENERATE = {
    "mask": "to change a part of a picture, describe it to images.edit",
    "strength": "give style_references, each with its strength, or use images.edit",
    "guidance_scale": "use cfg_scale",
    "num_inference_steps": "use steps",
}


class Images(ImageEdits[IO]):
    """Images: made of a text, edited, enlarged, cut out."""

    @endpoint
    def generate(
        self,
        prompt: str,
        *,
        model: str,
        negative_prompt: str | None = None,
        width: int | None = None,
        height: int | None = None,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        quality: ImageQuality | None = None,
        steps: int | None = None,
        cfg_scale: float | None = None,
        seed: int | None = None,
        lora_strength: int | None = None,
        style_preset: str | None = None,
        style_references: Sequence[StyleReference] | None = None,
        variants: Literal[1, 2, 3, 4] | None = None,
        format: ImageFormat | None = None,
        return_binary: bool | None = None,
        safe_mode: bool | None = None,
        hide_watermark: bool | None = None,
        embed_exif_metadata: bool | None = None,
        enable_web_search: bool | None = None,
        enhance_prompt: bool | None = None,
        disable_prompt_optimization_thinking: bool | None = None,
        transparent_background: bool | None = None,
        anon_user_id: str | None = None,
        mask: None = None,
        strength: None = None,
        guidance_scale: None = None,
        num_inference_steps: None = None,
    ) -> Call[GeneratedImage]:
        """Make an image of a text: POST /image/generate.

        `prompt` and `negative_prompt` have at most 7500 characters, or the model's own limit. `width` and `height` up
        to 1280 (1024), or `aspect_ratio` ("16:9") and `resolution` ("1K", "2K", "4K") for models that go by these.
        `cfg_scale` above 0, up to 20. `seed` ±999999999. `lora_strength` 0–100. `variants`: how many images, 1–4, not
        with `return_binary`. `format` webp. With `return_binary` the image travels as it is, else as base64 together
        with an id and timing. `safe_mode` (on) blurs adult content. `enhance_prompt` has the prompt rewritten, for a
        further charge: see `enhanced_prompt` of the result. What a model takes is in its entry of `models.list`.
        `transparent_background` (png and webp) and `anon_user_id` (one of your users) are not in the OpenAPI file.

        `mask`, `strength`, `guidance_scale` and `num_inference_steps` are refused. A purchase: repeated only where
        Venice certainly did not do it.
        """
        refuse_foreign(
            "image/generate",
            _IN_GENERATE,
            mask=mask,
            strength=strength,
            guidance_scale=guidance_scale,
            num_inference_steps=num_inference_steps,
        )
        return self._generate(
            prompt,
            model,
            negative_prompt=negative_prompt,
            width=width,
            height=height,
            aspect_ratio=aspect_ratio,
            resolution=resolution,
            quality=quality,
            steps=steps,
            cfg_scale=cfg_scale,
            seed=seed,
            lora_strength=lora_strength,
            style_preset=style_preset,
            style_references=style_references,
            variants=variants,
            format=format,
            return_binary=return_binary,
            safe_mode=safe_mode,
            hide_watermark=hide_watermark,
            embed_exif_metadata=embed_exif_metadata,
            enable_web_search=enable_web_search,
            enhance_prompt=enhance_prompt,
            disable_prompt_optimization_thinking=disable_prompt_optimization_thinking,
            transparent_background=transparent_background,
            anon_user_id=anon_user_id,
        )

    @endpoint
    @spelled_out(ImageOptions)
    def generate_batch(
        self, prompts: Sequence[str], *, model: str, **options: Unpack[ImageOptions]
    ) -> Flow[list[GeneratedImage]]:
        """Make an image of each text, one after the other, with the same parameters as `generate`.

        Every prompt is checked before the first is sent. Where one fails, its error holds the images that were made
        before it in `partial`.
        """
        check_names("generate_batch", options, ImageOptions)
        return _one_by_one([self._generate(prompt, model, **options) for prompt in prompts])

    @endpoint
    def generations(
        self,
        prompt: str,
        *,
        model: str | None = None,
        n: Literal[1] | None = None,
        size: ImageSize | None = None,
        output_format: ImageFormat | None = None,
        response_format: Literal["b64_json", "url"] | None = None,
        moderation: Literal["low", "auto"] | None = None,
        background: Literal["transparent", "opaque", "auto"] | None = None,
        output_compression: int | None = None,
        quality: Literal["auto", "high", "medium", "low", "hd", "standard"] | None = None,
        style: Literal["vivid", "natural"] | None = None,
        user: str | None = None,
        anon_user_id: str | None = None,
    ) -> Call[ImageList]:
        """Make an image with OpenAI's parameters: POST /images/generations.

        `prompt` has at most 1500 characters; one image, png unless `output_format` says otherwise. An unknown `model`
        is answered by the default one. `response_format="url"` gives a data URL. `moderation="low"` is safe mode off.
        Venice ignores `background`, `output_compression`, `quality`, `style` and `user`. A purchase.
        """
        body = json_body(
            "images/generations",
            {
                "prompt": prompt,
                "model": model,
                "n": n,
                "size": size,
                "output_format": output_format,
                "response_format": response_format,
                "moderation": moderation,
                "background": background,
                "output_compression": output_compression,
                "quality": quality,
                "style": style,
                "user": user,
                "anon_user_id": anon_user_id,
            },
        )
        return self._call(
            "POST",
            "images/generations",
            reads_json(ImageList),
            body=body,
            effect=Effect.PURCHASE,
            model=model or "default",
        )

    @endpoint
    def styles(self) -> Call[Styles]:
        """The style presets by name: GET /image/styles."""
        return self._styles()

    @endpoint
    def get_style(self, name: str) -> Flow[str]:
        """A style preset as Venice writes it, found whatever the case. Raises NotFoundError with those most like it."""
        return self._get_style(name)

    @endpoint
    def download_image(
        self, url: str, *, max_bytes: int = LARGEST_FILE, seconds: float = 30.0, allow_private: bool = False
    ) -> Flow[Media]:
        """Fetch an image from a URL, without the key. A data URL is taken apart here.

        At most `max_bytes` within `seconds`; from a private address only with `allow_private`. Raises
        InvalidRequestError for a URL that may not be fetched.
        """
        return _downloaded(url, max_bytes, seconds, allow_private)

    def _get_style(self, name: str) -> Flow[str]:
        listed = yield from ask(self._styles())
        return matching_style(name, listed.data)

    def _styles(self) -> Call[Styles]:
        return self._call("GET", "image/styles", reads(Styles), key="if known")

    def _generate(self, prompt: str, model: str, **options: Unpack[ImageOptions]) -> Call[GeneratedImage]:
        fields: dict[str, object] = {"prompt": prompt, "model": model, **options}
        if (references := options.get("style_references")) is not None:
            fields["style_references"] = [_style(each) for each in many(references, "style_references")]
        body = json_body("image/generate", fields)
        return self._call(
            "POST",
            "image/generate",
            read_generated,
            body=body,
            effect=Effect.PURCHASE,
            model=model,
            headers=ACCEPT,
        )


def _downloaded(url: str, max_bytes: int, seconds: float, allow_private: bool) -> Flow[Media]:
    if not is_url(url):
        return decode_image(url)
    file = yield from fetch_media(url, max_bytes=max_bytes, seconds=seconds, allow_private=allow_private)
    if not file.media_type.startswith("image/"):
        raise BadResponseError(f"url: there is no image, but {file.media_type}.")
    return Media(content=file.content, mime_type=file.media_type)


def _style(reference: StyleReference) -> dict[str, object]:
    fields = fields_of(reference, "style_references")
    return {**fields, "image": link(fields.get("image"), "style_references", LARGEST_STYLE)}


def _one_by_one(calls: Sequence[Call[GeneratedImage]]) -> Flow[list[GeneratedImage]]:
    made: list[GeneratedImage] = []
    for call in calls:
        try:
            made.append((yield from ask(call)))
        except OneLLMError as error:
            error.partial = made
            raise
    return made
