"""Rerank through InvokeModel: the body that Cohere's and Amazon's models share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from onellm.call import Call, Op, Reply
from onellm.decode.json import Table, table
from onellm.errors import InvalidRequestError
from onellm.openai_compatible.losses import Losses
from onellm.translate.parameters import add_extra_body, refuse_rest
from onellm.types.rerank import RerankRequest, RerankResponse, RerankResult

if TYPE_CHECKING:
    from onellm_providers.bedrock.provider import BedrockProvider

KNOWN = frozenset({"top_n", "max_tokens_per_doc"})


def rerank(provider: BedrockProvider, request: RerankRequest) -> Op[RerankResponse]:
    """The documents by relevance. Raises InvalidRequestError where there is nothing to put in order."""
    if not request.documents:
        raise InvalidRequestError("documents is empty; give at least one.", param="documents")
    losses, given = Losses(drop=request.unsupported == "drop"), request.parameters()
    body: Table = {"query": request.query, "documents": request.documents, "api_version": 2}
    for name in KNOWN & given.keys():
        body[name] = given.pop(name)
    refuse_rest(given, losses, f"{provider.name}/{request.model}", KNOWN)
    add_extra_body(body, request, ())
    documents = request.documents if request.return_documents else None

    def read(reply: Reply) -> RerankResponse:
        rows = [table(row) for row in json.loads(reply.body)["results"]]
        results = [_result(row, documents) for row in rows]
        results.sort(key=lambda each: -each.relevance_score)
        return RerankResponse(model=request.model, results=results)

    return provider.signed(
        request.model,
        lambda access: Call(parse=read, **provider.exchange(access, request, "invoke", body, tuple(losses.dropped))),
    )


def _result(row: Table, documents: list[Any] | None) -> RerankResult:
    index = int(row["index"])
    return RerankResult(
        index=index,
        relevance_score=float(row["relevance_score"]),
        document=documents[index] if documents is not None else None,
    )
