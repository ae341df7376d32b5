"""The operations beside chat as OpenAI has them: where they live, what they take; a row says where its host differs."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from onellm.capabilities import Capability
from onellm.errors import InvalidRequestError
from onellm.openai_compatible.limits import Items, Limit, Range
from onellm.openai_compatible.losses import Losses
from onellm.types.request import ModelRequest


@dataclass(frozen=True)
class Operation:
    """One operation of a host.

    `path` behind the base URL. `takes`: the parameters of its body. `rename`: what the host calls them. `limits`: what
    it takes of each. `batch`: how many inputs one call takes.
    """

    path: str
    takes: frozenset[str] = frozenset()
    rename: Mapping[str, str] = field(default_factory=dict[str, str])
    limits: Mapping[str, Limit] = field(default_factory=dict[str, Limit])
    batch: int | None = None


OPENAI_OPERATIONS: Mapping[Capability, Operation] = {
    Capability.EMBEDDINGS: Operation(
        "embeddings",
        takes=frozenset({"dimensions", "encoding_format", "user"}),
        limits={"dimensions": Range(1), "input": Items(2048)},
        batch=2048,
    ),
}
"""OpenAI's own (openai SDK 3.52, API reference of August 2026)."""


def encode_operation(operation: Operation, host: str, request: ModelRequest, losses: Losses) -> dict[str, Any]:
    """The parameters of the body as the host takes them: refused, renamed, checked, never dropped in silence."""
    body: dict[str, Any] = {}
    for name, value in request.parameters().items():
        if name not in operation.takes:
            losses.refuse(name, _not_taken(operation, host, request, name))
            continue
        limit = operation.limits.get(name)
        if limit is not None and (problem := limit.problem(value)):
            raise InvalidRequestError(f"{name} {problem} for {host}/{request.model}.", param=name)
        body[operation.rename.get(name, name)] = value
    for name, value in (request.extra_body or {}).items():
        if name in request.steering:
            raise InvalidRequestError(f"extra_body cannot set {name}; pass it as a parameter.", param=name)
        body[name] = value
    return body


def _not_taken(operation: Operation, host: str, request: ModelRequest, name: str) -> str:
    if name not in type(request).model_fields and (near := difflib.get_close_matches(name, operation.takes, 1)):
        return f"{host} does not know the parameter {name!r}. Did you mean {near[0]!r}?"
    return (
        f"{host}/{request.model} does not take {name}. Leave it out, send it anyway as extra_body={{{name!r}: …}}, "
        "or pass unsupported='drop'."
    )
