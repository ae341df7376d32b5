"""One operation as a program of sends and pauses: the text that both engines run.

A program is a generator. It yields what needs I/O (`Send`, `Read`, `Pause`, `Compute` …) and is sent the outcome; the
blocking engine performs it by blocking, the async engine by awaiting. Nothing here does either.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Generator, Sequence
from typing import Any, Generic, TypeAlias, TypeVar, cast
from urllib.parse import urlsplit

from onellm import errors
from onellm.budget import Account
from onellm.call import (
    LEAVING,
    Call,
    Decoder,
    Fetch,
    Flow,
    Gather,
    Held,
    Leave,
    Op,
    Reply,
    Report,
    Request,
    Resolve,
    Sleep,
    Step,
    StreamCall,
    StreamOp,
    StreamWork,
    Work,
)
from onellm.decode.json import array
from onellm.decode.limits import DEFAULT, check_depth
from onellm.error_bodies import has_error
from onellm.meta import Meta, request_id
from onellm.policy import NEVER_SENT, Session, repeat, unknown_outcome, wait_for_turn
from onellm.signing import Signed

T = TypeVar("T")
E = TypeVar("E")
R = TypeVar("R")
C = TypeVar("C", bound="Call[Any] | StreamCall[Any, Any]")

SHOWN = 200
WORDS = 64 * 1024
"""Bytes of a stream without events that are kept, since they may be an error in JSON."""


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
    """Run a program to its end, also where the caller's task is cancelled meanwhile."""

    __slots__ = ("program",)

    def __init__(self, program: Generator[Any, Any, None]) -> None:
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
        headers: dict[str, str] | None = None,
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


def execute(op: Op[T], session: Session) -> Program[T]:
    """Run an operation to its result."""
    if isinstance(op, Call):
        if isinstance(op, Fetch):
            fetched: T = yield from _fetched(op, session)
            return fetched
        return (yield from _repeated(op, session, _ask))
    if isinstance(op, Work):
        _check_deadline(session)
        began = time.monotonic()
        result: T = yield Compute(op, session)
        session.record("ok", None, began, time.monotonic())
        return _with_meta(result, op.origin, op.dropped, {}, session)
    return (yield from _flow(op, session))


def open_stream(op: StreamOp[E, R], session: Session) -> Program[Opened[E, R]]:
    """Open a stream: opening is repeated as the policy allows, nothing after the first event."""
    if isinstance(op, StreamCall):
        if op.leave is None:
            return (yield from _repeated(op, session, _open))
        try:
            return (yield from _repeated(op, session, _open))
        except GeneratorExit:
            raise
        except BaseException:
            yield from let_go(op, session)
            raise
    if isinstance(op, StreamWork):
        _check_deadline(session)
        return Opened(op, session)
    return (yield from open_stream((yield from _flow(op, session)), session))


def let_go(op: StreamCall[Any, Any], session: Session) -> Program[None]:
    """The last call of a stream that is left, where it has one."""
    call = op.leave() if op.leave is not None else None
    if call is not None:
        yield Shielded(_leaving(call, session))


def _leaving(call: Call[Any], session: Session) -> Program[None]:
    """A last call, in time of its own; it fails in silence."""
    try:
        yield from execute(call, session.apart(LEAVING, time.monotonic()))
    except errors.OneLLMError:
        return


def _fetched(op: Fetch[T], session: Session) -> Program[T]:
    """A fetch, within its own time."""
    part = session.within(op.seconds, time.monotonic())
    try:
        return (yield from _repeated(op, part, _ask))
    finally:
        session.retries_left = min(session.retries_left, part.retries_left)


def _repeated(call: C, session: Session, attempt: Callable[[C, Session, Account], Program[T]]) -> Program[T]:
    """One attempt; after a failure, as many more as the policy and the account's budget allow."""
    account = session.account(call)

    def may_repeat(error: errors.OneLLMError) -> bool:
        if outcome := unknown_outcome(error, call.effect, call.idempotent, call.origin):
            outcome.attempts = tuple(session.attempts)
            raise outcome from error
        return session.may_repeat(error, call.effect, call.idempotent)

    _check_deadline(session)
    tried = attempt if not account.turns else functools.partial(_in_turn, attempt)
    try:
        try:
            result = yield from tried(call, session, account)
        except Held:
            result = yield from _in_turn(attempt, call, session, account)
    except errors.OneLLMError as error:
        if not may_repeat(error) or session.retries_left <= 0:
            raise
        failure = error
    else:
        return result
    again = functools.partial(_in_turn, attempt, call, session, account)
    return (yield from repeat(again, Pause, session, failure, may_repeat, account))


