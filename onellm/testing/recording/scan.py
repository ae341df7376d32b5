"""Finding texts in the bytes of an answer: in one place, or dealt out over the events of a stream.

A model that repeats a secret in a stream says it in parts, each in an event of its own. So the JSON strings of a body
are put together by name (`content`, `arguments` …) and by the `index` before them, and searched as one text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_STRING = re.compile(rb'"([^"\\]*(?:\\.[^"\\]*)*)"(?:(\s*:)(?:\s*(\d+))?)?', re.DOTALL)


class Spot(NamedTuple):
    """A place in the data, and how much of what stands there came before it, in another place."""

    start: int
    end: int
    before: int = 0


class Text:
    """The strings of one name, in order: where they are, and what they say together."""

    def __init__(self, name: bytes, data: bytes, spots: list[Spot]) -> None:
        self.name = name.decode("utf-8", "replace")
        self.spots = spots
        self._joined = b"".join(data[start:end] for start, end, _ in spots)

    def find(self, word: bytes) -> Iterator[Spot]:
        """Where the word is: a spot for each string that holds some of it."""
        for begin, finish in _find(self._joined, word):
            place = 0
            for start, end, _ in self.spots:
                left, right = max(begin, place), min(finish, place + end - start)
                if left < right:
                    yield Spot(start + left - place, start + right - place, left - begin)
                place += end - start


def texts_of(data: bytes) -> list[Text]:
    """The JSON strings of a body that are values, by name. What is no JSON gives texts that mean nothing."""
    spots: dict[tuple[bytes, bytes], list[Spot]] = {}
    name = index = b""
    for found in _STRING.finditer(data):
        if not found[2]:
            spots.setdefault((name, index), []).append(Spot(*found.span(1)))
        elif found[1] == b"index" and found[3]:
            index = found[3]
        else:
            name = found[1]
    return [Text(key[0], data, found) for key, found in spots.items()]


def occurrences(data: bytes, texts: Iterable[Text], word: bytes) -> Iterator[Spot]:
    """Where the word is in the data, and in the texts."""
    for start, end in _find(data, word):
        yield Spot(start, end)
    for text in texts:
        yield from text.find(word)


def overwrite(data: bytes, spots: Iterable[Spot], word: bytes) -> bytes:
    """The data with a word over each of these places, filled with `x`: the length stays. The first of two prevails."""
    written = bytearray(data)
    done = bytearray(len(data))
    for start, end, before in spots:
        if not all(done[start:end]):
            written[start:end] = word[before : before + end - start].ljust(end - start, b"x")
            done[start:end] = b"\1" * (end - start)
    return bytes(written)


def _find(data: bytes, word: bytes) -> Iterator[tuple[int, int]]:
    start = data.find(word)
    while start >= 0:
        yield start, start + len(word)
        start = data.find(word, start + len(word))
