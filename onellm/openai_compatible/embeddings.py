"""Embeddings in OpenAI's format: inputs in slices, vectors from base64 or floats, joined in order."""

from __future__ import annotations

import sys
from array import array
from binascii import a2b_base64
from collections.abc import Sequence
from typing import Any

from onellm.call import Reply
from onellm.types.base import Model
from onellm.types.embedding import EmbeddingData, EmbeddingResponse, EmbeddingUsage


class _Row(Model):
    embedding: str | list[float]
    index: int | None = None


class _Answer(Model):
    data: list[_Row]
    model: str | None = None
    usage: EmbeddingUsage | None = None


def read_embeddings(count: int, reply: Reply) -> EmbeddingResponse:
    """The vectors of an answer, by index. Raises ValueError where the bytes are none, or not as many as asked."""
    answer = _Answer.model_validate_json(reply.body)
    rows: list[EmbeddingData | None] = [None] * count
    for place, row in enumerate(answer.data):
        index = place if row.index is None else row.index
        if not 0 <= index < count or rows[index] is not None:
            raise ValueError(f"the vector {index} of {count} is given twice or was not asked for")
        vector = row.embedding if isinstance(row.embedding, list) else floats(row.embedding)
        rows[index] = EmbeddingData.model_construct(embedding=vector, index=index, object="embedding")
    found = [row for row in rows if row is not None]
    if len(found) != count:
        raise ValueError(f"{len(found)} vectors came for {count} inputs")
    extra: dict[str, Any] = answer.model_extra or {}
    return EmbeddingResponse.model_construct(
        data=found, model=answer.model or "", object="list", usage=answer.usage, **extra
    )


def floats(text: str) -> list[float]:
    """The vector that base64 of little-endian 32-bit floats stands for."""
    values = array("f", a2b_base64(text))
    if sys.byteorder == "big":
        values.byteswap()
    return values.tolist()


def join(slices: Sequence[EmbeddingResponse]) -> EmbeddingResponse:
    """One answer of several slices: vectors in order, usage added."""
    joined = slices[0].model_copy()
    joined.data = [row for part in slices for row in part.data]
    for index, row in enumerate(joined.data):
        row.index = index
    if all(part.usage is not None for part in slices):
        usages = [part.usage for part in slices if part.usage is not None]
        joined.usage = EmbeddingUsage(
            prompt_tokens=sum(usage.prompt_tokens for usage in usages),
            total_tokens=sum(usage.total_tokens for usage in usages),
        )
    return joined
