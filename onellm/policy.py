"""What is tried again, after how long, and when to give up.

What is known about a failed attempt decides, together with what repeating would cost:

    never sent, or refused unprocessed (429, 503, 529)   anything may be sent again, a purchase too
    probably not done (408, 500, 502, 504, a reset)      reads and inference
    unknown (no answer came in time)                     reads; inference where `retry_unknown` says so
"""

from __future__ import annotations

import enum
import random
import sys
import time
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, TypeVar

from onellm import errors
from onellm.budget import REFUSED_COST, RETRY_COST, Account, Accounts
from onellm.call import Call, Effect, StreamCall
from onellm.decode.limits import DEFAULT, Limits
from onellm.meta import Attempt

if TYPE_CHECKING:
    from onellm.options import Options

T = TypeVar("T")
IO = TypeVar("IO")

NEVER_SENT: frozenset[errors.Phase] = frozenset({"dns", "connect", "tls", "proxy", "pool"})
UNPROCESSED = frozenset({429, 503, 529})
PROBABLY_NOT_DONE = frozenset({408, 500, 502, 504})
SPENT = "It was not tried again: so many calls with this key failed lately that the client's retries are spent."


class Knowledge(enum.IntEnum):
    """What is known about a failed attempt."""

    NOT_DONE = 0
    PROBABLY_NOT_DONE = 1
    UNKNOWN = 2
    FINAL = 3


def classify(error: errors.OneLLMError) -> Knowledge:
    """What the error says about whether the service did the work. FINAL: repeating would give the same."""
    if isinstance(error, errors.APIError):
        return _classify_status(error)
    if isinstance(error, (errors.BadResponseError, errors.UnexpectedRedirectError)):
        # A cut or garbled answer came after the work was done; a page from a proxy (5xx) did not.
        status = getattr(error, "status", None)
        return Knowledge.PROBABLY_NOT_DONE if status in PROBABLY_NOT_DONE | UNPROCESSED else Knowledge.FINAL
    if isinstance(error, errors.APIConnectionError):
        if error.phase in NEVER_SENT or not error.sent:
            return Knowledge.NOT_DONE
        if error.phase in ("reset", "send"):
            return Knowledge.PROBABLY_NOT_DONE
        return Knowledge.UNKNOWN
    if isinstance(error, errors.StreamInterrupted):
        return Knowledge.PROBABLY_NOT_DONE if error.partial is None else Knowledge.FINAL
    return Knowledge.FINAL


def _classify_status(error: errors.APIError) -> Knowledge:
    if isinstance(error, errors.QuotaExceededError):
        return Knowledge.FINAL
    if isinstance(error, (errors.RateLimitError, errors.OverloadedError)) or error.status in UNPROCESSED:
        return Knowledge.NOT_DONE
    if isinstance(error, errors.ContextLengthError):
        return Knowledge.FINAL
    if error.status in PROBABLY_NOT_DONE or error.headers.get("x-should-retry") == "true":
        return Knowledge.PROBABLY_NOT_DONE
    return Knowledge.FINAL


def _refuses_retries(error: errors.OneLLMError) -> bool:
    return isinstance(error, errors.APIError) and error.headers.get("x-should-retry") == "false"


