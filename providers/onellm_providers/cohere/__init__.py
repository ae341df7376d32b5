"""Cohere behind `cohere/…`, in the format of its v2 API: chat, embeddings and rerank."""

from __future__ import annotations

from onellm_providers.cohere.provider import CohereProvider as CohereProvider

__all__ = ["CohereProvider"]
