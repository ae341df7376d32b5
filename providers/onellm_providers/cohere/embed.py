"""POST /v2/embed: texts, or images as data URIs, in slices."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any

from onellm.body import File
from onellm.call import Flow, Reply, ask_all
from onellm.capabilities import Prices
from onellm.cost import Tokens
from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError
from onellm.file_input import is_url
from onellm.media import fetch_media
from onellm.openai_compatible.embeddings import floats
from onellm.openai_compatible.losses import Losses
from onellm.translate.parameters import add_extra_body, refuse_rest
from onellm.translate.usage import count, put_price
from onellm.types.embedding import EmbeddingData, EmbeddingRequest, EmbeddingResponse, EmbeddingUsage
from onellm_providers.cohere.usage import beside_tokens

BATCH = 96
"""Texts in one call."""
NATIVE = frozenset({"max_tokens", "priority", "truncate"})
WORDS = {"query": "search_query", "document": "search_document"}
"""What is said elsewhere of a text's purpose."""
COUNTS = ("billed_units", "tokens")
"""Where the meta of an answer counts."""
DEFAULT = "search_document"
"""The service wants a purpose to be named."""


def encode_parameters(name: str, request: EmbeddingRequest) -> tuple[Table, tuple[str, ...]]:
    """The body without its inputs, and what was left out of it."""
    given = request.parameters()
    losses = Losses(drop=request.unsupported == "drop")
    purpose = given.pop("input_type", None) or DEFAULT
    kinds = given.pop("embedding_types", None) or ["float"]
    body: Table = {"model": request.model, "input_type": WORDS.get(purpose, purpose), "embedding_types": kinds}
    given.pop("encoding_format", None)  # how the vectors travel; they come out as floats either way
    if "dimensions" in given:
        body["output_dimension"] = given.pop("dimensions")
    for own in sorted(NATIVE & given.keys()):
        body[own] = given.pop(own)
    refuse_rest(given, losses, name, NATIVE | {"dimensions", "embedding_types", "encoding_format", "input_type"})
    add_extra_body(body, request, ("model", "texts", "images", "inputs"))
    return body, tuple(losses.dropped)


def fetched(images: Sequence[str]) -> Flow[list[str]]:
    """The images as data URIs, which is all that the service takes; those by URL are fetched."""
    urls = [place for place, each in enumerate(images) if is_url(each)]
    files: list[File] = yield from ask_all([fetch_media(images[at], param=f"input[{at}]") for at in urls])
    whole = list(images)
    for at, file in zip(urls, files, strict=True):
        whole[at] = f"data:{file.media_type};base64,{base64.b64encode(file.content).decode()}"
    for place, each in enumerate(whole):
        if not each.startswith("data:image/"):
            raise InvalidRequestError(f"input[{place}] is no image: give a data URI or a URL.", param="input")
    return whole


def read_embeddings(reply: Reply, amount: int, model: str, prices: Prices | None) -> EmbeddingResponse:
    """The vectors of an answer, in the order of the inputs. Raises ValueError where there are not as many.

    Where several types came, each row has those of the others beside its floats, under the service's names.
    """
    raw = table(json.loads(reply.body))
    by_type = {name: array(vectors) for name, vectors in _by_type(raw.get("embeddings")).items()}
    first = next((name for name in ("float", "base64", *by_type) if name in by_type), "float")
    vectors = [_floated(each) for each in by_type.pop(first, [])]
    for came in (vectors, *by_type.values()):
        if len(came) != amount:
            raise ValueError(f"{len(came)} vectors came for {amount} inputs")
    rows = [EmbeddingData(embedding=vector, index=index, **_at(index, by_type)) for index, vector in enumerate(vectors)]
    meta = table(raw.get("meta"))
    usage = _usage(meta, prices)
    left: Table = {**raw, "meta": {name: value for name, value in meta.items() if name not in COUNTS} or None}
    rest: Table = {
        name: value for name, value in left.items() if name not in ("embeddings", "texts") and value is not None
    }
    return EmbeddingResponse(data=rows, model=model, usage=usage, **rest)


def _at(index: int, by_type: Mapping[str, list[Any]]) -> dict[str, Any]:
    return {name: vectors[index] for name, vectors in by_type.items()}


def _by_type(said: Any) -> Mapping[str, Any]:
    """The vectors by type; those that did not come are null."""
    return {name: value for name, value in (table(said) or {"float": said}).items() if value}


def _floated(vector: Any) -> list[float]:
    """A vector of numbers, or base64 of floats."""
    return floats(vector) if isinstance(vector, str) else [float(value) for value in vector]


def _usage(meta: Mapping[str, Any], prices: Prices | None) -> EmbeddingUsage | None:
    """Tokens are counted, and where none are told those that are billed; what is billed stays under its name."""
    billed = table(meta.get("billed_units"))
    paid, read = (count(table(meta.get(name)).get("input_tokens")) for name in COUNTS)
    if not billed and read is None:
        return None
    tokens = read if read is not None else paid or 0
    more: dict[str, Any] = {"billed_units": billed} if billed else {}
    usage = EmbeddingUsage(prompt_tokens=tokens, total_tokens=tokens, **more)
    put_price(usage, Tokens(prompt=paid if paid is not None else tokens), prices, beside_tokens(billed))
    return usage
