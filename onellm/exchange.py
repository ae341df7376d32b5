"""One operation as a program of sends and pauses: the text that both engines run.

A program is a generator. It yields what needs I/O (`Send`, `Read`, `Pause`, `Compute` …) and is sent the outcome; the
blocking engine performs it by blocking, the async engine by awaiting. Nothing here does either.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from onellm import errors
from onellm.budget import Account
from onellm.call import (
    LEAVING,
    Call,
    Fetch,
    Flow,
    Gather,
    Held,
    Leave,
    Op,
    Reply,
    Report,
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
from onellm.effects import (
    Close,
    Compute,
    Drain,
    LookUp,
    Opened,
    Pause,
    Program,
    Read,
    ReadAll,
    Send,
    Shielded,
    Together,
)
from onellm.error_bodies import has_error
from onellm.failures import bad_response, no_event, noted, refusal
from onellm.meta import Meta, request_id
from onellm.policy import Session, repeat, unknown_outcome, wait_for_turn
from onellm.signing import Signed

T = TypeVar("T")
E = TypeVar("E")
R = TypeVar("R")
C = TypeVar("C", bound="Call[Any] | StreamCall[Any, Any]")

WORDS = 64 * 1024
"""Bytes of a stream without events that are kept, since they may be an error in JSON."""


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
        yield Shielded(functools.partial(_leaving, call, session))


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
        raise noted(error, call, status, began, session, account, "reply") from error.__cause__
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
    raise call.error(reply) if has_error(reply.body) else bad_response(call, reply, reason)


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
        raise noted(error, call, status, began, session, account, "first_token") from error.__cause__
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
    if (begin := getattr(decoder, "begin", None)) is not None:
        begin(body.headers)
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
            raise no_event(call, body, head, decoder.failure)
        if decoder.done:
            break
    return Opened(call, session, body, decoder, events, ended, body.headers, time.monotonic(), size)


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
        return (yield Shielded(functools.partial(_leaving, step.call, session)))
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


def _with_meta(
    result: T, origin: tuple[str, str], dropped: tuple[str, ...], headers: Mapping[str, str], session: Session
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


def _streams(headers: Mapping[str, str], media_type: str) -> bool:
    """Whether the answer can be the stream: JSON and HTML are not, whatever else hosts call it may be."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == media_type or kind not in ("application/json", "text/html", "application/problem+json")


def _shortest(*limits: float | None) -> float | None:
    given = [limit for limit in limits if limit is not None]
    return max(0.001, min(given)) if given else None
