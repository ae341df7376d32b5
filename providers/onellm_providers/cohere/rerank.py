"""POST /v2/rerank, whose documents are texts and whose answer holds none."""

from __future__ import annotations

import json

from onellm.call import Reply
from onellm.decode.json import Table
from onellm.errors import InvalidRequestError
from onellm.openai_compatible.judging import read_rerank
from onellm.openai_compatible.losses import Losses
from onellm.translate.parameters import add_extra_body, refuse_rest
from onellm.types.rerank import RerankRequest, RerankResponse

TAKEN = ("top_n", "max_tokens_per_doc", "priority", "relevant_spans")


def encode_rerank(name: str, request: RerankRequest) -> tuple[Table, tuple[str, ...]]:
    """The body, and what was left out of it. A document that is a table goes as JSON, which is YAML too."""
    if not request.documents:
        raise InvalidRequestError("documents is empty; give at least one.", param="documents")
    given, losses = request.parameters(), Losses(drop=request.unsupported == "drop")
    documents = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in request.documents]
    body: Table = {"model": request.model, "query": request.query, "documents": documents}
    for own in TAKEN:
        if own in given:
            body[own] = given.pop(own)
    refuse_rest(given, losses, name, TAKEN)
    add_extra_body(body, request, ("model", "query", "documents"))
    return body, tuple(losses.dropped)


def read_results(request: RerankRequest, reply: Reply) -> RerankResponse:
    """The results, the best first, each with its document where the caller asked for it."""
    documents = request.documents if request.return_documents else None
    answer = read_rerank(documents, len(request.documents), reply)
    answer.model = answer.model or request.model
    return answer
