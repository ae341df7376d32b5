"""How a call is made: limits on waiting and on repeating. Values; `policy` and `engine` act on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field, replace
from typing import Any, Final, TypeAlias, cast

from onellm.errors import ConfigurationError
from onellm.record import record

DEADLINE = 600.0
CONNECT = 5.0


@record(frozen=True)
class Timeout:
    """Limits on waiting, in seconds; None is no limit but the deadline.

    `connect`: TCP, proxy and TLS. `first_token`: from sending to the first byte of a stream's first event. `stall`: the
    longest silence after that; any byte counts, comments too. `reply`: to the first byte of a whole answer, which for a
    long generation is the whole generation. `pool`: for a free connection.
    """

    connect: float | None = CONNECT
    first_token: float | None = 120.0
    stall: float | None = 60.0
    reply: float | None = None
    pool: float | None = None

    def __post_init__(self) -> None:
        for name in ("connect", "first_token", "stall", "reply", "pool"):
            _check(f"timeout.{name}", getattr(self, name))


@record(frozen=True)
class RetryPolicy:
    """What is tried again and how long to wait before it.

    `max_retries` further attempts after the first. Waits are random between 0 and `base * 2^n`, at most `cap` seconds;
    a service's Retry-After is honoured up to `max_retry_after`, above it the error is raised at once.
    `retry_unknown` also repeats an inference whose answer never came, which may be billed twice.
    """

    max_retries: int = 2
    base: float = 0.5
    cap: float = 8.0
    max_retry_after: float = 60.0
    retry_unknown: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.max_retries, bool) or self.max_retries < 0:
            raise ConfigurationError("max_retries must be 0 or more.")
        if self.base < 0 or self.cap < 0 or self.max_retry_after < 0:
            raise ConfigurationError("A retry policy's waits must be 0 or more seconds.")


class Unset:
    """The type of UNSET: an option that was not given, where None would mean something."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()
TimeoutOption: TypeAlias = float | Timeout | None


@record(frozen=True)
class Options:
    """The options of one call; a client has defaults, a call overrides them."""

    timeout: Timeout = field(default_factory=Timeout)
    deadline: float | None = DEADLINE
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    on_progress: Callable[[object], None] | None = None

    def override(
        self,
        *,
        timeout: TimeoutOption | Unset = UNSET,
        deadline: float | Unset | None = UNSET,
        max_retries: int | RetryPolicy | Unset = UNSET,
    ) -> Options:
        """These options with what was given in their place."""
        if isinstance(timeout, Unset) and isinstance(deadline, Unset) and isinstance(max_retries, Unset):
            return self
        options = self
        if not isinstance(timeout, Unset):
            options = replace(options, timeout=as_timeout(timeout))
        if not isinstance(deadline, Unset):
            options = replace(options, deadline=_check("deadline", deadline))
        if not isinstance(max_retries, Unset):
            policy = (
                max_retries if isinstance(max_retries, RetryPolicy) else replace(options.retry, max_retries=max_retries)
            )
            options = replace(options, retry=policy)
        return options


def as_timeout(value: object) -> Timeout:
    """A `Timeout` from a number of seconds, None (no limits but the deadline), a Timeout, or an `httpx.Timeout`.

    A number limits the first byte and every silence, and connecting where it is below 5 s.
    """
    if isinstance(value, Timeout):
        return value
    if value is None:
        return Timeout(connect=None, first_token=None, stall=None, reply=None, pool=None)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        seconds = float(value)
        _check("timeout", seconds)
        return Timeout(connect=min(CONNECT, seconds), first_token=seconds, stall=seconds, reply=seconds)
    if all(hasattr(value, name) for name in ("connect", "read", "pool")):
        theirs = cast("Any", value)
        return Timeout(theirs.connect, theirs.read, theirs.read, theirs.read, theirs.pool)
    raise ConfigurationError(f"timeout must be seconds, None or a Timeout, not {type(value).__name__}.")


def _check(name: str, seconds: float | None) -> float | None:
    if seconds is not None and not 0 < seconds < float("inf"):
        raise ConfigurationError(f"{name} must be more than 0 seconds, or None for no limit; {seconds!r} was given.")
    return seconds
