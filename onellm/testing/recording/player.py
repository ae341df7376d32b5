"""Replaying: the recording answers, and nothing is sent."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from onellm.testing.recording.difference import difference, nearest
from onellm.testing.recording.errors import UnmatchedRequest
from onellm.testing.recording.exchange import Asked, Replied
from onellm.testing.recording.store import load
from onellm.testing.recording.tape import Tape

if TYPE_CHECKING:
    import httpx

    from onellm.call import Request


class Player(Tape):
    """A tape that replays."""

    recording = False

    def __init__(self, path: str | os.PathLike[str], secrets: Iterable[str], repeat: bool) -> None:
        super().__init__(path, secrets)
        self._again = f"Record it with `with record({str(path)!r})`, or by pytest --onellm-record if it is a fixture's."
        self._exchanges = load(self.path, self._again)
        self._left = list(range(len(self._exchanges)))
        self._repeat = repeat
        self._lock = threading.Lock()

    @property
    def transport(self) -> httpx.BaseTransport:
        from onellm.transport.taped import Replaying

        return Replaying(self._play)

    @property
    def async_transport(self) -> httpx.AsyncBaseTransport:
        from onellm.transport.taped import Replaying

        return Replaying(self._play)

    @property
    def unplayed(self) -> list[str]:
        """The recorded requests that nobody has made yet: their methods and URLs."""
        return [f"{asked.method} {asked.url}" for asked in (self._exchanges[number].asked for number in self._left)]

    def _play(self, request: Request) -> Replied:
        self._check_open()
        removal = self._removal.copy()
        removal.learn_request(request.url, request.headers)
        asked = Asked.of(request, removal)
        with self._lock:
            matching = [number for number, each in enumerate(self._exchanges) if each.asked.key == asked.key]
            for number in matching:
                if number in self._left:
                    self._left.remove(number)
                    return self._exchanges[number].replied
            if matching and self._repeat:
                return self._exchanges[matching[-1]].replied
        raise UnmatchedRequest(self._unmatched(asked, played=bool(matching)))

    def _unmatched(self, asked: Asked, *, played: bool) -> str:
        lines = [f"{self.path} has no answer for {asked.method} {asked.url}; nothing was sent."]
        number = nearest(asked, [each.asked for each in self._exchanges])
        if played:
            lines += [
                "Its recording has been replayed already; replay(…, repeat=True) gives it as often as it is asked."
            ]
        elif number is None:
            lines += ["The recording holds no exchange."]
        else:
            place = f"number {number + 1} of {len(self._exchanges)}"
            seen = "" if number in self._left else ", which has been replayed already"
            lines += [f"The nearest is {place}{seen}:", *difference(self._exchanges[number].asked, asked)]
        return "\n".join([*lines, self._again])


def replay(path: str | os.PathLike[str], *, repeat: bool = False, secrets: Iterable[str] = ()) -> Player:
    """Answer from this recording, and send nothing.

        with replay("tests/recordings/chat.json") as tape:
            client = OneLLM(transport=tape.transport)

    A request matches if method, path, query and body are the recorded ones, a JSON body whatever the order of its
    names. Each exchange answers once, in order; with `repeat` the last that matches answers again. A request without a
    match raises UnmatchedRequest. `secrets` are those that `record` was given. Raises RecordingError.
    """
    return Player(path, secrets, repeat)
