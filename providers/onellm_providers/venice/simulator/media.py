"""Real media files, as small as they come: every parser reads them."""

from __future__ import annotations

import base64
import struct
import zlib


def png(width: int = 256, height: int = 256) -> bytes:
    """A grey PNG of this size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height, 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def wav(seconds: float = 0.1, rate: int = 24_000) -> bytes:
    """Silence as WAV: 16 bits, one channel."""
    data = pcm(seconds, rate)
    form = struct.pack("<HHIIHH", 1, 1, rate, rate * 2, 2, 16)
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def pcm(seconds: float = 0.1, rate: int = 24_000) -> bytes:
    """Silence as raw samples of 16 bits."""
    return bytes(2 * round(seconds * rate))


def _unpacked(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))


MP3 = _unpacked(
    "eNrzdDFmYQAB5ZDgYFcgzc/AwOyTWJZmZqRnCEQGRgwI8P9zywE4xzMvLR+inoGdgYExg2EmCliFAnajgDOo4C4KeIcC/qMAkL0gxzGgAxUWBQ"
    "iDMeNuguQ5Buzg/2eRI0CK2QNsjqOvqzHQgwahoSBxbph4KAKAxMVwiCviENfBIW6OQ9wJizgAlwSNHg=="
)
"""0.1 s of silence, MPEG-2 layer III, 24 kHz, with an ID3 tag."""

AAC = _unpacked("eNr7/zHCgXn+n3tMDD6JZclmRnpGFnqGBkYMTAYOfP+Bcoz1fxglFNixMwG8QRWa")
"""0.1 s of silence, ADTS, 24 kHz."""

FLAC = _unpacked("eNpL80l0bmBgUGJyYHJgYOBmYOBh/MLwgYGBWSHrAr/7jbX+QgzRSptOLemv+P9DhYPhFAMDw7my/z9SOBjvPwWyz3MBAEuiFOg=")
"""0.1 s of silence, 8 kHz."""

OPUS = _unpacked(
    "eNrzT08PZmBigALv1ulxIDpasXclo7B/QWmxR2piCiOjBWPDbrACf5ByBmTljED6UM/9SYxmIOUhienFvEARn8SyNDMjPUMgMjACKREF4tS85P"
    "yU1CJbFEmwiSwGoggTQa7Zn6T3jY2dDQQ4uJ9ZK69O4OBYs5nvGC4SAAcZMFY="
)
"""0.1 s of silence, Ogg, 48 kHz."""

MP4 = _unpacked(
    "eNqNUztPAkEQngVfBQVECk0wwQQbIggXY6yMdhQmxkILteC43QsXbjlyu1yihaGw0MIfYmc0Wltgo6Wdja3/Amf3QA4U4+RmZ3bnm9l57AFAxp"
    "anLUd4HCAGSiIbvLVeBoA522cM5SKnpgQg95CcRfGYrO6/eh8A8TL3vAABLg/qFEYo/olLHgiob0hkFDW+34Y/KYbfsfTNBuonsqHvjP8SLf/D"
    "8z/3JvsMkGNUCpQZ5goZ8cgPfckbp46JSpbT8dpLOtWDrt4U6tT1B5bAoSyKPMS9VzGb1GUKQ86507RRSQdcB42mmaOhLUN9ZkeSSrR9NxvqZE"
    "vImov6u5CCRjAvONFgQitU0UmooKxMRIzTQq+Ha5UJKvSwO53OHrpNodzJpjQk8aTWaTxZw4i3KruHq/kwOMlC9/oSnuEilrZwe7drBtaGUTQ2"
    "i+WSMYM+JKa6UJN+v/1hNHWzkHo0gzyJfhXYFazYGj3/5jTazvq21PDM8iL4VeRam0o10iPOtFS0HB0fjtw3Wy032oqCE76RlRvpqYBL+K+Ygy"
    "ZiXTbWVTZUXV/oE24o"
)
"""One grey frame of 16 x 16, MPEG-4 part 2."""

JPEG = _unpacked("eNr7f+P/AwYBLzdPNwZGRgYGRiBk+H+bwZnhP6XgAAM3B8g4RkYlhv9HGERAJqMCkKgApugtBg6QU+wZRjr4fxMATpBQeQ==")
"""256 x 256, grey."""

WEBP = _unpacked("eNoL8nRzU2FgYAh3dQoIC7DwkQCy9f8fsGdgDzjAJLrjPyOD66//85V+zf91vx4AB1APvw==")
"""256 x 256, blue, lossless."""

PICTURES = {"png": ("image/png", png()), "jpeg": ("image/jpeg", JPEG), "webp": ("image/webp", WEBP)}
SOUNDS = {
    "mp3": ("audio/mpeg", MP3),
    "opus": ("audio/opus", OPUS),
    "aac": ("audio/aac", AAC),
    "flac": ("audio/flac", FLAC),
    "wav": ("audio/wav", wav()),
    "pcm": ("audio/pcm", pcm()),
}
"""By the service's word for the format: the media type and the file."""
