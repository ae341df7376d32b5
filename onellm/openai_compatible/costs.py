"""The cost of an answer: what the host reports, else its tokens at the known prices, else None."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

from onellm.capabilities import Prices
from onellm.cost import TARIFFS, Tokens, cost_parts
from onellm.openai_compatible.spec import Spec
from onellm.types.base import Model, Priced, put
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
        put(usage, cost=math.fsum(parts.values()), cost_parts=parts)


def tokens_of(usage: Usage) -> Tokens:
    """The tokens by their buckets."""
    if usage.prompt_tokens_details is None and usage.completion_tokens_details is None:
        return Tokens(usage.prompt_tokens, usage.completion_tokens)
    parts = (*_counts(usage.prompt_tokens_details, _PROMPT), *_counts(usage.completion_tokens_details, _COMPLETION))
    return Tokens(usage.prompt_tokens, usage.completion_tokens, *parts)


_PROMPT = ("cached_tokens", "cache_write_tokens", "audio_tokens", "image_tokens")
_COMPLETION = ("reasoning_tokens", "audio_tokens", "image_tokens")
"""The parts of a usage in the order of `Tokens`. `image_tokens` is no field: hosts that have it are few."""


def _counts(details: Model | None, names: tuple[str, ...]) -> list[int]:
    if details is None:
        return [0] * len(names)
    fields = {**details.__pydantic_extra__, **vars(details)} if details.__pydantic_extra__ else vars(details)
    return [value if isinstance(value := fields.get(name), int) else 0 for name in names]


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