def _in_turn(
    attempt: Callable[[C, Session, Account], Program[T]], call: C, session: Session, account: Account
) -> Program[T]:
    """One attempt, when it is this call's turn."""
    while True:
        yield from wait_for_turn(call, session, account, Pause)
        try:
            return (yield from attempt(call, session, account))
        except Held:
            continue


def _ask(call: Call[T], session: Session, account: Account) -> Program[T]:
    """One attempt of a call."""
    began = time.monotonic()
    status: int | None = None
    signed = Signed(call)
    limit: int | None = None
    if isinstance(call, Fetch):
        signed.request.address, limit = call.address, call.limit
    try:
        while True:
            if signed.work is not None:
                yield from _sign(signed, session)
            wait = _shortest(session.options.timeout.reply, session.remaining(time.monotonic()))
            signed.request.held = functools.partial(account.holds, call.origin[1], began)
            reply: Reply = yield Send(signed.request, session, wait, whole=True, limit=limit)
            status = reply.status
            if not signed.again(reply):
                break
        result = _interpret(call, reply, session)
    except errors.OneLLMError as error:
        raise _noted(error, call, status, began, session, account, "reply") from error.__cause__
    now = time.monotonic()
    session.record("ok", status, began, now)
    session.succeeded(account, call.origin[1], began, now)
    return _with_meta(result, call.origin, call.dropped, reply.headers, session)


def _sign(signed: Signed, session: Session) -> Program[None]:
    """Compute what the signature needs."""
    while signed.work is not None:
        _check_deadline(session)
        signed.done((yield Compute(signed.work, session)))


def _interpret(call: Call[T], reply: Reply, session: Session) -> T:
    if reply.status >= 300:
        raise refusal(call, reply)
    check_depth(reply.body, session.limits.depth)
    try:
        return call.parse(reply)
    except errors.OneLLMError as error:
        error.request_id = error.request_id or request_id(reply.headers)
        raise
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        reason = type(error).__name__
    # Raised out here, since the failure's frames hold the answer, which may echo the key.
    raise call.error(reply) if has_error(reply.body) else _bad_response(call, reply, reason)


def _open(call: StreamCall[E, R], session: Session, account: Account) -> Program[Opened[E, R]]:
    """One attempt to open a stream, up to its first event."""
    began = time.monotonic()
    status: int | None = None
    body: Any = None
    signed = Signed(call)
    try:
        while True:
            if signed.work is not None:
                yield from _sign(signed, session)
            wait = _shortest(session.options.timeout.first_token, session.remaining(time.monotonic()))
            signed.request.held = functools.partial(account.holds, call.origin[1], began)
            body = yield Send(signed.request, session, wait, whole=False)
            status = body.status
            if body.status < 300 and _streams(body.headers, call.media_type):
                break
            reply: Reply = yield ReadAll(body, session)
            if not signed.again(reply):
                raise refusal(call, reply)
        opened = yield from _first_events(call, session, body, began)
    except errors.OneLLMError as error:
        if body is not None:
            yield Close(body)
        raise _noted(error, call, status, began, session, account, "first_token") from error.__cause__
    except Exception:  # a decoder's mistake; it must not keep the connection
        if body is not None:
            yield Close(body)
        raise
    now = time.monotonic()
    session.record("ok", status, began, now)
    session.succeeded(account, call.origin[1], began, now)
    return opened


def _first_events(call: StreamCall[E, R], session: Session, body: Any, began: float) -> Program[Opened[E, R]]:
    decoder = call.decoder()
    if session.limits is not DEFAULT and (bound := getattr(decoder, "limit", None)) is not None:
        bound(session.limits)
    events: Sequence[E] = ()
    head = b""
    size = 0
    ended = False
    limit = session.options.timeout.first_token
    while not events and not ended:
        now = time.monotonic()
        limits = (None if limit is None else limit - (now - began)), session.remaining(now)
        data: bytes = yield Read(body, min((left for left in limits if left is not None), default=None))
        events = decoder.feed(data) if data else decoder.close()
        size += len(data)
        ended = not data
        if not events:
            head += data[: WORDS - len(head)]
        if decoder.failure is not None and not events:
            raise _no_event(call, body, head, decoder.failure)
        if decoder.done:
            break
    return Opened(call, session, body, decoder, events, ended, body.headers, time.monotonic(), size)


