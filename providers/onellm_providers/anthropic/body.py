"""The body of POST /v1/messages for a chat completion."""

from __future__ import annotations

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
from onellm_providers.anthropic.formats import encode_format
from onellm_providers.anthropic.messages import Conversation, encode_messages
from onellm_providers.anthropic.target import Target
from onellm_providers.anthropic.thinking import check_effort, encode_thinking
from onellm_providers.anthropic.tools import encode_tools, forces
from onellm_providers.anthropic.wire import beta_names

NATIVE = frozenset({
    "betas", "billing_policy", "cache_control", "compaction", "container", "context_management", "diagnostics",
    "fallback_credit_token", "fallbacks", "inference_geo", "mcp_servers", "output_config", "speed", "thinking",
    "user_profile_id",
})  # fmt: skip
"""Anthropic's own parameters, taken beside OpenAI's (anthropic SDK 2.14); `betas` go into a header."""
PLAIN = NATIVE - {"betas", "output_config", "thinking"}
TAKEN = frozenset({
    "max_completion_tokens", "max_tokens", "metadata", "parallel_tool_calls", "reasoning_effort", "response_format",
    "service_tier", "stop", "stream_options", "temperature", "tool_choice", "tools", "top_k", "top_p", "user",
})  # fmt: skip
TIERS = {"auto": "auto", "default": "standard_only", "standard_only": "standard_only"}
BREAKPOINTS = 4
LIFETIMES = (None, "5m", "1h")
FAST = "fast-mode-2026-02-01"


def encode_body(target: Target, request: ChatRequest, *, stream: bool) -> tuple[Table, list[str]]:
    """The body, and the beta features that the request asks for.

    Raises InvalidRequestError, UnsupportedParameterError and CapabilityError for what the model does not take.
    """
    given = request.parameters()
    talk = encode_messages(target, request.messages)
    betas = beta_names(given.pop("betas", None))
    asked = take_max_tokens(given)
    most = target.max_output if asked is None else asked
    body: Table = {"model": request.model, "max_tokens": most, "messages": talk.turns}
    if talk.system:
        body["system"] = talk.system
    body.update(encode_tools(target, given, talk.called))
    _place_thinking(target, given, talk, body)
    _check_forced(target, body)
    thinks = table(body.get("thinking")).get("type") in ("enabled", "adaptive")
    body.update(encode_sampling(target, given, thinks=thinks))
    _place_rest(target, given, talk, body, stream=stream)
    if body.get("speed") == "fast" and FAST not in betas:
        betas.append(FAST)
    refuse_rest(given, target.losses, target, TAKEN | NATIVE)
    _check_cache(body)
    _check_citations(body)
    add_extra_body(body, request)
    if stream:
        body["stream"] = True
    return body, betas


def _place_thinking(target: Target, given: dict[str, Any], talk: Conversation, body: Table) -> None:
    """`thinking` and `output_config`: the effort, the format, and what the caller put there."""
    thinking, config = encode_thinking(target, given, body["max_tokens"], talk)
    wanted = encode_format(target, given)
    config = {**config, **({"format": wanted} if wanted else {}), **table(given.pop("output_config", None))}
    check_effort(target, thinking, config)
    if thinking:
        body["thinking"] = thinking
    if config:
        body["output_config"] = config
    if talk.prefill and config.get("format"):
        raise InvalidRequestError("A begun answer and response_format do not go together.", param="response_format")
    if talk.prefill and thinking.get("type", "disabled") != "disabled":
        raise InvalidRequestError("A begun answer and thinking do not go together.", param="messages")


def _check_forced(target: Target, body: Table) -> None:
    if forces(body.get("tool_choice")) and table(body.get("thinking")).get("type") == "enabled":
        raise InvalidRequestError(
            f"{target} takes no forced tool_choice while it thinks with a budget; leave one out.", param="tool_choice"
        )


