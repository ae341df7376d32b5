"""Content that holds more than the answer: thoughts in think tags at its start, a tool call written as JSON."""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet

from onellm.decode.json import Table, table

THINK = "think"
"""The usual word of the tags."""
OPEN, CLOSE = f"<{THINK}>", f"</{THINK}>"


class ContentReader:
    """Reads the content of one choice as it comes.

    `feed` gives the thoughts and the text of a piece, `close` what was held back, and the call if the content was one.
    Not a character is lost but the tags themselves. Where nothing is left to look for, `passes` is true.
    """

    def __init__(self, *, tags: bool | str, tools: AbstractSet[str] = frozenset()) -> None:
        self._tags = _ThinkTags(tags if isinstance(tags, str) else THINK) if tags else None
        self._tools = tools
        self._held: list[str] = []
        self._begun = False
        self._holds = bool(tools)

    @property
    def passes(self) -> bool:
        return self._tags is None and not self._holds

    def feed(self, text: str) -> tuple[str, str]:
        """The thoughts and the text that are certain now."""
        thought = ""
        if self._tags is not None:
            thought, text = self._tags.feed(text)
            if self._tags.over:
                self._tags = None
        if self._holds:
            self._held.append(text)
            if not self._begun:
                start = text.lstrip()
                self._begun = bool(start)
                self._holds = not start or start.startswith("{")
            if self._holds:
                return thought, ""
            text = "".join(self._held)
            self._held.clear()
        return thought, text

    def close(self) -> tuple[str, str, Table | None]:
        """At the end: the thoughts and the text that were held back, or the call that the text is."""
        thought, said = self._tags.close() if self._tags is not None else ("", "")
        said = "".join(self._held) + said
        call = call_in(said, self._tools) if self._holds else None
        self._tags, self._holds = None, False
        self._held.clear()
        return thought, "" if call else said, call

    def leave_tags(self) -> str:
        """The host gives thoughts in a field of their own, so tags are text; gives what was held back for them."""
        held = self._tags.close()[1] if self._tags is not None else ""
        self._tags = None
        return held


class _ThinkTags:
    """Thoughts between think tags at the start; a closing tag without an opening one there is dropped.

    Tags further on are text.
    """

    def __init__(self, word: str) -> None:
        self._open, self._close = f"<{word}>", f"</{word}>"
        self._buffer = ""
        self._thinking = False
        self.over = False

    def feed(self, text: str) -> tuple[str, str]:
        self._buffer += text
        if self._thinking:
            return self._think()
        start = self._buffer.lstrip()
        before = self._buffer[: len(self._buffer) - len(start)]
        self._buffer = start
        if start.startswith(self._open):
            self._thinking, self._buffer = True, start.removeprefix(self._open)
            thought, said = self._think()
            return thought, before + said
        if self._open.startswith(start) or (self._close.startswith(start) and start != self._close):
            return "", before
        self.over = True
        return "", before + start.removeprefix(self._close)

    def _think(self) -> tuple[str, str]:
        thought, tag, said = self._buffer.partition(self._close)
        if tag:
            self.over = True
            return thought, said
        end = self._close
        held = next((size for size in range(len(end) - 1, 0, -1) if thought.endswith(end[:size])), 0)
        self._buffer = thought[len(thought) - held :]
        return thought[: len(thought) - held], ""

    def close(self) -> tuple[str, str]:
        held, self._buffer, self.over = self._buffer, "", True
        return (held, "") if self._thinking else ("", held)


def call_in(text: str, tools: AbstractSet[str]) -> Table | None:
    """The function that a text calls, where it is a JSON object that names one of the tools."""
    try:
        said = table(json.loads(text))
    except (ValueError, RecursionError):
        return None
    name, arguments = said.get("name"), said.get("arguments", said.get("parameters"))
    if not isinstance(name, str) or name not in tools or not isinstance(arguments, (dict, str)):
        return None
    if not isinstance(arguments, str):
        arguments = json.dumps(arguments, ensure_ascii=False)
    return {"name": name, "arguments": arguments}
