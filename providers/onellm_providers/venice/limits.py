"""Rate limits and balances as Venice's headers tell them (its API reference, and what the wire was seen to carry)."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

MILLISECONDS = 1e12
EPOCH = 1e9


def reset_time(text: str, now: datetime.datetime | None = None) -> datetime.datetime | None:
    """When a limit starts anew, in UTC; None where the text is no time.

    Venice sends Unix milliseconds, Unix seconds, or seconds from now; their magnitude tells them apart.
    """
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number) or number < 0 or number >= 1e15:
        return None
    if number >= MILLISECONDS:
        return datetime.datetime.fromtimestamp(number / 1000, datetime.UTC)
    if number >= EPOCH:
        return datetime.datetime.fromtimestamp(number, datetime.UTC)
    return (now or datetime.datetime.now(datetime.UTC)) + datetime.timedelta(seconds=number)


def balance(headers: Mapping[str, str], currency: str) -> Decimal | None:
    """The balance that an answer's headers tell: `usd` or `diem` before the request, `remaining` (USD) after it."""
    name = "x-balance-remaining" if currency == "remaining" else f"x-venice-balance-{currency}"
    try:
        return Decimal(headers[name])
    except (KeyError, InvalidOperation):
        return None