def encode_sampling(target: Target, given: dict[str, Any], *, thinks: bool) -> Table:
    """Temperature, top_p and top_k where the model, the API version and thinking allow them."""
    asked = {name: given.pop(name) for name in ("temperature", "top_p", "top_k") if name in given}
    taken: Table = {}
    for name, value in asked.items():
        if name != "top_k" and not 0 <= value <= 1:
            raise InvalidRequestError(f"{name} must be between 0 and 1 for {target}.", param=name)
        if not target.sampling:
            why = f"{target.name} takes no {name} under this API version; the setting version='2023-06-01' allows it."
        elif not target.rules.sampling:
            why = f"{target} takes no {name}."
        elif thinks and (name == "top_k" or (name == "temperature" and value != 1)):
            why = f"{target} takes no {name} while it thinks."
        elif thinks and name == "top_p" and value < 0.95:
            why = f"{target} takes a top_p of 0.95 or more while it thinks."
        elif name == "top_p" and "temperature" in taken and not target.rules.both_sampling:
            why = f"{target} takes temperature or top_p, not both."
        else:
            taken[name] = value
            continue
        target.losses.refuse(name, f"{why} Leave it out, or pass unsupported='drop'.")
    return taken


def _place_rest(target: Target, given: dict[str, Any], talk: Conversation, body: Table, *, stream: bool) -> None:
    sequences = take_stop(given)
    if any(not str(each).strip() for each in sequences):
        raise InvalidRequestError(f"{target.name} takes no stop of white space alone.", param="stop")
    if sequences:
        body["stop_sequences"] = sequences
    take_stream_options(given, target.losses, target.name, stream=stream)
    tier = given.pop("service_tier", None)
    if tier in TIERS:
        body["service_tier"] = TIERS[tier]
    elif tier is not None:
        target.losses.refuse("service_tier", f"{target.name} takes the service tiers auto and default, not {tier!r}.")
    _place_user(target, given, body)
    drop_nothings(given)
    for name in sorted(PLAIN & given.keys()):
        body[name] = given.pop(name)
    if talk.container and "container" not in body:
        body["container"] = talk.container


def _place_user(target: Target, given: dict[str, Any], body: Table) -> None:
    metadata: Table = given.pop("metadata", None) or {}
    for name in sorted(metadata.keys() - {"user_id"}):
        target.losses.refuse(f"metadata.{name}", f"{target.name} takes of metadata the user_id alone, not {name!r}.")
    user = given.pop("user", None) or metadata.get("user_id")
    if user is not None:
        body["metadata"] = {"user_id": user}


def _blocks(body: Table) -> Iterator[Table]:
    """Everything that may carry a cache breakpoint: tools, the system prompt, the turns' blocks, those inside them."""
    yield from map(table, array(body.get("tools")))
    blocks = [*array(body.get("system")), *(block for turn in body["messages"] for block in turn["content"])]
    for block in map(table, blocks):
        yield block
        yield from map(table, array(block.get("content")))


def _check_cache(body: Table) -> None:
    """At most four breakpoints, each of a lifetime that there is."""
    marks = [table(mark) for block in _blocks(body) if (mark := block.get("cache_control"))]
    marks += [table(mark)] if (mark := body.get("cache_control")) else []
    if len(marks) > BREAKPOINTS:
        raise InvalidRequestError(
            f"{len(marks)} parts have cache_control (tools, system and messages together); Anthropic takes "
            f"{BREAKPOINTS}.",
            param="cache_control",
        )
    for mark in marks:
        if mark.get("type") != "ephemeral" or mark.get("ttl") not in LIFETIMES:
            raise InvalidRequestError(
                "cache_control is {'type': 'ephemeral'}, with a ttl of '5m' or '1h' if any.", param="cache_control"
            )


def _check_citations(body: Table) -> None:
    """Citations are asked for of all documents or of none, and not together with a format."""
    documents = [block for block in _blocks(body) if block.get("type") == "document"]
    asked = [bool(table(block.get("citations")).get("enabled")) for block in documents]
    if any(asked) and not all(asked):
        raise InvalidRequestError(
            "Citations are enabled for all documents of a request or for none.", param="citations"
        )
    if any(asked) and table(body.get("output_config")).get("format"):
        raise InvalidRequestError("Citations and response_format do not go together.", param="response_format")