class Session:
    """What the attempts of one operation share: one deadline, one budget of retries, one list of attempts.

    `accounts` are what the operations of one client share. `cost` is what repeating the last failure would take from
    the account's budget, `paid` what it has taken.
    """

    __slots__ = (
        *("accounts", "attempts", "cost", "deadline", "deadline_at", "limits", "options"),
        *("paid", "retries_left", "started", "waited"),
    )

    def __init__(
        self, options: Options, now: float, accounts: Accounts | None = None, limits: Limits = DEFAULT
    ) -> None:
        self.options = options
        self.accounts = accounts or Accounts()
        self.limits = limits
        self.cost = self.paid = 0.0
        self.started = now
        self.deadline = options.deadline
        self.deadline_at = now + options.deadline if options.deadline is not None else None
        self.retries_left = options.retry.max_retries
        self.attempts: list[Attempt] = []
        self.waited = 0.0

    def record(self, outcome: str, status: int | None, began: float, now: float) -> None:
        """Note one send."""
        self.attempts.append(Attempt(len(self.attempts) + 1, outcome, status, now - began, self.waited))
        self.waited = 0.0

    def within(self, seconds: float, now: float) -> Session:
        """A session for a part of the operation, which must end earlier."""
        part = Session(self.options, now, self.accounts, self.limits)
        part.started, part.attempts, part.retries_left = self.started, self.attempts, self.retries_left
        part.deadline, part.deadline_at = self.deadline, self.deadline_at
        if part.deadline_at is None or now + seconds < part.deadline_at:
            part.deadline, part.deadline_at = seconds, now + seconds
        return part

    def apart(self, seconds: float, now: float) -> Session:
        """A session for what comes after the operation: in time of its own, with attempts of its own."""
        part = Session(self.options, now, self.accounts, self.limits)
        part.deadline, part.deadline_at = seconds, now + seconds
        return part

    def account(self, call: Call[Any] | StreamCall[Any, Any]) -> Account:
        """The account that the call is made on."""
        return self.accounts.of(call.origin[0], getattr(call.auth, "secret", None))

    def succeeded(self, account: Account, model: str, sent: float, now: float) -> None:
        """Tell the account of a success."""
        account.succeeded(model, sent, now, self.paid)
        self.paid = 0.0

    def failed(self, account: Account, model: str, error: errors.OneLLMError, sent: float, now: float) -> None:
        """Tell the account of a failure that concerns others, and note what repeating would cost."""
        self.cost = RETRY_COST
        if isinstance(error, errors.RateLimitError) and not isinstance(error, errors.QuotaExceededError):
            self.cost = account.refused(model, sent, now, error.retry_after, self.options.retry)

    def pay(self, account: Account) -> bool:
        """Take what repeating costs from the account's budget; False where that is spent."""
        if not account.pay(self.cost):
            return False
        self.paid = self.cost
        return True

    def remaining(self, now: float) -> float | None:
        """Seconds until the deadline, None where there is none."""
        return None if self.deadline_at is None else self.deadline_at - now

    def may_repeat(self, error: errors.OneLLMError, effect: Effect, idempotent: bool) -> bool:
        """Whether repeating is safe and worth it; the budget and the deadline are asked separately."""
        known = classify(error)
        if known is Knowledge.FINAL or _refuses_retries(error):
            return False
        if known is Knowledge.NOT_DONE or effect is Effect.READ or idempotent:
            return True
        if effect is Effect.PURCHASE:
            return False
        return known is Knowledge.PROBABLY_NOT_DONE or self.options.retry.retry_unknown

    def wait_before(self, error: errors.OneLLMError, number: int) -> float | None:
        """Seconds to wait before repeating; None where the wait is beyond what the policy or the deadline allows."""
        retry = self.options.retry
        asked: float | None = getattr(error, "retry_after", None)
        if asked is not None and asked > retry.max_retry_after:
            return None
        # A connection that died idle says nothing about load: repeat at once.
        idle_death = isinstance(error, errors.APIConnectionError) and error.phase == "reset" and number == 1
        backoff = 0.0 if idle_death else random.uniform(0, min(retry.cap, retry.base * 2 ** (number - 1)))  # noqa: S311 - jitter
        wait = backoff if asked is None else asked + backoff * 0.1
        remaining = self.remaining(time.monotonic())
        return None if remaining is not None and wait >= remaining else wait


