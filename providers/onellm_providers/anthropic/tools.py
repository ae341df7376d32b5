"""Tools and what steers them: OpenAI's functions as Anthropic's tools, Anthropic's own tools as they are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onellm.capabilities import Capability
from onellm.decode.json import Table, array, table
from onellm.errors import CapabilityError, InvalidRequestError
from onellm_providers.anthropic.formats import encode_schema
from onellm_providers.anthropic.messages import check_name
from onellm_providers.anthropic.target import Target

OWN = ("cache_control", "eager_input_streaming", "input_examples", "defer_loading", "allowed_callers")
"""What Anthropic says of a tool beside OpenAI's fields; it may stand beside `function` or in it."""
WORDS = {"auto": "auto", "required": "any", "none": "none"}


def encode_tools(target: Target, given: dict[str, Any], called: Mapping[str, None]) -> Table:
    """`tools` and `tool_choice` of the body; what they are made of is taken out of `given`.

    `called` are the tools that the conversation calls. The service wants them declared: without any tools in the
    request they are, and none of them may be called.
    """
    asked, choice = array(given.pop("tools", None)), given.pop("tool_choice", None)
    parallel = given.pop("parallel_tool_calls", None)
    tools = [tool for index, each in enumerate(asked) if (tool := _tool(target, each, f"tools[{index}]")) is not None]
    _check_distinct(tools)
    if not tools:
        if (choice if isinstance(choice, str) else table(choice).get("type")) not in (None, "auto", "none"):
            raise InvalidRequestError("tool_choice asks for a tool, but no tools were given.", param="tool_choice")
        for name, value in (("tool_choice", choice), ("parallel_tool_calls", parallel)):
            if value is not None:
                target.losses.note(name)
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
    function = table(tool.get("function"))
    name = function.get("name")
    if not isinstance(name, str):
        raise InvalidRequestError(f"{where} needs a function with a name.", param=where)
    check_name(target, name, f"{where}.function.name")
    encoded: Table = {"name": name}
    if function.get("description") is not None:
        encoded["description"] = function["description"]
    schema: Table = {"type": "object", "properties": {}, **table(function.get("parameters"))}
    if function.get("strict"):
        encoded["strict"] = True
        schema = encode_schema(target, schema, f"{where}.function.parameters")
    encoded["input_schema"] = schema
    for field in OWN:
        if (said := tool.get(field, function.get(field))) is not None:
            encoded[field] = said
    return encoded


def _check_distinct(tools: list[Table]) -> None:
    names = [tool["name"] for tool in tools if "name" in tool]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise InvalidRequestError(f"tools[{index}] has the name {name!r}, which another tool has.", param="tools")


def _choice(target: Target, choice: Any) -> Table:
    kind: Any = choice if isinstance(choice, str) else table(choice).get("type")
    if kind in WORDS:
        encoded: Table = {"type": WORDS[kind]}
    elif kind in ("function", "tool"):
        name = table(choice).get("name") or table(table(choice).get("function")).get("name")
        if not isinstance(name, str) or not name:
            raise InvalidRequestError("tool_choice names no function.", param="tool_choice")
        encoded = {"type": "tool", "name": name}
    elif kind == "any":
        encoded = {"type": "any"}
    else:
        raise InvalidRequestError(
            "tool_choice must be auto, none, required or {'type': 'function', 'function': {'name': …}}.",
            param="tool_choice",
        )
    if forces(encoded) and target.rules.forced_tools is False:
        raise CapabilityError(
            f"{target} cannot be forced to call a tool; it takes tool_choice 'auto' and 'none'.",
            capability=Capability.TOOL_CHOICE_REQUIRED,
        )
    return encoded
