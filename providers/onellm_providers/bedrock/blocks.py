"""Content parts as Converse's blocks, each a table of one key (botocore 1.44, `ContentBlock`)."""

from __future__ import annotations

from typing import Any, cast

from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError
from onellm_providers.bedrock.media import Names, encode_audio, encode_file, encode_medium
from onellm_providers.bedrock.target import Target

NATIVE = frozenset({
    "audio", "cachePoint", "document", "guardContent", "image", "searchResult", "text", "toolAddition", "toolRemoval",
    "video",
})  # fmt: skip
"""Blocks that are sent as they are given: a part without a `type` and with one of these keys."""
IN_RESULT = frozenset({"document", "image", "json", "searchResult", "text", "video"})
"""Blocks of a tool's result."""
MEDIA = frozenset({"document", "video"})
"""Blocks that no cache point may follow at once."""
LIFETIMES = (None, "5m", "1h")
POINTS = 4


def encode_content(
    target: Target, names: Names, content: Any, where: str, native: frozenset[str] = NATIVE
) -> list[Table]:
    """The blocks of a text or a list of parts; blank texts are left out, since the service refuses them.

    Blocks of the service's own that are in `native` are sent as they are.

    Raises InvalidRequestError, and UnsupportedParameterError for a part that the service cannot take.
    """
    if isinstance(content, str):
        return [{"text": content}] if content.strip() else []
    if not isinstance(content, list):
        raise InvalidRequestError(f"{where}.content must be text or a list of parts.", param=f"{where}.content")
    blocks: list[Table] = []
    for index, part in enumerate(array(cast("Any", content))):
        place = f"{where}.content[{index}]"
        block = _block(target, names, part, place, native)
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


def _block(target: Target, names: Names, part: Any, where: str, native: frozenset[str]) -> Table | None:
    if isinstance(part, str):
        return {"text": part} if part.strip() else None
    known = table(part)
    kind = known.get("type")
    if kind is None and len(known.keys() - {"cache_control"}) == 1 and known.keys() & native:
        return {name: value for name, value in known.items() if name != "cache_control"}
    if not isinstance(kind, str):
        raise InvalidRequestError(f"{where} is no content part; a part is a dict with a type.", param=where)
    if kind in ("text", "refusal"):
        text = known.get(kind)
        if not isinstance(text, str):
            raise InvalidRequestError(f"{where} is a {kind} part without {kind}.", param=where)
        return {"text": text} if text.strip() else None
    if kind in ("image_url", "video_url"):
        return encode_medium(target, known, kind, where)
    if kind == "input_audio":
        return encode_audio(target, known, where)
    if kind == "file":
        return encode_file(target, names, known, where)
    target.losses.refuse(where, f"{target.name} takes no content part of type {kind!r} ({where}).")
    return None
