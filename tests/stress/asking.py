"""The requests of the stress tests: to a simulator, with answers that come in many manners."""

from __future__ import annotations

import random
from typing import Any

import pytest

from onellm import Connections, Timeout
from onellm.testing.simulator import Simulator, simulator

REQUESTS = 2000
SLOTS = Connections(max_connections=5)
CROWD = 12
"""How many requests want one of the five slots at a time."""

seeds = pytest.mark.parametrize("seed", [1, 2, 3])
MODEL = "openai/gpt-4o-mini"
SAID = "You said “Say this again”. This answer is simulated."
MANNERS = (
    "", "one_byte_writes", "gzip", "comments", "slow_headers?seconds=0.005", "reset", "reset_after", "close",
    "close_after?events=2", "end_after?events=3", "stall?after=2", "comments_forever?every=0.002", "silence",
)  # fmt: skip
"""How an answer may come that its caller does not wait for; the last three have no end, the last no beginning."""
ENDLESS = MANNERS[-3:]
BEGUN = MANNERS[:-1]
LIMITS = (
    {"timeout": 0.02, "deadline": 0.1},
    {"timeout": Timeout(reply=0.02, first_token=0.02, stall=0.01, pool=0.05), "deadline": 0.1},
    {"deadline": 0.02},
    {"deadline": 0.0005},
)
"""Comments count as life, so only a deadline ends an answer that drips them."""


def running() -> Simulator:
    """A simulator whose streams take some ten milliseconds."""
    return simulator(pace=0.0005, record=False)


def asked(stream: bool, manner: str = "", **more: Any) -> dict[str, Any]:
    """The arguments of one request. Unless told otherwise it waits for as long as it takes."""
    messages = [{"role": "user", "content": "Say this again"}]
    given = {"model": MODEL, "messages": messages, "stream": stream, "max_retries": 0, "deadline": 60, **more}
    return {**given, "extra_headers": {"x-simulate": manner}} if manner else given


def shares(seed: int) -> list[tuple[int, random.Random]]:
    """The requests, each with a chance of its own; every third is let alone."""
    return [(number, random.Random(f"{seed} {number}")) for number in range(REQUESTS)]
