"""Content parts as Converse's blocks, each a table of one key (botocore 1.44, `ContentBlock`)."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any, cast

from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError
from onellm.file_input import is_url
from onellm.translate.media import image_url, read_data
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
NATIVE = frozenset({
    "audio", "cachePoint", "document", "guardContent", "image", "searchResult", "text", "toolAddition", "toolRemoval",
    "video",
})  # fmt: skip
"""Blocks that are sent as they are given: a part without a `type` and with one of these keys."""
MEDIA = frozenset({"document", "video"})
"""Blocks that no cache point may follow at once."""
LIFETIMES = (None, "5m", "1h")
POINTS = 4
_ODD = re.compile(r"[^A-Za-z0-9\-()\[\] ]+")


class Names:
    """Names of documents in the letters that the service takes; each once in a request."""

    def __init__(self) -> None:
        self._given: set[str] = set()
        self._count = 0

    def take(self, wanted: str) -> str:
        """A name like the one that is wanted."""
        self._count += 1
        stem = " ".join(_ODD.sub(" ", wanted.rpartition(".")[0] or wanted).split())[:190].strip()
        name = stem or f"Document {self._count}"
        number = 2
        while name in self._given:
            name, number = f"{stem or 'Document'} {number}", number + 1
        self._given.add(name)
        return name


def encode_content(target: Target, names: Names, content: Any, where: str) -> list[Table]:
    """The blocks of a text or a list of parts; blank texts are left out, since the service refuses them.

    Raises InvalidRequestError, and UnsupportedParameterError for a part that the service cannot take.
    """
    if isinstance(content, str):
        return [{"text": content}] if content.strip() else []
    if not isinstance(content, list):
        raise InvalidRequestError(f"{where}.content must be text or a list of parts.", param=f"{where}.content")
    blocks: list[Table] = []
    for index, part in enumerate(array(cast("Any", content))):
        place = f"{where}.content[{index}]"
        block = _block(target, names, part, place)
        if block is not None:
            blocks.append(block)
        if block is not None and (mark := table(part).get("cache_control")):
            blocks += cache_point(target, mark, f"{place}.cache_control")
    return blocks


def cache_point(target: Target, mark: Any, where: str) -> list[Table]:
    """The block of an ephemeral `cache_control`; none where the model is known to take none."""
    said = table(mark)
    if said.get("type") != "ephemeral" or said.get("ttl") not in LIFETIMES:
        raise InvalidRequestError(
            f"{where} is {{'type': 'ephemeral'}}, with a ttl of '5m' or '1h' if any.", param="cache_control"
        )
    if target.family.caching is False:
        target.losses.refuse(where, f"{target} takes no cache points ({where}).")
        return []
    return [{"cachePoint": {"type": "default", **({"ttl": said["ttl"]} if said.get("ttl") else {})}}]


def settle_cache(blocks: list[Table]) -> list[Table]:
    """The same blocks, with cache points where the service takes them: one at a place, and before documents, not after.

    A point that nothing stands before is left at the beginning: whoever has the turn before it moves it there.
    """
    settled: list[Table] = []
    for block in blocks:
        if "cachePoint" not in block:
            settled.append(block)
            continue
        at = len(settled)
        while at and settled[at - 1].keys() & MEDIA:
            at -= 1
        if not (at and "cachePoint" in settled[at - 1]):
            settled.insert(at, block)
    return settled


def _block(target: Target, names: Names, part: Any, where: str) -> Table | None:
    if isinstance(part, str):
        return {"text": part} if part.strip() else None
    known = table(part)
    kind = known.get("type")
    if kind is None and len(known.keys() - {"cache_control"}) == 1 and known.keys() & NATIVE:
        return {name: value for name, value in known.items() if name != "cache_control"}
    if not isinstance(kind, str):
        raise InvalidRequestError(f"{where} is no content part; a part is a dict with a type.", param=where)
    if kind in ("text", "refusal"):
        text = known.get(kind)
        if not isinstance(text, str):
            raise InvalidRequestError(f"{where} is a {kind} part without {kind}.", param=where)
        return {"text": text} if text.strip() else None
    if kind == "image_url":
        return _image(target, known, where)
    if kind == "file":
        return _file(target, names, known, where)
    target.losses.refuse(where, f"{target.name} takes no content part of type {kind!r} ({where}).")
    return None


def _image(target: Target, part: Mapping[str, Any], where: str) -> Table | None:
    url = image_url(part, where)
    if table(part.get("image_url")).get("detail") not in (None, "auto"):
        target.losses.refuse(f"{where}.image_url.detail", f"{target.name} does not take an image's detail ({where}).")
    if url.startswith("s3://"):
        kind = url.rpartition(".")[2].lower().replace("jpg", "jpeg")
        if kind not in IMAGES.values():
            raise InvalidRequestError(f"{where}: the name in S3 must end in .png, .jpeg, .gif or .webp.", param=where)
        return {"image": {"format": kind, "source": {"s3Location": {"uri": url}}}}
    return _medium(target, "image", *read_data(_held(url, where), where), where)


def _medium(target: Target, kind: str, media_type: str, content: bytes, where: str) -> Table | None:
    words = IMAGES if kind == "image" else VIDEOS
    if media_type not in words:
        known = ", ".join(words.values())
        target.losses.refuse(where, f"{target.name} takes no {kind} of type {media_type} ({where}); it takes {known}.")
        return None
    return {kind: {"format": words[media_type], "source": {"bytes": base64.b64encode(content).decode()}}}


def _file(target: Target, names: Names, part: Mapping[str, Any], where: str) -> Table | None:
    file = table(part.get("file"))
    name = str(file.get("filename") or "")
    if file.get("file_id"):
        target.losses.refuse(where, f"{target.name} keeps no files: pass file_data instead of a file_id ({where}).")
        return None
    data = file.get("file_data")
    if not isinstance(data, str) or not data:
        raise InvalidRequestError(f"{where} needs file_data.", param=where)
    media_type, content = read_data(_held(data, where), where, name)
    if media_type.startswith(("image/", "video/")):
        return _medium(target, media_type.partition("/")[0], media_type, content, where)
    if media_type not in DOCUMENTS:
        known = ", ".join(DOCUMENTS.values())
        target.losses.refuse(where, f"{target.name} takes no document of type {media_type} ({where}), only {known}.")
        return None
    about = {key: part[key] for key in ("context", "citations") if part.get(key) is not None}
    source = {"bytes": base64.b64encode(content).decode()}
    return {"document": {"format": DOCUMENTS[media_type], "name": names.take(name), "source": source, **about}}


def _held(url: str, where: str) -> str:
    """A URL of the web was fetched before; one that is still here is a mistake of ours or a native call."""
    if is_url(url):
        raise InvalidRequestError(f"{where} is a URL, which the service does not fetch.", param=where)
    return url
