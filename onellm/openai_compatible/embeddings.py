"""Embeddings in OpenAI's format: inputs in slices, vectors from base64 or floats, joined in order."""

from __future__ import annotations

import functools
import math
import sys
from array import array
from binascii import a2b_base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, cast

from onellm.call import Call, Flow, Op, Reply, ask, ask_all
from onellm.capabilities import Capability
from onellm.cost import Tokens
from onellm.decode.json import table
from onellm.errors import InvalidRequestError, OneLLMError
from onellm.openai_compatible.costs import settle_cost
from onellm.openai_compatible.operations import Operation
from onellm.openai_compatible.wire import Wire
from onellm.types.base import Model
from onellm.types.embedding import EmbeddingData, EmbeddingRequest, EmbeddingResponse, EmbeddingUsage


class _Answer(Model):
    """The rows stay tables: of 256 models more the garbage collector would make a good part of the whole cost."""

    data: list[dict[str, Any]]
    model: str | None = None
    usage: EmbeddingUsage | None = None


FIELDS = set(EmbeddingData.model_fields)
"""What is set of every row: one set for all of them, since each has everything."""

Slice: TypeAlias = tuple[int, Call[EmbeddingResponse]]
"""Where a slice of the inputs begins, and the call for it."""


def embed(provider: Wire, request: EmbeddingRequest) -> Op[EmbeddingResponse]:
    """One call, or several where there are more inputs than the host takes in one."""
    operation, fields, dropped = provider.encode(Capability.EMBEDDINGS, request)
    inputs = request.inputs
    _check(operation, inputs, provider.name)
    if _takes_base64(operation):
        fields.setdefault(operation.rename.get("encoding_format", "encoding_format"), "base64")
    size = operation.batch or len(inputs)
    slices: list[Slice] = []
    for start in range(0, len(inputs), size):
        part = inputs[start : start + size]
        body = {"model": request.model, "input": part, **fields}
        read = functools.partial(_read, provider, request.model, len(part))
        slices.append((start, provider.post(operation, body, request, read, dropped)))
    return slices[0][1] if len(slices) == 1 else in_slices(slices, len(inputs))


def _check(operation: Operation, inputs: Sequence[object], host: str) -> None:
    if not inputs:
        raise InvalidRequestError("input is empty; give at least one text.", param="input")
    for place, each in enumerate(inputs):
        if not each:
            raise InvalidRequestError(f"input[{place}] is empty.", param="input")
        if not operation.tokens and not isinstance(each, str):
            raise InvalidRequestError(f"{host} takes texts to embed, no token numbers.", param="input")


def _takes_base64(operation: Operation) -> bool:
    limit = operation.limits.get("encoding_format")
    return "encoding_format" in operation.takes and (limit is None or limit.problem("base64") is None)


def in_slices(slices: Sequence[Slice], count: int) -> Flow[EmbeddingResponse]:
    """The joined answer of all slices.

    Once one has failed, no other is begun; those under way are finished. The error has what came in `partial`.
    """
    done: dict[int, EmbeddingResponse] = {}
    failures: dict[int, OneLLMError] = {}

    def one(start: int, call: Call[EmbeddingResponse]) -> Flow[None]:
        if failures:
            return
        try:
            done[start] = yield from ask(call)
        except OneLLMError as error:
            failures[start] = error

    yield from ask_all([one(start, call) for start, call in slices])
    if not failures:
        return join(done)
    start, error = min(failures.items())
    error.partial = join(done) if done else None
    came = len(error.partial.data) if done else 0
    error.add_note(
        f"It failed at the inputs from number {start} of {count} on; `partial` has the {came} vectors that came, each "
        "with the index of its input."
    )
    raise error


def _read(provider: Wire, model: str, count: int, reply: Reply) -> EmbeddingResponse:
    answer = read_embeddings(count, reply)
    if (usage := answer.usage) is not None:
        settle_cost(usage, Tokens(prompt=usage.prompt_tokens), provider.prices(model), provider.row, answer)
    return answer


