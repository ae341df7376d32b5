"""Images: a request's inputs, and the files that a prediction gives as OpenAI's images."""

from __future__ import annotations

import base64
import mimetypes
import re
from typing import Any
from urllib.parse import urlsplit

from onellm.body import File
from onellm.call import Flow
from onellm.decode.json import Table, array
from onellm.errors import BadResponseError, UnsupportedParameterError
from onellm.media import fetch_media
from onellm.types.image import MIME_TYPES, ImageData, ImageEditRequest, ImageRequest, ImageResponse
from onellm_providers.replicate.messages import IMAGES, ONE_IMAGE
from onellm_providers.replicate.parameters import place_parameters
from onellm_providers.replicate.prediction import Prediction
from onellm_providers.replicate.target import Target

ROOM = 64 * 1024 * 1024
"""Bytes of a file that is fetched."""


def encode_image(target: Target, request: ImageRequest | ImageEditRequest) -> Table:
    """The inputs of a model that makes images. `response_format` is ours: it says whether the files are fetched."""
    given = {name: value for name, value in request.parameters().items() if name != "response_format"}
    inputs: Table = {"prompt": request.prompt}
    if isinstance(request, ImageEditRequest):
        _place_files(target, request, given, inputs)
    if given.get("n") == 1:
        del given["n"]
    size = given.pop("size", None)
    if size not in (None, "auto"):
        _place_size(target, str(size), given)
    if given.get("output_format") == "jpeg" and "jpg" in array(_choices(target, "output_format")):
        given["output_format"] = "jpg"
    place_parameters(target, given, inputs)
    return inputs


def _choices(target: Target, name: str) -> Any:
    return target.schema.properties.get(name, {}).get("enum")


def _place_size(target: Target, size: str, given: dict[str, Any]) -> None:
    """Under its own name, or as width and height where the model has these instead."""
    parts = re.fullmatch(r"(\d+)x(\d+)", size)
    if target.schema.known and not target.schema.takes("size") and target.schema.takes("width") and parts:
        given.update(width=int(parts[1]), height=int(parts[2]))
    else:
        given["size"] = size


def _place_files(target: Target, request: ImageEditRequest, given: dict[str, Any], inputs: Table) -> None:
    """The images to edit, as data URLs (as `file_encoding_strategy="base64"` of the replicate SDK 1.0.7)."""
    urls = [_data_url(file) for file in request.image]
    name = target.schema.pick((*ONE_IMAGE, *IMAGES) if len(urls) == 1 else IMAGES)
    if name is None:
        raise UnsupportedParameterError(f"{target} takes no {len(urls)} images to edit.", param="image")
    inputs[name] = urls[0] if len(urls) == 1 and target.schema.kind(name) != "array" else urls
    for which, file in (("mask", request.mask), ("markup", request.markup)):
        if file is not None:
            given[which] = _data_url(file)


def _data_url(file: File) -> str:
    return f"data:{file.media_type};base64,{base64.b64encode(file.content).decode()}"


def as_images(prediction: Prediction, request: ImageRequest | ImageEditRequest, trusted: str) -> Flow[ImageResponse]:
    """The images of a prediction; fetched where the caller asked for `b64_json`.

    A file is fetched as any URL that another wrote: without the key, from public addresses; from `trusted`, the host of
    the service itself, also where that is a private one.
    """
    output = prediction.output
    urls = [output] if isinstance(output, str) else array(output)
    if not urls or not all(isinstance(url, str) for url in urls):
        raise BadResponseError("The prediction gave no image.", body=str(output)[:200])
    images: list[ImageData] = []
    for url in urls:
        data = url[5:].partition(",") if url.startswith("data:") else None
        if data is not None:
            kind = data[0].partition(";")[0] or "image/png"
            images.append(ImageData(b64_json=data[2], mime_type=kind))
        elif request.response_format == "b64_json":
            own = urlsplit(url).hostname == trusted
            file = yield from fetch_media(url, max_bytes=ROOM, allow_private=own, param="output")
            images.append(ImageData(b64_json=base64.b64encode(file.content).decode(), mime_type=file.media_type))
        else:
            images.append(ImageData(url=url, mime_type=_kind(url)))
    beside: Table = {"id": prediction.id, "metrics": prediction.metrics}
    return ImageResponse(created=prediction.created, data=images, **beside)


def _kind(url: str) -> str:
    path = urlsplit(url).path
    return MIME_TYPES.get(path.rpartition(".")[2]) or mimetypes.guess_type(path)[0] or "image/png"
