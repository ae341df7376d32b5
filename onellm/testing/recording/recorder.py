"""Recording: requests go to the real service, and what was said is written down at the end."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from onellm.testing.recording.errors import RecordingError
from onellm.testing.recording.exchange import Asked, Exchange, Replied
from onellm.testing.recording.removal import Removal
from onellm.testing.recording.store import save
from onellm.testing.recording.tape import Tape

if TYPE_CHECKING:
    import httpx

    from onellm.call import Request
    from onellm.transport.taped import End


class Recorder(Tape):
    """A tape that records. The file is written when the `with` block ends; not if it raises, nor after `discard()`."""

    recording = True

    def __init__(
        self,
        path: str | os.PathLike[str],
        secrets: Iterable[str],
        transport: httpx.BaseTransport | None,
        async_transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        super().__init__(path, secrets)
        self._inner = transport, async_transport
        self._taken: list[_Taken] = []
        self._lock = threading.Lock()
        self._discarded = False

    @property
    def transport(self) -> httpx.BaseTransport:
        from onellm.transport.taped import Recording

        return Recording(self._begin, *self._inner)

    @property
    def async_transport(self) -> httpx.AsyncBaseTransport:
        from onellm.transport.taped import Recording

        return Recording(self._begin, *self._inner)

    def discard(self) -> None:
        """Write nothing: an earlier recording stays as it is."""
        self._discarded = True

    def _begin(self, request: Request) -> _Taken:
        self._check_open()
        with self._lock:
            self._removal.learn_request(request.url, request.headers)
            taken = _Taken(Asked.of(request, self._removal), self._removal)
            self._taken.append(taken)
        return taken

    def __enter__(self) -> Self:
        if self.path.is_dir():
            raise RecordingError(f"{self.path} is a folder; a recording is a file.")
        self.path.parent.mkdir(parents=True, exist_ok=True)  # fails before anything is paid for
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, traceback)
        if kind is None and not self._discarded:
            with self._lock:
                save(self.path, [taken.exchange() for taken in self._taken if taken.answered])


class _Taken:
    """Notes one exchange."""

    def __init__(self, asked: Asked, removal: Removal) -> None:
        self._asked = asked
        self._removal = removal
        self._replied = Replied(end="left")
        self._pieces: list[bytes] = []
        self._open = True

    @property
    def answered(self) -> bool:
        """Whether the head of an answer came."""
        return self._replied.status > 0

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        self._removal.learn_reply(headers)
        self._replied.headers = self._removal.reply_headers(headers)
        self._replied.status = status

    def piece(self, data: bytes) -> None:
        if data:
            self._pieces.append(data)

    def end(self, how: End) -> None:
        if self._open:
            self._open = False
            self._replied.end = how
            self._pieces = self._removal.pieces(self._pieces)

    def exchange(self) -> Exchange:
        """The exchange without anything that is known as secret by now."""
        replied, removal = self._replied, self._removal
        headers = removal.reply_headers(replied.headers)
        without = Replied(replied.status, headers, removal.pieces(self._pieces), replied.end)
        return Exchange(self._asked.without(removal), without)


def record(
    path: str | os.PathLike[str],
    *,
    secrets: Iterable[str] = (),
    transport: httpx.BaseTransport | None = None,
    async_transport: httpx.AsyncBaseTransport | None = None,
) -> Recorder:
    """Record real exchanges into this file, over one that is there.

        with record("tests/recordings/chat.json") as tape:
            client = OneLLM(transport=tape.transport)

    What the requests carry as credentials is removed wherever it shows, and `secrets` too (8 characters or more each).
    `transport` and `async_transport` send in the place of httpx's own; they stay open.
    """
    return Recorder(path, secrets, transport, async_transport)
