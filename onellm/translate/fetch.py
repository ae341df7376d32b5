"""Media by URL in messages, fetched before the call for services that fetch nothing by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from onellm.call import Flow
from onellm.decode.json import Table, array, table
from onellm.file_input import data_url, is_url
from onellm.media import fetch_media

Place = tuple[int, int, str]
"""A part of a message that has a URL of the web: the message's number, the part's, the URL."""


def web_media(messages: list[dict[str, Any]]) -> list[Place]:
    """Where images and files of the web are in the messages."""
    return list(_places(messages))


def with_media(messages: list[dict[str, Any]], places: list[Place]) -> Flow[list[dict[str, Any]]]:
    """The messages with each of these media in its place, as a data URL; each URL is fetched once.

    The caller's own objects are not changed. Raises as `fetch_media` does.
    """
    held: dict[str, str] = {}
    made = list(messages)
    for number, at, url in places:
        if url not in held:
            file = yield from fetch_media(url, param=f"messages[{number}].content[{at}]")
            held[url] = data_url(file)
        content = list(made[number]["content"])
        content[at] = _filled(table(content[at]), held[url])
        made[number] = {**made[number], "content": content}
    return made


def _places(messages: list[dict[str, Any]]) -> Iterator[Place]:
    for number, message in enumerate(messages):
        for at, part in enumerate(map(table, array(message.get("content")))):
            url = _url(part)
            if isinstance(url, str) and is_url(url):
                yield number, at, url


def _url(part: Table) -> Any:
    if part.get("type") == "image_url":
        image: Any = part.get("image_url")
        return image if isinstance(image, str) else table(image).get("url")
    return table(part.get("file")).get("file_data") if part.get("type") == "file" else None


def _filled(part: Table, data: str) -> Table:
    if part["type"] == "image_url":
        return {**part, "image_url": {**table(part["image_url"]), "url": data}}
    return {**part, "file": {**table(part["file"]), "file_data": data}}
