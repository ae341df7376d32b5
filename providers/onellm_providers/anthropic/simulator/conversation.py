"""A Messages body as the chat completion that the simulator's model answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.testing.simulator.values import dump
from onellm_providers.anthropic.rules import rules_for
from onellm_providers.anthropic.simulator.rules import blocks_of

CHOICES: dict[str, Any] = {"auto": "auto", "any": "required", "none": "none"}


def as_chat(body: Table) -> dict[str, Any]:
    """The same conversation in OpenAI's form."""
    system = body.get("system")
    texts = [{"text": system}] if isinstance(system, str) else [table(each) for each in array(system)]
    messages = [{"role": "system", "content": str(each["text"])} for each in texts]
    for turn in body["messages"]:
        messages += _turn(table(turn))
    chat: dict[str, Any] = {"model": body["model"], "messages": messages}
    if tools := [_tool(table(each)) for each in array(body.get("tools")) if "input_schema" in each]:
        chat["tools"] = tools
        choice = table(body.get("tool_choice"))
        kind = str(choice.get("type", "auto"))
        chat["tool_choice"] = CHOICES.get(kind, {"type": "function", "function": {"name": choice.get("name")}})
        if choice.get("disable_parallel_tool_use"):
            chat["parallel_tool_calls"] = False
    if wanted := table(table(body.get("output_config")).get("format")):
        chat["response_format"] = {"type": "json_schema", "json_schema": {"schema": wanted["schema"]}}
    return chat


def effort_of(body: Table) -> str:
    """How much the model thinks."""
    kind = table(body.get("thinking")).get("type") or ("adaptive" if rules_for(body["model"]).thinks else "disabled")
    if kind in ("disabled", "between_tools"):
        return "none"
    return str(table(body.get("output_config")).get("effort") or "low")


def _turn(turn: Table) -> Iterator[dict[str, Any]]:
    blocks = blocks_of(turn)
    for block in blocks:
        if block["type"] == "tool_result":
            inner = [each for each in blocks_of(block) if block.get("content")]
            yield {"role": "tool", "content": " ".join(str(each.get("text", "")) for each in inner)}
    rest = [block for block in blocks if block["type"] not in ("tool_result", "tool_use", "thinking")]
    calls = [
        {"name": block["name"], "arguments": dump(block["input"]).decode()} for block in blocks if "input" in block
    ]
    if rest or calls:
        yield {"role": turn["role"], "content": rest, **({"tool_calls": calls} if calls else {})}


def _tool(tool: Table) -> dict[str, Any]:
    return {"type": "function", "function": {"name": tool["name"], "parameters": tool["input_schema"]}}
