"""Tools and what steers them: OpenAI's functions as declarations, Google's own tools as they are given."""

from __future__ import annotations

from typing import Any

from onellm.capabilities import Capability
from onellm.decode.json import Table, array, table
from onellm.errors import CapabilityError, InvalidRequestError
from onellm.translate.tools import (
    Choice,
    Function,
    check_distinct,
    check_name,
    read_choice,
    read_function,
    settle_without_tools,
)
from onellm_providers.gemini.messages import TOOL_NAME
from onellm_providers.gemini.schemas import ordered, subset, whole
from onellm_providers.gemini.target import Target

OWN = frozenset({
    "googleSearch", "googleSearchRetrieval", "urlContext", "codeExecution", "googleMaps", "fileSearch", "computerUse",
    "enterpriseWebSearch", "retrieval", "mcpServers", "parallelAiSearch", "exaAiSearch",
})  # fmt: skip
"""The service's own tools (google-genai 3.6, `types.Tool`)."""
SPELT = {"".join("_" + c.lower() if c.isupper() else c for c in name): name for name in OWN}
"""Their names in Python's spelling."""
MODES = {"auto": "AUTO", "required": "ANY", "none": "NONE", "named": "ANY"}


def encode_tools(target: Target, given: dict[str, Any]) -> Table:
    """`tools` and `toolConfig` of the body; what they are made of is taken out of `given`."""
    asked, choice = array(given.pop("tools", None)), read_choice(given.pop("tool_choice", None))
    parallel = given.pop("parallel_tool_calls", None)
    functions: list[Function] = []
    own: list[Table] = []
    for index, each in enumerate(asked):
        _sort(target, table(each), f"tools[{index}]", functions, own)
    check_distinct(each.name for each in functions)
    if parallel is False and functions:
        target.losses.refuse("parallel_tool_calls", f"{target.name} cannot be held to one call at a time.")
    if not functions and not own:
        settle_without_tools(target.losses, choice, parallel)
        return {}
    if target.rules.tools is False:
        raise CapabilityError(f"{target} takes no tools.", capability=Capability.TOOLS)
    config: Table = {}
    if functions and own:
        if not target.rules.mixed_tools:
            raise InvalidRequestError(
                f"{target} takes functions or Google's own tools, not both; leave one out.", param="tools"
            )
        if not target.cloud:
            config["includeServerSideToolInvocations"] = True
    if functions:
        declared = [_declaration(target, each, f"tools[{index}]") for index, each in enumerate(functions)]
        own = [{"functionDeclarations": declared}, *own]
        if mode := _mode(target, functions, choice):
            config["functionCallingConfig"] = mode
    elif choice is not None and (choice.forces or choice.word == "none"):
        target.losses.refuse("tool_choice", f"{target.name} has no tool_choice for its own tools.")
    return {"tools": own, **({"toolConfig": config} if config else {})}


def _sort(target: Target, tool: Table, where: str, functions: list[Function], own: list[Table]) -> None:
    """A tool is a function, or one of the service's own: `{"googleSearch": {}}`, `{"type": "google_search"}`."""
    kind = str(tool.get("type") or "")
    if tool.keys() & (OWN | SPELT.keys()):
        own.append({SPELT.get(name, name): value for name, value in tool.items() if name != "type"})
    elif kind in OWN or kind in SPELT:
        own.append({SPELT.get(kind, kind): {name: value for name, value in tool.items() if name != "type"}})
    elif kind in ("function", "") and "function" in tool:
        function = read_function(tool, where)
        check_name(target.name, function.name, f"{where}.function.name", *TOOL_NAME)
        functions.append(function)
    elif kind in ("function", ""):
        raise InvalidRequestError(f"{where} needs a function with a name.", param=where)
    else:
        target.losses.refuse(where, f"{target.name} takes no tool of type {kind!r} ({where}).")


def _declaration(target: Target, function: Function, where: str) -> Table:
    made: Table = {"name": function.name}
    if function.description is not None:
        made["description"] = function.description
    given = table(table(function.tool.get("function")).get("parameters"))
    if not given or (set(given) <= {"type", "properties"} and not given.get("properties")):
        return made  # a function without parameters has none here
    if target.rules.json_schema == "subset":
        made["parameters"] = subset(target, function.parameters, f"{where}.function.parameters")
    else:
        schema = given if "$ref" in given else function.parameters
        made["parametersJsonSchema"] = (ordered if target.rules.json_schema == "ordered" else whole)(schema)
    return made


def _mode(target: Target, functions: list[Function], choice: Choice | None) -> Table:
    """The mode; `strict` functions are called by their schema where nothing is forced."""
    strict = any(each.strict for each in functions)
    if strict and target.rules.validated and (choice is None or choice.word == "auto"):
        return {"mode": "VALIDATED"}
    if strict and not (choice is not None and choice.word == "none"):
        target.losses.note("tools.function.strict")
    if choice is None:
        return {}
    if choice.word == "named":
        if choice.name not in {each.name for each in functions}:
            raise InvalidRequestError(f"tool_choice names {choice.name!r}, which is no tool.", param="tool_choice")
        return {"mode": "ANY", "allowedFunctionNames": [choice.name]}
    return {"mode": MODES[choice.word]}
