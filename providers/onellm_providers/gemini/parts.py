"""Content parts as Gemini's: text, media in the request or by URI."""

from __future__ import annotations

import base64
import mimetypes
import re
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError
from onellm.file_input import is_url
from onellm.translate.media import TYPES, image_url, read_data
from onellm_providers.gemini.target import Target

AUDIO = {
    "mp3": "audio/mpeg", "mpeg": "audio/mpeg", "wav": "audio/wav", "flac": "audio/flac", "aac": "audio/aac",
    "ogg": "audio/ogg", "opus": "audio/ogg", "aiff": "audio/aiff", "m4a": "audio/mp4", "webm": "audio/webm",
}  # fmt: skip
DETAILS = {"low": "MEDIA_RESOLUTION_LOW", "high": "MEDIA_RESOLUTION_HIGH"}
BY_URL = frozenset({"detail", "mime_type", "url", "video_metadata"})
"""What is said of an image or video beside its URL; `video_metadata` holds fps, startOffset and endOffset."""
YOUTUBE = re.compile(r"(www\.|m\.)?(youtube\.com|youtu\.be)")
FILES = "https://generativelanguage.googleapis.com/v1beta/"
"""Where the URIs of uploaded files begin, whatever host a request goes to."""
NATIVE = frozenset({
    "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult", "toolCall",
    "toolResponse",
})  # fmt: skip
"""Parts in the service's own form, which are sent as they are given."""


def encode_parts(target: Target, content: Any, where: str) -> list[Table]:
    """The parts of a text or a list of content parts; empty texts are left out.

    Raises InvalidRequestError, and UnsupportedParameterError for a part that Gemini cannot take.
    """
    if isinstance(content, str):
        return [{"text": content}] if content else []
    if not isinstance(content, list):
        raise InvalidRequestError(f"{where}.content must be text or a list of parts.", param=f"{where}.content")
    found = (_part(target, part, f"{where}.content[{index}]") for index, part in enumerate(array(cast("Any", content))))
    return [part for part in found if part is not None]


def _part(target: Target, part: Any, where: str) -> Table | None:
    if isinstance(part, str):
        return {"text": part} if part else None
    known = table(part)
    kind = known.get("type")
    if not isinstance(kind, str):
        if NATIVE & known.keys():
            return dict(known)
        raise InvalidRequestError(f"{where} is no content part; a part is a dict with a type.", param=where)
    if known.get("cache_control"):
        target.losses.refuse(f"{where}.cache_control", f"{target.name} caches by itself and takes no marks ({where}).")
    if kind in ("text", "refusal"):
        text = known.get(kind)
        if not isinstance(text, str):
            raise InvalidRequestError(f"{where} is a {kind} part without {kind}.", param=where)
        return {"text": text} if text else None
    if kind in ("image_url", "video_url"):
        return _by_url(target, known, kind, where)
    if kind == "input_audio":
        return _audio(known, where)
    if kind == "file":
        return _file(target, known, where)
    target.losses.refuse(where, f"{target} takes no content part of type {kind!r} ({where}).")
    return None


def _by_url(target: Target, part: Mapping[str, Any], kind: str, where: str) -> Table | None:
    asked = table(part.get(kind))
    url = image_url({"image_url": part.get(kind)}, where)
    default = "image/jpeg" if kind == "image_url" else "video/mp4"
    made = _media(target, url, asked.get("mime_type"), default, where)
    if made is not None and asked.get("video_metadata"):
        made["videoMetadata"] = asked["video_metadata"]
    for name in asked.keys() - BY_URL:
        target.losses.refuse(f"{where}.{kind}.{name}", f"{target.name} does not take {kind}.{name} ({where}).")
    detail = asked.get("detail")
    if made is None or detail in (None, "auto"):
        return made
    if detail not in DETAILS or (target.rules.generation or 3) < 3:
        target.losses.refuse(
            f"{where}.image_url.detail", f"{target} does not take an image's detail {detail!r} ({where})."
        )
        return made
    return {**made, "mediaResolution": {"level": DETAILS[detail]}}


def _media(target: Target, url: str, said: Any, default: str, where: str) -> Table | None:
    if url.startswith("gs://") and not target.cloud:
        target.losses.refuse(where, f"{target.name} does not read from Cloud Storage ({where}); Vertex AI does.")
        return None
    if url.startswith("gs://") or is_url(url):
        return {"fileData": {"mimeType": str(said or _type_of(url, default)), "fileUri": url}}
    media_type, content = read_data(url, where)
    return _inline(str(said or media_type), content)


def _type_of(url: str, default: str) -> str:
    """The media type that a URL tells: the service wants one. YouTube's pages are videos."""
    split = urlsplit(url)
    if YOUTUBE.fullmatch(split.hostname or ""):
        return "video/mp4"
    extension = split.path[split.path.rfind(".") :].lower() if "." in split.path.rsplit("/", 1)[-1] else ""
    return TYPES.get(extension) or mimetypes.guess_type(f"x{extension}")[0] or default


def _inline(media_type: str, content: bytes) -> Table:
    return {"inlineData": {"mimeType": media_type, "data": base64.b64encode(content).decode()}}


def _audio(part: Mapping[str, Any], where: str) -> Table:
    audio = table(part.get("input_audio"))
    data, kind = audio.get("data"), str(audio.get("format") or "").lower()
    if not isinstance(data, str) or not data:
        raise InvalidRequestError(f"{where} is an input_audio part without data.", param=where)
    if not kind and not data.startswith("data:"):
        raise InvalidRequestError(f"{where} needs a format, such as mp3 or wav.", param=where)
    media_type = AUDIO.get(kind, f"audio/{kind}")
    said, content = read_data(data if data.startswith("data:") else f"data:{media_type};base64,{data}", where)
    return _inline(media_type if kind else said, content)


def _file(target: Target, part: Mapping[str, Any], where: str) -> Table | None:
    file = table(part.get("file"))
    name, said = str(file.get("filename") or ""), file.get("mime_type") or file.get("format")
    if isinstance(file_id := file.get("file_id"), str) and file_id:
        return _by_id(target, file_id, said or (_type_of(f"x:///{name}", "") if name else ""), where)
    data = file.get("file_data")
    if not isinstance(data, str) or not data:
        raise InvalidRequestError(f"{where} needs file_data or a file_id.", param=where)
    if is_url(data) or data.startswith("gs://"):
        return _media(target, data, said or (_type_of(f"x:///{name}", "") if name else ""), "application/pdf", where)
    media_type, content = read_data(data, where, name)
    return _inline(str(said or media_type), content)


def _by_id(target: Target, file_id: str, media_type: Any, where: str) -> Table | None:
    """A file at the service by its URI, or by its name, which is a part of that."""
    uri = file_id.removeprefix(f"{target.name}/")
    if is_url(uri) or uri.startswith("gs://"):
        return _media(target, uri, media_type, "application/octet-stream", where)
    if target.cloud:
        target.losses.refuse(where, f"{target.name} keeps no files; give a gs:// or https URL ({where}).")
        return None
    uri = FILES + (uri if uri.startswith("files/") else f"files/{uri}")
    return {"fileData": {**({"mimeType": str(media_type)} if media_type else {}), "fileUri": uri}}
