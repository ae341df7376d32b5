"""The cost of an answer: what the host reports, else its tokens at the known prices, else None."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

from onellm.capabilities import Prices
from onellm.cost import TARIFFS, Tokens, cost_parts
from onellm.openai_compatible.spec import Spec
from onellm.types.base import Priced
from onellm.types.chat import Usage

OTHER = "other"
"""What the host charges beside its tokens, such as a web search."""


def settle_cost(usage: Priced, tokens: Tokens, prices: Prices | None, spec: Spec, answer: Any) -> None:
    """Give usage its cost and the parts of it, or why it is not known."""
    tier = getattr(answer, "service_tier", None)
    reported = cost_in(spec, answer)
    if reported is None:
        reported = usage.cost
    if reported is not None:
        usage.cost, usage.cost_parts = reported, _reported_parts(spec, answer, reported)
    elif prices is None:
        usage.cost_unknown = "no prices of this model are known"
    elif tier is not None and tier not in TARIFFS:
        usage.cost_unknown = f"the prices of the service tier {tier} are not known"
    elif isinstance(parts := cost_parts(tokens, prices), str):
        usage.cost_unknown = parts
    else:
        usage.cost, usage.cost_parts = math.fsum(parts.values()), parts


def tokens_of(usage: Usage) -> Tokens:
    """The tokens by their buckets."""
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    if prompt is None and completion is None:
        return Tokens(usage.prompt_tokens, usage.completion_tokens)
    return Tokens(
        prompt=usage.prompt_tokens,
        completion=usage.completion_tokens,
        cached=_count(prompt, "cached_tokens"),
        written=_count(prompt, "cache_write_tokens"),
        audio_input=_count(prompt, "audio_tokens"),
        image_input=_count(prompt, "image_tokens"),
        reasoning=_count(completion, "reasoning_tokens"),
        audio_output=_count(completion, "audio_tokens"),
        image_output=_count(completion, "image_tokens"),
    )


def _count(details: object, name: str) -> int:
    value = getattr(details, name, None)  # image_tokens is no field, and what is none is an attribute all the same
    return value if isinstance(value, int) else 0


def cost_in(spec: Spec, answer: Any) -> float | None:
    """The cost in USD where the host reports one."""
    return _usd(spec, answer, spec.cost_at)


def _reported_parts(spec: Spec, answer: Any, cost: float) -> dict[str, float]:
    """The parts that the host reports, and the rest of its cost.

    Empty where it reports none, and where they are more than the cost: with a key of one's own at the maker of the
    model (OpenRouter's `is_byok`), the cost is the host's fee and the parts are of the other bill.
    """
    parts = {name: part for path, name in spec.cost_parts_at.items() if (part := _usd(spec, answer, path))}
    rest = cost - math.fsum(parts.values())
    close = max(1e-12, 1e-9 * cost)
    if not parts or rest < -close:
        return {}
    return {**parts, OTHER: rest} if rest > close else parts


def _usd(spec: Spec, answer: Any, path: tuple[str, ...]) -> float | None:
    """The amount at a path of the answer; None where there is none or it can be none."""
    if not path:
        return None
    value = answer
    for name in path:
        value = cast("Mapping[str, Any]", value).get(name) if isinstance(value, Mapping) else getattr(value, name, None)
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        amount = float(value) * spec.cost_unit
    except ValueError:
        return None
    return amount if math.isfinite(amount) and amount >= 0 else None
