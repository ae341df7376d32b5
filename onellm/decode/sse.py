"""Server-sent events (WHATWG HTML, "Parsing an event stream")."""

from __future__ import annotations

from onellm.decode.limits import DEFAULT, Limits, beyond, is_deep
from onellm.decode.lines import LineSplitter
from onellm.errors import BadResponseError

ServerEvent = tuple[str, bytes]
"""(event name, data): the name is "" where the stream gives none; data lines are joined by a newline."""

_BOM = b"\xef\xbb\xbf"


class SSEDecoder:
    """Events of a stream. Comments, unknown fields and events without data are passed over, as the standard says.

    An event beyond the limits raises BadResponseError, after the events before it were given out.

    Unlike a browser it delivers a last event that lacks its blank line: hosts end with `data: [DONE]` and close.
    """

    def __init__(self, limits: Limits = DEFAULT) -> None:
        self._lines = LineSplitter(limits.event)
        self._max = limits.event
        self._depth = limits.depth
        self._deep = 2 * limits.depth  # what is shorter cannot be deeper
        self._event = ""
        self._data: list[bytes] = []
        self._size = 0
        self._head: bytes | None = b""
        self._failure: BadResponseError | None = None

    def feed(self, data: bytes) -> list[ServerEvent]:
        """The events that `data` completes."""
        if self._head is not None:
            data = self._strip_bom(data)
        if self._failure is not None:
            raise self._failure
        if (payloads := self._whole_events(data)) is not None:
            return [("", payload) for payload in payloads]
        events: list[ServerEvent] = []
        try:
            for line in self._lines.feed(data):
                if line:
                    self._take(line)
                elif self._data:
                    events.append(self._dispatch())
                else:
                    self._event = ""
        except BadResponseError as error:
            if not events:
                raise
            self._failure = error
        return events

    def _whole_events(self, data: bytes) -> list[bytes] | None:
        r"""The payloads where the piece is nothing but `data: …\n\n` once or more, as nearly all are; else None."""
        if not data.startswith(b"data: ") or not data.endswith(b"\n\n") or len(data) > self._max:
            return None
        if data.find(b"\r") >= 0:
            return None
        if self._data or self._event or not self._lines.between_lines:
            return None
        if data.find(b"\n") == len(data) - 2:
            payloads = [data[6:-2]]
        else:
            payloads = data[6:-2].split(b"\n\ndata: ")
            if data.count(b"\n") != 2 * len(payloads):
                return None
        deep = len(data) > self._deep and max(map(len, payloads)) > self._deep and any(map(self._is_deep, payloads))
        return None if deep else payloads

    def close(self) -> list[ServerEvent]:
        """The last event, if the stream ended without its blank line."""
        if self._failure is not None:
            raise self._failure
        rest = self._lines.feed(self._head or b"")
        for line in (*rest, self._lines.close()):
            if line:
                self._take(line)
        return [self._dispatch()] if self._data else []

    def _strip_bom(self, data: bytes) -> bytes:
        data = (self._head or b"") + data
        if len(data) < len(_BOM) and _BOM.startswith(data):
            self._head = data
            return b""
        self._head = None
        return data.removeprefix(_BOM)

    def _take(self, line: bytes) -> None:
        if line.startswith(b"data:"):
            value = line[6:] if line[5:6] == b" " else line[5:]
            self._data.append(value)
            self._size += len(value) + 1
            if self._size > self._max:
                raise beyond("An event of the stream has more bytes than", self._max, "max_event")
        elif line.startswith(b"event:"):
            self._event = line[6:].decode("utf-8", "replace").removeprefix(" ")
        elif line == b"data":
            self._data.append(b"")

    def _dispatch(self) -> ServerEvent:
        event, payload = self._event, (self._data[0] if len(self._data) == 1 else b"\n".join(self._data))
        self._event = ""
        self._data = []
        self._size = 0
        if self._is_deep(payload):
            raise beyond("The JSON of an event is nested deeper than", self._depth, "max_depth")
        return event, payload

    def _is_deep(self, payload: bytes) -> bool:
        return len(payload) > self._deep and is_deep(payload, self._depth)
