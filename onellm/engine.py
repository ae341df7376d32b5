"""The blocking way to perform a program. Here, and in `async_engine`, a call meets a transport; nowhere else."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, ClassVar, Self, TypeVar

from onellm import errors
from onellm.budget import Accounts
from onellm.call import Op, Reply, StreamCall, StreamOp
from onellm.decode.limits import beyond
from onellm.effects import (
    Close,
    Compute,
    Drain,
    Effects,
    LookUp,
    Opened,
    Pause,
    Program,
    Read,
    ReadAll,
    Send,
    Shielded,
)
from onellm.exchange import execute, let_go, open_stream
from onellm.lanes import WorkSource, run_here
from onellm.meta import request_id
from onellm.options import Options
from onellm.policy import Session
from onellm.stream import BodySource, Stream, hold
from onellm.transport.base import BlockingBody, BlockingTransport, Connections
from onellm.transport.choice import blocking_transport

T = TypeVar("T")
E = TypeVar("E")
R = TypeVar("R")

DEFAULTS = Options()


class Engine:
    """Performs operations by blocking. Safe to share between threads."""

    asynchronous: ClassVar[bool] = False

    def __init__(self, transport: BlockingTransport | None = None, connections: Connections | None = None) -> None:
        self._connections = connections or Connections()
        self._accounts = Accounts()
        self._limits = self._connections.limits()
        self._transport = blocking_transport(None, self._connections) if transport is None else transport

    def run(self, op: Op[T], options: Options = DEFAULTS) -> T:
        """Perform an operation and return its result. Raises OneLLMError."""
        return self._perform(execute(op, self._session(options)))

    def stream(self, op: StreamOp[E, R], options: Options = DEFAULTS) -> Stream[E, R]:
        """Open a stream; it has its first event when this returns. Raises OneLLMError."""
        return self._open(self._perform(open_stream(op, self._session(options))))

    def close(self) -> None:
        """Close idle connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _session(self, options: Options) -> Session:
        return Session(options, time.monotonic(), self._accounts, self._limits)

    def _perform(self, program: Program[T]) -> T:
        try:
            step = next(program)
            while True:
                try:
                    outcome = self._do(step)
                except BaseException as error:  # noqa: BLE001 - the program decides what an error means
                    step = program.throw(error)
                else:
                    step = program.send(outcome)
        except StopIteration as finished:
            result: T = finished.value
            return result

    def _do(self, step: Effects) -> Any:
        if isinstance(step, Send):
            timeout = step.session.options.timeout
            body = self._transport.send(step.request, timeout.connect, timeout.pool, step.wait)
            return self._read_all(body, step.session, step.limit) if step.whole else body
        if isinstance(step, Read):
            return step.body.read(step.timeout)
        if isinstance(step, Pause):
            return time.sleep(step.seconds)
        if isinstance(step, ReadAll):
            return self._read_all(step.body, step.session, None)
        if isinstance(step, Close):
            return step.body.close()
        if isinstance(step, LookUp):
            return self._transport.look_up(step.host, step.port, step.timeout)
        if isinstance(step, Compute):
            return run_here(step.work, step.session.remaining(time.monotonic()))
        if isinstance(step, Drain):
            return self._open(step.opened).final()
        if isinstance(step, Shielded):
            return self._perform(step.program())
        return [self._perform(program) for program in step.programs]

    def _read_all(self, body: BlockingBody, session: Session, limit: int | None) -> Reply:
        limit = self._connections.max_reply if limit is None else limit
        pieces: list[bytes] = []
        size = 0
        try:
            while piece := body.read(patience(session)):
                pieces.append(piece)
                size += len(piece)
                if size > limit:
                    raise beyond("The answer is larger than", f"{limit} bytes", "max_reply")
        except errors.OneLLMError as error:
            error.request_id = error.request_id or request_id(body.headers)
            body.close()
            raise
        return reply_of(body.status, body.headers, pieces)

    def _open(self, opened: Opened[E, R]) -> Stream[E, R]:
        if isinstance(opened.op, StreamCall):
            most = self._connections.max_stream
            source = BodySource(opened.body, opened.decoding(), most, opened.size)
            if opened.op.leave is not None:
                source.leave = functools.partial(self._let_go, opened.op, opened.session)
            stream = Stream(opened, source)
            if source.leave is not None:
                hold(stream)
            return stream
        return Stream(opened, WorkSource(opened.op, opened.session.remaining(time.monotonic())))

    def _let_go(self, op: StreamCall[Any, Any], session: Session) -> None:
        self._perform(let_go(op, session))


def reply_of(status: int, headers: Mapping[str, str], pieces: list[bytes]) -> Reply:
    reply = Reply(status, None, pieces[0] if len(pieces) == 1 else b"".join(pieces))
    reply.headers = headers
    return reply


def patience(session: Session) -> float | None:
    """How long the next piece of a whole answer may take: the stall limit, within the deadline."""
    remaining = session.remaining(time.monotonic())
    stall = session.options.timeout.stall
    if stall is None or remaining is None:
        return stall if remaining is None else remaining
    return min(stall, remaining)
