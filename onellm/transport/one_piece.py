"""An answer that came in one piece, as most do.

A parser for every kind of answer makes a string of each header and a stream of the body, and with twenty headers that
costs more than sending the request. Here the head is checked in one sweep, its headers stay bytes until one is asked
for, and the body is what follows. What is not plainly one whole answer is left to the parser.
"""

from __future__ import annotations

import re

from onellm.transport.base import Answer
from onellm.transport.headers import Headers
from onellm.transport.inflate import AT_ONCE
from onellm.transport.url import URL
from onellm.transport.wire_errors import silence

HEAD = re.compile(
    rb"HTTP/1\.1 ([2-5]\d\d) ([\t -~]*+)\r\n"
    rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]++:[\t -~\x80-\xff]*+\r\n){1,100}+)\r\n"
)
"""The head of an answer as RFC 9112 (4, 5) wants it: no folded line, no control character, CR and LF together."""
LENGTH = re.compile(rb"\ncontent-length:[\t ]*+(\d{1,9})[\t ]*+\r")


def in_one_piece(data: bytes) -> tuple[int, str, Headers, bytes] | None:
    """Status, reason, headers and body, where the data is one whole answer after which the connection stays open.

    None where it is not, and where only a parser can tell. An answer to HEAD has no body and does not belong here.
    """
    head = HEAD.match(data)
    if head is None:
        return None
    status, reason, lines = head.groups()
    names = b"\n" + lines.lower()
    length = LENGTH.search(names)
    if length is None or int(length[1]) != len(data) - head.end() or status in (b"204", b"304"):
        return None
    if names.count(b"content-length:") > 1 or b"transfer-encoding:" in names:
        return None
    if b"connection:" in names and not _stays_open(names):
        return None
    return int(status), reason.decode("ascii"), Headers.of_lines(lines), data[head.end() :]


def _stays_open(names: bytes) -> bool:
    """Whether the one header that speaks of the connection says that it stays."""
    return names.count(b"connection:") == 1 and b"\nconnection: keep-alive\r" in names


class OnePiece(Answer):
    """The open answer: its body needs no connection any more."""

    def __init__(self, status: int, headers: Headers, max_ratio: int, url: URL, content: bytes) -> None:
        super().__init__(status, headers, max_ratio)
        self._url = url
        self._content = content

    async def read(self, timeout: float | None) -> bytes:
        if timeout is not None and timeout <= 0 and self._content:
            raise silence(self._url)
        if self._inflater is None:
            content, self._content = self._content, b""
            return content
        while piece := self._content[:AT_ONCE]:
            self._content = self._content[AT_ONCE:]
            if data := self.unpack(piece):
                return data
        self.check_complete()
        return b""

    async def close(self) -> None:
        self._content = b""
