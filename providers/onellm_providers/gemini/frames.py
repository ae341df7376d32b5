"""The framing of a stream: server-sent events, or, from services that were not asked for them, JSON values in a row."""

from __future__ import annotations

import json
from collections.abc import Iterator

from onellm.decode.limits import Limits, beyond
from onellm.decode.sse import SSEDecoder
from onellm.errors import BadResponseError

BETWEEN = b"[], \t\r\n"


class EitherFraming:
    """The first byte tells: `[` or `{` begins a list of values, or values one after another."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._sse = SSEDecoder(limits)
        self._json: _Values | None = None
        self._decided = False

    def feed(self, data: bytes, /) -> Iterator[tuple[str, bytes]]:
        if not self._decided and (seen := data.lstrip(b" \t\r\n")):
            self._decided = True
            if seen[:1] in (b"[", b"{"):
                self._json = _Values(self._limits)
        yield from self._sse.feed(data) if self._json is None else self._json.feed(data)

    def close(self) -> Iterator[tuple[str, bytes]]:
        yield from self._sse.close() if self._json is None else self._json.close()


class _Values:
    """JSON objects as they come, each byte looked at once."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._buffer = bytearray()
        self._at = self._depth = 0
        self._text = self._escaped = False

    def feed(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        self._buffer += data
        start = 0
        while self._at < len(self._buffer):
            byte = self._buffer[self._at]
            self._at += 1
            if self._text:
                self._text = self._escaped or byte != 0x22
                self._escaped = byte == 0x5C and not self._escaped
            elif byte == 0x22 and self._depth:
                self._text = True
            elif byte == 0x7B:
                if not self._depth:
                    start = self._at - 1
                self._depth += 1
                if self._depth > self._limits.depth:
                    raise beyond("The JSON of an event is nested deeper than", self._limits.depth, "max_depth")
            elif byte == 0x7D and self._depth:
                self._depth -= 1
                if not self._depth:
                    yield "", bytes(self._buffer[start : self._at])
                    start = self._at
        del self._buffer[:start]
        self._at -= start
        if len(self._buffer) > self._limits.event:
            raise beyond("An event of the stream has more bytes than", self._limits.event, "max_event")

    def close(self) -> Iterator[tuple[str, bytes]]:
        left = bytes(self._buffer).strip(BETWEEN)
        if left:
            try:
                json.loads(left)
            except ValueError:
                raise BadResponseError(
                    "The stream ended within a JSON value.", body=left[:200].decode("utf-8", "replace")
                ) from None
        yield from ()
