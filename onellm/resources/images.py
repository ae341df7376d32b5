"""`client.images`"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack, cast

from onellm.body import File
from onellm.call import Prepared, PreparedStream
from onellm.file_input import FileInput, is_named_file, read_file
from onellm.operations import Operations
from onellm.resource import IO, either, endpoint, stream
from onellm.resources.base import Routed
from onellm.types.image import (
    ImageEditParams,
    ImageEditRequest,
    ImageEvent,
    ImageParams,
    ImageRequest,
    ImageResponse,
    ImageVariationParams,
    ImageVariationRequest,
)


class Images(Routed[IO]):
    """`client.images`: made, edited and varied. An image is a purchase: it is not asked for twice by itself."""

    @stream
    def _generate_streamed(
        self,
        model: str | None = None,
        prompt: str = "",
        *,
        stream: Literal[True],
        **params: Unpack[ImageParams],
    ) -> PreparedStream[ImageEvent, ImageResponse]:
        return self._core.prepare_stream(Operations.image_stream, ImageRequest, model, params, prompt=prompt)

    @either(_generate_streamed)
    @endpoint
    def generate(
        self,
        model: str | None = None,
        prompt: str = "",
        *,
        stream: Literal[False] | None = None,
        **params: Unpack[ImageParams],
    ) -> Prepared[ImageResponse]:
        """Images from a text; with `stream=True` an iterator of events, unfinished images (`partial_images`) first.

        Parameters are those of `ImageParams`. The images are in `data`: `.bytes`, `.save(path)`, or a `.url`. Raises
        CapabilityError, UnsupportedParameterError and InvalidRequestError before anything is sent; later APIError and
        its kinds (ContentPolicyError), APIConnectionError, and UnknownOutcomeError where an image may have been made
        and did not arrive.
        """
        return self._core.prepare(Operations.image, ImageRequest, model, params, prompt=prompt)

    @stream
    def _edit_streamed(
        self,
        model: str | None = None,
        image: FileInput | Sequence[FileInput] = (),
        prompt: str = "",
        *,
        mask: FileInput | None = None,
        markup: FileInput | None = None,
        stream: Literal[True],
        **params: Unpack[ImageEditParams],
    ) -> PreparedStream[ImageEvent, ImageResponse]:
        files = _files(image, mask, markup)
        return self._core.prepare_stream(
            Operations.image_edit_stream, ImageEditRequest, model, params, prompt=prompt, **files
        )

    @either(_edit_streamed)
    @endpoint
    def edit(
        self,
        model: str | None = None,
        image: FileInput | Sequence[FileInput] = (),
        prompt: str = "",
        *,
        mask: FileInput | None = None,
        markup: FileInput | None = None,
        stream: Literal[False] | None = None,
        **params: Unpack[ImageEditParams],
    ) -> Prepared[ImageResponse]:
        """Images from one or several images and a text; with `stream=True` an iterator of events.

        An image is a path, bytes, a binary file or a PIL image. `mask`: a PNG of the first image's size whose
        transparent parts are to change. Parameters are those of `ImageEditParams`, errors those of `generate`.
        """
        files = _files(image, mask, markup)
        return self._core.prepare(Operations.image_edit, ImageEditRequest, model, params, prompt=prompt, **files)

    @endpoint
    def create_variation(
        self, model: str | None = None, image: FileInput = b"", **params: Unpack[ImageVariationParams]
    ) -> Prepared[ImageResponse]:
        """Variations of an image, where the host has them: OpenAI withdrew its own.

        Parameters are those of `ImageVariationParams`, errors those of `generate`.
        """
        file = read_file(image, "image")
        return self._core.prepare(Operations.image_variation, ImageVariationRequest, model, params, image=file)


def _files(
    image: FileInput | Sequence[FileInput], mask: FileInput | None, markup: FileInput | None
) -> dict[str, File | list[File] | None]:
    several = isinstance(image, (list, tuple)) and not is_named_file(image)
    images = [*cast("Sequence[FileInput]", image)] if several else [cast("FileInput", image)]
    read = [read_file(each, f"image_{place}" if len(images) > 1 else "image") for place, each in enumerate(images)]
    return {
        "image": read,
        "mask": None if mask is None else read_file(mask, "mask"),
        "markup": None if markup is None else read_file(markup, "markup"),
    }
