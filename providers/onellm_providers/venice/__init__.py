"""Venice: private, uncensored models behind an OpenAI-like API with operations of its own."""

from onellm_providers.venice.provider import VENICE, VeniceProvider

__all__ = ["VENICE", "VeniceProvider"]
