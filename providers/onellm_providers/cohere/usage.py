"""Cohere's usage: `tokens` are what the model read and wrote, templates included; `billed_units` are what is charged.

The counts are those of `tokens`, which hold the cached ones; the cost is that of `billed_units`, which stay under their
name. Thinking is not told apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from onellm.capabilities import Prices
from onellm.cost import Tokens
from onellm.decode.json import Table, given, table
from onellm.translate.usage import count, put_price
from onellm.types.chat import PromptTokensDetails, Usage

PricesOf: TypeAlias = "Callable[[str], Prices | None]"
COUNTED = ("input_tokens", "output_tokens")


def read_usage(raw: Mapping[str, Any], prices: Prices | None) -> Usage:
    """The usage of an answer. Where the service told no tokens, what it bills is counted."""
    billed, tokens = table(raw.get("billed_units")), table(raw.get("tokens"))
    prompt, completion = (_first(name, tokens, billed) for name in COUNTED)
    cached = count(raw.get("cached_tokens"))
    usage = Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=prompt + completion,
        prompt_tokens_details=None if cached is None else PromptTokensDetails(cached_tokens=cached),
        **{name: value for name, value in raw.items() if name not in ("tokens", "cached_tokens") and value is not None},
    )
    put_price(usage, Tokens(*(_first(name, billed, {}) for name in COUNTED)), prices, beside_tokens(billed))
    return usage


def beside_tokens(billed: Table) -> str:
    """Why the billed tokens are not the whole cost; empty where they are."""
    others = sorted(name for name, value in given(billed).items() if name not in COUNTED and value)
    return f"the prices of {', '.join(others)} are not known" if others else ""


def _first(name: str, *sources: Table) -> int:
    return next((found for source in sources if (found := count(source.get(name))) is not None), 0)
