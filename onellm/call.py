"""Values that describe an effect. Nothing here performs one: an engine does.

A provider answers a request with an `Op`: a `Call` (one HTTP exchange), `Work` (computing in this process) or a
`Flow` (a generator of such steps). A streamed operation is a `StreamOp`.
"""

from __future__ import annotations

import enum
import os
import threading
import weakref
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Protocol, Required, TypeAlias, TypedDict, TypeVar, Unpack

from onellm.body import JSON, Body

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from onellm.errors import APIError, OneLLMError
    from onellm.options import Options

T = TypeVar("T")
E = TypeVar("E")
R = TypeVar("R")
E_co = TypeVar("E_co", covariant=True)
E_contra = TypeVar("E_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)

Parts = list[tuple[str, str]]


class Effect(enum.Enum):
    """What repeating a call would cost: nothing, tokens, or a purchase."""

    READ = "read"
    INFERENCE = "inference"
    PURCHASE = "purchase"


class Reply:
    """An answer as a value: status, headers (names in lower case) and body."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> None:
        self.status = status
        lower = {name.lower(): value for name, value in headers.items()} if headers else {}
        self.headers: Mapping[str, str] = lower
        self.body = body

    def __repr__(self) -> str:
        return f"Reply({self.status}, {self.headers.get('content-type', '')!r}, {len(self.body)} bytes)"


class Request:
    """What goes on the wire in one attempt. Its repr shows neither headers (credentials) nor body (data).

    `address`: the IP address to connect to, where the host's name must not be looked up again. `held` is asked by a
    transport whose pool made the request wait: True means that it must not be sent now, and `Held` is raised.
    """

    __slots__ = ("address", "content", "headers", "held", "method", "url")

    def __init__(self, method: str, url: str, headers: Parts, content: bytes, address: str | None = None) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.content = content
        self.address = address
        self.held: Callable[[], bool] | None = None

    def __repr__(self) -> str:
        return f"Request({self.method} {self.url.partition('?')[0]})"


class Held(Exception):
    """While a request waited for a connection, the service refused others. It was not sent."""


class Auth(Protocol):
    """Signs a request, and may answer a refusal by signing again.

    Calls to one provider whose `auth.secret` is equal share a budget of retries; where there is none, all share one.

    `flow` yields a request to send and is sent the `Reply` if it was refused (401, 402); it ends when it is content.
    Where it must compute first what may block, such as fetching a token, it yields `Work` and is sent what came of it.
    """

    def flow(self, request: Request) -> Generator[Request | Work[Any], Any, None]: ...


class Decoder(Protocol[E_co]):
    """Bytes in, events out.

    `close` is called at the end of the body. `done`: the format's own end was seen, and nothing after it counts.
    `complete`: the answer is whole, though the format's end is to come; a connection that breaks now does no harm.
    `failure`: the stream failed after the events that were just returned (an error event, broken data, a cut end);
    it is kept rather than raised, so that the events before it are not lost.
    Where a decoder has a method `limit`, it is called first, with the client's limits on sizes (`decode.limits`). Where
    it has a method `begin`, that gets the headers of the answer.
    """

    done: bool = False
    complete: bool = False

    @property
    def failure(self) -> OneLLMError | None: ...

    def feed(self, data: bytes, /) -> Sequence[E_co]: ...

    def close(self) -> Sequence[E_co]: ...


class Assembler(Protocol[E_contra, R_co]):
    """Makes the whole answer of a stream's events, as they come."""

    def add(self, event: E_contra, /) -> None: ...

    def result(self) -> R_co: ...


class ExchangeFields(TypedDict, total=False):
    """The fields of an exchange, for the constructors of its kinds."""

    method: Required[str]
    url: Required[str]
    error: Required[Callable[[Reply], APIError]]
    headers: Mapping[str, str] | None
    body: Body | Callable[[], Body]
    auth: Auth | None
    effect: Effect
    origin: tuple[str, str]
    dropped: tuple[str, ...]
    idempotent: bool
    unreachable: str


class Exchange:
    """What a call and a stream call share: everything that goes out, and how a refusal is read."""

    __slots__ = (
        "auth", "body", "dropped", "effect", "error", "headers", "idempotent", "method", "origin", "unreachable", "url"
    )  # fmt: skip

    def __init__(
        self,
        *,
        method: str,
        url: str,
        error: Callable[[Reply], APIError],
        headers: Mapping[str, str] | None = None,
        body: Body | Callable[[], Body] = None,
        auth: Auth | None = None,
        effect: Effect = Effect.INFERENCE,
        origin: tuple[str, str] = ("", ""),
        dropped: tuple[str, ...] = (),
        idempotent: bool = False,
        unreachable: str = "",
    ) -> None:
        self.method = method
        self.url = url
        self.error = error
        self.headers: Mapping[str, str] = headers or {}
        self.body = body
        self.auth = auth
        self.effect = effect
        self.origin = origin
        self.dropped = dropped
        self.idempotent = idempotent
        self.unreachable = unreachable

    @property
    def json(self) -> Any:
        """The JSON value of the body; None where the body is not JSON."""
        return self.body.value if isinstance(self.body, JSON) else None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.method} {self.url.partition('?')[0]}, {self.effect.value})"


