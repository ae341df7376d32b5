"""Usage made inclusive, and what it costs.

The service's `promptTokenCount` holds what came from the cache, but not what its own tools read
(`toolUsePromptTokenCount`); its `candidatesTokenCount` leaves out the thoughts. All of them are billed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from onellm.capabilities import Prices
from onellm.cost import Tokens
from onellm.decode.json import Table, array, table
from onellm.translate.usage import count, put_price
from onellm.types.chat import CompletionTokensDetails, PromptTokensDetails, Usage

PricesOf = Callable[[str], Prices | None]
"""The prices of a model, by its id."""
COUNTED = frozenset({
    "promptTokenCount", "cachedContentTokenCount", "candidatesTokenCount", "thoughtsTokenCount",
    "toolUsePromptTokenCount", "totalTokenCount",
})  # fmt: skip
LISTED = frozenset({"ON_DEMAND", "STANDARD"})
"""Traffic and tiers that the listed prices are for."""


def read_usage(raw: Mapping[str, Any], model: str, prices_of: PricesOf, *, searched: bool = False) -> Usage:
    """The usage of an answer by `model`. What is no count stays under the service's name."""
    prompt, completion = _count(raw, "promptTokenCount"), _count(raw, "candidatesTokenCount")
    tools, thought, cached = (
        _count(raw, f"{name}TokenCount") for name in ("toolUsePrompt", "thoughts", "cachedContent")
    )
    heard, spoken = modality(raw, "prompt", "AUDIO"), modality(raw, "candidates", "AUDIO")
    tokens = Tokens(
        prompt=prompt + tools,
        completion=completion + thought,
        cached=cached,
        audio_input=heard or 0,
        image_input=modality(raw, "prompt", "IMAGE") or 0,
        reasoning=thought,
        audio_output=spoken or 0,
        image_output=modality(raw, "candidates", "IMAGE") or 0,
    )
    usage = Usage(
        prompt_tokens=tokens.prompt,
        completion_tokens=tokens.completion,
        total_tokens=tokens.prompt + tokens.completion,
        prompt_tokens_details=PromptTokensDetails(cached_tokens=cached, audio_tokens=heard),
        completion_tokens_details=CompletionTokensDetails(reasoning_tokens=thought, audio_tokens=spoken),
        **{name: value for name, value in raw.items() if name not in COUNTED and value is not None},
    )
    put_price(usage, tokens, prices_of(model), _beside_tokens(raw, searched=searched))
    return usage


def _beside_tokens(raw: Mapping[str, Any], *, searched: bool) -> str:
    """Why the tokens at the listed prices are not the whole cost; empty where they are."""
    tier = raw.get("trafficType") or raw.get("serviceTier")
    if searched:
        return "the price of searches is not known"
    if isinstance(tier, str) and tier.upper() not in LISTED:
        return f"the prices of the service tier {tier} are not known"
    return ""


def modality(raw: Mapping[str, Any], side: str, kind: str) -> int | None:
    """The tokens of one kind; None where the service does not tell the kinds."""
    rows: list[Table] = [table(each) for each in array(raw.get(f"{side}TokensDetails"))]
    found = [_count(row, "tokenCount") for row in rows if row.get("modality") == kind]
    return sum(found) if found else None


def _count(raw: Mapping[str, Any], name: str) -> int:
    return count(raw.get(name)) or 0
