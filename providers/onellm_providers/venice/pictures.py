"""Pictures as texts and back, and the size of one from its first bytes (PNG, JPEG, GIF and WebP)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from onellm.errors import InvalidRequestError
from onellm.file_input import FileInput, data_url, read_file

if TYPE_CHECKING:
    from onellm.types.media import Media

SMALLEST = 65_536
LARGEST_EDIT = 33_177_600
LARGEST_UPSCALED = 16_777_216
"""Pixels that Venice takes to edit or upscale, and gives at most when it upscales."""

_NO_SIZE = frozenset({0xC4, 0xC8, 0xCC})  # among JPEG's frame markers: tables, an extension, arithmetic coding


def encode_image(image: FileInput) -> str:
    """An image as a data URL, from a path, bytes, a binary file or a PIL image."""
    return data_url(read_file(image, "image"))


def decode_image(text: str) -> Media:
    """The image that a data URL or base64 holds. Raises InvalidRequestError where the text is neither."""
    from onellm.types.media import Media

    file = read_file(text, "image")
    return Media(content=file.content, mime_type=file.media_type)


def check_size(content: bytes, param: str, most: int) -> None:
    """Raise InvalidRequestError for a picture that is known to have too few or too many pixels."""
    size = pixels(content)
    if size is not None and not SMALLEST <= size[0] * size[1] <= most:
        raise InvalidRequestError(
            f"{param} is {size[0]} x {size[1]} pixels; Venice takes {SMALLEST} to {most} in all.", param=param
        )


def pixels(content: bytes) -> tuple[int, int] | None:
    """Width and height; None where they are not known."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:
        return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    if content.startswith((b"GIF87a", b"GIF89a")) and len(content) >= 10:
        return int.from_bytes(content[6:8], "little"), int.from_bytes(content[8:10], "little")
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP" and len(content) >= 30:
        return _webp(content)
    return _jpeg(content) if content.startswith(b"\xff\xd8") else None


def _webp(content: bytes) -> tuple[int, int] | None:
    kind = content[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        return (
            int.from_bytes(content[26:28], "little") & 0x3FFF,
            int.from_bytes(content[28:30], "little") & 0x3FFF,
        )
    return None


def _jpeg(content: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in _NO_SIZE:
            height, width = content[at + 5 : at + 7], content[at + 7 : at + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return None