class Call(Exchange, Generic[T]):
    """One HTTP exchange.

    `method`, `url`, `headers` and `body` (a JSON value, form, multipart, bytes, or a function that makes it afresh
    for each attempt) hold no credential: `auth` alone adds it. `parse` and `error` are pure. `effect` is what repeating
    would cost; `idempotent`: the service takes an idempotency key and one is among the headers, so that a purchase may
    be repeated.
    `origin` is (provider, model); `dropped` names parameters that were left out. `unreachable` is
    advice for the case that nothing answers at the address.
    """

    __slots__ = ("parse",)

    def __init__(self, *, parse: Callable[[Reply], T], **exchange: Unpack[ExchangeFields]) -> None:
        super().__init__(**exchange)
        self.parse = parse


class Fetch(Call[T]):
    """A call to a host that nobody has vouched for, such as the one of an image's URL.

    It goes to `address`, whatever the host's name stands for by then, through no proxy and on a connection of its own.
    The answer has at most `limit` bytes and takes at most `seconds`.
    """

    __slots__ = ("address", "limit", "seconds")

    def __init__(
        self,
        *,
        address: str | None,
        limit: int,
        seconds: float,
        parse: Callable[[Reply], T],
        **exchange: Unpack[ExchangeFields],
    ) -> None:
        super().__init__(parse=parse, **exchange)
        self.address = address
        self.limit = limit
        self.seconds = seconds


class StreamCall(Exchange, Generic[E, R]):
    """One HTTP exchange that answers with events E, of which the assembler makes the whole answer R.

    `decoder` and `assembler` are factories: each attempt needs fresh ones. `media_type` is what the stream comes as; an
    answer in JSON or HTML instead is an error. `leave` gives the call to make where the stream is left before its end
    or fails (None: there is nothing to do by then), as the step `Leave` is made. The rest is as in `Call`.
    """

    __slots__ = ("assembler", "decoder", "leave", "media_type")

    def __init__(
        self,
        *,
        decoder: Callable[[], Decoder[E]],
        assembler: Callable[[], Assembler[E, R]],
        media_type: str = "text/event-stream",
        leave: Callable[[], Call[Any] | None] | None = None,
        **exchange: Unpack[ExchangeFields],
    ) -> None:
        super().__init__(**exchange)
        self.decoder = decoder
        self.assembler = assembler
        self.media_type = media_type
        self.leave = leave


class Lane:
    """A lock and one thread, for each model that computes in this process; held for a whole generation."""

    def __init__(self, name: str = "lane") -> None:
        self.name = name
        self.reset()
        _lanes.add(self)

    def reset(self) -> None:
        """A lock that nobody holds and no thread yet: after a fork the old ones are the parent's."""
        self.lock = threading.Lock()
        self._executor: ThreadPoolExecutor | None = None

    @property
    def executor(self) -> ThreadPoolExecutor:
        """The lane's one thread, started when it is first needed."""
        if self._executor is None:
            from concurrent.futures import ThreadPoolExecutor

            self._executor = ThreadPoolExecutor(1, thread_name_prefix=f"onellm-{self.name}")
        return self._executor

    def close(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=False)
            self._executor = None


_lanes: weakref.WeakSet[Lane] = weakref.WeakSet()


