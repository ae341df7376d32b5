"""Rerank: what is asked and answered (the POST /rerank that Cohere, Jina, vLLM, llama.cpp and others share)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import BeforeValidator

from onellm.types.base import Model, Result
from onellm.types.call_params import CallParams
from onellm.types.request import ModelRequest, as_list

Document: TypeAlias = str | Mapping[str, object]
"""A text, or for hosts that take them a table of fields (`{"text": …}`)."""


class RerankRequest(ModelRequest):
    """Documents to be put in order, as a provider sees them."""

    steering: ClassVar[frozenset[str]] = ModelRequest.steering | {"query", "documents", "return_documents"}

    query: str
    documents: Annotated[list[str | dict[str, Any]], BeforeValidator(as_list)]
    max_chunks_per_doc: int | None = None
    max_tokens_per_doc: int | None = None
    priority: int | None = None
    rank_fields: list[str] | None = None
    return_documents: bool | None = None
    top_n: int | None = None


class RerankParams(CallParams, total=False):
    """The parameters of reranking beside `model`, `query` and `documents`.

    `top_n`: how many results, the best ones; all where it is not given. `return_documents`: each result has its
    document; it is put there here and costs nothing. `max_tokens_per_doc`: where a long document is cut.
    """

    max_chunks_per_doc: int | None
    max_tokens_per_doc: int | None
    priority: int | None
    rank_fields: Sequence[str] | None
    return_documents: bool | None
    top_n: int | None


class RerankResult(Model):
    """One document: its place among those that were given, and its score: higher is better, on the model's scale."""

    index: int
    relevance_score: float
    document: str | dict[str, Any] | None = None


class RerankUsage(Model):
    """What was billed: tokens or search units, whichever the host counts in."""

    prompt_tokens: int | None = None
    total_tokens: int | None = None
    search_units: float | None = None


class RerankResponse(Result):
    """The results, the best first."""

    id: str | None = None
    model: str = ""
    results: list[RerankResult]
    usage: RerankUsage | None = None
