"""Newline-delimited JSON: one value a line."""

from __future__ import annotations

from onellm.decode.limits import DEFAULT, Limits, check_depth
from onellm.decode.lines import LineSplitter


class NDJSONDecoder:
    """The lines that hold something, as bytes ready for a JSON validator."""

    def __init__(self, limits: Limits = DEFAULT) -> None:
        self._lines = LineSplitter(limits.event)
        self._depth = limits.depth

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes."""
        return [self._checked(line) for line in self._lines.feed(data) if line.strip()]

    def close(self) -> list[bytes]:
        """The last line, if it had no line ending."""
        rest = self._lines.close()
        return [self._checked(rest)] if rest.strip() else []

    def _checked(self, line: bytes) -> bytes:
        check_depth(line, self._depth)
        return line


class NDJSONFrames:
    """The lines as events without a name, for an `EventStream`."""

    def __init__(self, limits: Limits = DEFAULT) -> None:
        self._lines = NDJSONDecoder(limits)

    def feed(self, data: bytes, /) -> list[tuple[str, bytes]]:
        """The lines that `data` completes."""
        return [("", line) for line in self._lines.feed(data)]

    def close(self) -> list[tuple[str, bytes]]:
        """The last line, if it had no line ending."""
        return [("", line) for line in self._lines.close()]
