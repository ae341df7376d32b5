"""Newline-delimited JSON: one value a line."""

from __future__ import annotations

from onellm.decode.lines import LineSplitter


class NDJSONDecoder:
    """The lines that hold something, as bytes ready for a JSON validator."""

    def __init__(self) -> None:
        self._lines = LineSplitter()

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes."""
        return [line for line in self._lines.feed(data) if line.strip()]

    def close(self) -> list[bytes]:
        """The last line, if it had no line ending."""
        rest = self._lines.close()
        return [rest] if rest.strip() else []
