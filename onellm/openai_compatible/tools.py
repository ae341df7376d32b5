"""The tools of a chat completion as a host takes them, and what steers them."""

from __future__ import annotations

import re
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError
from onellm.openai_compatible.losses import Losses
from onellm.openai_compatible.spec import Spec

STEERING = frozenset({"tools", "tool_choice", "parallel_tool_calls", "functions"})


def encode_tools(spec: Spec, given: dict[str, Any], losses: Losses) -> None:
    """`tools` and what steers them, as the host takes them, in place of what was given."""
    if given.keys().isdisjoint(STEERING):
        return
    _check_types(spec, given, losses)
    _check_names(spec, given)
    _place_strict(spec, given, losses)
    _check_choice(given)
    _settle_tools(given, losses)
    _place_choice(spec, given, losses)


def _check_types(spec: Spec, given: dict[str, Any], losses: Losses) -> None:
    """Only tools of the types that the host takes."""
    tools, choice = array(given.get("tools")), table(given.get("tool_choice"))
    kinds = {index: str(table(tool).get("type", "function")) for index, tool in enumerate(tools)}
    refused = {index: kind for index, kind in kinds.items() if spec.tool_types and kind not in spec.tool_types}
    for index, kind in refused.items():
        losses.refuse(f"tools[{index}]", f"{spec.name} takes no tool of type {kind!r} (tools[{index}]).")
    if refused:
        given["tools"] = [tool for index, tool in enumerate(tools) if index not in refused]
        if choice.get("type") in refused.values():
            losses.note("tool_choice")
            del given["tool_choice"]


def _check_names(spec: Spec, given: dict[str, Any]) -> None:
    if spec.tool_names is not None:
        for index, tool in enumerate(array(given.get("tools"))):
            name = table(table(tool).get("function")).get("name")
            if isinstance(name, str) and not re.fullmatch(spec.tool_names, name):
                raise InvalidRequestError(
                    f"tools[{index}].function.name is {name!r}; {spec.name} takes names that match {spec.tool_names}.",
                    param=f"tools[{index}].function.name",
                )


def _place_strict(spec: Spec, given: dict[str, Any], losses: Losses) -> None:
    """`strict` only where the host takes it; that it is false goes without saying."""
    if spec.strict_tools:
        return
    tools: list[Any] = []
    for index, tool in enumerate(array(given.get("tools"))):
        function = table(table(tool).get("function"))
        if "strict" in function:
            if function["strict"]:
                where = f"tools[{index}].function.strict"
                losses.refuse(where, f"{spec.name} does not take 'strict' in a function ({where}).")
            tool = {**tool, "function": {name: value for name, value in function.items() if name != "strict"}}
        tools.append(tool)
    if tools:
        given["tools"] = tools


def _check_choice(given: dict[str, Any]) -> None:
    """A choice that is a table must name something."""
    if isinstance(given.get("tool_choice"), dict):
        choice = table(given["tool_choice"])
        named: Any = choice.get("type")
        if named in ("auto", "none", "required"):
            given["tool_choice"] = named
        elif not isinstance(named, str) or (named in ("function", "custom") and not _names(choice, named)):
            raise InvalidRequestError(
                "tool_choice must be auto, none, required or {'type': 'function', 'function': {'name': …}}.",
                param="tool_choice",
            )


def _names(choice: Table, kind: str) -> bool:
    return bool(table(choice.get(kind)).get("name"))


def _settle_tools(given: dict[str, Any], losses: Losses) -> None:
    """Without tools, what only steers tools has no meaning; hosts answer 400 to it."""
    if given.get("tools") == []:
        del given["tools"]
    if "tools" in given or "functions" in given:
        return
    choice = given.get("tool_choice")
    if choice is not None and choice not in ("auto", "none"):
        raise InvalidRequestError("tool_choice asks for a tool, but no tools were given.", param="tool_choice")
    for name in ("tool_choice", "parallel_tool_calls"):
        if given.pop(name, None) is not None:
            losses.note(name)


def _place_choice(spec: Spec, given: dict[str, Any], losses: Losses) -> None:
    """`tool_choice` in the host's words; one that it does not take is refused."""
    choice = given.get("tool_choice")
    if choice is None:
        return
    word = choice if isinstance(choice, str) else "named"
    if spec.tool_choices is not None and word not in spec.tool_choices:
        taken = ", ".join(sorted(spec.tool_choices))
        shown = "a certain function" if word == "named" else repr(word)
        losses.refuse("tool_choice", f"{spec.name} does not take {shown} as tool_choice (it takes {taken}).")
        del given["tool_choice"]
    elif isinstance(choice, str):
        given["tool_choice"] = spec.tool_choice_words.get(choice, choice)
