"""Request bodies as values, and the bytes that they become."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import urlencode

from onellm.decode.json import array, table
from onellm.errors import InvalidRequestError
from onellm.record import record


@record()
class JSON:
    """A JSON value."""

    value: Any

    def __init__(self, value: Any) -> None:
        self.value = value


@record()
class Form:
    """URL-encoded fields."""

    fields: Mapping[str, str]


@record()
class File:
    """One file of a multipart body."""

    name: str
    content: bytes
    media_type: str = "application/octet-stream"


@record()
class Multipart:
    """Fields and files in order; a repeated name is sent repeatedly."""

    parts: Sequence[tuple[str, str | File]]


Body: TypeAlias = JSON | Form | Multipart | bytes | None

_dumps = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def encode_body(body: Body) -> tuple[str | None, bytes]:
    """The content type and the bytes of a body.

    Raises InvalidRequestError for what JSON cannot say (NaN, a lone surrogate, an object that is no JSON value).
    """
    if isinstance(body, JSON):
        try:
            return "application/json", _dumps(body.value).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidRequestError(f"The request cannot be written as JSON: {_reason(error, body.value)}.") from None
    if body is None:
        return None, b""
    if isinstance(body, bytes):
        return "application/octet-stream", body
    if isinstance(body, Form):
        return "application/x-www-form-urlencoded", urlencode(body.fields).encode()
    return _multipart(body)


def _reason(error: Exception, value: Any) -> str:
    # UnicodeEncodeError's text quotes the prompt; say only where it is.
    if isinstance(error, UnicodeEncodeError):
        return f"{(_surrogate_in(value) or '').lstrip('.') or 'a text'} holds a lone surrogate (half of an emoji?)"
    return str(error) or type(error).__name__


def _surrogate_in(value: Any) -> str | None:
    """The path of the first text that holds a lone surrogate."""
    if isinstance(value, str):
        return "" if any("\ud800" <= letter <= "\udfff" for letter in value) else None
    pairs: list[tuple[object, Any]] = [*table(value).items(), *enumerate(array(value))]
    for name, item in pairs:
        if (rest := _surrogate_in(item)) is not None:
            return (f"[{name}]" if isinstance(name, int) else f".{name}") + rest
    return None


def _multipart(body: Multipart) -> tuple[str, bytes]:
    boundary = os.urandom(16).hex()
    chunks: list[bytes] = []
    for name, value in body.parts:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quote(name)}"'
        if isinstance(value, File):
            head += f'; filename="{_quote(value.name)}"\r\nContent-Type: {value.media_type}'
        content = value.content if isinstance(value, File) else value.encode()
        chunks += [head.encode(), b"\r\n\r\n", content, b"\r\n"]
    chunks.append(f"--{boundary}--\r\n".encode())
    return f"multipart/form-data; boundary={boundary}", b"".join(chunks)


def _quote(text: str) -> str:
    """Escape a name as the HTML standard's multipart algorithm does."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
