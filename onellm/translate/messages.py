"""Messages in OpenAI's form, as translators read them. Nothing of the caller's is changed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, cast

from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError

ROLES = ("system", "developer", "user", "assistant", "tool")
SYSTEM = ("system", "developer")


def role_of(message: Mapping[str, Any], where: str) -> str:
    """The role of a message. Raises InvalidRequestError for one that there is not."""
    role = message.get("role")
    if role not in ROLES:
        raise InvalidRequestError(f"{where}.role is {role!r}; it must be one of {', '.join(ROLES)}.", param=where)
    return str(role)


def append_turn(turns: list[Table], role: str, blocks: list[Table], key: str = "content") -> None:
    """Add blocks to the conversation: neighbours of one role are one turn, with their blocks under `key`."""
    if turns and turns[-1]["role"] == role:
        turns[-1][key] += blocks
    else:
        turns.append({"role": role, key: blocks})


def plain_text(content: Any) -> str:
    """The text of a message's content."""
    if isinstance(content, str):
        return content
    return "".join(
        part if isinstance(part, str) else str(table(part).get("text") or table(part).get("refusal") or "")
        for part in array(content)
    )


def state_of(message: Mapping[str, Any], owner: str) -> Table:
    """What `owner` wants back with this message (`provider_state`); empty where it has nothing there."""
    return table(table(message.get("provider_state")).get(owner))


def read_call(call: Mapping[str, Any], where: str) -> tuple[str, str, Table]:
    """Id, name and arguments of a function call. Raises InvalidRequestError where it is none."""
    function = table(call.get("function"))
    name = function.get("name")
    if call.get("type") == "custom" or not isinstance(name, str) or not call.get("id"):
        raise InvalidRequestError(f"{where} needs an id and a function with a name.", param=where)
    return str(call["id"]), name, arguments_of(function.get("arguments"), name, where)


def arguments_of(arguments: Any, name: str, where: str) -> Table:
    """A call's arguments as an object: nothing is `{}`."""
    value: object = arguments
    if isinstance(arguments, str):
        try:
            value = json.loads(arguments) if arguments.strip() else None
        except (ValueError, RecursionError):
            value = arguments
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidRequestError(
            f"{where}: the arguments of {name} are no JSON object.", param=f"{where}.function.arguments"
        )
    return table(cast("object", value))


def calls_of(message: Mapping[str, Any]) -> list[tuple[Any, Any, Any]]:
    """Id, name and arguments of each call of a message, to compare with what an answer was made of."""
    calls = [table(call) for call in array(message.get("tool_calls"))]
    return [(call.get("id"), table(call.get("function")).get("name"), _loosely(call)) for call in calls]


def _loosely(call: Table) -> Any:
    arguments = table(call.get("function")).get("arguments")
    if not isinstance(arguments, str):
        return arguments
    try:
        return json.loads(arguments) if arguments.strip() else {}
    except (ValueError, RecursionError):
        return None


def fitting_id(call_id: str, letters: str, longest: int = 0) -> str:
    """An id of a tool call in the letters (as in a regular expression's brackets) and the length that a service takes.

    The same for the call and its result, and another for another id: one that does not fit ends in a digest of itself.
    """
    if re.fullmatch(f"[{letters}]+", call_id) and not (longest and len(call_id) > longest):
        return call_id
    kept = re.sub(f"[^{letters}]", "_", call_id)
    if longest:
        kept = kept[: longest - 9]
    return f"{kept}_{hashlib.sha256(call_id.encode()).hexdigest()[:8]}"
