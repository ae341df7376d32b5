"""What is to go wrong in a long run, and what must come of it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

OK = "ok"


@dataclass(frozen=True)
class Plan:
    """A fault of the simulator, and how a call that meets it ends: whole, and as a stream."""

    fault: str
    whole: str
    stream: str
    params: dict[str, Any] = field(default_factory=dict[str, Any])


def _all(outcome: str, *faults: str, **params: Any) -> list[Plan]:
    return [Plan(fault, outcome, outcome, params) for fault in faults]


def _streams(outcome: str, *faults: str, whole: str = OK) -> list[Plan]:
    return [Plan(fault, whole, outcome) for fault in faults]


GOOD = Plan("", OK, OK)
BAD = [
    *_all(OK, "comments", "crlf", "lone_cr", "split_utf8", "one_byte_writes", "gzip", "missing_done"),
    *_all(OK, "slow_headers?seconds=0.003", "slow_first_event?seconds=0.003"),
    *_all("RateLimitError", "rate_limit?retry_after=0", model="openai/gpt-4o"),  # calls of a refused model take turns
    *_all("QuotaExceededError", "insufficient_quota"),
    *_all("OverloadedError", "overloaded", "status?code=503"),
    *_all("ServerError", "status?code=500", "json_error_in_200", "error_in_200"),
    *_all("InvalidRequestError", "status?code=400"),
    *_all("AuthenticationError", "status?code=401"),
    *_all("NotFoundError", "status?code=404"),
    *_all("BadResponseError", "html", "wrong_gzip", "cut_json", "gzip_bomb?megabytes=2"),
    *_all("UnexpectedRedirectError", "redirect"),
    *_all("APIConnectionError", "reset", "close"),
    *_all("APITimeoutError", "silence", "stall", "slow_headers?seconds=2", timeout=0.05),
    *_all("APITimeoutError", "comments_forever", deadline=0.05),
    *_streams("StreamInterrupted", "reset_after?events=2", "close_after?events=2", whole="APIConnectionError"),
    *_streams("StreamInterrupted", "end_after?events=3"),
    *_streams("ServerError", "error_event?after=2"),
]


@dataclass(frozen=True)
class Share:
    """One call."""

    number: int
    stream: bool
    plan: Plan

    @property
    def expected(self) -> str:
        return self.plan.stream if self.stream else self.plan.whole

    @property
    def params(self) -> dict[str, Any]:
        """The arguments of the call, which says a thing of its own."""
        given: dict[str, Any] = {"messages": [{"role": "user", "content": f"This is {self.number}"}]}
        given |= {"model": "openai/gpt-4o-mini", "stream": self.stream, **self.plan.params}
        return {**given, "extra_headers": {"x-simulate": self.plan.fault}} if self.plan.fault else given

    @property
    def answer(self) -> str:
        return f"You said “This is {self.number}”. This answer is simulated."


def shares(seed: str, calls: int) -> list[Share]:
    """So many calls; in one of four something is wrong, and every second is a stream."""
    rng = random.Random(seed)
    return [
        Share(number, rng.random() < 0.5, rng.choice(BAD) if rng.random() < 0.25 else GOOD) for number in range(calls)
    ]
