"""Calls of functions in what a model says, read as it comes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Protocol

from onellm.decode.json import Table
from onellm.openai_compatible.content import CLOSE, OPEN, call_in

HEAD = re.compile(r'\s*\{\s*"name"\s*:\s*("(?:[^"\\]|\\.)*")\s*,\s*"arguments"\s*:\s*')
TAIL = re.compile(r"[\s}]*\Z")
BEGIN, END = "<tool_call>", "</tool_call>"
"""Around a call in Hermes' form, which Qwen and many others use."""


class Reader(Protocol):
    """Makes deltas of text. `feed` gives what is certain, `close` what was held back."""

    def feed(self, text: str) -> Iterator[Table]: ...

    def close(self) -> Iterator[Table]: ...


class TextReader:
    """Text is content."""

    def feed(self, text: str) -> Iterator[Table]:
        if text:
            yield {"content": text}

    def close(self) -> Iterator[Table]:
        return iter(())


class ForcedCall:
    """The one call that a grammar holds the answer to: its name first, then its arguments as they come."""

    def __init__(self, call_id: str) -> None:
        self._id = call_id
        self._text = ""
        self._sent: int | None = None
        self._begun = False

    def feed(self, text: str) -> Iterator[Table]:
        self._text += text
        if self._sent is None:
            if (head := HEAD.match(self._text)) is None:
                return
            self._sent = head.end()
            function = {"name": json.loads(head[1]), "arguments": ""}
            yield {"tool_calls": [{"index": 0, "id": self._id, "type": "function", "function": function}]}
        if not self._begun:  # the space before the arguments may come in a piece of its own
            self._sent = len(self._text) - len(self._text[self._sent :].lstrip())
        tail = TAIL.search(self._text, self._sent)
        yield from self._arguments(tail.start() if tail else len(self._text))

    def close(self) -> Iterator[Table]:
        if self._sent is None:
            if self._text:
                yield {"content": self._text}  # cut off before the name was whole
            return
        try:
            json.loads(self._text)
        except ValueError:
            yield from self._arguments(len(self._text))
        else:
            yield from self._arguments(len(self._text.rstrip()[:-1].rstrip()))

    def _arguments(self, until: int) -> Iterator[Table]:
        if self._sent is not None and until > self._sent:
            piece, self._sent, self._begun = self._text[self._sent : until], until, True
            yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}


class TaggedCalls:
    """Text in which calls may stand between tags, after the thoughts. What is between them and no call stays text."""

    def __init__(self, call_id: str, tools: AbstractSet[str]) -> None:
        self._id = call_id
        self._tools = tools
        self._buffer = ""
        self._until = ""
        """The tag that is looked for; empty before it is known whether thoughts come first."""
        self.calls = 0

    def feed(self, text: str) -> Iterator[Table]:
        self._buffer += text
        if not self._until:
            start = self._buffer.lstrip()
            if OPEN.startswith(start):
                return
            self._until = CLOSE if start.startswith(OPEN) else BEGIN
        while (place := self._buffer.find(self._until)) >= 0:
            before, self._buffer = self._buffer[:place], self._buffer[place + len(self._until) :]
            yield from self._passed(before)
        if self._until != END:
            held = next(
                (size for size in range(len(self._until) - 1, 0, -1) if self._buffer.endswith(self._until[:size])), 0
            )
            ready = len(self._buffer) - held
            said, self._buffer = self._buffer[:ready], self._buffer[ready:]
            yield from self._said(said)

    def _passed(self, before: str) -> Iterator[Table]:
        """The tag came that was looked for, after `before`."""
        if self._until == CLOSE:
            self._until = BEGIN
            yield {"content": before + CLOSE}
        elif self._until == BEGIN:
            self._until = END
            yield from self._said(before)
        else:
            self._until = BEGIN
            yield from self._call(before, END)

    def _call(self, text: str, closing: str) -> Iterator[Table]:
        call = call_in(text, self._tools)
        if call is None:
            yield {"content": BEGIN + text + closing}
            return
        number = self.calls
        self.calls += 1
        yield {"tool_calls": [{"index": number, "id": f"{self._id}_{number}", "type": "function", "function": call}]}

    def _said(self, text: str) -> Iterator[Table]:
        if text and not (self.calls and not text.strip()):  # only space between calls
            yield {"content": text}

    def close(self) -> Iterator[Table]:
        if self._until == END:
            yield from self._call(self._buffer, "")
        else:
            yield from self._said(self._buffer)
        self._buffer = ""
