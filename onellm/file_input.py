"""Files that the user gives: a path, bytes, a file object, a PIL image, or a text that stands for one of them."""

from __future__ import annotations

import base64
import binascii
import io
import mimetypes
import os
import re
from pathlib import Path
from typing import IO, Any, Protocol, TypeAlias, cast
from urllib.parse import unquote_to_bytes

from onellm.body import File
from onellm.errors import InvalidRequestError


class Picture(Protocol):
    """An image of PIL."""

    @property
    def mode(self) -> str: ...

    def save(self, fp: IO[bytes], format: str | None = None) -> None: ...


_Plain: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | IO[bytes] | Picture | File"
FileInput: TypeAlias = "_Plain | tuple[str, _Plain] | tuple[str, _Plain, str]"
"""A path, bytes, a binary file object or a PIL image, or one of them as (name, it) or (name, it, media type).

A text is a data URL, an existing path, else base64.
"""

MEDIA_TYPE = "application/octet-stream"
SIGNATURES: tuple[tuple[str, str], ...] = (
    (r"\x89PNG\r\n\x1a\n", "image/png"),
    (r"\xff\xd8\xff", "image/jpeg"),
    (r"GIF8[79]a", "image/gif"),
    (r"RIFF....WEBP", "image/webp"),
    (r"....ftyp(?:avif|avis)", "image/avif"),
    (r"....ftyp(?:heic|heix|mif1)", "image/heic"),
    (r"BM......\x00\x00", "image/bmp"),
    (r"RIFF....WAVE", "audio/wav"),
    (r"fLaC", "audio/flac"),
    (r"OggS", "audio/ogg"),
    (r"....ftypM4A", "audio/mp4"),
    (r"ID3|\xff[\xfb\xf3\xf2\xfa]", "audio/mpeg"),
    (r"\xff[\xf1\xf9]", "audio/aac"),
    (r"....ftypqt  ", "video/quicktime"),
    (r"....ftyp", "video/mp4"),
    (r"\x1aE\xdf\xa3", "video/webm"),
    (r"%PDF-", "application/pdf"),
)
_SIGNATURES = tuple((re.compile(pattern.encode("latin-1"), re.DOTALL), kind) for pattern, kind in SIGNATURES)
EXTENSIONS = {
    "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp", "image/avif": "avif",
    "image/heic": "heic", "image/bmp": "bmp", "audio/wav": "wav", "audio/flac": "flac", "audio/ogg": "ogg",
    "audio/mpeg": "mp3", "audio/aac": "aac", "audio/mp4": "m4a", "audio/opus": "opus", "video/mp4": "mp4",
    "video/quicktime": "mov", "video/webm": "webm", "application/pdf": "pdf",
}  # fmt: skip
_DATA_URL = re.compile(r"data:([^,;]*)((?:;[^,;]*)*),(.*)", re.DOTALL | re.IGNORECASE)


def sniff(content: bytes) -> str | None:
    """The media type that the first bytes tell; None where they tell none."""
    head = content[:64]
    return next((kind for pattern, kind in _SIGNATURES if pattern.match(head)), None)


def read_file(value: FileInput, param: str, *, name: str | None = None, media_type: str | None = None) -> File:
    """The content, name and media type of a file that the user gave for the parameter `param`.

    The media type is the given one, else what the bytes tell, else what the name tells. Raises InvalidRequestError
    where there is no such file, where it is empty, or where a text is neither data URL, path nor base64.
    """
    if isinstance(value, File):
        return value
    if isinstance(value, tuple):
        if not is_named_file(value):
            raise InvalidRequestError(
                f"{param}: a tuple must be (name, content) or (name, content, media type).", param=param
            )
        parts = cast("tuple[Any, ...]", value)
        return read_file(parts[1], param, name=parts[0], media_type=parts[2] if len(parts) == 3 else media_type)
    found, content, told = _content(value, param)
    if not content:
        raise InvalidRequestError(f"{param} is empty.", param=param)
    kind = media_type or told or sniff(content) or mimetypes.guess_type(name or found or "")[0] or MEDIA_TYPE
    return File(name or found or f"{param}.{EXTENSIONS.get(kind, 'bin')}", content, kind)


def is_named_file(value: object) -> bool:
    """Whether the value is (name, content) or (name, content, media type), and not two or three files."""
    if not isinstance(value, tuple):
        return False
    parts = cast("tuple[Any, ...]", value)
    texts = [isinstance(part, str) for part in parts]
    return texts in ([True, False], [True, False, True])


def is_url(value: object) -> bool:
    """Whether a text is an http or https URL."""
    return isinstance(value, str) and value[:8].lower().startswith(("http://", "https://"))


def data_url(file: File) -> str:
    """The file as a data URL."""
    return f"data:{file.media_type};base64,{base64.b64encode(file.content).decode()}"


def _content(value: Any, param: str) -> tuple[str | None, bytes, str | None]:
    """Name, content and media type, as far as they are known."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return None, bytes(cast("bytes", value)), None
    if isinstance(value, str):
        return _text(value, param)
    if isinstance(value, os.PathLike):
        return _path(Path(cast("os.PathLike[str]", value)), param)
    if callable(getattr(value, "read", None)):
        content = value.read()
        if not isinstance(content, bytes):
            raise InvalidRequestError(f"{param} is a file opened as text; open it with mode 'rb'.", param=param)
        name = getattr(value, "name", None)
        return (os.path.basename(name) if isinstance(name, str) else None), content, None
    if callable(getattr(value, "save", None)) and hasattr(value, "mode"):
        return _image(value)
    raise InvalidRequestError(
        f"{param} must be a path, bytes, a binary file or a PIL image, not {type(value).__name__}.", param=param
    )


def _text(value: str, param: str) -> tuple[str | None, bytes, str | None]:
    if match := _DATA_URL.fullmatch(value):
        kind, options, data = match.groups()
        if ";base64" in options.lower():
            return None, _base64(data, param), kind or None
        return None, unquote_to_bytes(data), kind or None
    if is_url(value):
        raise InvalidRequestError(
            f"{param} does not take a URL here; fetch it and pass the bytes, or a path.", param=param
        )
    if len(value) < 4096 and "\x00" not in value and os.path.exists(value):
        return _path(Path(value), param)
    if len(value) < 260 and not re.fullmatch(r"[A-Za-z0-9+/\s]{40,}={0,2}", value):
        raise InvalidRequestError(f"{param}: there is no file {value!r}.", param=param)
    return None, _base64(value, param), None


def _path(path: Path, param: str) -> tuple[str | None, bytes, str | None]:
    try:
        return path.name, path.read_bytes(), None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidRequestError(f"{param}: {path} cannot be read: {reason}.", param=param) from None


def _base64(text: str, param: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequestError(f"{param} is neither a data URL, a path nor base64.", param=param) from None


def _image(image: Picture) -> tuple[str | None, bytes, str | None]:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return None, buffer.getvalue(), "image/png"