def _after_fork() -> None:
    for lane in list(_lanes):
        lane.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class Work(Generic[T]):
    """Computing in this process. `stop` is called by another thread when time is over or nobody waits any more."""

    __slots__ = ("dropped", "lane", "origin", "run", "stop")

    def __init__(
        self,
        run: Callable[[], T],
        lane: Lane,
        origin: tuple[str, str] = ("", ""),
        dropped: tuple[str, ...] = (),
        stop: Callable[[], None] | None = None,
    ) -> None:
        self.run = run
        self.lane = lane
        self.origin = origin
        self.dropped = dropped
        self.stop = stop


class StreamWork(Generic[E, R]):
    """Computing in this process that yields events; closing the iterator stops it, and `stop` what is under way."""

    __slots__ = ("assembler", "dropped", "lane", "origin", "run", "stop")

    def __init__(
        self,
        run: Callable[[], Iterator[E]],
        lane: Lane,
        assembler: Callable[[], Assembler[E, R]],
        origin: tuple[str, str] = ("", ""),
        dropped: tuple[str, ...] = (),
        stop: Callable[[], None] | None = None,
    ) -> None:
        self.run = run
        self.lane = lane
        self.assembler = assembler
        self.origin = origin
        self.dropped = dropped
        self.stop = stop


class Sleep:
    """A step that waits, within the deadline of the whole flow."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class Resolve:
    """A step that looks up the IP addresses of a host's name. None: the transport is the caller's and looks up itself.

    Raises APIConnectionError where the name is not known.
    """

    __slots__ = ("host", "port", "seconds")

    def __init__(self, host: str, port: int, seconds: float) -> None:
        self.host = host
        self.port = port
        self.seconds = seconds


class Report:
    """A step that tells the caller's progress callback something."""

    __slots__ = ("progress",)

    def __init__(self, progress: object) -> None:
        self.progress = progress


class Gather:
    """A step of several operations, at most `limit` at once (one after the other in the blocking engine)."""

    __slots__ = ("calls", "limit")

    def __init__(self, calls: Sequence[Op[Any]], limit: int) -> None:
        self.calls = calls
        self.limit = limit


LEAVING = 5.0
"""Seconds for the last step of something that is left."""


class Leave:
    """A step that a flow takes on its way out, such as a request to cancel what it began.

    The deadline may be over and the caller gone: it has `LEAVING` seconds of its own, a cancelled task finishes it, and
    how it went is told to nobody. Where the event loop ends meanwhile, it may be made twice. A flow takes it while it
    handles an error (not a GeneratorExit, which allows none).
    """

    __slots__ = ("call",)

    def __init__(self, call: Call[Any]) -> None:
        self.call = call


Step: TypeAlias = (
    "Call[Any] | Work[Any] | StreamCall[Any, Any] | StreamWork[Any, Any] | Sleep | Resolve | Report | Gather | Leave"
)
Flow: TypeAlias = Generator[Step, Any, T]
Op: TypeAlias = "Call[T] | Work[T] | Flow[T]"
StreamOp: TypeAlias = "StreamCall[E, R] | StreamWork[E, R] | Flow[StreamCall[E, R] | StreamWork[E, R]]"


def ask(op: Op[T]) -> Flow[T]:
    """Run `op` inside a flow: `queued = yield from ask(call)`."""
    if isinstance(op, (Call, Work)):
        result: T = yield op
        return result
    return (yield from op)


def ask_all(calls: Sequence[Op[T]], limit: int = 8) -> Flow[list[T]]:
    """Run several operations inside a flow; the results come in their order."""
    results: list[T] = yield Gather(calls, limit)
    return results


def sleep(seconds: float) -> Flow[None]:
    """Wait inside a flow."""
    yield Sleep(seconds)


def report(progress: object) -> Flow[None]:
    """Tell the caller how far the flow is."""
    yield Report(progress)


def leave(call: Call[Any]) -> Flow[None]:
    """Make a last call inside a flow that is being left."""
    yield Leave(call)


class Prepared(Generic[T]):
    """An operation and the options it is to be performed with."""

    __slots__ = ("op", "options")

    def __init__(self, op: Op[T], options: Options) -> None:
        self.op = op
        self.options = options


class PreparedStream(Generic[E, R]):
    """A streamed operation and the options it is to be performed with."""

    __slots__ = ("op", "options")

    def __init__(self, op: StreamOp[E, R], options: Options) -> None:
        self.op = op
        self.options = options
