"""Streams as their readers see them: iterators and context managers that close what they opened."""

from __future__ import annotations

import atexit
import os
import sys
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

from onellm import errors
from onellm.call import Decoder
from onellm.decode.limits import beyond
from onellm.effects import Opened
from onellm.failures import name_timeout
from onellm.file_output import whole_file
from onellm.meta import Meta, request_id
from onellm.transport.base import BlockingBody

E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)
R = TypeVar("R")

TAIL = 0.5
"""Seconds granted to the end of the body once the format's own end was seen; then the connection is dropped."""
LAST_WORDS = 5.0
"""Seconds granted to usage and the format's own end once the answer is whole."""


class Source(Protocol[E_co]):
    """Where a blocking stream's events come from; None is the end."""

    def pull(self, timeout: float | None) -> Sequence[E_co] | None: ...

    def close(self) -> None: ...


class BodySource(Generic[E]):
    """Events decoded from an open answer."""

    def __init__(self, body: BlockingBody, decoder: Decoder[E], limit: int, came: int = 0) -> None:
        self._body = body
        self._limit = limit
        self._left = limit - came
        self._decoder = decoder
        self.leave: Callable[[], None] | None = None
        """What to do where the stream is left or fails."""

    def pull(self, timeout: float | None) -> Sequence[E] | None:
        decoder = self._decoder
        if decoder.failure is not None:
            raise decoder.failure
        if self._left < 0:
            raise beyond("The stream is larger than", f"{self._limit} bytes", "max_stream")
        if decoder.done:
            self._read_tail()
            return None
        try:
            data = self._body.read(last_words(timeout) if decoder.complete else timeout)
        except errors.APIConnectionError:
            if not decoder.complete:
                raise
            data = b""
        if data:
            self._left -= len(data)
            if self._left < 0:
                raise beyond("The stream is larger than", f"{self._limit} bytes", "max_stream")
            return decoder.feed(data)
        events = decoder.close()
        decoder.done = True
        if not events and decoder.failure is not None:
            raise decoder.failure
        return events

    def _read_tail(self) -> None:
        until = time.monotonic() + TAIL
        try:
            while self._body.read(until - time.monotonic()):
                pass
        except errors.OneLLMError:
            self._body.close()

    def close(self) -> None:
        self._body.close()
        leave, self.leave = self.leave, None
        if leave is not None:
            leave()


def last_words(timeout: float | None) -> float:
    """How long to wait for the format's own end once the answer is whole."""
    return LAST_WORDS if timeout is None else min(LAST_WORDS, timeout)


