"""What an answer rests on, as OpenAI's annotations: pages that were found, and works that it recites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onellm.decode.json import Table, array, table


def citations_in(candidate: Mapping[str, Any], text: str) -> list[Table]:
    """The citations of a candidate with the places in its content that they are for.

    One of the web is a `url_citation`, as OpenAI has it; one of a document is a `retrieved_context`, one of a map a
    `maps`, with the service's fields. The service counts bytes of UTF-8 (google-genai 3.6, `types.Segment`).
    """
    metadata = table(candidate.get("groundingMetadata"))
    chunks = [table(each) for each in array(metadata.get("groundingChunks"))]
    content = text.encode()
    notes: list[Table] = []
    for support in map(table, array(metadata.get("groundingSupports"))):
        segment = table(support.get("segment"))
        place = _place(content, segment.get("startIndex"), segment.get("endIndex"))
        for number in array(support.get("groundingChunkIndices")):
            if isinstance(number, int) and 0 <= number < len(chunks):
                notes += _of_chunk(chunks[number], place)
    for work in map(table, array(table(candidate.get("citationMetadata")).get("citations"))):
        place = _place(content, work.get("startIndex"), work.get("endIndex"))
        facts = {name: value for name, value in work.items() if name not in ("uri", "startIndex", "endIndex")}
        notes.append({"type": "url_citation", "url_citation": {"url": work.get("uri", ""), **facts, **place}})
    return notes


def _of_chunk(chunk: Table, place: Table) -> list[Table]:
    if web := table(chunk.get("web")):
        facts = {name: value for name, value in web.items() if name != "uri"}
        return [{"type": "url_citation", "url_citation": {"url": web.get("uri", ""), **facts, **place}}]
    named = {"retrievedContext": "retrieved_context", "maps": "maps", "image": "image"}
    return [{"type": kind, kind: {**table(chunk[name]), **place}} for name, kind in named.items() if name in chunk]


def _place(content: bytes, start: Any, end: Any) -> Table:
    """Where in the text, in characters; nothing where the service does not tell an end."""
    if not isinstance(end, int):
        return {}
    first = start if isinstance(start, int) else 0
    return {
        "start_index": len(content[:first].decode(errors="ignore")),
        "end_index": len(content[:end].decode(errors="ignore")),
    }