def unknown_outcome(
    error: errors.OneLLMError, effect: Effect, idempotent: bool, origin: tuple[str, str]
) -> errors.UnknownOutcomeError | None:
    """What to raise for a purchase that may have been made; None where the outcome is known."""
    if effect is not Effect.PURCHASE or idempotent:
        return None
    if classify(error) not in (Knowledge.PROBABLY_NOT_DONE, Knowledge.UNKNOWN):
        return None
    request_id = error.request_id
    where = f"request {request_id}" if request_id else f"what {origin[0]} lists for this time"
    return errors.UnknownOutcomeError(
        f"{origin[0]}/{origin[1]} may or may not have done this: {error} It was not sent again; look up {where} first.",
        request_id=request_id,
    )


def repeat(
    attempt: Callable[[], Generator[IO, Any, T]],
    pause: Callable[[float], IO],
    session: Session,
    failure: errors.OneLLMError,
    may_repeat: Callable[[errors.OneLLMError], bool],
    account: Account,
) -> Generator[IO, Any, T]:
    """Run `attempt` again, as the policy allows, after the first send ended in `failure`.

    tenacity decides; it is met only after a failure. Its first attempt is the send that failed already.
    """
    import tenacity

    def retryable(state: tenacity.RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        return isinstance(error, errors.OneLLMError) and may_repeat(error)

    def wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        seconds = session.wait_before(error, state.attempt_number) if isinstance(error, errors.OneLLMError) else None
        return float("inf") if seconds is None else seconds

    def stop(state: tenacity.RetryCallState) -> bool:
        if session.retries_left <= 0 or state.upcoming_sleep == float("inf"):
            return True
        if session.pay(account):
            return False
        if state.outcome and (error := state.outcome.exception()):
            error.add_note(SPENT)
        return True

    retrying = tenacity.Retrying(
        retry=retryable, wait=wait, stop=stop, reraise=True, sleep=lambda _: None, before=tenacity.before_nothing
    )
    retrying.begin()
    state = tenacity.RetryCallState(retrying, None, (), {})
    state.set_exception((type(failure), failure, failure.__traceback__))
    while True:
        step = retrying.iter(retry_state=state)
        if isinstance(step, tenacity.DoAttempt):
            session.retries_left -= 1
            try:
                result = yield from attempt()
            except errors.OneLLMError:
                state.set_exception(sys.exc_info())  # type: ignore[arg-type]  # inside except: never (None, None, None)
            else:
                return result
        elif isinstance(step, tenacity.DoSleep):
            state.prepare_for_next_attempt()
            session.waited = float(step)
            yield pause(float(step))
        else:  # pragma: no cover - with reraise=True tenacity raises instead of returning
            raise failure


def wait_for_turn(
    call: Call[Any] | StreamCall[Any, Any], session: Session, account: Account, pause: Callable[[float], IO]
) -> Generator[IO, Any, None]:
    """Wait where the service has refused others (429): until the time that it named, then in turn.

    Raises RateLimitError, before anything is sent, where that time is past the deadline or `max_retry_after`, and where
    the deadline comes first.
    """
    began = now = time.monotonic()
    turns = account.turns_of(call.origin[1], now)
    if turns is None:
        return
    place = turns.queue(first=session.cost == REFUSED_COST)
    try:
        while (wait := turns.wait(place, now)) > 0:
            remaining = session.remaining(now)
            asked = turns.not_before - now
            if asked > session.options.retry.max_retry_after or (remaining is not None and remaining <= max(asked, 0)):
                raise _too_late(call.origin, session, max(asked, wait))
            yield pause(wait if remaining is None else min(wait, remaining))
            now = time.monotonic()
    finally:
        turns.leave(place)
    session.waited += now - began


def _too_late(origin: tuple[str, str], session: Session, wait: float) -> errors.RateLimitError:
    """The error of a call that would have to wait too long for its turn."""
    error = errors.RateLimitError(
        f"{origin[0]} refuses calls to {origin[1] or 'it'} for now (429). This one would have to wait {wait:.3g} s "
        "more, past its deadline or max_retry_after; it was not sent.",
        retry_after=wait,
        provider=origin[0],
        model=origin[1],
    )
    error.attempts = tuple(session.attempts)
    return error
