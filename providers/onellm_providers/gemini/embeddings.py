"""Embeddings: `batchEmbedContents` with one content a text, at most 100 in a call."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from onellm.call import Call, Flow, Op, Reply, ask_all
from onellm.capabilities import Prices
from onellm.cost import Tokens
from onellm.decode.json import Table, array, table
from onellm.errors import BadResponseError
from onellm.openai_compatible.embeddings import join
from onellm.openai_compatible.losses import Losses
from onellm.translate.embeddings import texts_of
from onellm.translate.parameters import add_extra_body, refuse_rest
from onellm.translate.usage import put_price
from onellm.types.embedding import EmbeddingData, EmbeddingRequest, EmbeddingResponse, EmbeddingUsage

BATCH = 100
TASKS = {
    "query": "RETRIEVAL_QUERY", "search_query": "RETRIEVAL_QUERY", "document": "RETRIEVAL_DOCUMENT",
    "search_document": "RETRIEVAL_DOCUMENT", "similarity": "SEMANTIC_SIMILARITY",
    "classification": "CLASSIFICATION", "clustering": "CLUSTERING",
}  # fmt: skip
"""The words of other services for what texts are for; Google's own are taken as they are."""
TAKEN = frozenset({"dimensions", "input_type", "encoding_format", "title"})

Send = Callable[[int, list[str], Table, tuple[str, ...]], Call[EmbeddingResponse]]
"""Makes the call for some of the texts: where they begin, the texts, the fields of each, what was dropped."""


def in_batches(request: EmbeddingRequest, name: str, send: Send, size: int = BATCH) -> Op[EmbeddingResponse]:
    """One call, or several where there are more texts than the service takes in one.

    Raises InvalidRequestError for what is no text.
    """
    texts = texts_of(request.inputs, name)
    fields, dropped = fields_of(request, name)
    calls = {at: send(at, texts[at : at + size], fields, dropped) for at in range(0, len(texts), size)}
    return calls[0] if len(calls) == 1 else _all(calls)


def fields_of(request: EmbeddingRequest, name: str) -> tuple[Table, tuple[str, ...]]:
    """The fields of each text's request under Google's names, and what was dropped."""
    given, losses = request.parameters(), Losses(drop=request.unsupported == "drop")
    fields: Table = {}
    if given.get("dimensions") is not None:
        fields["outputDimensionality"] = given.pop("dimensions")
    if given.get("input_type") is not None:
        word = str(given.pop("input_type"))
        fields["taskType"] = TASKS.get(word.lower(), word.upper())
    if given.get("title") is not None:
        fields["title"] = given.pop("title")
    given.pop("encoding_format", None)  # floats travel as JSON here, and come out as floats either way
    refuse_rest(given, losses, name, TAKEN)
    return fields, tuple(losses.dropped)


def encode_batch(model: str, texts: list[str], fields: Table, request: EmbeddingRequest) -> Table:
    """The body: a request for each text, since several parts of one content make one vector."""
    rows = [{"model": model, "content": content_of(text), **fields} for text in texts]
    body: Table = {"requests": rows}
    add_extra_body(body, request, ("requests", "input", "model"))
    return body


def content_of(text: str) -> Table:
    """A text as the content of one vector."""
    return {"role": "user", "parts": [{"text": text}]}


def read_batch(model: str, count: int, prices: Prices | None, reply: Reply) -> EmbeddingResponse:
    """The vectors, which come without numbers in the order of the texts."""
    raw = table(json.loads(reply.body))
    return answer_of(model, [table(each).get("values") for each in array(raw.get("embeddings"))], count, raw, prices)


def answer_of(
    model: str, vectors: list[Any], count: int, raw: Mapping[str, Any], prices: Prices | None
) -> EmbeddingResponse:
    """The answer. Raises BadResponseError where it has not one vector for each text."""
    if len(vectors) != count:
        raise BadResponseError(f"{count} texts were sent and {len(vectors)} vectors came back.")
    usage = table(raw.get("usageMetadata"))
    tokens = usage.get("promptTokenCount", usage.get("totalTokenCount"))
    counted = EmbeddingUsage(prompt_tokens=tokens, total_tokens=tokens) if isinstance(tokens, int) else None
    if counted is not None:
        put_price(counted, Tokens(prompt=counted.prompt_tokens), prices)
    data = [EmbeddingData(embedding=vector, index=at) for at, vector in enumerate(vectors)]
    return EmbeddingResponse(data=data, model=model, usage=counted)


def _all(calls: dict[int, Call[EmbeddingResponse]]) -> Flow[EmbeddingResponse]:
    answers = yield from ask_all(list(calls.values()))
    return join(dict(zip(calls, answers, strict=True)))