def _no_event(call: StreamCall[Any, Any], body: Any, head: bytes, failure: errors.OneLLMError) -> errors.OneLLMError:
    """The error for a stream that failed before its first event: perhaps it was an answer in JSON instead."""
    if isinstance(failure, errors.StreamInterrupted):
        reply = Reply(body.status, body.headers, head)
        if has_error(head):
            return call.error(reply)
        if head.lstrip().startswith((b"{", b"[")):
            return _bad_response(call, reply, "a whole answer where a stream was asked for")
    failure.request_id = failure.request_id or request_id(body.headers)
    return failure


def _flow(flow: Flow[T], session: Session) -> Program[T]:
    """Run a flow: each step's outcome goes in, each step's error is thrown in. The result's meta tells of all steps."""
    last: Meta | None = None
    try:
        step = next(flow)
        while True:
            try:
                outcome = yield from _step(step, session)
            except BaseException as error:  # noqa: BLE001 - cancellation too: the flow may have something to undo
                step = flow.throw(error)
            else:
                last = _meta_in(outcome) or last
                step = flow.send(outcome)
    except StopIteration as finished:
        result = cast("T", finished.value)
        if last is not None and _meta_in(result) is not None:
            headers = dict(last.reply_headers)
            return _with_meta(result, (last.provider, last.model), last.dropped_params, headers, session)
        return result
    finally:
        flow.close()


def _meta_in(outcome: Any) -> Meta | None:
    """The meta of a step's outcome, or of the last of several."""
    several = array(outcome)
    meta = getattr(several[-1] if several else outcome, "meta", None)
    return meta if isinstance(meta, Meta) else None


def _step(step: Step, session: Session) -> Program[Any]:
    if isinstance(step, (Call, Work)):
        return (yield from execute(cast("Op[Any]", step), session))
    if isinstance(step, (StreamCall, StreamWork)):
        return (yield Drain((yield from open_stream(cast("StreamOp[Any, Any]", step), session))))
    if isinstance(step, Gather):
        return (yield Together([execute(call, session) for call in step.calls], step.limit))
    if isinstance(step, Report):
        if session.options.on_progress is not None:
            session.options.on_progress(step.progress)
        return None
    if isinstance(step, Leave):
        return (yield Shielded(_leaving(step.call, session)))
    if isinstance(step, Sleep):  # pyright: ignore[reportUnnecessaryIsInstance] - a plugin may yield anything
        _check_deadline(session, step.seconds)
        yield Pause(step.seconds)
        return None
    if isinstance(step, Resolve):  # pyright: ignore[reportUnnecessaryIsInstance] - the same
        _check_deadline(session)
        remaining = session.remaining(time.monotonic())
        return (yield LookUp(step.host, step.port, step.seconds if remaining is None else min(step.seconds, remaining)))
    raise TypeError(f"a flow yielded {type(step).__name__}, which is no step")


def _check_deadline(session: Session, seconds: float = 0.0) -> None:
    """Raise where the deadline comes before `seconds` are over: nothing is begun after it, least of all a purchase."""
    remaining = session.remaining(time.monotonic())
    if remaining is not None and remaining <= seconds:
        error = errors.APITimeoutError(f"The deadline of {session.deadline:g} s is over.", phase="deadline")
        error.attempts = tuple(session.attempts)
        raise error


def refusal(call: Call[Any] | StreamCall[Any, Any], reply: Reply) -> errors.OneLLMError:
    """The error for a reply that is no result."""
    if reply.status == 407:
        return errors.APIConnectionError(
            "A proxy in between wants a user name and password (407 Proxy Authentication Required): write them into "
            "HTTP_PROXY or Connections(proxy=…) as http://user:password@host:port.",
            phase="proxy",
        )
    if 300 <= reply.status < 400:
        target = _host_in(reply.headers.get("location", "")) or "an unnamed place"
        host = urlsplit(call.url).hostname
        redirect = errors.UnexpectedRedirectError(
            f"{host} redirects to {target} ({reply.status}); OneLLM does not follow, since your key would go along. "
            f"If {target} is right, use it as the base URL.",
            phase="read",
        )
        if isinstance(call, Fetch):  # elsewhere it may repeat a key
            redirect.location = reply.headers.get("location", "")
        return redirect
    if reply.status < 300 and not has_error(reply.body):
        return _bad_response(call, reply, "a whole answer where a stream was asked for")
    return call.error(reply)


