"""What is known of models, and asking their providers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from onellm.api.default import async_client, client
from onellm.capabilities import Capability, CapabilityName, ModelInfo

if TYPE_CHECKING:
    from onellm.models.search import ModelFilter


def model_info(model: str) -> ModelInfo:
    """What is known of `provider/model` without a call: capabilities, limits, prices, and since when."""
    return client().model_info(model)


def supports(model: str, capability: Capability | CapabilityName) -> bool | None:
    """Whether `provider/model` does it: True, False, or None where it is not known (`refresh_models` may tell)."""
    return client().supports(model, capability)


def find_models(**wanted: Unpack[ModelFilter]) -> list[ModelInfo]:
    """The models that are known to be what is wanted, without a call, cheapest first; what is not known is no match.

    `find_models(vision=True, tools=True, max_input_price=1.0)`. A capability is True (known to do it) or False (known
    not to). Prices are USD for a million tokens; `min_context` and `min_output` are tokens; `released_after` is a date
    like "2026-01-31"; `deprecated=True` finds the withdrawn ones, which are left out otherwise; `provider` is one
    provider. Raises UnknownProviderError, and TypeError for another keyword.
    """
    return client().find_models(**wanted)


def list_models(provider: str | None = None) -> list[ModelInfo]:
    """Ask a provider (all that have a key, if none is named) for its models, and keep what it says.

    Later calls are checked against it before they are sent. Raises APIError, APIConnectionError, ConfigurationError.
    """
    return client().list_models(provider)


async def alist_models(provider: str | None = None) -> list[ModelInfo]:
    """`list_models`, async."""
    return await async_client().list_models(provider)


def refresh_models(provider: str | None = None) -> list[ModelInfo]:
    """Learn anew what models can do; the same as `list_models`."""
    return list_models(provider)


async def arefresh_models(provider: str | None = None) -> list[ModelInfo]:
    """`refresh_models`, async."""
    return await alist_models(provider)
