"""The operations beside chat as OpenAI has them: where they live, what they take; a row says where its host differs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from onellm.capabilities import Capability
from onellm.errors import InvalidRequestError
from onellm.openai_compatible.limits import Limit, Range
from onellm.openai_compatible.losses import Losses
from onellm.record import record
from onellm.types.request import ModelRequest


@record(frozen=True)
class Operation:
    """One operation of a host.

    `path` behind the base URL. `takes`: the parameters of its body. `needs`: those of them without which it refuses.
    `rename`: what the host calls them. `limits`: what it takes of each. `refuse_for`: what the models that match a
    pattern do not take (`stream` among them). `implied`: what the models that match a pattern always do: the value is
    not sent, and another is refused. `batch`: how many inputs one call takes. `tokens`: it takes inputs as token
    numbers.
    """

    path: str
    takes: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    rename: Mapping[str, str] = field(default_factory=dict[str, str])
    limits: Mapping[str, Limit] = field(default_factory=dict[str, Limit])
    refuse_for: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    implied: Mapping[str, Mapping[str, object]] = field(default_factory=dict[str, Mapping[str, object]])
    batch: int | None = None
    tokens: bool = True

    def refuses(self, name: str, model: str) -> bool:
        """Whether this model does not take the parameter."""
        refused = any(name in names and re.fullmatch(each, model) for each, names in self.refuse_for.items())
        return refused or (name not in self.takes and name != "stream")

    def implies(self, model: str) -> dict[str, object]:
        """What this model always does."""
        found = (values for pattern, values in self.implied.items() if re.fullmatch(pattern, model))
        return {name: value for values in found for name, value in values.items()}


_IMAGE = frozenset({
    "background", "complexity", "frame_count", "frame_duration_ms", "moderation", "n", "output_compression",
    "output_format", "partial_images", "quality", "response_format", "safety_identifier", "size", "style", "svg",
    "user",
})  # fmt: skip

OPENAI_OPERATIONS: Mapping[Capability, Operation] = {
    Capability.COMPLETION: Operation(
        "completions",
        takes=frozenset({
            "best_of", "echo", "frequency_penalty", "logit_bias", "logprobs", "max_tokens", "n", "presence_penalty",
            "seed", "stop", "stream_options", "suffix", "temperature", "top_p", "user",
            "top_k", "min_p", "repetition_penalty",
        }),
    ),
    Capability.RESPONSES: Operation(
        "responses",
        takes=frozenset({
            "background", "context_management", "conversation", "include", "instructions", "max_output_tokens",
            "max_tool_calls", "metadata", "moderation", "parallel_tool_calls", "previous_response_id", "prompt",
            "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "reasoning", "safety_identifier",
            "service_tier", "store", "stream_options", "temperature", "text", "tool_choice", "tools", "top_logprobs",
            "top_p", "truncation", "user",
        }),
        limits={"temperature": Range(0, 2), "top_p": Range(0, 1), "top_logprobs": Range(0, 20)},
    ),
    Capability.EMBEDDINGS: Operation(
        "embeddings",
        takes=frozenset({"dimensions", "encoding_format", "user"}),
        limits={"dimensions": Range(1)},
        batch=2048,
    ),
    Capability.IMAGE_GENERATION: Operation("images/generations", takes=_IMAGE, limits={"n": Range(1)}),
    Capability.IMAGE_EDIT: Operation(
        "images/edits", takes=_IMAGE - {"style", "moderation"} | {"input_fidelity"}, limits={"n": Range(1)}
    ),
    Capability.SPEECH: Operation(
        "audio/speech", takes=frozenset({"instructions", "response_format", "speed", "voice"})
    ),
    Capability.TRANSCRIPTION: Operation(
        "audio/transcriptions",
        takes=frozenset({
            "chunking_strategy", "include", "keywords", "known_speaker_names", "known_speaker_references", "language",
            "languages", "prompt", "response_format", "temperature", "timestamp_granularities",
        }),
    ),
    Capability.TRANSLATION: Operation(
        "audio/translations", takes=frozenset({"prompt", "response_format", "temperature"})
    ),
    Capability.MODERATION: Operation("moderations"),
    Capability.RERANK: Operation("rerank", takes=frozenset({"top_n"})),
    Capability.FILES: Operation("files", takes=frozenset({"expires_after", "purpose"})),
    Capability.BATCH: Operation(
        "batches", takes=frozenset({"completion_window", "endpoint", "metadata", "output_expires_after"}), batch=50_000
    ),
}  # fmt: skip
"""OpenAI's own (openai SDK 3.52, API reference of August 2026), without the bounds of its models; hosts of open models
take three more of a completion. Rerank is no operation of OpenAI's: it is as vLLM, llama.cpp, Jina and Cohere have it.
"""

VARIATIONS = Operation(
    "images/variations", takes=frozenset({"n", "response_format", "size", "user"}), limits={"n": Range(1)}
)
"""Image variations, for hosts that still have what OpenAI withdrew."""


def encode_operation(operation: Operation, host: str, request: ModelRequest, losses: Losses) -> dict[str, Any]:
    """The parameters of the body as the host takes them: refused, renamed, checked, never dropped in silence."""
    body: dict[str, Any] = {}
    implied = operation.implies(request.model)
    for name, value in request.parameters().items():
        if operation.refuses(name, request.model):
            losses.refuse(name, _not_taken(operation, host, request, name))
            continue
        if name in implied:
            if value != implied[name]:
                losses.refuse(name, f"{host}/{request.model} always has {name}={implied[name]!r}; leave it out.")
            continue
        limit = operation.limits.get(name)
        if limit is not None and (problem := limit.problem(value)):
            raise InvalidRequestError(f"{name} {problem} for {host}/{request.model}.", param=name)
        body[operation.rename.get(name, name)] = value
    for name, value in (request.extra_body or {}).items():
        if name in request.steering:
            raise InvalidRequestError(f"extra_body cannot set {name}; pass it as a parameter.", param=name)
        body[name] = value
    for name in operation.needs:
        if operation.rename.get(name, name) not in body:
            raise InvalidRequestError(f"{host}/{request.model} needs {name}.", param=name)
    return body


def _not_taken(operation: Operation, host: str, request: ModelRequest, name: str) -> str:
    import difflib

    if name not in type(request).model_fields and (near := difflib.get_close_matches(name, operation.takes, 1)):
        return f"{host} does not know the parameter {name!r}. Did you mean {near[0]!r}?"
    return (
        f"{host}/{request.model} does not take {name}. Leave it out, send it anyway as extra_body={{{name!r}: …}}, "
        "or pass unsupported='drop'."
    )
