"""What happened on the way to a result: attempts, timing, rate limits, the headers worth keeping."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

KEPT_PREFIXES = (
    "x-ratelimit", "x-tokenlimit", "x-venice-", "openai-", "x-request", "retry-after", "x-balance", "cf-ray",
)  # fmt: skip
_LIMIT = re.compile(r"x-(?P<kind>rate|token)limit-(?P<part>limit|remaining|reset)(-(?P<family>[a-z0-9-]+))?")
REQUEST_ID_HEADERS = ("x-request-id", "request-id", "x-amzn-requestid", "apim-request-id", "cf-ray")


@dataclass(frozen=True)
class Attempt:
    """One send: how it ended, how long it took and how long we waited before it (seconds)."""

    number: int
    outcome: str
    status: int | None = None
    elapsed: float = 0.0
    waited: float = 0.0


@dataclass(frozen=True)
class RateLimit:
    """One rate-limit family (`requests` or `tokens`); `reset` is the service's own text, since units differ by host."""

    limit: int | None = None
    remaining: int | None = None
    reset: str | None = None


@dataclass(slots=True)
class Meta:
    """How a result came about. Times are seconds; `cost` is USD, None where it is not known.

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
        `tokens-minute` and `req-minute` (Mistral), `tokens-prompt` (Fireworks). A limit that names no family is of
        `requests` (OpenRouter, Together).
        """
        found: dict[str, dict[str, str]] = {}
        for name, value in self.reply_headers.items():
            if (match := _LIMIT.fullmatch(name)) and value:
                family = match["family"] or ("tokens" if match["kind"] == "token" else "requests")
                found.setdefault(family, {})[match["part"]] = value
        return {
            family: RateLimit(_integer(parts.get("limit")), _integer(parts.get("remaining")), parts.get("reset"))
            for family, parts in sorted(found.items())
        }


def request_id(headers: Mapping[str, str]) -> str | None:
    """The request id under whichever header name the service uses."""
    return next((headers[name] for name in REQUEST_ID_HEADERS if name in headers), None)


def _integer(text: str | None) -> int | None:
    try:
        return int(float(text)) if text else None
    except (ValueError, OverflowError):
        return None
