"""What happened on the way to a result: attempts, timing, rate limits, the headers worth keeping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

KEPT_PREFIXES = ("x-ratelimit", "x-venice-", "openai-", "x-request", "retry-after", "x-balance", "cf-ray")
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
    """How a result came about. Times are seconds; `cost` is USD, None where it is not known."""

    provider: str = ""
    model: str = ""
    attempts: tuple[Attempt, ...] = ()
    latency: float | None = None
    time_to_first_token: float | None = None
    cost: float | None = None
    dropped_params: tuple[str, ...] = ()
    reply_headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

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
        """Rate-limit state by family (`requests`, `tokens`), from the `x-ratelimit-*` headers."""
        found: dict[str, RateLimit] = {}
        for family in ("requests", "tokens"):
            limit, remaining, reset = (
                self.reply_headers.get(f"x-ratelimit-{part}-{family}") for part in ("limit", "remaining", "reset")
            )
            if limit or remaining or reset:
                found[family] = RateLimit(_integer(limit), _integer(remaining), reset)
        return found


def request_id(headers: Mapping[str, str]) -> str | None:
    """The request id under whichever header name the service uses."""
    return next((headers[name] for name in REQUEST_ID_HEADERS if name in headers), None)


def _integer(text: str | None) -> int | None:
    try:
        return int(float(text)) if text else None
    except (ValueError, OverflowError):
        return None
