"""Content parts of messages from paths, bytes and URLs: images, audio, documents.

messages = [{"role": "user", "content": ["What is this?", image_part("cat.png")]}]
"""

from __future__ import annotations

import base64
from typing import Any, Literal

from onellm.errors import InvalidRequestError
from onellm.file_input import FileInput, data_url, is_url, read_file

AUDIO_FORMATS = {"audio/wav": "wav", "audio/mpeg": "mp3", "audio/flac": "flac", "audio/ogg": "ogg", "audio/mp4": "m4a"}


def text_part(text: str) -> dict[str, Any]:
    """A text."""
    return {"type": "text", "text": text}


def image_part(image: FileInput, *, detail: Literal["auto", "low", "high", "original"] | None = None) -> dict[str, Any]:
    """An image: an http URL goes as it is, anything else as a data URL.

    `detail` is how closely OpenAI's models look. Raises InvalidRequestError where it is no image.
    """
    url = _url(image, "image", "image/")
    return {"type": "image_url", "image_url": {"url": url} | ({"detail": detail} if detail else {})}


def audio_part(audio: FileInput, *, format: str | None = None) -> dict[str, Any]:
    """Sound, in base64; `format` ("wav", "mp3", …) is told from the bytes where it is not given.

    Raises InvalidRequestError where it is told by nothing.
    """
    file = read_file(audio, "audio")
    kind = format or AUDIO_FORMATS.get(file.media_type)
    if kind is None:
        raise InvalidRequestError(
            f"audio is {file.media_type}, which is no audio format known here; pass format=….", param="audio"
        )
    return {"type": "input_audio", "input_audio": {"data": base64.b64encode(file.content).decode(), "format": kind}}


def video_part(video: FileInput) -> dict[str, Any]:
    """A video, for services that take them (Venice, OpenRouter, vLLM): an http URL as it is, else a data URL."""
    return {"type": "video_url", "video_url": {"url": _url(video, "video", "video/")}}


def file_part(file: FileInput | None = None, *, file_id: str | None = None, name: str | None = None) -> dict[str, Any]:
    """A document such as a PDF, or one that was uploaded (`file_id`)."""
    if (file is None) == (file_id is None):
        raise InvalidRequestError("A file part needs either the file or its file_id.", param="file")
    if file is None:
        return {"type": "file", "file": {"file_id": file_id}}
    content = read_file(file, "file", name=name)
    return {"type": "file", "file": {"filename": content.name, "file_data": data_url(content)}}


def _url(value: FileInput, param: str, kind: str) -> str:
    if isinstance(value, str) and is_url(value):
        return value
    file = read_file(value, param)
    if not file.media_type.startswith(kind):
        raise InvalidRequestError(f"{param} is {file.media_type}, not {kind}…; pass a file that is.", param=param)
    return data_url(file)
