"""What a program asks its engine for: the effects that `exchange` yields, and the stream that it opens.

The blocking engine performs an effect by blocking, the async engine by awaiting; the outcome is sent into the program.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

from onellm.call import Decoder, Request, StreamCall, StreamWork, Work
from onellm.policy import Session

T = TypeVar("T")
E = TypeVar("E")
R = TypeVar("R")

# Plain classes: a dataclass costs a quarter of a millisecond each when the module is imported.


class Send:
    """Send a request. Answer with the open body, or, where `whole`, with a `Reply` whose body was read and bounded.

    `limit`: bytes of that body, where the client's own limit is not meant.
    """

    __slots__ = ("limit", "request", "session", "wait", "whole")

    def __init__(
        self, request: Request, session: Session, wait: float | None, *, whole: bool, limit: int | None = None
    ) -> None:
        self.request = request
        self.limit = limit
        self.session = session
        self.wait = wait
        self.whole = whole


class Read:
    """Read the next piece of an open body; b"" at its end."""

    __slots__ = ("body", "timeout")

    def __init__(self, body: Any, timeout: float | None) -> None:
        self.body = body
        self.timeout = timeout


class ReadAll:
    """Read an open body to its end, bounded; answer with a `Reply`."""

    __slots__ = ("body", "session")

    def __init__(self, body: Any, session: Session) -> None:
        self.body = body
        self.session = session


class Close:
    """Let go of an open body."""

    __slots__ = ("body",)

    def __init__(self, body: Any) -> None:
        self.body = body


class Pause:
    """Wait."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class LookUp:
    """Look up the addresses of a host's name; None where the transport does that by itself."""

    __slots__ = ("host", "port", "timeout")

    def __init__(self, host: str, port: int, timeout: float) -> None:
        self.host = host
        self.port = port
        self.timeout = timeout


class Compute:
    """Run work in its lane."""

    __slots__ = ("session", "work")

    def __init__(self, work: Work[Any], session: Session) -> None:
        self.work = work
        self.session = session


class Drain:
    """Read an opened stream to its end; answer with the assembled whole."""

    __slots__ = ("opened",)

    def __init__(self, opened: Opened[Any, Any]) -> None:
        self.opened = opened


class Together:
    """Run several programs, at most `limit` at once; answer with their results in order."""

    __slots__ = ("limit", "programs")

    def __init__(self, programs: Sequence[Generator[Any, Any, Any]], limit: int) -> None:
        self.programs = programs
        self.limit = limit


class Shielded:
    """Run a program to its end, also where the caller's task is cancelled meanwhile, and where its loop ends.

    `program` makes it: one that went down with its loop's tasks is run again.
    """

    __slots__ = ("program",)

    def __init__(self, program: Callable[[], Generator[Any, Any, None]]) -> None:
        self.program = program


Effects: TypeAlias = Send | Read | ReadAll | Close | Pause | LookUp | Compute | Drain | Together | Shielded
Program: TypeAlias = Generator[Effects, Any, T]


class Opened(Generic[E, R]):
    """A stream whose first events have come (or work that has not begun)."""

    __slots__ = ("body", "decoder", "ended", "events", "first_at", "headers", "op", "session", "size")

    def __init__(
        self,
        op: StreamCall[E, R] | StreamWork[E, R],
        session: Session,
        body: Any = None,
        decoder: Decoder[E] | None = None,
        events: Sequence[E] = (),
        ended: bool = False,
        headers: Mapping[str, str] | None = None,
        first_at: float | None = None,
        size: int = 0,
    ) -> None:
        self.op = op
        self.session = session
        self.body = body
        self.decoder = decoder
        self.events = events
        self.ended = ended
        self.headers = headers or {}
        self.first_at = first_at
        self.size = size
        """Bytes that came before and with the first events."""

    def decoding(self) -> Decoder[E]:
        """The decoder that goes on where opening stopped."""
        if self.decoder is None:
            raise TypeError("the stream is computed here; there is nothing to decode")
        self.decoder.done = self.decoder.done or self.ended
        return self.decoder
