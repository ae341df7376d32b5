"""A Converse body as the chat completion that the simulator's model answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.testing.simulator.values import dump
from onellm_providers.bedrock.families import family_of
from onellm_providers.bedrock.simulator.rules import blocks_of


def as_chat(model: str, body: Table) -> dict[str, Any]:
    """The same conversation in OpenAI's form."""
    texts = [str(table(each)["text"]) for each in array(body.get("system")) if "text" in table(each)]
    messages: list[dict[str, Any]] = [{"role": "system", "content": text} for text in texts]
    for turn in body["messages"]:
        messages += _turn(table(turn))
    chat: dict[str, Any] = {"model": model, "messages": messages}
    config = table(body.get("toolConfig"))
    specs = [table(table(each).get("toolSpec")) for each in array(config.get("tools"))]
    if tools := [_tool(spec) for spec in specs if spec]:
        choice = table(config.get("toolChoice"))
        named = {"type": "function", "function": {"name": table(choice.get("tool")).get("name")}}
        chat["tools"] = tools
        chat["tool_choice"] = named if "tool" in choice else "required" if "any" in choice else "auto"
    structure = table(table(table(body.get("outputConfig")).get("textFormat")).get("structure"))
    if wanted := table(structure.get("jsonSchema")):
        chat["response_format"] = {"type": "json_schema", "json_schema": {"schema": json.loads(wanted["schema"])}}
    return chat


def effort_of(model: str, body: Table) -> str:
    """How much the model thinks."""
    fields, kind = table(body.get("additionalModelRequestFields")), family_of(model).effort
    if kind == "nova":
        return str(table(fields.get("reasoningConfig")).get("maxReasoningEffort") or "none")
    if kind == "field":
        return str(fields.get("reasoning_effort") or "none")
    thinks = table(fields.get("thinking")).get("type") in ("enabled", "adaptive")
    return str(table(body.get("outputConfig")).get("effort") or "low") if thinks else "none"


def _turn(turn: Table) -> Iterator[dict[str, Any]]:
    blocks = blocks_of(turn)
    for block in blocks:
        if "toolResult" in block:
            inner = blocks_of(table(block["toolResult"]))
            yield {"role": "tool", "content": " ".join(str(each.get("text", "")) for each in inner)}
    calls = [table(block["toolUse"]) for block in blocks if "toolUse" in block]
    made = [{"name": call["name"], "arguments": dump(call.get("input")).decode()} for call in calls]
    rest = [
        _part(block) for block in blocks if block.keys() & {"text", "image", "document", "video", "citationsContent"}
    ]
    if rest or made:
        yield {"role": turn["role"], "content": rest, **({"tool_calls": made} if made else {})}


def _part(block: Table) -> Table:
    if "text" in block:
        return {"type": "text", "text": block["text"]}
    return {"type": next(iter(block))}


def _tool(spec: Table) -> dict[str, Any]:
    parameters = table(spec.get("inputSchema")).get("json")
    return {"type": "function", "function": {"name": spec["name"], "parameters": parameters}}
