"""Text from a model or a service made harmless for a terminal.

Whole escape sequences go (colours, cursor, titles, OSC 8 links), then every C0 control but newline and tab, DEL, C1,
and the marks that override the direction of text. A sequence that never ends loses only its introducer.
"""

from __future__ import annotations

import re

_STRING = r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]{0,4096}"
_CSI = r"(?:\x1b\[|\x9b)[0-?]{0,256}[ -/]{0,16}"
_SHORT = r"\x1b[ -/]{0,16}"

_SEQUENCE = re.compile(rf"{_STRING}(?:\x07|\x1b\\|\x9c)|{_CSI}[@-~]|{_SHORT}[0-~]")
_UNFINISHED = re.compile(rf"(?:{_STRING}\x1b?|{_CSI}|{_SHORT})\Z")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Sanitizer:
    """Sanitizes text that comes in pieces; a sequence may be cut anywhere."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """What can be shown of the text so far; the start of an unfinished sequence is held back."""
        text = self._held + text
        unfinished = _UNFINISHED.search(text)
        shown = text[: unfinished.start()] if unfinished else text
        self._held = text[len(shown) :]
        return _CONTROL.sub("", _SEQUENCE.sub("", shown))

    def close(self) -> str:
        """The rest, when no more text comes."""
        held, self._held = self._held, ""
        return _CONTROL.sub("", _SEQUENCE.sub("", held))


def sanitize(text: str) -> str:
    """The text without what could steer a terminal."""
    sanitizer = Sanitizer()
    return sanitizer.feed(text) + sanitizer.close()
