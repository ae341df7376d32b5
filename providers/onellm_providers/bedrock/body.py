"""The body of POST /model/{modelId}/converse for a chat completion (botocore 1.44, `ConverseRequest`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError
from onellm.translate.parameters import (
    add_extra_body,
    drop_nothings,
    refuse_rest,
    take_max_tokens,
    take_stop,
    take_stream_options,
)
from onellm.types.chat_request import ChatRequest
from onellm_providers.anthropic.body import encode_sampling
from onellm_providers.anthropic.formats import encode_format
from onellm_providers.bedrock.blocks import POINTS, cache_point, settle_cache
from onellm_providers.bedrock.messages import encode_messages
from onellm_providers.bedrock.target import Target
from onellm_providers.bedrock.thinking import encode_thinking
from onellm_providers.bedrock.tools import encode_tools, forces

PLAIN = frozenset({
    "additionalModelResponseFieldPaths", "guardrailConfig", "performanceConfig", "promptVariables", "requestMetadata",
    "serviceTier",
})  # fmt: skip
NATIVE = PLAIN | {"additionalModelRequestFields", "cache_control", "outputConfig", "thinking"}
"""Converse's own parameters under its names, taken beside OpenAI's; `thinking` is Claude's, `cache_control` ours."""
TABLES = NATIVE - {"additionalModelResponseFieldPaths"}
TAKEN = frozenset({
    "max_completion_tokens", "max_tokens", "metadata", "parallel_tool_calls", "reasoning_effort", "response_format",
    "service_tier", "stop", "stream_options", "temperature", "tool_choice", "tools", "top_k", "top_p",
})  # fmt: skip
TIERS = ("default", "flex", "priority", "reserved")
WIRE = {"temperature": "temperature", "top_p": "topP"}


def encode_body(target: Target, request: ChatRequest, *, stream: bool) -> Table:
    """The body. Raises InvalidRequestError, UnsupportedParameterError, CapabilityError for what is not taken."""
    given = request.parameters()
    for name in TABLES & given.keys():
        if given[name] is not None and not isinstance(given[name], dict):
            raise InvalidRequestError(f"{name} must be a dict.", param=name)
    talk = encode_messages(target, request.messages)
    body: Table = {"messages": talk.turns}
    if talk.system:
        body["system"] = talk.system
    if config := encode_tools(target, given, talk.called):
        body["toolConfig"] = config
    most = take_max_tokens(given)
    fields, output, room = encode_thinking(target, given, most, talk)
    inference: Table = {} if room is None else {"maxTokens": room}
    thinks = table(fields.get("thinking")).get("type") in ("enabled", "adaptive")
    if table(fields.get("thinking")).get("type") == "enabled" and forces(table(body.get("toolConfig"))):
        raise InvalidRequestError(
            f"{target} takes no forced tool_choice while it thinks with a budget; leave one out.", param="tool_choice"
        )
    _place_format(target, given, output)
    _place_sampling(target, given, inference, fields, thinks=thinks)
    if talk.prefill and (thinks or output.get("textFormat")):
        raise InvalidRequestError("A begun answer goes with neither thinking nor response_format.", param="messages")
    if sequences := take_stop(given):
        inference["stopSequences"] = sequences
    own = table(given.pop("additionalModelRequestFields", None))
    for name, value in (
        ("inferenceConfig", inference),
        ("outputConfig", {**output, **table(given.pop("outputConfig", None))}),
        ("additionalModelRequestFields", {**fields, **own}),
    ):
        if value:
            body[name] = value
    _place_rest(target, given, body, stream=stream)
    refuse_rest(given, target.losses, target, TAKEN | NATIVE)
    _check_points(body)
    add_extra_body(body, request, ("messages", "modelId"))
    return body


def _place_format(target: Target, given: dict[str, Any], output: Table) -> None:
    """`response_format` as `outputConfig.textFormat`; the schema is JSON in a text."""
    asked = table(table(given.get("response_format")).get("json_schema"))
    wanted = encode_format(target.claude, given)
    if wanted is not None:
        about = {name: asked[name] for name in ("name", "description") if asked.get(name)}
        structure = {"jsonSchema": {"schema": json.dumps(wanted["schema"]), **about}}
        output["textFormat"] = {"type": "json_schema", "structure": structure}


def _place_sampling(target: Target, given: dict[str, Any], inference: Table, fields: Table, *, thinks: bool) -> None:
    """Temperature and top_p for all models, top_k where it is known where it goes."""
    if target.family.claude is not None:
        taken = encode_sampling(target.claude, given, thinks=thinks)
    else:
        taken = {name: given.pop(name) for name in ("temperature", "top_p", "top_k") if name in given}
        for name in taken.keys() - {"top_k"}:
            if not 0 <= taken[name] <= 1:
                raise InvalidRequestError(f"{name} must be between 0 and 1 for {target}.", param=name)
    for name, value in taken.items():
        if name in WIRE:
            inference[WIRE[name]] = value
        elif target.family.top_k == "nova":
            fields["inferenceConfig"] = {"topK": value}
        elif target.family.top_k is not None:
            fields["top_k"] = value
        else:
            target.losses.refuse(
                "top_k",
                f"It is not known where {target} takes top_k; put it into additionalModelRequestFields under its name.",
            )


def _place_rest(target: Target, given: dict[str, Any], body: Table, *, stream: bool) -> None:
    take_stream_options(given, target.losses, target.name, stream=stream)
    tier = given.pop("service_tier", None)
    if tier in TIERS:
        body["serviceTier"] = {"type": tier}
    elif tier not in (None, "auto"):
        target.losses.refuse("service_tier", f"{target.name} takes the service tiers {', '.join(TIERS)}, not {tier!r}.")
    if metadata := given.pop("metadata", None):
        body["requestMetadata"] = metadata
    drop_nothings(given)
    for name in sorted(PLAIN & given.keys()):
        body[name] = given.pop(name)
    if mark := given.pop("cache_control", None):
        last = body["messages"][-1]
        last["content"] = settle_cache([*last["content"], *cache_point(target, mark, "cache_control")])


def _blocks(body: Table) -> Iterator[Table]:
    """Everything that may be a cache point."""
    yield from map(table, array(table(body.get("toolConfig")).get("tools")))
    yield from map(table, array(body.get("system")))
    for turn in body["messages"]:
        yield from map(table, turn["content"])


def _check_points(body: Table) -> None:
    count = sum("cachePoint" in block for block in _blocks(body))
    if count > POINTS:
        raise InvalidRequestError(
            f"{count} parts have cache_control (tools, system and messages together); Bedrock takes {POINTS}.",
            param="cache_control",
        )
