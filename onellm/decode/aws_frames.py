"""AWS event streams (`application/vnd.amazon.eventstream`): binary frames with headers and two checksums.

A frame, big endian: its whole length, the length of its headers, the CRC-32 of these eight bytes, the headers, the
payload, the CRC-32 of everything before. A header: one byte of name length, the name, one byte of type, the value
(botocore 1.44, `botocore.eventstream`).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from zlib import crc32

from onellm.decode.limits import DEFAULT, Limits, beyond, is_deep
from onellm.errors import BadResponseError

EXCEPTION = "exception:"
"""Before the name of an exception that came as a frame: the payload is then the error's."""

_PRELUDE = struct.Struct(">III")
_CRC = struct.Struct(">I")
_LENGTH = struct.Struct(">H")
_HEADERS = 128 * 1024
_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Bytes of the values of a fixed size, by type: true, false, integers, timestamp, UUID."""
_BYTES, _STRING = 6, 7
_REMEMBERED = 64


class FrameDecoder:
    """Frames as events: the name of the event, and its payload. An exception has the name `exception:<its name>`.

    A damaged frame raises BadResponseError after the frames before it were given out; what comes after it is not read.
    """

    def __init__(self, limits: Limits = DEFAULT) -> None:
        self._rest = bytearray()
        self._max = limits.event
        self._depth = limits.depth
        self._broken = False
        self._names: dict[bytes, tuple[str, bytes | None]] = {}
        """What headers say, by their bytes: most frames of a stream have those of another."""

    def feed(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        """The events that `data` completes."""
        if self._broken:
            raise _damaged("comes after one that is")
        rest = self._rest
        rest += data
        at = 0
        try:
            while len(rest) - at >= _PRELUDE.size:
                total, width, check = _PRELUDE.unpack_from(rest, at)
                self._check_prelude(bytes(rest[at : at + 8]), total, width, check)
                if len(rest) - at < total:
                    break
                frame = bytes(rest[at : at + total])
                at += total
                yield self._read(frame, width)
        except BadResponseError:
            self._broken = True
            raise
        finally:
            del rest[:at]

    def close(self) -> Iterator[tuple[str, bytes]]:
        """Nothing more comes; a frame that is not whole is a stream that was cut."""
        return iter(())

    def _check_prelude(self, head: bytes, total: int, width: int, check: int) -> None:
        if crc32(head) != check:
            raise _damaged("has a wrong checksum of its lengths")
        if width > _HEADERS or total < width + 16:
            raise _damaged("has lengths that cannot be")
        if total - width - 16 > self._max:
            raise beyond("An event of the stream has more bytes than", self._max, "max_event")

    def _read(self, frame: bytes, width: int) -> tuple[str, bytes]:
        if crc32(frame[:-4]) != _CRC.unpack_from(frame, len(frame) - 4)[0]:
            raise _damaged("has a wrong checksum")
        headers, payload = frame[12 : 12 + width], frame[12 + width : -4]
        known = self._names.get(headers)
        if known is None:
            known = _meaning(read_headers(headers))
            if len(self._names) < _REMEMBERED:
                self._names[headers] = known
        name, instead = known
        if len(payload) > 2 * self._depth and is_deep(payload, self._depth):
            raise beyond("The JSON of an event is nested deeper than", self._depth, "max_depth")
        return name, payload if instead is None else instead


def read_headers(data: bytes) -> dict[str, str]:
    """The headers of a frame that are text; others are passed over. Raises BadResponseError."""
    found: dict[str, str] = {}
    at = 0
    try:
        while at < len(data):
            start = at + 1
            end = start + data[at]
            name, kind = data[start:end], data[end]
            at = end + 1
            if kind in (_BYTES, _STRING):
                size = _LENGTH.unpack_from(data, at)[0]
                at += 2
            else:
                size = _SIZES[kind]
            value = data[at : at + size]
            at += size
            if kind == _STRING:
                found[name.decode()] = value.decode()
    except (LookupError, struct.error, UnicodeDecodeError):
        raise _damaged("has headers that cannot be read") from None
    if at != len(data):
        raise _damaged("has headers that cannot be read")
    return found


def _meaning(headers: dict[str, str]) -> tuple[str, bytes | None]:
    """The name of an event; an unmodelled error's payload is made of its headers, since it has none."""
    kind = headers.get(":message-type", "event")
    if kind == "event":
        return headers.get(":event-type", ""), None
    if kind == "exception":
        return EXCEPTION + headers.get(":exception-type", ""), None
    message = json.dumps({"message": headers.get(":error-message", "")}).encode()
    return EXCEPTION + headers.get(":error-code", kind), message


def _damaged(how: str) -> BadResponseError:
    return BadResponseError(f"A frame of the stream {how}: the answer was damaged on its way.")
