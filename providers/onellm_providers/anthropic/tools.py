"""Tools and what steers them: OpenAI's functions as Anthropic's tools, Anthropic's own tools as they are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onellm.capabilities import Capability
from onellm.decode.json import Table, array, table
from onellm.errors import CapabilityError, InvalidRequestError
from onellm.translate.tools import (
    Choice,
    check_distinct,
    check_name,
    read_choice,
    read_function,
    settle_without_tools,
)
from onellm_providers.anthropic.formats import encode_schema
from onellm_providers.anthropic.messages import TOOL_NAME
from onellm_providers.anthropic.target import Target

OWN = ("cache_control", "eager_input_streaming", "input_examples", "defer_loading", "allowed_callers")
"""What Anthropic says of a tool beside OpenAI's fields; it may stand beside `function` or in it."""
WORDS = {"auto": "auto", "required": "any", "none": "none"}


def encode_tools(target: Target, given: dict[str, Any], called: Mapping[str, None]) -> Table:
    """`tools` and `tool_choice` of the body; what they are made of is taken out of `given`.

    `called` are the tools that the conversation calls. The service wants them declared: without any tools in the
    request they are, and none of them may be called.
    """
    asked, choice = array(given.pop("tools", None)), read_choice(given.pop("tool_choice", None))
    parallel = given.pop("parallel_tool_calls", None)
    tools = [tool for index, each in enumerate(asked) if (tool := _tool(target, each, f"tools[{index}]")) is not None]
    check_distinct(tool["name"] for tool in tools if "name" in tool)
    if not tools:
        settle_without_tools(target.losses, choice, parallel)
        if not called:
            return {}
        declared = [{"name": name, "input_schema": {"type": "object"}} for name in called]
        return {"tools": declared, "tool_choice": {"type": "none"}}
    body: Table = {"tools": tools}
    encoded = _choice(target, choice) if choice is not None else None
    if parallel is False and encoded != {"type": "none"}:
        encoded = {**(encoded or {"type": "auto"}), "disable_parallel_tool_use": True}
    if encoded is not None:
        body["tool_choice"] = encoded
    return body


def forces(tool_choice: Any) -> bool:
    """Whether a tool_choice of the body forces a call."""
    return table(tool_choice).get("type") in ("any", "tool")


def _tool(target: Target, value: Any, where: str) -> Table | None:
    tool = table(value)
    kind = tool.get("type") or ("custom" if "input_schema" in tool else "function")
    if kind == "custom" and "custom" in tool:
        target.losses.refuse(where, f"{target.name} takes no tools of free-form input ({where}).")
        return None
    if kind != "function":
        if not isinstance(tool.get("name"), str) and "configs" not in tool and kind != "mcp_toolset":
            raise InvalidRequestError(f"{where} needs a name.", param=where)
        return dict(tool)
    function = read_function(tool, where)
    check_name(target.name, function.name, f"{where}.function.name", *TOOL_NAME)
    encoded: Table = {"name": function.name}
    if function.description is not None:
        encoded["description"] = function.description
    if function.strict:
        encoded["strict"] = True
        encoded["input_schema"] = encode_schema(target, function.parameters, f"{where}.function.parameters")
    else:
        encoded["input_schema"] = function.parameters
    beside = table(tool.get("function"))
    for field in OWN:
        if (said := tool.get(field, beside.get(field))) is not None:
            encoded[field] = said
    return encoded


def _choice(target: Target, choice: Choice) -> Table:
    if choice.forces and target.rules.forced_tools is False:
        raise CapabilityError(
            f"{target} cannot be forced to call a tool; it takes tool_choice 'auto' and 'none'.",
            capability=Capability.TOOL_CHOICE_REQUIRED,
        )
    return {"type": "tool", "name": choice.name} if choice.word == "named" else {"type": WORDS[choice.word]}
