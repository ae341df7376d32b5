"""Operations whose events and results are changed by pure functions, whatever kind of operation they are."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar

from onellm.call import Assembler, Call, Decoder, Flow, Op, Reply, StreamCall, StreamOp, StreamWork, Work
from onellm.decode.limits import Limits
from onellm.errors import OneLLMError
from onellm.meta import Meta

A = TypeVar("A")
B = TypeVar("B")
E = TypeVar("E")

Change = Callable[[Any], Any]


def mapped(op: Op[A], change: Callable[[A], B]) -> Op[B]:
    """The operation with another result."""
    if isinstance(op, Call):
        return _call(op, op.parse, change)
    if isinstance(op, Work):
        run = op.run
        return Work(lambda: change(run()), op.lane, op.origin, op.dropped, op.stop)
    return _flow(op, change)


def mapped_stream(
    op: StreamOp[E, A], result: Callable[[A], B], events: Callable[[], Callable[[E], E]] | None = None
) -> StreamOp[E, B]:
    """The stream with another whole answer, and with each event changed; `events` makes a change for each attempt."""
    if isinstance(op, (StreamCall, StreamWork)):
        opened: StreamOp[E, B] = _opened(op, result, events)
        return opened
    return _flow(op, lambda opened: _opened(opened, result, events))


def _call(call: Call[Any], parse: Callable[[Reply], A], change: Callable[[A], B]) -> Call[B]:
    def read(reply: Reply) -> B:
        return change(parse(reply))

    changed: Call[B] = copy.copy(call)
    changed.parse = read
    return changed


def _opened(op: Any, result: Change, events: Callable[[], Change] | None) -> Any:
    changed = copy.copy(op)
    assembler = op.assembler
    changed.assembler = lambda: _Assembler(assembler(), result)
    if events is not None and isinstance(op, StreamCall):
        decoder: Any = op.decoder
        changed.decoder = lambda: _Decoder(decoder(), events())
    elif events is not None:
        run: Callable[[], Iterator[Any]] = op.run
        changed.run = lambda: _changed(run(), events())
    return changed


def _changed(found: Iterator[Any], change: Change) -> Iterator[Any]:
    """The events, changed; to close it closes what computes them."""
    with contextlib.ExitStack() as stack:
        if close := getattr(found, "close", None):
            stack.callback(close)
        yield from map(change, found)


def _flow(flow: Flow[A], change: Callable[[A], B]) -> Flow[B]:
    return change((yield from flow))


class _Assembler(Generic[E, A, B]):
    def __init__(self, assembler: Assembler[E, A], change: Callable[[A], B]) -> None:
        self._inner = assembler
        self.add = assembler.add
        self._result = assembler.result
        self._change = change

    def result(self) -> B:
        return self._change(self._result())

    def account(self, meta: Meta) -> None:
        """Tell the meta what the answer costs, where the assembler knows."""
        if (account := getattr(self._inner, "account", None)) is not None:
            account(meta)


class _Decoder(Generic[E]):
    def __init__(self, decoder: Decoder[E], change: Callable[[E], E]) -> None:
        self._decoder = decoder
        self._change = change
        self.done = False
        self.complete = False
        self.failure: OneLLMError | None = None

    def limit(self, limits: Limits) -> None:
        """Keep these limits in the place of the usual ones."""
        if (limit := getattr(self._decoder, "limit", None)) is not None:
            limit(limits)

    def begin(self, headers: Mapping[str, str]) -> None:
        """Tell the headers of the answer, where the format looks at them."""
        if (begin := getattr(self._decoder, "begin", None)) is not None:
            begin(headers)

    def feed(self, data: bytes, /) -> Sequence[E]:
        return self._changed(self._decoder.feed(data))

    def close(self) -> Sequence[E]:
        return self._changed(self._decoder.close())

    def _changed(self, events: Sequence[E]) -> Sequence[E]:
        decoder = self._decoder
        self.done, self.complete, self.failure = decoder.done, decoder.complete, decoder.failure
        return [self._change(event) for event in events]
