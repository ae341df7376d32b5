"""Bytes as they come: media that a service sends while it makes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from onellm.errors import BadResponseError, OneLLMError

R = TypeVar("R")


class RawDecoder:
    """The pieces of a body, unchanged. A body without a byte is a failure; one that is cut, the transport notices."""

    done: bool = False
    complete: bool = False

    def __init__(self) -> None:
        self.failure: OneLLMError | None = None
        self._began = False

    def feed(self, data: bytes) -> list[bytes]:
        self._began = self._began or bool(data)
        return [data] if data else []

    def close(self) -> list[bytes]:
        if not self._began:
            self.failure = BadResponseError("The answer holds no byte.")
        return []


class RawAssembler(Generic[R]):
    """All pieces, and what `make` makes of them."""

    def __init__(self, make: Callable[[bytes], R]) -> None:
        self._make = make
        self._pieces: list[bytes] = []

    def add(self, event: bytes) -> None:
        self._pieces.append(event)

    def result(self) -> R:
        return self._make(b"".join(self._pieces))
