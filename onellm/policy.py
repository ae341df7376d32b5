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
from onellm.call import Effect
from onellm.meta import Attempt

if TYPE_CHECKING:
    from onellm.options import Options

T = TypeVar("T")
IO = TypeVar("IO")

NEVER_SENT: frozenset[errors.Phase] = frozenset({"dns", "connect", "tls", "proxy", "pool"})
UNPROCESSED = frozenset({429, 503, 529})
PROBABLY_NOT_DONE = frozenset({408, 500, 502, 504})


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
    """What the attempts of one operation share: one deadline, one budget of retries, one list of attempts."""

    __slots__ = ("attempts", "deadline_at", "options", "retries_left", "started", "waited")

    def __init__(self, options: Options, now: float) -> None:
        self.options = options
        self.started = now
        self.deadline_at = now + options.deadline if options.deadline is not None else None
        self.retries_left = options.retry.max_retries
        self.attempts: list[Attempt] = []
        self.waited = 0.0

    def record(self, outcome: str, status: int | None, began: float, now: float) -> None:
        """Note one send."""
        self.attempts.append(Attempt(len(self.attempts) + 1, outcome, status, now - began, self.waited))
        self.waited = 0.0

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
        return session.retries_left <= 0 or state.upcoming_sleep == float("inf")

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
