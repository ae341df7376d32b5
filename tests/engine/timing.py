"""Measures how punctual a limit is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from onellm import errors

SLACK = 0.1
"""Seconds after a deadline within which the call must have ended."""


def elapsed(run: Callable[[], Any], expected: type[BaseException] = errors.APITimeoutError) -> tuple[float, Any]:
    """Seconds until the call ended, and the error with which it did."""
    began = time.monotonic()
    with pytest.raises(expected) as caught:
        run()
    return time.monotonic() - began, caught.value


def punctual(run: Callable[[], Any], limit: float, **expected: Any) -> Any:
    """The timeout that comes within `SLACK` of its limit. The best of five counts: this machine is not alone."""
    seconds = 0.0
    for _ in range(5):
        seconds, error = elapsed(run)
        assert seconds >= limit - 0.02
        assert {name: getattr(error, name) for name in expected} == expected
        if seconds <= limit + SLACK:
            return error
    pytest.fail(f"{seconds:.3f} s for a limit of {limit} s")
