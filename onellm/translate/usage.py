"""Usage of other formats in OpenAI's form: counts, and what the tokens cost at known prices."""

from __future__ import annotations

import math
from typing import Any

from onellm.capabilities import Prices
from onellm.cost import Tokens, cost_parts
from onellm.types.base import Priced


def count(value: Any) -> int | None:
    """A count of tokens, which some services send as a float; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
        return None
    return int(value)


def put_price(usage: Priced, tokens: Tokens, prices: Prices | None, unknown: str = "") -> None:
    """Give usage the cost of these tokens, or why it is not known; `unknown` is a reason that comes first."""
    if unknown or prices is None:
        usage.cost_unknown = unknown or "no prices of this model are known"
    elif isinstance(parts := cost_parts(tokens, prices), str):
        usage.cost_unknown = parts
    else:
        usage.cost, usage.cost_parts = math.fsum(parts.values()), parts
