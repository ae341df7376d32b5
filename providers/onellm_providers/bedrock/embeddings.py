"""Embeddings through InvokeModel, in the body of each maker's model.

Titan and Nova take one text a call, Cohere up to 96 (AWS's documents of the models; Nova's body as recorded).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from onellm.call import Call, Op, Reply
from onellm.cost import Tokens, cost_parts
from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError
from onellm.openai_compatible.embeddings import Slice, in_slices
from onellm.openai_compatible.losses import Losses
from onellm.translate.embeddings import texts_of
from onellm.translate.parameters import add_extra_body, refuse_rest
from onellm.types.embedding import EmbeddingData, EmbeddingRequest, EmbeddingResponse, EmbeddingUsage
from onellm_providers.bedrock.families import base_id

if TYPE_CHECKING:
    from onellm_providers.bedrock.credentials import Access
    from onellm_providers.bedrock.provider import BedrockProvider

KNOWN = frozenset({"dimensions", "encoding_format", "input_type", "truncate", "normalize"})
COUNT = "x-amzn-bedrock-input-token-count"
PURPOSES = {"query": "search_query", "document": "search_document"}
NOVA_PURPOSES = {"query": "GENERIC_RETRIEVAL", "document": "GENERIC_INDEX"}
"""What `input_type` stands for; the models' own words are sent as they are."""


class Maker(NamedTuple):
    """How a maker's model is asked: the inputs of one call, and what makes its body and takes out what it takes."""

    batch: int
    body: Callable[[list[str], dict[str, Any]], Table]


def embed(provider: BedrockProvider, request: EmbeddingRequest) -> Op[EmbeddingResponse]:
    """One call, or several where there are more inputs than the model takes in one.

    Raises InvalidRequestError, and UnsupportedParameterError for what the model does not take.
    """
    maker = _maker(provider.behind(request.model))
    texts = texts_of(request.inputs, provider.name)
    losses = Losses(drop=request.unsupported == "drop")
    slices: list[Slice] = []

    def made(access: Access) -> list[Slice]:
        return [(start, call(access)) for start, call in calls]

    calls: list[tuple[int, Callable[[Access], Call[EmbeddingResponse]]]] = []
    for start in range(0, len(texts), maker.batch):
        part, given = texts[start : start + maker.batch], request.parameters()
        given.pop("encoding_format", None)  # vectors come as floats, whatever was asked for
        body = maker.body(part, given)
        own = Losses(drop=request.unsupported == "drop")
        refuse_rest(given, own, f"{provider.name}/{request.model}", KNOWN - given.keys())
        losses.dropped = own.dropped
        add_extra_body(body, request, ())
        calls.append((start, functools.partial(_call, provider, request, body, tuple(own.dropped), len(part))))
    if len(calls) == 1:
        return provider.signed(request.model, calls[0][1])
    return _all(provider, request.model, made, len(texts), slices)


def _all(
    provider: BedrockProvider,
    model: str,
    made: Callable[[Access], list[Slice]],
    count: int,
    slices: list[Slice],
) -> Op[EmbeddingResponse]:
    from onellm.call import Flow, ask
    from onellm_providers.bedrock.credentials import Access as Known

    access = provider.access(model)
    if isinstance(access, Known):
        return in_slices(made(access), count)

    def later() -> Flow[EmbeddingResponse]:
        return (yield from in_slices(made((yield from ask(access))), count))

    return later()


def _call(
    provider: BedrockProvider,
    request: EmbeddingRequest,
    body: Table,
    dropped: tuple[str, ...],
    count: int,
    access: Access,
) -> Call[EmbeddingResponse]:
    read = functools.partial(_read, provider, request.model, count)
    return Call(parse=read, **provider.exchange(access, request, "invoke", body, dropped))


