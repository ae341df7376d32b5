"""POST /api/embed."""

from __future__ import annotations

import json

from onellm.call import Reply
from onellm.capabilities import Prices
from onellm.cost import Tokens
from onellm.decode.json import Table, array, table
from onellm.translate.embeddings import texts_of
from onellm.translate.parameters import add_extra_body, refuse_rest
from onellm.translate.usage import count, put_price
from onellm.types.embedding import EmbeddingData, EmbeddingRequest, EmbeddingResponse, EmbeddingUsage
from onellm_providers.ollama.options import TAKEN, place_options, warn_if_long
from onellm_providers.ollama.target import Target


def encode_embed(target: Target, request: EmbeddingRequest) -> Table:
    """The body. Raises InvalidRequestError for inputs that are no texts."""
    given, texts = request.parameters(), texts_of(request.inputs, target.name)
    body: Table = {"model": request.model, "input": texts}
    given.pop("encoding_format", None)  # how the vectors travel; they come out as floats either way
    for name in ("dimensions", "truncate"):
        if name in given:
            body[name] = given.pop(name)
    place_options(target, given, body)
    refuse_rest(given, target.losses, target, TAKEN | {"dimensions", "encoding_format", "truncate"})
    add_extra_body(body, request, ("model", "input"))
    if body.get("truncate") is not False:
        warn_if_long(target, body, max(map(len, texts)))
    return body


def read_embeddings(reply: Reply, amount: int, model: str, prices: Prices | None) -> EmbeddingResponse:
    """The vectors, in the order of the inputs. Raises ValueError where there are not as many."""
    raw = table(json.loads(reply.body))
    vectors = [[float(value) for value in vector] for vector in array(raw.get("embeddings"))]
    if len(vectors) != amount:
        raise ValueError(f"{len(vectors)} vectors came for {amount} inputs")
    usage: EmbeddingUsage | None = None
    if (tokens := count(raw.get("prompt_eval_count"))) is not None:
        usage = EmbeddingUsage(prompt_tokens=tokens, total_tokens=tokens)
        put_price(usage, Tokens(prompt=tokens), prices)
    more = {
        name: value
        for name, value in raw.items()
        if name not in ("model", "embeddings", "prompt_eval_count") and value is not None
    }
    rows = [EmbeddingData(embedding=vector, index=index) for index, vector in enumerate(vectors)]
    return EmbeddingResponse(data=rows, model=str(raw.get("model") or model), usage=usage, **more)
