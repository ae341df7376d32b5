"""Tools and what steers them in OpenAI's form, as translators read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError
from onellm.openai_compatible.losses import Losses

Word = Literal["auto", "none", "required", "named"]


@dataclass(frozen=True)
class Choice:
    """What `tool_choice` asks for; `name` is the function of a named one."""

    word: Word
    name: str = ""

    @property
    def forces(self) -> bool:
        """Whether a call must come."""
        return self.word in ("required", "named")


@dataclass(frozen=True)
class Function:
    """A function that the model may call. `tool` is what it was read from, with fields beside OpenAI's."""

    name: str
    description: str | None
    parameters: Table
    strict: bool
    tool: Table


def read_choice(choice: Any) -> Choice | None:
    """A `tool_choice`; None where none is given. Raises InvalidRequestError where it cannot be read."""
    if choice is None:
        return None
    kind: Any = choice if isinstance(choice, str) else table(choice).get("type")
    if kind == "any":
        return Choice("required")
    if kind in ("auto", "none", "required"):
        return Choice(kind)
    if kind not in ("function", "tool"):
        raise InvalidRequestError(
            "tool_choice must be auto, none, required or {'type': 'function', 'function': {'name': …}}.",
            param="tool_choice",
        )
    name = table(choice).get("name") or table(table(choice).get("function")).get("name")
    if not isinstance(name, str) or not name:
        raise InvalidRequestError("tool_choice names no function.", param="tool_choice")
    return Choice("named", name)


def read_function(value: Any, where: str) -> Function:
    """A function tool; one without parameters takes an empty object.

    Raises InvalidRequestError where it has no name.
    """
    tool = table(value)
    function = table(tool.get("function"))
    name = function.get("name")
    if not isinstance(name, str):
        raise InvalidRequestError(f"{where} needs a function with a name.", param=where)
    parameters: Table = {"type": "object", "properties": {}, **table(function.get("parameters"))}
    return Function(name, function.get("description"), parameters, bool(function.get("strict")), tool)


def read_functions(tools: Any, losses: Losses, name: str) -> Iterator[tuple[str, Function]]:
    """The function tools and where they stand. Tools of another kind are refused."""
    for index, each in enumerate(array(tools)):
        where = f"tools[{index}]"
        if table(each).get("type", "function") != "function":
            losses.refuse(where, f"{name} takes no tools but functions ({where}).")
            continue
        yield where, read_function(each, where)


def as_openai(function: Function) -> Table:
    """The tool in OpenAI's form, without what else stood in it."""
    about = {"description": function.description} if function.description is not None else {}
    made = {"name": function.name, **about, "parameters": function.parameters}
    return {"type": "function", "function": made}


def check_name(target: object, name: str, where: str, pattern: str, words: str) -> None:
    """Raise InvalidRequestError for a tool's name that the target does not take; `words` says which it takes."""
    if not re.fullmatch(pattern, name):
        raise InvalidRequestError(f"{where} is {name!r}; {target} takes names of {words}.", param=where)


def check_distinct(names: Iterable[str]) -> None:
    """Raise InvalidRequestError where two tools have one name."""
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            raise InvalidRequestError(f"tools[{index}] has the name {name!r}, which another tool has.", param="tools")
        seen.add(name)


def settle_without_tools(losses: Losses, choice: Choice | None, parallel: Any) -> None:
    """Without tools, what only steers them has no meaning: it is noted; to force a call is an InvalidRequestError."""
    if choice is not None and choice.forces:
        raise InvalidRequestError("tool_choice asks for a tool, but no tools were given.", param="tool_choice")
    for name, value in (("tool_choice", choice), ("parallel_tool_calls", parallel)):
        if value is not None:
            losses.note(name)