def _maker(model: str) -> Maker:
    base = base_id(model)
    for start, maker in MAKERS.items():
        if base.startswith(start):
            return maker
    raise InvalidRequestError(
        f"It is not known how bedrock/{model} embeds; these do: {', '.join(MAKERS)}….", param="model"
    )


def _titan(texts: list[str], given: dict[str, Any]) -> Table:
    body: Table = {"inputText": texts[0]}
    for name in ("dimensions", "normalize"):
        if name in given:
            body[name] = given.pop(name)
    return body


def _titan_v1(texts: list[str], given: dict[str, Any]) -> Table:
    return {"inputText": texts[0]}


def _titan_image(texts: list[str], given: dict[str, Any]) -> Table:
    size = {"embeddingConfig": {"outputEmbeddingLength": given.pop("dimensions")}} if "dimensions" in given else {}
    return {"inputText": texts[0], **size}


def _cohere(texts: list[str], given: dict[str, Any]) -> Table:
    purpose = given.pop("input_type", None)
    if purpose is None:
        raise InvalidRequestError("Cohere's models want an input_type: 'query' or 'document'.", param="input_type")
    body: Table = {"texts": texts, "input_type": PURPOSES.get(purpose, purpose)}
    if "truncate" in given:
        body["truncate"] = given.pop("truncate")
    return body


def _cohere_v4(texts: list[str], given: dict[str, Any]) -> Table:
    body = _cohere(texts, given)
    if "dimensions" in given:
        body["output_dimension"] = given.pop("dimensions")
    return body


def _nova(texts: list[str], given: dict[str, Any]) -> Table:
    purpose = given.pop("input_type", "GENERIC_RETRIEVAL")
    params: Table = {
        "embeddingPurpose": NOVA_PURPOSES.get(purpose, purpose),
        "text": {"value": texts[0], "truncationMode": given.pop("truncate", "NONE")},
    }
    if "dimensions" in given:
        params["embeddingDimension"] = given.pop("dimensions")
    return {"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": params}


MAKERS = {
    "amazon.titan-embed-text-v2": Maker(1, _titan),
    "amazon.titan-embed-image": Maker(1, _titan_image),
    "amazon.titan-embed": Maker(1, _titan_v1),
    "cohere.embed-v4": Maker(96, _cohere_v4),
    "cohere.embed": Maker(96, _cohere),
    "amazon.nova-2-multimodal-embeddings": Maker(1, _nova),
}
"""By the beginning of the model's id; the first that fits counts."""


def _read(provider: BedrockProvider, model: str, count: int, reply: Reply) -> EmbeddingResponse:
    raw = table(json.loads(reply.body))
    vectors = _vectors(raw)
    if len(vectors) != count:
        raise ValueError(f"{len(vectors)} vectors came for {count} inputs")
    data = [
        EmbeddingData(embedding=[float(each) for each in vector], index=index) for index, vector in enumerate(vectors)
    ]
    told = raw.get("inputTextTokenCount")
    told = reply.headers.get(COUNT) if told is None else told
    usage = None
    if told is not None:
        usage = EmbeddingUsage(prompt_tokens=int(told), total_tokens=int(told))
        _settle_cost(provider, model, usage)
    return EmbeddingResponse(data=data, model=model, usage=usage)


def _vectors(raw: Table) -> list[list[Any]]:
    """The vectors of any maker's answer."""
    if "embedding" in raw:
        return [array(raw["embedding"])]
    found = raw["embeddings"]
    rows = array(table(found).get("float")) or array(found)
    return [array(table(row)["embedding"]) if table(row) else array(row) for row in rows]


def _settle_cost(provider: BedrockProvider, model: str, usage: EmbeddingUsage) -> None:
    prices = provider.info(model).prices
    parts = (
        "no prices of this model are known"
        if prices is None
        else cost_parts(Tokens(prompt=usage.prompt_tokens), prices)
    )
    if isinstance(parts, str):
        usage.cost_unknown = parts
    else:
        usage.cost, usage.cost_parts = sum(parts.values()), parts
