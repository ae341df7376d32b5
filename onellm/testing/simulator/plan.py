"""What the server will do for one answer, as a value: faults change plans, the server carries them out."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from onellm.testing.simulator.http import LAST_CHUNK, encode_chunk, encode_head
from onellm.testing.simulator.values import Answer, SimReply


class End(enum.Enum):
    """What happens when the events have been sent."""

    FINISH = "the body ends as HTTP wants it"
    CLOSE = "the connection is closed (FIN), whatever was still due"
    RESET = "the connection is reset (RST)"
    SILENCE = "nothing, until the client has had enough"
    DRIP = "`drip` every `drip_every` seconds, until the client has had enough"


def in_one_piece(event: bytes) -> Iterable[bytes]:
    """Write an event as it is."""
    return (event,)


@dataclass(frozen=True)
class Plan:
    """An answer on its way. A body that is not streamed is one event; times are in seconds."""

    status: int
    headers: dict[str, str]
    events: tuple[bytes, ...]
    length: int | None
    """The Content-Length to announce; None means a stream, sent in chunks."""
    speaks: bool = True
    """Whether there is a status line at all."""
    delay: float = 0.0
    """The pause before the status line."""
    first_event_delay: float = 0.0
    """The pause between the headers and the first event."""
    write: Callable[[bytes], Iterable[bytes]] = in_one_piece
    """Cuts an event into the pieces that are written one by one."""
    gap: float = 0.0
    """The pause between two such pieces."""
    end: End = End.FINISH
    drip: bytes = b""
    drip_every: float = 0.0

    @classmethod
    def of(cls, answer: Answer) -> Plan:
        """Send the answer as it is."""
        if isinstance(answer, SimReply):
            return cls(answer.status, dict(answer.headers), (answer.body,), len(answer.body))
        headers = {"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache", **answer.headers}
        return cls(answer.status, headers, tuple(answer.events), None)

    @property
    def streams(self) -> bool:
        """Whether the answer is a stream of events."""
        return self.length is None

    def head(self) -> bytes:
        """Status line and headers on the wire."""
        framing = {"Transfer-Encoding": "chunked"} if self.length is None else {"Content-Length": str(self.length)}
        return encode_head(self.status, {**self.headers, **framing})

    def frame(self, data: bytes) -> bytes:
        """A piece of the body on the wire."""
        return encode_chunk(data) if self.streams else data

    def body(self, pace: float) -> Iterator[tuple[float, bytes]]:
        """The writes of the body, each with the pause before it; `pace` is the one between two events."""
        pause = self.first_event_delay
        for event in self.events:
            for piece in self.write(event):
                yield pause, self.frame(piece)
                pause = self.gap
            pause = pace

    def tail(self) -> bytes:
        """What ends the body on the wire."""
        return LAST_CHUNK if self.streams else b""
