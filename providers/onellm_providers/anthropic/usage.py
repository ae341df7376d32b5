"""Usage made inclusive, and what it costs.

The service's `input_tokens` leaves out what came from the cache or went into it, and its top-level counts leave out the
iterations in which it summed up the conversation or asked an adviser; all of them are billed, so all of them count.
Writing into the cache for an hour costs twice the input price, where five minutes have a price of their own
(platform.claude.com, prompt caching).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from onellm.capabilities import Prices
from onellm.cost import TARIFFS, Tokens, cost_parts
from onellm.decode.json import Table, array, given, table
from onellm.types.chat import CompletionTokensDetails, PromptTokensDetails, Usage

PricesOf = Callable[[str], Prices | None]
"""The prices of a model, by its id."""

APART = frozenset({"compaction", "advisor_message"})
"""Iterations that the top-level counts leave out."""
COUNTED = frozenset({
    "input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"
})  # fmt: skip
HOUR = 2.0
"""What a token written for an hour costs, in prices of input."""


def read_usage(raw: Mapping[str, Any], model: str, prices_of: PricesOf) -> Usage:
    """The usage of an answer by `model`. What is no count stays under the service's name."""
    bills = list(_bills(raw, model))
    counts = [tokens for _, tokens, _ in bills]
    prompt, completion = sum(each.prompt for each in counts), sum(each.completion for each in counts)
    thought = any(isinstance(_thinking(part), int) for part in (raw, *map(table, array(raw.get("iterations")))))
    extra = {name: value for name, value in raw.items() if name not in COUNTED and value is not None}
    usage = Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=prompt + completion,
        prompt_tokens_details=PromptTokensDetails(
            cached_tokens=sum(each.cached for each in counts), cache_write_tokens=sum(each.written for each in counts)
        ),
        completion_tokens_details=CompletionTokensDetails(reasoning_tokens=sum(each.reasoning for each in counts))
        if thought
        else None,
        **extra,
    )
    _settle_cost(usage, raw, bills, prices_of)
    return usage


def merged(before: Table, later: Mapping[str, Any]) -> Table:
    """The usage of a stream so far: what a later event says replaces what was said, zero included."""
    return {**before, **given(dict(later))}


def _bills(raw: Mapping[str, Any], model: str) -> Iterator[tuple[str, Tokens, int]]:
    """The model, the tokens and those written for an hour, of the answer and of each iteration that counts apart."""
    yield model, _tokens(raw), _for_an_hour(raw)
    for each in map(table, array(raw.get("iterations"))):
        if each.get("type") in APART:
            yield str(each.get("model") or model), _tokens(each), _for_an_hour(each)


def _tokens(raw: Mapping[str, Any]) -> Tokens:
    read, written = _count(raw, "cache_read_input_tokens"), _count(raw, "cache_creation_input_tokens")
    return Tokens(
        prompt=_count(raw, "input_tokens") + read + written,
        completion=_count(raw, "output_tokens"),
        cached=read,
        written=written,
        reasoning=_thinking(raw) or 0,
    )


def _thinking(raw: Mapping[str, Any]) -> int | None:
    value = table(raw.get("output_tokens_details")).get("thinking_tokens")
    return value if isinstance(value, int) else None


def _for_an_hour(raw: Mapping[str, Any]) -> int:
    return _count(table(raw.get("cache_creation")), "ephemeral_1h_input_tokens")


def _count(raw: Mapping[str, Any], name: str) -> int:
    value = raw.get(name)
    return value if isinstance(value, int) else 0


def _settle_cost(
    usage: Usage, raw: Mapping[str, Any], bills: list[tuple[str, Tokens, int]], prices_of: PricesOf
) -> None:
    parts: dict[str, float] = {}
    unknown = _beside_tokens(raw)
    for model, tokens, hour in bills:
        prices = prices_of(model)
        found = cost_parts(tokens, prices) if prices is not None else f"no prices of {model} are known"
        if isinstance(found, str):
            unknown = unknown or found
        elif prices is not None:
            add_hour(found, prices.at(tokens.prompt), hour)
            for name, cost in found.items():
                parts[name] = parts.get(name, 0.0) + cost
    if unknown:
        usage.cost_unknown = unknown
    else:
        usage.cost, usage.cost_parts = math.fsum(parts.values()), parts


def add_hour(parts: dict[str, float], prices: Prices, count: int) -> None:
    """What the tokens that were written for an hour cost more than those for five minutes."""
    if count and prices.input is not None and prices.cache_write is not None:
        parts["cache_write"] += count * (HOUR * prices.input - prices.cache_write) / 1_000_000


def _beside_tokens(raw: Mapping[str, Any]) -> str:
    """Why the tokens at the listed prices are not the whole cost; empty where they are."""
    tier, speed = raw.get("service_tier"), raw.get("speed")
    if isinstance(tier, str) and tier not in TARIFFS:
        return f"the prices of the service tier {tier} are not known"
    if isinstance(speed, str) and speed != "standard":
        return f"the prices of the speed {speed} are not known"
    if any(_count(table(raw.get("server_tool_use")), name) for name in ("web_search_requests",)):
        return "the price of web searches is not known"
    return ""
