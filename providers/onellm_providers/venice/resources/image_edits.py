"""The part of `venice.images` that changes images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from onellm.body import Body, File
from onellm.call import Call, Effect
from onellm.errors import InvalidRequestError
from onellm.file_input import FileInput, data_url, is_url
from onellm.resource import IO, endpoint
from onellm_providers.venice.pictures import LARGEST_EDIT, LARGEST_UPSCALED, check_size
from onellm_providers.venice.resources.base import VeniceResource
from onellm_providers.venice.resources.media import (
    form_body,
    json_body,
    many,
    read_upload,
    reads_media,
    refuse_foreign,
)
from onellm_providers.venice.types.facts import VeniceMedia
from onellm_providers.venice.types.image import ImageFormat, ImageQuality

ACCEPT = {"Accept": "image/*, application/json"}
DEFAULT_EDITOR = "firered-image-edit"
_IN_EDIT = {
    "mask": "say in the prompt what is to change, or give the mask as a further image of images.multi_edit",
    "strength": "say in the prompt how much is to change",
    "guidance_scale": "the edit models have no such setting; say it in the prompt",
    "num_inference_steps": "the edit models choose their steps themselves",
}


class ImageEdits(VeniceResource[IO]):
    """Images, edited, enlarged, cut out."""

    @endpoint
    def edit(
        self,
        image: FileInput,
        prompt: str,
        *,
        model: str | None = None,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        output_format: ImageFormat | None = None,
        safe_mode: bool | None = None,
        enhance_prompt: bool | None = None,
        disable_prompt_optimization_thinking: bool | None = None,
        transparent_background: bool | None = None,
        anon_user_id: str | None = None,
        mask: None = None,
        strength: None = None,
        guidance_scale: None = None,
        num_inference_steps: None = None,
    ) -> Call[VeniceMedia]:
        """Edit an image with a text instruction: POST /image/edit.

        `image`: a file (sent as multipart, below 25 MB, 65,536 to 33,177,600 pixels) or an http URL. `prompt` has at
        most 32,768 characters. `aspect_ratio` such as "16:9", or "auto". `resolution` "1K", "2K", "4K". The result is
        PNG at 1K and JPEG above, unless `output_format` says otherwise. The model is firered-image-edit by default.

        `mask`, `strength`, `guidance_scale` and `num_inference_steps` are refused. A purchase.
        """
        refuse_foreign(
            "image/edit",
            _IN_EDIT,
            mask=mask,
            strength=strength,
            guidance_scale=guidance_scale,
            num_inference_steps=num_inference_steps,
        )
        fields = {
            "prompt": prompt,
            "model": model,
            "aspect_ratio": aspect_ratio,
            "resolution": resolution,
            "output_format": output_format,
            "safe_mode": safe_mode,
            "enhance_prompt": enhance_prompt,
            "disable_prompt_optimization_thinking": disable_prompt_optimization_thinking,
            "transparent_background": transparent_background,
            "anon_user_id": anon_user_id,
        }
        body = (
            json_body("image/edit", {"image": image, **fields})
            if is_url(image)
            else form_body("image/edit", fields, {"image": _picture(image, "image", LARGEST_EDIT)})
        )
        return self._picture_call("image/edit", body, model or DEFAULT_EDITOR)

    @endpoint
    def multi_edit(
        self,
        images: Sequence[FileInput],
        prompt: str,
        *,
        model: str | None = None,
        aspect_ratio: str | None = None,
        resolution: str | None = None,
        quality: ImageQuality | None = None,
        output_format: ImageFormat | None = None,
        safe_mode: bool | None = None,
        enhance_prompt: bool | None = None,
        disable_prompt_optimization_thinking: bool | None = None,
        transparent_background: bool | None = None,
        anon_user_id: str | None = None,
        mask: None = None,
        strength: None = None,
        guidance_scale: None = None,
        num_inference_steps: None = None,
    ) -> Call[VeniceMedia]:
        """Edit the first image with the others as layers or masks: POST /image/multi-edit.

        `images`: one to as many as the model takes (`constraints.maxInputImages`). Files are sent as multipart; where
        one of them is an http URL, all travel as JSON, the files as base64. Limits as in `edit`; `quality` for models
        that have one. `model` is the wire's `modelId`.

        `mask`, `strength`, `guidance_scale` and `num_inference_steps` are refused. A purchase.
        """
        refuse_foreign(
            "image/multi-edit",
            _IN_EDIT | {"mask": "give the mask as a further image"},
            mask=mask,
            strength=strength,
            guidance_scale=guidance_scale,
            num_inference_steps=num_inference_steps,
        )
        fields = {
            "prompt": prompt,
            "modelId": model,
            "aspect_ratio": aspect_ratio,
            "resolution": resolution,
            "quality": quality,
            "output_format": output_format,
            "safe_mode": safe_mode,
            "enhance_prompt": enhance_prompt,
            "disable_prompt_optimization_thinking": disable_prompt_optimization_thinking,
            "transparent_background": transparent_background,
            "anon_user_id": anon_user_id,
        }
        given = [
            image if is_url(image) else _picture(image, "images", LARGEST_EDIT) for image in many(images, "images")
        ]
        files = [image for image in given if isinstance(image, File)]
        body: Body
        if files and len(files) == len(given):
            body = form_body("image/multi-edit", fields, {"images": files})
        else:
            sources = [data_url(image) if isinstance(image, File) else image for image in given]
            body = json_body("image/multi-edit", {"images": sources, **fields})
        return self._picture_call("image/multi-edit", body, model or DEFAULT_EDITOR)

    @endpoint
    def upscale(
        self, image: FileInput, *, scale: Literal[2, 4] | None = None, creativity: float | None = None
    ) -> Call[VeniceMedia]:
        """Enlarge an image, and add detail: POST /image/upscale.

        `image`: a file below 25 MB with 65,536 pixels or more, no URL. `scale` 2 (the default) or 4; the result has at
        most 16,777,216 pixels, for which Venice lowers the scale. `creativity` 0–0.02 (0.01): how much is invented.
        Always PNG. A purchase.
        """
        if isinstance(creativity, (int, float)) and not 0 <= creativity <= 0.02:
            raise InvalidRequestError("creativity must be 0 to 0.02; Venice cuts it to that.", param="creativity")
        file = _picture(image, "image", LARGEST_UPSCALED)
        body = form_body("image/upscale", {"scale": scale, "creativity": creativity}, {"image": file})
        return self._picture_call("image/upscale", body, "")

    @endpoint
    def remove_background(self, image: FileInput, *, anon_user_id: str | None = None) -> Call[VeniceMedia]:
        """Cut out what an image shows, as a PNG with a transparent background: POST /image/background-remove.

        `image`: a file below 25 MB, or an http URL. A purchase.
        """
        body = (
            json_body("image/background-remove", {"image_url": image, "anon_user_id": anon_user_id})
            if is_url(image)
            else form_body(
                "image/background-remove", {"anon_user_id": anon_user_id}, {"image": read_upload(image, "image")}
            )
        )
        return self._picture_call("image/background-remove", body, "")

    def _picture_call(self, path: str, body: Body, model: str) -> Call[VeniceMedia]:
        return self._call(
            "POST",
            path,
            reads_media(VeniceMedia, "image"),
            body=body,
            effect=Effect.PURCHASE,
            model=model,
            headers=ACCEPT,
        )


def _picture(image: FileInput, param: str, most: int) -> File:
    file = read_upload(image, param)
    check_size(file.content, param, most)
    return file
