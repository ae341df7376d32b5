"""Media that stand in content parts: data URLs and bare base64 as bytes and a media type."""

from __future__ import annotations

import base64
import binascii
import mimetypes
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from onellm.decode.json import table
from onellm.errors import InvalidRequestError
from onellm.file_input import sniff

PDF = "application/pdf"
TYPES = {".md": "text/markdown", ".csv": "text/csv", ".txt": "text/plain", ".pdf": PDF, ".json": "application/json"}
"""Media types by extension, so that they do not depend on the tables of the machine."""


def image_url(part: Mapping[str, Any], where: str) -> str:
    """The URL of an `image_url` part, which may be a text or a table. Raises InvalidRequestError where it has none."""
    image = part.get("image_url")
    url: Any = image if isinstance(image, str) else table(image).get("url")
    if not isinstance(url, str) or not url:
        raise InvalidRequestError(f"{where} is an image_url part without a URL.", param=where)
    return url


def read_data(url: str, where: str, name: str = "") -> tuple[str, bytes]:
    """The media type and the content of a data URL, or of bare base64 whose type its bytes or its name tell."""
    if url[:5].lower() == "data:":
        head, comma, data = url[5:].partition(",")
        if not comma:
            raise InvalidRequestError(f"{where} is a data URL without data.", param=where)
        said, *options = head.split(";")
        packed = any(option.strip().lower() == "base64" for option in options)
        content = _decoded(data, where) if packed else unquote_to_bytes(data)
        media_type = said.strip().lower()
    else:
        content, media_type = _decoded(url, where), ""
    if not content:
        raise InvalidRequestError(f"{where} is empty.", param=where)
    if media_type in ("", "application/octet-stream"):
        extension = name[name.rfind(".") :].lower() if "." in name else ""
        told = sniff(content) or TYPES.get(extension) or mimetypes.guess_type(name)[0]
        media_type = told or media_type
    if not media_type:
        raise InvalidRequestError(f"{where}: write its media type, as in data:image/png;base64,….", param=where)
    return ("image/jpeg" if media_type == "image/jpg" else media_type), content


def _decoded(data: str, where: str) -> bytes:
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequestError(f"{where} is neither a URL nor base64.", param=where) from None
