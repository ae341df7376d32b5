"""Cut a byte stream into lines, however it was cut on its way here."""

from __future__ import annotations

from onellm.decode.limits import MAX_EVENT, beyond


class LineSplitter:
    r"""Lines end in `\n`, `\r\n` or `\r` and in nothing else: U+2028 and U+0085 are text inside JSON (WHATWG, SSE)."""

    def __init__(self, limit: int = MAX_EVENT) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0
        self._ended_in_cr = False

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes, without their endings."""
        if self._ended_in_cr and data:
            self._ended_in_cr = False
            if data[0] == 10:
                data = data[1:]
        if b"\r" in data:
            self._ended_in_cr = data.endswith(b"\r")
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if b"\n" not in data:
            self._keep(data)
            return []
        if self._parts:
            data = b"".join([*self._parts, data])
            self._parts.clear()
        lines = data.split(b"\n")
        self._size = 0
        self._keep(lines.pop())
        return lines

    @property
    def between_lines(self) -> bool:
        """Whether nothing of a line is waiting for its end."""
        return not self._parts and not self._ended_in_cr

    def close(self) -> bytes:
        """What is left after the last line ending."""
        rest = b"".join(self._parts)
        self._parts.clear()
        return rest

    def _keep(self, data: bytes) -> None:
        if data:
            self._parts.append(data)
            self._size += len(data)
            if self._size > self._limit:
                raise beyond("A line of the stream has more bytes than", self._limit, "max_event")
