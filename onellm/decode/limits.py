"""How much an answer may hold. `Connections` has the same limits under the names that its errors give."""

from __future__ import annotations

import re

from onellm.errors import BadResponseError

MB = 1024 * 1024
MAX_EVENT = 4 * MB
MAX_ARGUMENTS = 8 * MB
MAX_DEPTH = 200
LONG = 65536
"""Bytes of JSON from which on leaving out its strings is cheaper than counting its brackets first."""

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_BRACKET = re.compile(rb"[\[{}\]]")


class Limits:
    """`event`: bytes of one event or line of a stream. `arguments`: bytes of all tool calls' arguments in a stream.
    `depth`: how deep JSON may be nested.
    """

    __slots__ = ("arguments", "depth", "event")

    def __init__(self, event: int = MAX_EVENT, arguments: int = MAX_ARGUMENTS, depth: int = MAX_DEPTH) -> None:
        self.event = event
        self.arguments = arguments
        self.depth = depth


DEFAULT = Limits()


def beyond(what: str, limit: object, name: str) -> BadResponseError:
    """The error for an answer that is beyond a limit of `Connections`."""
    return BadResponseError(f"{what} {limit}. Connections({name}=…) sets the limit.")


def is_deep(data: bytes, depth: int) -> bool:
    """Whether JSON is nested deeper. What does not begin as JSON is not."""
    if len(data) <= 2 * depth or data[:16].lstrip()[:1] not in (b"{", b"["):
        return False
    if len(data) < LONG and data.count(b"[") + data.count(b"{") <= depth:
        return False
    level = 0
    for mark in _BRACKET.findall(_without_strings(data)):
        if mark in b"[{":
            level += 1
            if level > depth:
                return True
        else:
            level -= 1
    return False


def _without_strings(data: bytes) -> bytes:
    """What stands between the strings of JSON. Where no quote is escaped, looking for quotes alone is much faster."""
    if b"\\" in data:
        return _STRING.sub(b"", data)
    pieces: list[bytes] = []
    at, find = 0, data.find
    while (start := find(b'"', at)) >= 0:
        pieces.append(data[at:start])
        at = find(b'"', start + 1) + 1
        if not at:
            break
    else:
        pieces.append(data[at:])
    return b"".join(pieces)


def check_depth(data: bytes, depth: int) -> None:
    """Raise BadResponseError where JSON is nested deeper."""
    if is_deep(data, depth):
        raise beyond("The answer's JSON is nested deeper than", depth, "max_depth")
