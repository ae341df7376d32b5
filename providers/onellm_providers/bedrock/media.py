"""Images, videos, audio and documents as Converse's blocks (botocore 1.44, `ImageBlock` and the like)."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from onellm.decode.json import Table, table
from onellm.errors import InvalidRequestError
from onellm.file_input import is_url
from onellm.translate.media import read_data
from onellm_providers.bedrock.target import Target

IMAGES = {"image/png": "png", "image/jpeg": "jpeg", "image/gif": "gif", "image/webp": "webp"}
DOCUMENTS = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/html": "html",
    "text/plain": "txt",
    "text/markdown": "md",
}
VIDEOS = {
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/x-matroska": "mkv",
    "video/webm": "webm",
    "video/x-flv": "flv",
    "video/mpeg": "mpeg",
    "video/x-ms-wmv": "wmv",
    "video/3gpp": "three_gp",
}
"""The service's words for media types, written down so that no table of the machine decides."""
AUDIO = frozenset({
    "aac", "flac", "m4a", "mka", "mkv", "mp3", "mp4", "mpeg", "mpga", "ogg", "opus", "pcm", "wav", "webm", "x-aac",
})  # fmt: skip
S3 = "s3://"
BY_ENDING = {
    **{word: ("image", word) for word in IMAGES.values()},
    **{word: ("video", word) for word in VIDEOS.values()},
    **{word: ("document", word) for word in DOCUMENTS.values()},
    "jpg": ("image", "jpeg"), "mpg": ("video", "mpg"), "3gp": ("video", "three_gp"), "htm": ("document", "html"),
}  # fmt: skip
"""What a file in S3 is, by the end of its name."""

_ODD = re.compile(r"[^A-Za-z0-9\-()\[\] ]+")
_ENDING = re.compile(r"(?<=.)\.[A-Za-z0-9]{1,5}$")


class Names:
    """Names of documents in the letters that the service takes; each once in a request."""

    def __init__(self) -> None:
        self._given: set[str] = set()
        self._count = 0

    def take(self, wanted: str) -> str:
        """A name like the one that is wanted."""
        self._count += 1
        stem = " ".join(_ODD.sub(" ", _ENDING.sub("", wanted)).split())[:190].strip()
        name = stem or f"Document {self._count}"
        number = 2
        while name in self._given:
            name, number = f"{stem or 'Document'} {number}", number + 1
        self._given.add(name)
        return name


def encode_medium(target: Target, part: Mapping[str, Any], key: str, where: str) -> Table | None:
    """An image or a video, from a part whose URL is under `key`."""
    held, kind = part.get(key), key.removesuffix("_url")
    url = held if isinstance(held, str) else table(held).get("url")
    if not isinstance(url, str) or not url:
        raise InvalidRequestError(f"{where} is an {key} part without a URL.", param=where)
    if table(held).get("detail") not in (None, "auto"):
        target.losses.refuse(f"{where}.{key}.detail", f"{target.name} does not take an image's detail ({where}).")
    if url.startswith(S3):
        return _in_s3(url, (kind,), where)
    return _medium(target, kind, *read_data(_held(url, where), where), where)


def encode_audio(target: Target, part: Mapping[str, Any], where: str) -> Table | None:
    """Audio from an `input_audio` part."""
    audio = table(part.get("input_audio"))
    data, kind = audio.get("data"), audio.get("format")
    if not isinstance(data, str) or not data:
        raise InvalidRequestError(f"{where} is an input_audio part without data.", param=where)
    if kind not in AUDIO:
        target.losses.refuse(where, f"{target.name} takes no audio of format {kind!r} ({where}).")
        return None
    return {"audio": {"format": kind, "source": {"bytes": data}}}


def encode_file(target: Target, names: Names, part: Mapping[str, Any], where: str) -> Table | None:
    """A document, or what else a file holds, from a `file` part: its data, or where it lies in S3."""
    file = table(part.get("file"))
    name = str(file.get("filename") or "")
    if file.get("file_id"):
        target.losses.refuse(where, f"{target.name} keeps no files: pass file_data instead of a file_id ({where}).")
        return None
    data = file.get("file_data")
    if not isinstance(data, str) or not data:
        raise InvalidRequestError(f"{where} needs file_data.", param=where)
    about = {key: part[key] for key in ("context", "citations") if part.get(key) is not None}
    if data.startswith(S3):
        block = _in_s3(data, ("document", "image", "video"), where)
        if "document" in block:
            block["document"] |= {"name": names.take(name or data.rpartition("/")[2]), **about}
        return block
    media_type, content = read_data(_held(data, where), where, name)
    if media_type.startswith(("image/", "video/")):
        return _medium(target, media_type.partition("/")[0], media_type, content, where)
    if media_type not in DOCUMENTS:
        known = ", ".join(DOCUMENTS.values())
        target.losses.refuse(where, f"{target.name} takes no document of type {media_type} ({where}), only {known}.")
        return None
    source = {"bytes": base64.b64encode(content).decode()}
    return {"document": {"format": DOCUMENTS[media_type], "name": names.take(name), "source": source, **about}}


def _in_s3(uri: str, kinds: tuple[str, ...], where: str) -> Table:
    kind, word = BY_ENDING.get(uri.rpartition(".")[2].lower(), ("", ""))
    if kind not in kinds:
        endings = ", ".join(f".{ending}" for ending, (known, _) in BY_ENDING.items() if known in kinds)
        raise InvalidRequestError(f"{where}: the name in S3 must end in one of {endings}.", param=where)
    return {kind: {"format": word, "source": {"s3Location": {"uri": uri}}}}


def _medium(target: Target, kind: str, media_type: str, content: bytes, where: str) -> Table | None:
    words = IMAGES if kind == "image" else VIDEOS
    if media_type not in words:
        known = ", ".join(words.values())
        target.losses.refuse(where, f"{target.name} takes no {kind} of type {media_type} ({where}); it takes {known}.")
        return None
    return {kind: {"format": words[media_type], "source": {"bytes": base64.b64encode(content).decode()}}}


def _held(url: str, where: str) -> str:
    """What is in a data URL or bare. One of the web that was to be fetched was fetched before."""
    if is_url(url):
        raise InvalidRequestError(f"{where} is a URL, which the service does not fetch; pass the data.", param=where)
    return url