def read_embeddings(count: int, reply: Reply) -> EmbeddingResponse:
    """The vectors of an answer, by index. Raises ValueError where the bytes are none, or not as many as asked."""
    answer = _Answer.model_validate_json(reply.body)
    given: dict[int, Any] = {}
    for place, row in enumerate(answer.data):
        number = row.get("index")
        index = place if number is None else number
        if not isinstance(index, int) or not 0 <= index < count or index in given:
            raise ValueError(f"the vector {index} of {count} is given twice or was not asked for")
        given[index] = row
    if len(given) != count:
        raise ValueError(f"{len(given)} vectors came for {count} inputs")
    del answer.data
    found = [_row(index, given[index]) for index in range(count)]
    # The vectors come last: objects that are made after them make the garbage collector walk through them all.
    for data in found:
        vector = given[data.index]["embedding"]
        floated = floats(vector) if isinstance(vector, str) else [float(each) for each in vector]
        object.__setattr__(data, "embedding", floated)
    extra: dict[str, Any] = {name: value for name, value in (answer.model_extra or {}).items() if name != "object"}
    return EmbeddingResponse.model_construct(
        data=found, model=answer.model or "", object="list", usage=answer.usage, **extra
    )


def _row(index: int, given: dict[str, Any]) -> EmbeddingData:
    """A row whose vector is to come, with the fields that this version does not know.

    `model_construct` takes five times as long, and makes a dict and a set for each row; the garbage collector would
    notice them among 256 rows of 1,536 floats.
    """
    row = EmbeddingData.__new__(EmbeddingData)
    put = object.__setattr__
    put(row, "embedding", None)
    put(row, "index", index)
    put(row, "object", "embedding")
    put(row, "__pydantic_fields_set__", FIELDS)
    put(row, "__pydantic_extra__", {name: given[name] for name in given.keys() - FIELDS})
    put(row, "__pydantic_private__", None)
    return row


def floats(text: str) -> list[float]:
    """The vector that base64 of little-endian 32-bit floats stands for."""
    values = array("f", a2b_base64(text))
    if sys.byteorder == "big":
        values.byteswap()
    return values.tolist()


def join(slices: dict[int, EmbeddingResponse]) -> EmbeddingResponse:
    """One answer of several slices, by where they begin: vectors in order, usage added, the meta of the last."""
    parts = [slices[start] for start in sorted(slices)]
    joined = parts[0].model_copy()
    joined.data = [row for part in parts for row in part.data]
    for start, part in slices.items():
        for row in part.data:
            row.index += start
    if all(part.usage is not None for part in parts):
        usages = [part.usage for part in parts if part.usage is not None]
        joined.usage = EmbeddingUsage(
            prompt_tokens=sum(usage.prompt_tokens for usage in usages),
            total_tokens=sum(usage.total_tokens for usage in usages),
            cost=_sum(usage.cost for usage in usages),
            cost_parts=_sums([usage.cost_parts for usage in usages]),
            cost_unknown=next((usage.cost_unknown for usage in usages if usage.cost_unknown), ""),
            **_counts(usages),
        )
    joined.attach(max((part.meta for part in parts), key=lambda meta: len(meta.attempts)))
    return joined


def _counts(usages: Sequence[EmbeddingUsage]) -> dict[str, Any]:
    """Further counts of all, such as images; what is no number is that of the first which has it."""
    found: dict[str, Any] = {}
    for usage in usages:
        _add(found, usage.model_extra or {})
    return found


def _add(found: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict):
            found[name] = dict(table(found.get(name)))
            _add(found[name], table(cast("object", value)))
        elif (
            isinstance(value, (int, float))
            and not isinstance(value, bool)
            and isinstance(found.get(name), (int, float))
        ):
            found[name] += value
        else:
            found.setdefault(name, value)


def _sum(costs: Iterable[float | None]) -> float | None:
    """The cost of all; None where one is not known."""
    known = list(costs)
    return None if None in known else math.fsum(cost for cost in known if cost is not None)


def _sums(parts: Sequence[dict[str, float]]) -> dict[str, float]:
    """The parts of all, by their names; none where one has none."""
    names = dict.fromkeys(name for each in parts for name in each) if all(parts) else {}
    return {name: math.fsum(each.get(name, 0.0) for each in parts) for name in names}
