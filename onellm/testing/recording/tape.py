"""What recording and replaying have in common: a file, and the transports that stand for it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from onellm.testing.recording.errors import RecordingError
from onellm.testing.recording.removal import Removal

if TYPE_CHECKING:
    import httpx


class Tape:
    """A recording in use, between the start and the end of its `with` block.

    Its transports go into any number of clients of either kind, and into httpx's own.
    """

    recording: bool
    """Whether requests go to the real service."""

    def __init__(self, path: str | os.PathLike[str], secrets: Iterable[str]) -> None:
        self.path = Path(path)
        self._removal = Removal(secrets)
        self._open = False

    @property
    def transport(self) -> httpx.BaseTransport:
        """For `OneLLM(transport=…)`."""
        raise NotImplementedError

    @property
    def async_transport(self) -> httpx.AsyncBaseTransport:
        """For `AsyncOneLLM(transport=…)`."""
        raise NotImplementedError

    def _check_open(self) -> None:
        if not self._open:
            raise RecordingError(f"The tape {self.path} is not running: send requests inside its `with` block.")

    def __enter__(self) -> Self:
        self._open = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"
