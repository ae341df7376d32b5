"""Moderation and rerank: verdicts on content, and documents by how well they fit a query."""

from __future__ import annotations

import functools
import json
from typing import Any

from onellm.call import Call, Reply
from onellm.capabilities import Capability
from onellm.decode.json import array, given, table
from onellm.errors import InvalidRequestError
from onellm.openai_compatible.wire import Wire
from onellm.types.moderation import ModerationRequest, ModerationResponse
from onellm.types.rerank import RerankRequest, RerankResponse


def moderate(provider: Wire, request: ModerationRequest) -> Call[ModerationResponse]:
    """POST /moderations."""
    if not request.input:
        raise InvalidRequestError("input is empty; give at least one text.", param="input")
    operation, fields, dropped = provider.encode(Capability.MODERATION, request)
    body = {"model": request.model, "input": request.input, **fields}
    return provider.post(operation, body, request, read_moderation, dropped)


def read_moderation(reply: Reply) -> ModerationResponse:
    """The verdicts of an answer. Raises ValueError where the bytes hold none."""
    answer = ModerationResponse.model_validate_json(reply.body)
    if not answer.results:
        raise ValueError("no verdict came")
    return answer


def rerank(provider: Wire, request: RerankRequest) -> Call[RerankResponse]:
    """POST /rerank."""
    if not request.documents:
        raise InvalidRequestError("documents is empty; give at least one.", param="documents")
    operation, fields, dropped = provider.encode(Capability.RERANK, request)
    body = {"model": request.model, "query": request.query, "documents": request.documents, **fields}
    documents = request.documents if request.return_documents else None
    parse = functools.partial(read_rerank, documents, len(request.documents))
    return provider.post(operation, body, request, parse, dropped)


def read_rerank(documents: list[str | dict[str, Any]] | None, count: int, reply: Reply) -> RerankResponse:
    """The results of an answer, the best first, each with its document where these are given.

    Results are in `results` or `data`, usage in `usage` or in Cohere's `meta.billed_units`. Raises ValueError where an
    index is not among the `count` documents, or where there are no results.
    """
    answer = given(json.loads(reply.body))
    rows = answer.pop("data", None) if "results" not in answer else answer["results"]
    results = [_result(table(row)) for row in array(rows)]
    if not results:
        raise ValueError("no result came")
    if any(not 0 <= row["index"] < count for row in results):
        raise ValueError("a result is of no document that was given")
    if documents is not None:
        for row in results:
            row["document"] = documents[row["index"]]
    billed = table(table(answer.get("meta")).get("billed_units"))
    answer["usage"] = given(answer.get("usage")) or given(billed) or None
    answer["results"] = sorted(results, key=lambda row: -row["relevance_score"])
    return RerankResponse.model_validate(answer)


def _result(row: dict[str, Any]) -> dict[str, Any]:
    """One row; vLLM, Jina and older Cohere put the document's text into a table."""
    result = given(row)
    score = result.pop("score", None)
    result.setdefault("relevance_score", score)
    document = table(result.get("document"))
    if list(document) == ["text"]:
        result["document"] = document["text"]
    return result
