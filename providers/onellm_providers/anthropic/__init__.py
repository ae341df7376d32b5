"""Anthropic's Claude models behind `anthropic/…`, in the format of the Messages API."""

from onellm_providers.anthropic.provider import AnthropicProvider

__all__ = ["AnthropicProvider"]
