"""Unpack compressed bodies without being overrun: a 0.4 MB answer can hold 400 MB."""

from __future__ import annotations

import zlib

from onellm.decode.limits import beyond
from onellm.errors import BadResponseError

ACCEPTED = "gzip, deflate"
FREE = 1024 * 1024
MAX_RATIO = 100
AT_ONCE = 64 * 1024
"""Bytes of a packed body to unpack in one go, where all of it is at hand: they can hold a hundred times as much."""


class Inflater:
    """One layer of gzip or deflate. What comes out may be `ratio` times what went in once it is more than 1 MB."""

    def __init__(self, encoding: str, ratio: int = MAX_RATIO) -> None:
        self._ratio = ratio
        if encoding not in ("gzip", "x-gzip", "deflate"):
            raise BadResponseError(f"The answer is packed as {encoding!r}, which was not asked for.")
        self._encoding = encoding
        self._unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._head: bytes = b""
        self._in = 0
        self._out = 0

    @property
    def complete(self) -> bool:
        """Whether the packed data came to its end; an empty body counts."""
        return self._unpack.eof or not (self._in or self._head)

    def feed(self, data: bytes) -> bytes:
        """The unpacked content of a piece. Raises BadResponseError."""
        if first := self._in == 0:
            data, self._head = self._head + data, b""
            if len(data) < 2:
                self._head = data  # a zlib header is two bytes; one alone does not tell it from bare deflate
                return b""
        self._in += len(data)
        allowed = max(FREE, self._ratio * self._in) - self._out
        try:
            content = self._unpack.decompress(data, allowed + 1)
        except zlib.error as error:
            if not (first and self._encoding == "deflate"):
                raise BadResponseError(f"The {self._encoding} data of the answer is broken.") from error
            # "deflate" means zlib-wrapped (RFC 9110), yet some servers send it bare.
            self._unpack = zlib.decompressobj(-zlib.MAX_WBITS)
            self._in = 0
            self._encoding = "bare deflate"
            return self.feed(data)
        if len(content) > allowed or self._unpack.unconsumed_tail:
            raise beyond("The answer unpacks to more than", f"{self._ratio} times its size", "max_ratio")
        self._out += len(content)
        return content
