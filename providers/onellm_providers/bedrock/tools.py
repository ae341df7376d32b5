"""Tools and what steers them: OpenAI's functions as Converse's `toolConfig`, Converse's own tools as they are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onellm.capabilities import Capability
from onellm.decode.json import Table, array, table
from onellm.errors import CapabilityError
from onellm.translate.tools import (
    Choice,
    check_distinct,
    check_name,
    read_choice,
    read_function,
    settle_without_tools,
)
from onellm_providers.anthropic.formats import encode_schema
from onellm_providers.bedrock.blocks import cache_point
from onellm_providers.bedrock.messages import TOOL_NAME
from onellm_providers.bedrock.target import Target

NATIVE = frozenset({"toolSpec", "systemTool", "cachePoint"})
NOTHING: Table = {"json": {"type": "object", "properties": {}}}


def encode_tools(target: Target, given: dict[str, Any], called: Mapping[str, None]) -> Table:
    """The body's `toolConfig`; what it is made of is taken out of `given`.

    `called` are the tools that the conversation calls: the service wants them declared, also where the request has no
    tools. It has no word for `tool_choice="none"`: the tools are withheld then, and those that were called before
    are declared alone, which is told as a loss, since the model may call them again.
    """
    asked, choice = array(given.pop("tools", None)), read_choice(given.pop("tool_choice", None))
    parallel = given.pop("parallel_tool_calls", None)
    tools: list[Table] = []
    for index, each in enumerate(asked):
        tools += _tool(target, table(each), f"tools[{index}]")
    names = [table(tool["toolSpec"]).get("name") for tool in tools if "toolSpec" in tool]
    check_distinct(str(name) for name in names)
    if not tools:
        settle_without_tools(target.losses, choice, parallel)
        return _declared(called)
    if choice is not None and choice.word == "none":
        if called:
            target.losses.note("tool_choice")
        kept = [tool for tool in tools if table(tool.get("toolSpec")).get("name") in called]
        missing = {name: None for name in called if name not in names}
        return {"tools": [*kept, *_declared(missing).get("tools", [])]} if called else {}
    if parallel is False:
        target.losses.refuse("parallel_tool_calls", f"{target.name} cannot hold a model to one call at a time.")
    missing = {name: None for name in called if name not in names}
    config: Table = {"tools": [*tools, *_declared(missing).get("tools", [])]}
    if choice is not None:
        config["toolChoice"] = _choice(target, choice)
    return config


def forces(config: Table) -> bool:
    """Whether a `toolConfig` forces a call."""
    return bool(table(config.get("toolChoice")).keys() & {"any", "tool"})


def _declared(called: Mapping[str, None]) -> Table:
    """Tools that the conversation calls and of which no more is known."""
    return {"tools": [{"toolSpec": {"name": name, "inputSchema": NOTHING}} for name in called]} if called else {}


def _tool(target: Target, tool: Table, where: str) -> list[Table]:
    """A tool, and the cache point behind it."""
    if len(tool) == 1 and tool.keys() & NATIVE:
        return [dict(tool)]
    if tool.get("type", "function") != "function":
        target.losses.refuse(where, f"{target.name} takes no tools of type {tool['type']!r} ({where}).")
        return []
    function = read_function(tool, where)
    check_name(target.name, function.name, f"{where}.function.name", *TOOL_NAME)
    spec: Table = {"name": function.name, "inputSchema": {"json": function.parameters}}
    if function.description:
        spec["description"] = function.description
    if function.strict and target.family.strict:
        schema = encode_schema(target.claude, function.parameters, f"{where}.function.parameters")
        spec |= {"strict": True, "inputSchema": {"json": schema}}
    elif function.strict:
        target.losses.note(f"{where}.function.strict")
    mark = tool.get("cache_control") or table(tool.get("function")).get("cache_control")
    return [{"toolSpec": spec}, *(_point(target, mark, f"{where}.cache_control") if mark else [])]


def _point(target: Target, mark: Any, where: str) -> list[Table]:
    if target.family.cached_tools is False:
        target.losses.refuse(where, f"{target} takes no cache points behind tools ({where}).")
        return []
    return cache_point(target, mark, where)


def _choice(target: Target, choice: Choice) -> Table:
    rules = target.family.claude
    if choice.forces and rules is not None and rules.forced_tools is False:
        raise CapabilityError(
            f"{target} cannot be forced to call a tool; it takes tool_choice 'auto' and 'none'.",
            capability=Capability.TOOL_CHOICE_REQUIRED,
        )
    if choice.word == "named":
        return {"tool": {"name": choice.name}}
    return {"any" if choice.word == "required" else "auto": {}}
