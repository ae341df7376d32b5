"""What happened on the way to a result: attempts, timing, rate limits, the headers worth keeping."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from onellm.record import record

if TYPE_CHECKING:
    import datetime

KEPT_PREFIXES = (
    "x-ratelimit", "x-tokenlimit", "x-venice-", "openai-", "x-request", "retry-after", "x-balance", "cf-ray",
    "anthropic-",
)  # fmt: skip
_LIMIT = r"x-(?P<kind>rate|token)limit-(?P<part>limit|remaining|reset)(-(?P<family>[a-z0-9-]+))?"
_FAMILY_FIRST = r"[a-z]+-ratelimit-(?P<family>[a-z-]+)-(?P<part>limit|remaining|reset)"
_UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_DURATION = r"([0-9]+(?:\.[0-9]+)?)(ms|us|µs|ns|d|h|m|s)"
REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-amzn-requestid", "apim-request-id", "x-debug-trace-id", "cf-ray")


@record(frozen=True)
class Attempt:
    """One send: how it ended, how long it took and how long we waited before it (seconds)."""

    number: int
    outcome: str
    status: int | None = None
    elapsed: float = 0.0
    waited: float = 0.0

    def __init__(
        self, number: int, outcome: str, status: int | None = None, elapsed: float = 0.0, waited: float = 0.0
    ) -> None:
        values = self.__dict__  # frozen: attributes cannot be set
        values["number"], values["outcome"], values["status"] = number, outcome, status
        values["elapsed"], values["waited"] = elapsed, waited


@record(frozen=True)
class RateLimit:
    """One rate-limit family (`requests` or `tokens`).

    `reset` is the service's own text, `reset_at` the time that it means (in UTC), None where that cannot be told.
    """

    limit: int | None = None
    remaining: int | None = None
    reset: str | None = None
    reset_at: datetime.datetime | None = None


@dataclass(slots=True)
class Meta:
    """How a result came about. Times are seconds; `cost` is USD, None where it is not known.

    `latency` is from the beginning of the call to the whole answer, with all attempts and the waits between them;
    `time_to_first_token` from the same beginning to the first event of a stream, None for what came as a whole.
    `attempts` are all sends, those of each step where the operation has several. `answered_at` is the Unix time when
    the answer, or a stream's first event, came; a rate limit's `reset_at` is reckoned from it.

    `cost_parts` are its parts by bucket (`input`, `cache_read`, `output`, …), and their sum is the cost; empty where
    only the whole is known. `cost_unknown` says why `cost` is None, where there are tokens to pay for.
    """

    provider: str = ""
    model: str = ""
    attempts: tuple[Attempt, ...] = ()
    latency: float | None = None
    time_to_first_token: float | None = None
    cost: float | None = None
    dropped_params: tuple[str, ...] = ()
    reply_headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    cost_parts: Mapping[str, float] = field(default_factory=dict[str, float])
    cost_unknown: str = ""
    answered_at: float = field(default_factory=time.time, repr=False, compare=False)

    @property
    def request_id(self) -> str | None:
        """The service's id of the request, to quote to its support."""
        return request_id(self.reply_headers)

    @property
    def headers(self) -> dict[str, str]:
        """The reply headers that mean something to the caller."""
        return {name: value for name, value in self.reply_headers.items() if name.startswith(KEPT_PREFIXES)}

    @property
    def rate_limits(self) -> dict[str, RateLimit]:
        """Rate-limit state by family, from the `x-ratelimit-*` headers.

        Most hosts have `requests` and `tokens`; others have `requests-day` and `tokens-minute` (Cerebras),
        `tokens-minute` and `req-minute` (Mistral), `tokens-prompt` (Fireworks), `input-tokens` (Anthropic, in headers
        `anthropic-ratelimit-*`). A limit that names no family is of `requests` (OpenRouter, Together).
        """
        found: dict[str, dict[str, str]] = {}
        for name, value in self.reply_headers.items():
            if (match := re.fullmatch(_LIMIT, name)) and value:
                family = match["family"] or ("tokens" if match["kind"] == "token" else "requests")
                found.setdefault(family, {})[match["part"]] = value
            elif (match := re.fullmatch(_FAMILY_FIRST, name)) and value and not name.startswith("x-"):
                found.setdefault(match["family"], {})[match["part"]] = value
        return {
            family: RateLimit(
                _integer(parts.get("limit")),
                _integer(parts.get("remaining")),
                parts.get("reset"),
                reset_time(parts.get("reset", ""), self.answered_at),
            )
            for family, parts in sorted(found.items())
        }


def request_id(headers: Mapping[str, str]) -> str | None:
    """The request id under whichever header name the service uses."""
    return next((headers[name] for name in REQUEST_ID_HEADERS if name in headers), None)


def reset_time(text: str, now: float) -> datetime.datetime | None:
    """The time that a rate limit's reset means, seen at the Unix time `now`; None where it cannot be told.

    Services send durations ("6m0s" and "20ms" at OpenAI, "2m59.56s" at Groq), RFC 3339 times (Anthropic), and numbers:
    Unix milliseconds (Venice, OpenRouter), Unix seconds, or seconds from now (Cerebras), told apart by their size.
    """
    import datetime

    text = text.strip()
    if (parts := re.findall(_DURATION, text)) and "".join(map("".join, parts)) == text:
        seconds = now + sum(float(number) * _UNITS[unit] for number, unit in parts)
    else:
        try:
            number = float(text)
        except ValueError:
            return _rfc3339(text)
        if not 0 <= number < 1e14:
            return None
        seconds = number / 1000 if number >= 1e12 else number if number >= 1e9 else now + number
    try:
        return datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _rfc3339(text: str) -> datetime.datetime | None:
    import datetime

    try:
        found = datetime.datetime.fromisoformat(text)
        return found.astimezone(datetime.UTC) if found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _integer(text: str | None) -> int | None:
    try:
        return int(float(text)) if text else None
    except (ValueError, OverflowError):
        return None
