"""What the service refuses beside wrong types: the rules of its models, and turns that do not fit together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.testing.simulator.values import ServiceError
from onellm_providers.anthropic.rules import rules_for
from onellm_providers.anthropic.simulator.answers import sign

LATER = "2026-10-21"


def check(body: Table, version: str) -> None:
    """Raise ServiceError for the first thing that the service would answer with 400 to."""
    for message in _wrong(body, version):
        raise ServiceError(400, message)


def blocks_of(turn: Table) -> list[Table]:
    """The blocks of a turn; a text is one block."""
    content = turn.get("content")
    return [{"type": "text", "text": content}] if isinstance(content, str) else [table(each) for each in array(content)]


def _wrong(body: Table, version: str) -> Iterator[str]:
    rules, thinking = rules_for(body["model"]), table(body.get("thinking"))
    kind = thinking.get("type")
    for name in ("temperature", "top_p", "top_k"):
        if name in body and version >= LATER:
            yield f"{name}: Extra inputs are not permitted"
        if name in body and not rules.sampling and (name != "temperature" or body[name] != 1):
            yield f"`{name}` is not supported by this model"
    if "temperature" in body and "top_p" in body and not rules.both_sampling:
        yield "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
    if kind and rules.thinking is not None and kind not in rules.thinking:
        yield f'"thinking.type.{kind}" is not supported for this model.'
    if kind == "enabled" and thinking.get("budget_tokens", 0) >= body["max_tokens"]:
        yield "`max_tokens` must be greater than `thinking.budget_tokens`."
    if kind in ("enabled", "adaptive") and body.get("temperature", 1) != 1:
        yield "`temperature` may only be set to 1 when thinking is enabled."
    if table(body.get("tool_choice")).get("type") in ("any", "tool"):
        if kind == "enabled":
            yield "Thinking may not be enabled when tool_choice forces tool use."
        if rules.forced_tools is False:
            yield "tool_choice: this model does not support forced tool use"
    if rules.prefill is False and _prefilled(body["messages"][-1]):
        yield "This model does not support assistant message prefill. The conversation must end with a user message."
    names = [tool.get("name") for tool in map(table, array(body.get("tools"))) if tool.get("name")]
    if len(set(names)) < len(names):
        yield "tools: Tool names must be unique."
    marks = sum("cache_control" in each for each in (*array(body.get("tools")), *array(body.get("system"))))
    marks += sum("cache_control" in block for turn in body["messages"] for block in blocks_of(turn))
    if marks > 4:
        yield f"A maximum of 4 blocks with cache_control may be provided. Found {marks}."
    yield from _turns(body["messages"])


def _prefilled(turn: Table) -> bool:
    """Whether the answer was begun by the caller; one that the service paused holds what its tools did."""
    own = any(block["type"] == "server_tool_use" for block in blocks_of(turn))
    return turn["role"] == "assistant" and not own


def _turns(turns: list[Table]) -> Iterator[str]:
    """Roles, empty texts, calls and their results, signatures."""
    if turns[0]["role"] != "user":
        yield 'messages: first message must use the "user" role'
    waiting: list[Any] = []
    for index, turn in enumerate(turns):
        blocks = blocks_of(turn)
        answered = [block.get("tool_use_id") for block in blocks if block["type"] == "tool_result"]
        if missing := [name for name in waiting if name not in answered]:
            yield (
                f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                f"{', '.join(map(str, missing))}."
            )
        for at, block in enumerate(blocks):
            where = f"messages.{index}.content.{at}"
            if block["type"] == "text" and not str(block.get("text", "")).strip():
                yield f"{where}: text content blocks must contain non-whitespace text"
            if block["type"] == "tool_result" and block.get("tool_use_id") not in waiting:
                yield f"{where}: unexpected `tool_use_id` found in `tool_result` blocks: {block.get('tool_use_id')}."
            if block["type"] == "thinking" and block.get("signature") != sign(str(block.get("thinking"))):
                yield f"{where}: Invalid `signature` in `thinking` block"
        waiting = [block.get("id") for block in blocks if block["type"] == "tool_use"]
    if waiting:
        yield f"messages.{len(turns) - 1}: `tool_use` ids were found without `tool_result` blocks: {waiting}."
