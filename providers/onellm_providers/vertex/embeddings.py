"""Embeddings at Vertex AI: `:predict` for older models, `:embedContent` and `:batchEmbedContents` for later ones.

Sources: google-genai 3.6 for all bodies; that `gemini-embedding-001` takes one text a call at `:predict` is from
Google's documentation as third-party digests have it.
"""

from __future__ import annotations

import functools
import json
import re
from typing import NamedTuple

from onellm.call import Reply
from onellm.capabilities import Prices
from onellm.decode.json import Table, array, table
from onellm.translate.parameters import add_extra_body
from onellm.types.embedding import EmbeddingRequest, EmbeddingResponse
from onellm_providers.gemini import embeddings

PREDICTED = re.compile(r"(text-|gemini-)(multilingual-)?embedding-00|textembedding")
"""Models that answer to `:predict`."""
ONE_TEXT = re.compile(r"gemini-embedding-001|maas")
"""Models that take one text a call."""
FIXED = ("instances", "content", "requests", "input", "model")


class Asked(NamedTuple):
    """A call: the method of the model and the body."""

    method: str
    body: Table


def size_of(model: str) -> int:
    """How many texts go in one call."""
    return 1 if ONE_TEXT.search(model) else embeddings.BATCH


def encode(texts: list[str], fields: Table, request: EmbeddingRequest) -> Asked:
    """The call for these texts; `fields` are what is said of each, under the names of the Gemini API."""
    if PREDICTED.search(request.model):
        asked = Asked("predict", _instances(texts, fields))
    else:
        config: Table = {"embedContentConfig": fields} if fields else {}
        rows = [{"content": embeddings.content_of(text), **config} for text in texts]
        asked = Asked("embedContent", rows[0]) if len(rows) == 1 else Asked("batchEmbedContents", {"requests": rows})
    add_extra_body(asked.body, request, FIXED)
    return asked


def reader(asked: Asked, model: str, count: int, prices: Prices | None) -> functools.partial[EmbeddingResponse]:
    """What reads the answer of this call."""
    read = {"predict": _read_predicted, "embedContent": _read_one}.get(asked.method, embeddings.read_batch)
    return functools.partial(read, model, count, prices)


def _instances(texts: list[str], fields: Table) -> Table:
    about = {"taskType": "task_type", "title": "title"}
    said = {theirs: fields[name] for name, theirs in about.items() if name in fields}
    body: Table = {"instances": [{"content": text, **said} for text in texts]}
    if "outputDimensionality" in fields:
        body["parameters"] = {"outputDimensionality": fields["outputDimensionality"]}
    return body


def _read_predicted(model: str, count: int, prices: Prices | None, reply: Reply) -> EmbeddingResponse:
    rows = [table(table(each).get("embeddings")) for each in array(table(json.loads(reply.body)).get("predictions"))]
    counts = [table(row.get("statistics")).get("token_count") for row in rows]
    known = [int(each) for each in counts if isinstance(each, (int, float))]
    raw: Table = {"usageMetadata": {"promptTokenCount": sum(known)}} if known and len(known) == len(rows) else {}
    return embeddings.answer_of(model, [row.get("values") for row in rows], count, raw, prices)


def _read_one(model: str, count: int, prices: Prices | None, reply: Reply) -> EmbeddingResponse:
    raw = table(json.loads(reply.body))
    found = table(raw.get("embedding"))
    return embeddings.answer_of(model, [found["values"]] if "values" in found else [], count, raw, prices)
