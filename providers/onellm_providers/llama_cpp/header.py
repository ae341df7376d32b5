"""The beginning of a GGUF file: what is said of the model before its tokens and weights."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

SIZES = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""Types of values, as `struct` writes them, little-endian; 8 is text, 9 a list (gguf 0.17, GGUFValueType)."""
TEXT = 8
LONGEST = 1 << 20


def trained_context(path: str) -> int | None:
    """The context that a model was trained on; None where its file does not say so before its first list."""
    with open(path, "rb") as file:
        try:
            _, _, _, count = struct.unpack("<4sIQQ", file.read(24))
            for _ in range(count):
                key = _text(file)
                value = _value(file)
                if key.endswith(".context_length"):
                    return int(value)
        except (struct.error, ValueError, KeyError, TypeError):
            return None
    return None


def _value(file: BinaryIO) -> Any:
    (kind,) = struct.unpack("<I", file.read(4))
    if kind == TEXT:
        return _text(file)
    form = "<" + SIZES[kind]  # a list ends the search: the tokens are one, and the context stands before them
    return struct.unpack(form, file.read(struct.calcsize(form)))[0]


def _text(file: BinaryIO) -> str:
    (size,) = struct.unpack("<Q", file.read(8))
    if size > LONGEST:
        raise ValueError("no text is as long")
    return file.read(size).decode()
