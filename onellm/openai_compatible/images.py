"""Images in OpenAI's format: made from a text, edited, varied; whole, or with unfinished ones on the way.

An image is a purchase: what may have been made is not asked for again.
"""

from __future__ import annotations

import functools
from typing import Any

from onellm.body import JSON, File
from onellm.call import Call, Effect, ExchangeFields, Reply, StreamCall
from onellm.capabilities import Capability
from onellm.errors import CapabilityError, InvalidRequestError
from onellm.openai_compatible.events import EventDecoder
from onellm.openai_compatible.forms import form
from onellm.openai_compatible.losses import Losses
from onellm.openai_compatible.operations import VARIATIONS, encode_operation
from onellm.openai_compatible.wire import Wire
from onellm.types.image import (
    MIME_TYPES,
    ImageData,
    ImageEditRequest,
    ImageEvent,
    ImageRequest,
    ImageResponse,
    ImageVariationRequest,
)

ROOM = 64 * 1024 * 1024
"""Bytes of one event of a stream: it holds a whole image."""


def image(provider: Wire, request: ImageRequest) -> Call[ImageResponse]:
    """POST /images/generations."""
    return Call(parse=functools.partial(read_images, request.output_format), **_generation(provider, request))


def image_stream(provider: Wire, request: ImageRequest) -> StreamCall[ImageEvent, ImageResponse]:
    """POST /images/generations with stream=true."""
    return _streamed(_generation(provider, request, stream=True))


def image_edit(provider: Wire, request: ImageEditRequest) -> Call[ImageResponse]:
    """POST /images/edits."""
    return Call(parse=functools.partial(read_images, request.output_format), **_edit(provider, request))


def image_edit_stream(provider: Wire, request: ImageEditRequest) -> StreamCall[ImageEvent, ImageResponse]:
    """POST /images/edits with stream=true."""
    return _streamed(_edit(provider, request, stream=True))


def image_variation(provider: Wire, request: ImageVariationRequest) -> Call[ImageResponse]:
    """POST /images/variations."""
    if not provider.row.image_variations:
        raise CapabilityError(
            f"{provider.name} has no image variations; edit the image with a prompt instead.",
            capability=Capability.IMAGE_EDIT.value,
        )
    losses = Losses(drop=request.unsupported == "drop")
    fields = encode_operation(VARIATIONS, provider.name, request, losses)
    body = form({"model": request.model, **fields}, [("image", request.image)])
    exchange = provider.exchange(
        VARIATIONS.path, request, body=body, dropped=tuple(losses.dropped), effect=Effect.PURCHASE
    )
    return Call(parse=functools.partial(read_images, None), **exchange)


def read_images(asked: str | None, reply: Reply) -> ImageResponse:
    """The images of an answer. Raises ValueError where the bytes are none, or hold no image."""
    answer = ImageResponse.model_validate_json(reply.body)
    if not answer.data:
        raise ValueError("no image came")
    _tell_type(answer, asked)
    return answer


def _tell_type(answer: ImageResponse, asked: str | None = None) -> None:
    kind = MIME_TYPES.get(answer.output_format or asked or "")
    for each in answer.data:
        if kind is not None:
            each.mime_type = kind


def _generation(provider: Wire, request: ImageRequest, *, stream: bool = False) -> ExchangeFields:
    _check_prompt(request.prompt)
    operation, fields, dropped = provider.encode(Capability.IMAGE_GENERATION, request, stream=stream)
    body: dict[str, Any] = {"model": request.model, "prompt": request.prompt, **fields}
    return provider.exchange(operation.path, request, body=JSON(body), dropped=dropped, effect=Effect.PURCHASE)


def _edit(provider: Wire, request: ImageEditRequest, *, stream: bool = False) -> ExchangeFields:
    _check_prompt(request.prompt)
    if not request.image:
        raise InvalidRequestError("image is empty; give at least one.", param="image")
    operation, fields, dropped = provider.encode(Capability.IMAGE_EDIT, request, stream=stream)
    name = "image" if len(request.image) == 1 else "image[]"
    files: list[tuple[str, File]] = [(name, each) for each in request.image]
    files += [(name, each) for name, each in (("mask", request.mask), ("markup", request.markup)) if each is not None]
    body = form({"model": request.model, "prompt": request.prompt, **fields}, files)
    return provider.exchange(operation.path, request, body=body, dropped=dropped, effect=Effect.PURCHASE)


def _check_prompt(prompt: str) -> None:
    if not prompt:
        raise InvalidRequestError("prompt is empty.", param="prompt")


def _streamed(exchange: ExchangeFields) -> StreamCall[ImageEvent, ImageResponse]:
    return StreamCall(
        decoder=lambda: EventDecoder(ImageEvent, ".completed", exchange["error"], ROOM),
        assembler=ImageAssembler,
        **exchange,
    )


class ImageAssembler:
    """The finished images of a stream; before there are any, the latest unfinished one."""

    def __init__(self) -> None:
        self._finished: list[ImageEvent] = []
        self._latest: ImageEvent | None = None

    def add(self, event: ImageEvent) -> None:
        self._latest = event
        if event.type.endswith(".completed"):
            self._finished.append(event)

    def result(self) -> ImageResponse:
        events = self._finished or ([self._latest] if self._latest is not None else [])
        if not events:
            return ImageResponse(data=[])
        last = events[-1]
        answer = ImageResponse(
            created=last.created_at,
            data=[ImageData(b64_json=event.b64_json) for event in events],
            background=last.background,
            output_format=last.output_format,
            quality=last.quality,
            size=last.size,
            usage=last.usage,
        )
        _tell_type(answer)
        return answer
