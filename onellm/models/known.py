"""Several sources, one answer: the later a source in the row, the more it is trusted.

The snapshot, what the provider's row says of all its models, what its `/models` said, what the user said. A source that
is silent leaves the others their word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from onellm.capabilities import Capability, CapabilityName, ModelInfo, Prices
from onellm.errors import ConfigurationError
from onellm.routing import parse_model_name, split_profile

_ABOUT = ("id", "provider", "capabilities", "source", "as_of", "sources")
FACTS = tuple(each.name for each in fields(ModelInfo) if each.name not in _ABOUT)
PRICES = tuple(each.name for each in fields(Prices) if each.name != "tiers")
TOLERANCE = 1e-6
"""What two prices may differ by and be the same: some hosts give them for one token."""


def combine(model: str, provider: str, layers: Iterable[ModelInfo | None]) -> ModelInfo:
    """What the layers know of a model together. The source and date are those of the last that knows this model.

    A layer without an id speaks of every model of the provider; one without a source is not cited.
    """
    capabilities: dict[Capability, bool | None] = dict.fromkeys(Capability, None)
    facts: dict[str, Any] = {}
    sources: dict[str, str] = {}
    about = ModelInfo(model, provider)
    for layer in layers:
        if layer is None:
            continue
        said = f"{layer.source}, {layer.as_of}" if layer.source and layer.as_of else layer.source
        for word, yes in layer.capabilities.items():
            if yes is not None:
                capabilities[word] = yes
                sources[word.value] = said
        for name in FACTS:
            value = getattr(layer, name)
            if value is not None:
                known = facts.get(name)
                facts[name] = completed(value, known) if isinstance(value, Prices) and known is not None else value
                sources[name] = said
        if layer.id:
            about = layer
    if capabilities[Capability.CHAT] and capabilities[Capability.STREAM] is None:
        capabilities[Capability.STREAM] = True  # a model that chats does so in streams, where the provider streams
    return ModelInfo(
        id=model,
        provider=provider,
        capabilities=capabilities,
        source=about.source,
        as_of=about.as_of,
        sources={name: said for name, said in sources.items() if said},
        **facts,
    )


def completed(prices: Prices, known: Prices) -> Prices:
    """The prices, and from those known before what is missing, if both agree on input and output: one tariff."""
    if not (_same(prices.input, known.input) and _same(prices.output, known.output)):
        return prices
    missing = {name: getattr(known, name) for name in PRICES if getattr(prices, name) is None}
    return replace(prices, **missing, tiers=prices.tiers or known.tiers)


def _same(price: float | None, other: float | None) -> bool:
    return price is not None and other is not None and abs(price - other) <= TOLERANCE * max(price, other)


# -- what the user says ------------------------------------------------------------------------------------------------

_said: dict[str, dict[str, ModelInfo]] = {}
_changes = 0


def register_model(
    model: str,
    *,
    capabilities: Mapping[CapabilityName, bool] | None = None,
    context_window: int | None = None,
    max_output_tokens: int | None = None,
    prices: Prices | None = None,
    input_modalities: Sequence[str] | None = None,
    output_modalities: Sequence[str] | None = None,
    reasoning_efforts: Sequence[str] | None = None,
    source: str = "register_model",
) -> None:
    """Say what is true of `provider/model`, for every client of this process; it comes before all other sources.

    What is not given stays as other sources have it. `provider@profile/model` speaks of that account alone. A further
    call for the same model replaces the earlier one, and one without facts takes it back. Raises
    InvalidModelStringError, and ConfigurationError for a word that is no capability.
    """
    global _changes  # noqa: PLW0603 - one register for the process
    label, name = parse_model_name(model)
    facts = {
        "capabilities": {_word(word): bool(yes) for word, yes in capabilities.items()} if capabilities else None,
        "context_window": context_window,
        "max_output_tokens": max_output_tokens,
        "prices": prices,
        "input_modalities": _texts(input_modalities),
        "output_modalities": _texts(output_modalities),
        "reasoning_efforts": _texts(reasoning_efforts),
    }
    given: dict[str, Any] = {fact: value for fact, value in facts.items() if value is not None}
    if given:
        _said.setdefault(label, {})[name] = ModelInfo(id=name, provider=label, source=source, **given)
    else:
        _said.get(label, {}).pop(name, None)
    _changes += 1


def registered(label: str, model: str) -> ModelInfo | None:
    """What the user said of a model, of this profile first."""
    return _said.get(label, {}).get(model) or _said.get(split_profile(label)[0], {}).get(model)


def registered_ids(label: str) -> list[str]:
    """The models of a provider of which the user said something."""
    return [*_said.get(label, {})]


def changes() -> int:
    """Another number after each call of `register_model`."""
    return _changes


def _word(word: str) -> Capability:
    try:
        return Capability(word)
    except ValueError:
        words = ", ".join(Capability)
        raise ConfigurationError(f"{word!r} is no capability; these are: {words}.") from None


def _texts(values: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)
