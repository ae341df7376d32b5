"""Content parts as Anthropic's blocks: text, images, documents, and blocks that are its own already."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, cast

from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError
from onellm.file_input import is_url
from onellm.openai_compatible.history import bare_id
from onellm.translate.media import PDF, image_url, read_data
from onellm_providers.anthropic.target import Target

IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
TEXTS = frozenset({"application/json", "application/xml", "application/x-yaml", "application/yaml"})
"""Media types beside `text/…` whose files are text."""
NATIVE = frozenset({"image", "document", "search_result", "container_upload", "tool_reference"})
"""Blocks of a user turn or a tool's result that are sent as they are given."""
ABOUT_DOCUMENT = ("title", "context", "citations")
"""What a `file` part may say of its document beside OpenAI's fields."""


def encode_content(target: Target, content: Any, where: str) -> list[Table]:
    """The blocks of a text or a list of parts; empty texts are left out, since the service refuses them.

    Raises InvalidRequestError, and UnsupportedParameterError for a part that Claude cannot take.
    """
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    if not isinstance(content, list):
        raise InvalidRequestError(f"{where}.content must be text or a list of parts.", param=f"{where}.content")
    found = (
        _block(target, part, f"{where}.content[{index}]") for index, part in enumerate(array(cast("Any", content)))
    )
    return [block for block in found if block is not None]


def _block(target: Target, part: Any, where: str) -> Table | None:
    if isinstance(part, str):
        return {"type": "text", "text": part} if part else None
    known = table(part)
    kind = known.get("type")
    if not isinstance(kind, str):
        raise InvalidRequestError(f"{where} is no content part; a part is a dict with a type.", param=where)
    if kind in NATIVE:
        return dict(known)
    if kind in ("text", "refusal"):
        block = _text(known, kind, where)
    elif kind == "image_url":
        block = _image(target, known, where)
    elif kind == "file":
        block = _file(target, known, where)
    else:
        target.losses.refuse(where, f"{target} takes no content part of type {kind!r} ({where}).")
        return None
    if block is not None and known.get("cache_control"):
        block["cache_control"] = known["cache_control"]
    return block


def _text(part: Mapping[str, Any], kind: str, where: str) -> Table | None:
    text = part.get(kind)
    if not isinstance(text, str):
        raise InvalidRequestError(f"{where} is a {kind} part without {kind}.", param=where)
    if not text:
        return None
    citations = part.get("citations")
    return {"type": "text", "text": text, **({"citations": citations} if citations else {})}


def _image(target: Target, part: Mapping[str, Any], where: str) -> Table | None:
    url = image_url(part, where)
    if table(part.get("image_url")).get("detail") not in (None, "auto"):
        target.losses.refuse(f"{where}.image_url.detail", f"{target} does not take an image's detail ({where}).")
    if is_url(url):
        return {"type": "image", "source": {"type": "url", "url": url}}
    media_type, content = read_data(url, where)
    return _image_block(target, media_type, content, where)


def _image_block(target: Target, media_type: str, content: bytes, where: str) -> Table | None:
    if media_type not in IMAGES:
        target.losses.refuse(where, f"{target} takes images as JPEG, PNG, GIF and WebP, not {media_type} ({where}).")
        return None
    data = base64.b64encode(content).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}}


def _file(target: Target, part: Mapping[str, Any], where: str) -> Table | None:
    file = table(part.get("file"))
    about = {name: part[name] for name in ABOUT_DOCUMENT if part.get(name) is not None}
    if file.get("filename"):
        about.setdefault("title", file["filename"])
    source: Table
    if file.get("file_id"):
        source = {"type": "file", "file_id": bare_id(target.name, str(file["file_id"]))}
        return {"type": "document", "source": source, **about}
    data = file.get("file_data")
    if not isinstance(data, str) or not data:
        raise InvalidRequestError(f"{where} needs file_data or a file_id.", param=where)
    if is_url(data):
        return {"type": "document", "source": {"type": "url", "url": data}, **about}
    media_type, content = read_data(data, where, str(file.get("filename") or ""))
    if media_type.startswith("image/"):
        return _image_block(target, media_type, content, where)
    if media_type == PDF:
        encoded = base64.b64encode(content).decode()
        source = {"type": "base64", "media_type": PDF, "data": encoded}
    elif media_type.startswith("text/") or media_type in TEXTS:
        try:
            source = {"type": "text", "media_type": "text/plain", "data": content.decode("utf-8-sig")}
        except UnicodeDecodeError:
            raise InvalidRequestError(f"{where} is text that is not in UTF-8.", param=where) from None
    else:
        target.losses.refuse(where, f"{target} takes documents as PDF and plain text, not {media_type} ({where}).")
        return None
    return {"type": "document", "source": source, **about}
