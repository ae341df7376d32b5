"""Which models do what is wanted: by what is known, without a call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypedDict, cast

from onellm.capabilities import Capability, Catalogue, ModelInfo, Prices
from onellm.models import snapshot
from onellm.models.known import combine, registered, registered_ids
from onellm.routing import split_profile


class ModelFilter(TypedDict, total=False):
    """What a model must be. A capability is True (known to do it) or False (known not to)."""

    provider: str
    min_context: int
    min_output: int
    max_input_price: float
    max_output_price: float
    released_after: str
    deprecated: bool
    chat: bool
    stream: bool
    tools: bool
    parallel_tools: bool
    tool_choice_required: bool
    json_mode: bool
    json_schema: bool
    vision: bool
    audio_input: bool
    video_input: bool
    document_input: bool
    audio_output: bool
    image_output: bool
    reasoning: bool
    logprobs: bool
    prompt_caching: bool
    web_search: bool
    completion: bool
    responses: bool
    embeddings: bool
    image_generation: bool
    image_edit: bool
    speech: bool
    transcription: bool
    translation: bool
    moderation: bool
    rerank: bool
    files: bool
    batch: bool
    video_generation: bool
    realtime: bool
    tee: bool
    e2ee: bool


def check_filter(wanted: ModelFilter) -> None:
    """Raise TypeError for a word that is none of the filter's, as a call with a wrong keyword does."""
    for name in wanted:
        if name not in ModelFilter.__annotations__:
            raise TypeError(f"find_models() got an unexpected keyword argument {name!r}")


def withdrawn(info: ModelInfo, today: str) -> bool:
    """Whether the model is known not to be served any more; one whose day is yet to come still is."""
    return info.deprecated is not None and info.deprecated[:10] <= today


def matches(info: ModelInfo, wanted: ModelFilter, today: str) -> bool:
    """Whether the model is known to be what is wanted; what is not known of it is no match."""
    prices = info.prices or Prices()
    bounds = (
        (wanted.get("min_context"), info.context_window, 1),
        (wanted.get("min_output"), info.max_output_tokens, 1),
        (wanted.get("max_input_price"), prices.input, -1),
        (wanted.get("max_output_price"), prices.output, -1),
    )
    if any(bound is not None and (value is None or value * sign < bound * sign) for bound, value, sign in bounds):
        return False
    if (after := wanted.get("released_after")) is not None and (info.released or "") <= after:
        return False
    if withdrawn(info, today) is not wanted.get("deprecated", False):
        return False
    flags = cast("dict[str, bool | None]", wanted)
    return all(
        info.capabilities.get(word) is flags[word.value] for word in Capability if flags.get(word.value) is not None
    )


def by_price(info: ModelInfo) -> tuple[float, float, str]:
    """The order of what was found: cheapest input first, then cheapest output, what is not known last."""
    unknown = float("inf")
    prices = info.prices or Prices()
    given = [unknown if price is None else price for price in (prices.input, prices.output)]
    return given[0], given[1], info.model


def known_ids(label: str, catalogue: Catalogue) -> list[str]:
    """The models that a provider is known to have: those that it listed itself, else those of the snapshot."""
    name = split_profile(label)[0]
    served = catalogue.ids(label) or snapshot.ids(name)
    return [*dict.fromkeys((*served, *registered_ids(name), *registered_ids(label)))]


def bare_info(label: str, catalogue: Catalogue, model: str) -> ModelInfo:
    """What is known of a model of a provider that has no settings here, and so says nothing of it itself."""
    name = split_profile(label)[0]
    layers = snapshot.find(name, model), catalogue.find(label, model), registered(label, model)
    return combine(model, label, layers)


def alternatives(
    labels: Iterable[str],
    known: Callable[[str], Iterable[ModelInfo]],
    need: Capability,
    needs: Sequence[Capability],
    today: str,
) -> Iterator[str]:
    """Model strings that do what is needed and deny nothing else that is; of each provider the latest first."""

    def able(info: ModelInfo) -> bool:
        does = info.capabilities
        return bool(does.get(need)) and all(does.get(each) is not False for each in needs)

    for label in labels:
        found = [info for info in known(label) if able(info) and not withdrawn(info, today)]
        found.sort(key=lambda info: (info.deprecated is None, info.released or ""), reverse=True)
        yield from (info.model for info in islice(found, 5))
