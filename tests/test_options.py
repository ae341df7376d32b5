"""Limits and retry policies as values (URL-07 has what a timeout means to a call)."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import httpx
import pytest

from onellm import ConfigurationError, RetryPolicy, Timeout
from onellm.options import UNSET, Options, as_timeout

NAMES = ("connect", "first_token", "stall", "reply", "pool")


def test_defaults() -> None:
    """reliability.md, recommended defaults."""
    options = Options()
    assert options.deadline == 600
    assert options.timeout == Timeout(connect=5, first_token=120, stall=60, reply=None, pool=None)
    assert options.retry == RetryPolicy(max_retries=2, base=0.5, cap=8, max_retry_after=60, retry_unknown=False)


def test_values_do_not_change() -> None:
    value: Any
    for value in (Options(), Timeout(), RetryPolicy()):
        with pytest.raises(FrozenInstanceError):
            value.cap = 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan")])
def test_a_limit_is_more_than_nothing(name: str, seconds: float) -> None:
    with pytest.raises(ConfigurationError, match=rf"timeout\.{name} must be more than 0 seconds, or None"):
        Timeout(**{name: seconds})


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan")])
def test_a_deadline_is_more_than_nothing(seconds: float) -> None:
    with pytest.raises(ConfigurationError, match="deadline must be more than 0"):
        Options().override(deadline=seconds)


@pytest.mark.parametrize(
    ("given", "limits"),
    [
        (0.25, (0.25, 0.25, 0.25, 0.25, None)),
        (30, (5.0, 30.0, 30.0, 30.0, None)),
        (None, (None, None, None, None, None)),
        (Timeout(stall=1), (5.0, 120.0, 1, None, None)),
        (httpx.Timeout(9, connect=3, pool=4), (3, 9, 9, 9, 4)),
        (httpx.Timeout(None), (None, None, None, None, None)),
    ],
)
def test_what_counts_as_a_timeout(given: Any, limits: tuple[float | None, ...]) -> None:
    assert tuple(getattr(as_timeout(given), name) for name in NAMES) == limits


@pytest.mark.parametrize("given", ["30", True, object(), (1, 2)])
def test_what_does_not(given: object) -> None:
    with pytest.raises(
        ConfigurationError, match=f"timeout must be seconds, None or a Timeout, not {type(given).__name__}"
    ):
        as_timeout(given)


@pytest.mark.parametrize(
    "bad", [{"max_retries": -1}, {"max_retries": True}, {"base": -1}, {"cap": -0.1}, {"max_retry_after": -1}]
)
def test_retry_policies_that_are_none(bad: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="0 or more"):
        RetryPolicy(**bad)


def test_override() -> None:
    options = Options()
    assert options.override() is options
    assert options.override(timeout=UNSET, deadline=UNSET, max_retries=UNSET) is options
    changed = options.override(timeout=1, deadline=None, max_retries=5)
    assert (changed.timeout.reply, changed.deadline, changed.retry) == (1, None, RetryPolicy(max_retries=5))
    assert options == Options(), "the original stays"


def test_a_number_of_retries_keeps_the_rest_of_the_policy() -> None:
    policy = RetryPolicy(max_retries=1, base=0.1, retry_unknown=True)
    options = Options().override(max_retries=policy)
    assert options.retry is policy
    assert options.override(max_retries=0).retry == RetryPolicy(max_retries=0, base=0.1, retry_unknown=True)
    with pytest.raises(ConfigurationError, match="max_retries"):
        options.override(max_retries=-1)


def test_unset_says_what_it_is() -> None:
    assert repr(UNSET) == "UNSET"
