"""The cost of an answer: what the host reports, else its tokens at the known prices, else None."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

from onellm.capabilities import Prices
from onellm.cost import TARIFFS, Tokens, cost_parts
from onellm.openai_compatible.spec import Spec
from onellm.types.base import Priced, put
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
    """The tokens by their buckets. Hosts that count images are few: `image_tokens` is no field."""
    tokens = Tokens(usage.prompt_tokens, usage.completion_tokens)
    if (asked := usage.prompt_tokens_details) is not None:
        tokens.cached, tokens.audio_input = asked.cached_tokens or 0, asked.audio_tokens or 0
        tokens.written = _count(asked.cache_write_tokens)
        if asked.__pydantic_extra__:
            tokens.image_input = _count(asked.__pydantic_extra__.get("image_tokens"))
    if (said := usage.completion_tokens_details) is not None:
        tokens.reasoning, tokens.audio_output = said.reasoning_tokens or 0, said.audio_tokens or 0
        if said.__pydantic_extra__:
            tokens.image_output = _count(said.__pydantic_extra__.get("image_tokens"))
    return tokens


def _count(value: object) -> int:
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
