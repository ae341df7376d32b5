"""Images and speech that a model made, as parts of a message."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, NamedTuple

from onellm.decode.json import Table, table


class Made(NamedTuple):
    """What a part holds: an image as OpenRouter and others show one in a message, or a piece of speech."""

    image: Table | None
    speech: Table | None


def media_in(part: Mapping[str, Any]) -> Made | None:
    """The image or speech of a part; None where it holds none, or belongs to a thought."""
    data = table(part.get("inlineData"))
    kind = str(data.get("mimeType"))
    if part.get("thought") or not data:
        return None
    if kind.startswith("image/"):
        return Made({"type": "image_url", "image_url": {"url": f"data:{kind};base64,{data.get('data')}"}}, None)
    return Made(None, data) if kind.startswith("audio/") else None


class Speech:
    """Speech comes in pieces, which are one stream of samples: base64 that is joined only where no bytes are left over.

    What `add` gives and then `rest` are texts that make the whole when they are put one after another.
    """

    def __init__(self) -> None:
        self._format: Any = None
        self._left = b""
        self._data: list[str] = []

    def add(self, piece: Table) -> Table:
        """The next piece, as far as it fills groups of three bytes. Raises ValueError where it is no base64."""
        text = str(piece.get("data") or "").replace("-", "+").replace("_", "/")
        found = self._left + base64.b64decode(text, validate=True)
        size = len(found) - len(found) % 3
        self._format, self._left = self._format or piece.get("mimeType"), found[size:]
        return self._said(found[:size])

    def rest(self) -> Table:
        """`audio` of what is left over at the end; empty where nothing is."""
        left, self._left = self._left, b""
        return {"audio": self._said(left)} if left else {}

    def whole(self) -> Table:
        """`audio` of all pieces; empty where there was none."""
        self.rest()
        return {"audio": {"data": "".join(self._data), "format": self._format}} if self._data else {}

    def _said(self, samples: bytes) -> Table:
        said = base64.b64encode(samples).decode()
        self._data.append(said)
        return {"data": said, "format": self._format}