def _host_in(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _bad_response(call: Call[Any] | StreamCall[Any, Any], reply: Reply, reason: str) -> errors.BadResponseError:
    secret = getattr(call.auth, "secret", None) or getattr(call.auth, "last", None)
    reveal = getattr(secret, "reveal", None)
    body = reply.body.replace(reveal().encode(), b"[key]") if reveal is not None else reply.body
    kind = reply.headers.get("content-type", "no content type").partition(";")[0]
    text = " ".join(body[:SHOWN].decode("utf-8", "replace").split())
    error = errors.BadResponseError(
        f"{call.origin[0]} answered {reply.status} with something that is no result "
        f"({kind}, {len(reply.body)} bytes; {reason}). "
        "Is the base URL right, and is nothing (a proxy, a login page) in between?",
        status=reply.status,
        body=text,
    )
    error.request_id = request_id(reply.headers)
    return error


def _noted(
    error: errors.OneLLMError,
    call: Call[Any] | StreamCall[Any, Any],
    status: int | None,
    began: float,
    session: Session,
    account: Account,
    waiting: str,
) -> errors.OneLLMError:
    """The error with its attempts, and a timeout with the limit that ran out. The account hears of it."""
    now = time.monotonic()
    if isinstance(error, errors.APITimeoutError):
        timeout = session.options.timeout
        limit = timeout.reply if waiting == "reply" else timeout.first_token
        if limit is None or now - began < limit - 0.01:  # it began to answer in time, and then fell silent
            waiting = "stall" if timeout.stall is not None and now - began >= timeout.stall - 0.01 else ""
        error = name_timeout(error, session, waiting, now)
    if call.unreachable and isinstance(error, errors.APIConnectionError) and error.phase in ("connect", "dns"):
        error.args = (f"{error} {call.unreachable}", *error.args[1:])
    status = getattr(error, "status", None) or status
    session.record(type(error).__name__, status, began, now)
    session.failed(account, call.origin[1], error, began, now)
    error.attempts = tuple(session.attempts)
    return error


def name_timeout(error: errors.APITimeoutError, session: Session, waiting: str, now: float) -> errors.APITimeoutError:
    """A timeout named after the limit that ran out: the deadline, the first token, a stall."""
    if error.phase in ("connect", "pool") and (session.deadline_at is None or now < session.deadline_at - 0.01):
        return error
    timeout = session.options.timeout
    if session.deadline_at is not None and now >= session.deadline_at - 0.01:
        text, phase = f"The deadline of {session.deadline:g} s is over.", "deadline"
    elif waiting == "first_token" and timeout.first_token is not None:
        text, phase = f"No first token within {timeout.first_token:g} s.", "first_token"
    elif waiting == "reply" and timeout.reply is not None:
        text, phase = f"No answer within {timeout.reply:g} s.", "read"
    elif waiting == "stall" and timeout.stall is not None:
        text, phase = f"The answer was silent for {timeout.stall:g} s.", "stall"
    else:
        return error
    sent = error.phase not in NEVER_SENT
    advice = "Raise timeout= or deadline= if that is too soon." if sent else str(error)
    named = errors.APITimeoutError(f"{text} {advice}", phase=cast("errors.Phase", phase))
    named.sent = sent
    return named


def _with_meta(
    result: T, origin: tuple[str, str], dropped: tuple[str, ...], headers: dict[str, str], session: Session
) -> T:
    attach = getattr(result, "attach", None)
    if attach is not None:
        attach(
            Meta(
                origin[0],
                origin[1],
                tuple(session.attempts),
                time.monotonic() - session.started,
                None,
                None,
                dropped,
                headers,
            )
        )
    return result


def _streams(headers: dict[str, str], media_type: str) -> bool:
    """Whether the answer can be the stream: JSON and HTML are not, whatever else hosts call it may be."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == media_type or kind not in ("application/json", "text/html", "application/problem+json")


def _shortest(*limits: float | None) -> float | None:
    given = [limit for limit in limits if limit is not None]
    return max(0.001, min(given)) if given else None
