"""Usage made inclusive: Converse's `inputTokens` leaves out what came from the cache or went into it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from onellm.capabilities import Prices
from onellm.cost import TARIFFS, Tokens, cost_parts
from onellm.decode.json import array, table
from onellm.types.chat import PromptTokensDetails, Usage
from onellm_providers.anthropic.usage import add_hour

COUNTED = frozenset({"inputTokens", "outputTokens", "totalTokens", "cacheReadInputTokens", "cacheWriteInputTokens"})
TWICE = frozenset({"cacheReadInputTokenCount", "cacheWriteInputTokenCount"})
"""The same counts under the names of the models' own bodies (recordings)."""


def read_usage(raw: Mapping[str, Any], prices: Prices | None, tier: str | None) -> Usage:
    """The usage of an answer. What is no count stays under the service's name."""
    read, written = _count(raw, "cacheReadInputTokens"), _count(raw, "cacheWriteInputTokens")
    prompt, completion = _count(raw, "inputTokens") + read + written, _count(raw, "outputTokens")
    extra = {name: value for name, value in raw.items() if name not in COUNTED | TWICE and value not in (None, {})}
    usage = Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=prompt + completion,
        prompt_tokens_details=PromptTokensDetails(cached_tokens=read, cache_write_tokens=written),
        **extra,
    )
    found: dict[str, float] | str
    if prices is None:
        found = "no prices of this model are known"
    elif tier is not None and tier not in TARIFFS:
        found = f"the prices of the service tier {tier} are not known"
    else:
        found = cost_parts(Tokens(prompt=prompt, completion=completion, cached=read, written=written), prices)
    if isinstance(found, str):
        usage.cost_unknown = found
        return usage
    if prices is not None:
        add_hour(found, prices.at(prompt), _for_an_hour(raw))
    usage.cost, usage.cost_parts = math.fsum(found.values()), found
    return usage


def _for_an_hour(raw: Mapping[str, Any]) -> int:
    """Tokens that were written for an hour, which cost more than those for five minutes."""
    rows = [table(each) for each in array(raw.get("cacheDetails"))]
    return sum(_count(row, "inputTokens") for row in rows if row.get("ttl") == "1h")


def _count(raw: Mapping[str, Any], name: str) -> int:
    value = raw.get(name)
    return value if isinstance(value, int) else 0