class StreamState(Generic[E, R]):
    """What both kinds of stream share: the events that are ready, the answer so far, how it ended."""

    def __init__(self, opened: Opened[E, R]) -> None:
        self._opened = opened
        self._session = opened.session
        self._deadline = opened.session.deadline_at
        self._first_token = opened.session.options.timeout.first_token
        self._stall = opened.session.options.timeout.stall
        self._assembler = opened.op.assembler()
        self._ready: deque[E] = deque()
        self._first_at = opened.first_at
        self._ended = False
        self._failure: errors.OneLLMError | None = None
        self._delivered = False
        self._finished_at: float | None = None
        self._accept(opened.events)

    @property
    def meta(self) -> Meta:
        """Provider, request id, attempts, latency (so far), time to first token, rate limits; cost once it is told."""
        session, op = self._session, self._opened.op
        ended = self._finished_at or time.monotonic()
        first = None if self._first_at is None else self._first_at - session.started
        since = 0.0 if self._first_at is None else time.monotonic() - self._first_at
        meta = Meta(
            op.origin[0],
            op.origin[1],
            tuple(session.attempts),
            ended - session.started,
            first,
            None,
            op.dropped,
            self._opened.headers,
            answered_at=time.time() - since,
        )
        account = getattr(self._assembler, "account", None)
        if account is not None:
            account(meta)
        return meta

    @property
    def partial(self) -> R | None:
        """The answer assembled from what has arrived; None before the first event."""
        return self._assembler.result() if self._first_at is not None else None

    def _accept(self, events: Sequence[E]) -> None:
        if not events:
            return
        if self._first_at is None:
            self._first_at = time.monotonic()
        self._ready.extend(events)
        add = self._assembler.add
        for event in events:
            add(event)

    def _patience(self) -> float | None:
        limit = self._stall if self._first_at is not None else self._first_token
        if self._deadline is None:
            return limit
        remaining = self._deadline - time.monotonic()
        if limit is not None and limit < remaining:
            return limit
        return remaining

    def _end(self) -> None:
        self._ended = True
        if self._finished_at is None:
            self._finished_at = time.monotonic()

    def _fail(self, error: errors.OneLLMError) -> errors.OneLLMError:
        """The error that the reader gets: it carries what had arrived."""
        waiting = "stall" if self._first_at is not None else "first_token"
        if isinstance(error, errors.APITimeoutError):
            failure: errors.OneLLMError = name_timeout(error, self._session, waiting, time.monotonic())
        elif isinstance(error, errors.APIConnectionError) and not isinstance(error, errors.BadResponseError):
            failure = errors.StreamInterrupted(f"The stream broke off: {error}", cause=error)
            failure.__cause__ = error
        else:
            failure = error
        failure.partial = self.partial
        failure.attempts = tuple(self._session.attempts)
        failure.request_id = failure.request_id or request_id(self._opened.headers)
        self._failure = failure
        self._end()
        return failure

    def _result(self) -> R:
        if self._failure is not None:
            raise self._failure
        result = self._assembler.result()
        attach = getattr(result, "attach", None)
        if attach is not None:
            attach(self.meta)
        return result

    def _forgotten(self, ending: Callable[[], bool] = sys.is_finalizing) -> bool:
        """Whether there is something to close; not where the process ends, which does so itself."""
        return getattr(self, "_ended", True) is False and not ending()

    def _left_early(self) -> None:
        if not self._ended and self._failure is None:
            self._failure = errors.StreamInterrupted("The stream was closed before its end.", partial=self.partial)
        self._end()


class Stream(StreamState[E, R]):
    """An iterator over the events of an answer.

    Use it as a context manager, or read it to its end: leaving it early closes the connection, so that the service
    stops (and bills no further). A stream that stops before its end raises; the error's `partial` has what arrived.
    """

    def __init__(self, opened: Opened[E, R], source: Source[E]) -> None:
        self._source = source
        super().__init__(opened)

    def __iter__(self) -> Iterator[E]:
        return self

    def __next__(self) -> E:
        while not self._ready:
            if self._ended:
                if self._failure is not None and not self._delivered:
                    self._delivered = True
                    raise self._failure
                raise StopIteration
            self._pull()
        return self._ready.popleft()

    def _pull(self) -> None:
        try:
            events = self._source.pull(self._patience())
        except errors.OneLLMError as error:
            self._fail(error)
            self._source.close()
        except BaseException:
            self.close()
            raise
        else:
            if events is None:
                self._end()
            else:
                self._accept(events)

    def final(self) -> R:
        """Read the rest and return the whole answer, with usage. Raises what the iteration would have raised."""
        while not self._ended:
            self._ready.clear()
            self._pull()
        self._ready.clear()
        return self._result()

    def save(self: Stream[bytes, Any], path: str | os.PathLike[str]) -> Path:
        """Write what is left of a stream of bytes to a file as it comes, in place of an old one.

        It is either whole or not there. Raises what the iteration would have raised.
        """
        with whole_file(path) as file:
            for piece in self:
                file.write(piece)
        return Path(path)

    def close(self) -> None:
        """Stop: the connection is closed unless the answer had ended. Closing twice is fine."""
        if not self._ended:
            self._left_early()
            self._ready.clear()
            self._source.close()

    def disown(self) -> None:
        """Make no last call, whatever becomes of it: it is another process's stream."""
        if isinstance(self._source, BodySource):
            self._source.leave = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if self._forgotten():
            self.close()


_held: weakref.WeakSet[Stream[Any, Any]] = weakref.WeakSet()


def hold(stream: Stream[Any, Any]) -> None:
    """Close a stream when the program ends, at the latest: while modules go away, no last call can be made."""
    _held.add(stream)


@atexit.register
def _close_held() -> None:
    for stream in list(_held):
        stream.close()


def _after_fork() -> None:
    """What was open before the fork is the parent's to leave."""
    for stream in list(_held):
        stream.disown()
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
