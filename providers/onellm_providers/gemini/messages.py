"""A conversation in OpenAI's form as Gemini's `systemInstruction` and `contents`; the caller's objects stay unchanged.

The results of tools are a turn of the user of their own, in the order of the calls, each under the name of its
function: the service counts them, and takes no other part beside them (recordings of 2026).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError
from onellm.openai_compatible.messages import check_history
from onellm.translate.messages import SYSTEM, append_turn, read_call, role_of
from onellm.translate.tools import check_name
from onellm_providers.gemini.parts import encode_parts
from onellm_providers.gemini.replay import SKIP, is_made_here, replayed
from onellm_providers.gemini.target import Target

TOOL_NAME = (
    "[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}",
    "up to 128 letters, digits, _, ., : and -, beginning with a letter or _",
)


@dataclass
class Conversation:
    """The body's `systemInstruction` and `contents`."""

    system: list[Table] = field(default_factory=list[Table])
    turns: list[Table] = field(default_factory=list[Table])
    waiting: dict[str, Table] = field(default_factory=dict[str, Table])
    """The calls of the last turn of the model, by the ids that the caller knows them by."""
    results: dict[str, Table] = field(default_factory=dict[str, Table])
    media: list[Table] = field(default_factory=list[Table])
    """Media of results, for models that take them only in a turn of the user."""


def encode_messages(target: Target, messages: list[dict[str, Any]]) -> Conversation:
    """The conversation as Gemini takes it.

    The leading system messages become the `systemInstruction`. A later one stays where it is, in the user's turn
    between `<system>` tags, so that the prompt before it stays the same and cached.

    Raises InvalidRequestError, and UnsupportedParameterError for what the service cannot take.
    """
    if not messages:
        raise InvalidRequestError("messages is empty; give at least one.", param="messages")
    check_history(messages)
    made = Conversation()
    for index, message in enumerate(messages):
        where = f"messages[{index}]"
        role = role_of(message, where)
        if role != "tool":
            _flush(made)
        _add(target, made, role, message, where)
    _flush(made)
    if not made.turns:
        raise InvalidRequestError("messages hold no turn of the user.", param="messages")
    return made


def _add(target: Target, made: Conversation, role: str, message: Mapping[str, Any], where: str) -> None:
    for name in ("name", "cache_control"):
        if message.get(name) is not None and not (role == "tool" and name == "name"):
            target.losses.refuse(f"{where}.{name}", f"{target.name} does not take {name!r} on a message ({where}).")
    if role == "assistant":
        if parts := _assistant(target, made, message, where):
            append_turn(made.turns, "model", parts, "parts")
        return
    if message.get("content") is None:
        raise InvalidRequestError(f"{where} has no content.", param=f"{where}.content")
    if role == "tool":
        _result(target, made, message, where)
        return
    parts = encode_parts(target, message["content"], where)
    if not parts:
        raise InvalidRequestError(f"{where} says nothing; {target.name} takes no empty turn.", param=where)
    if role in SYSTEM and any("text" not in part for part in parts):
        raise InvalidRequestError(f"{where}: a system message is text only.", param=where)
    if role in SYSTEM and not made.turns:
        made.system += parts
        return
    if role in SYSTEM:
        parts = [{"text": f"<system>\n{part['text']}\n</system>"} for part in parts]
    _say(made, parts)


def _say(made: Conversation, parts: list[Table]) -> None:
    """Add to the user's turn, but not to results."""
    if made.turns and any("functionResponse" in part for part in made.turns[-1]["parts"]):
        made.turns.append({"role": "user", "parts": parts})
    else:
        append_turn(made.turns, "user", parts, "parts")


def _assistant(target: Target, made: Conversation, message: Mapping[str, Any], where: str) -> list[Table]:
    """The parts that the turn was made of, if it came from this service and is unchanged; else new ones."""
    for name in ("audio", "function_call"):
        if message.get(name) is not None:
            target.losses.refuse(f"{where}.{name}", f"{target.name} does not take {name!r} ({where}).")
    calls = [
        _call(target, table(call), index, f"{where}.tool_calls[{index}]")
        for index, call in enumerate(array(message.get("tool_calls")))
    ]
    parts = replayed(message, target.owner)
    if parts is None:
        said = message.get("content")
        parts = encode_parts(target, said, where) if said is not None else []
        parts += encode_parts(target, array(message.get("images")), where)  # made by this model elsewhere, or by others
        if isinstance(message.get("refusal"), str) and message["refusal"]:
            parts.append({"text": message["refusal"]})
        parts += calls
    if target.rules.signatures:
        parts = _signed(parts)
    spoken = [table(part["functionCall"]) for part in parts if "functionCall" in part]
    ids = [str(table(call).get("id")) for call in array(message.get("tool_calls"))]
    made.waiting = dict(zip(ids, spoken, strict=True))
    return parts


def _signed(parts: list[Table]) -> list[Table]:
    """The first call of a turn has a signature: one that was made elsewhere gets the one that says so."""
    first = next((index for index, part in enumerate(parts) if "functionCall" in part), None)
    if first is None or parts[first].get("thoughtSignature"):
        return parts
    return [{**part, "thoughtSignature": SKIP} if index == first else part for index, part in enumerate(parts)]


def _call(target: Target, call: Mapping[str, Any], number: int, where: str) -> Table:
    """A call; an id that was made here, since the service gave none, is not sent."""
    known, name, arguments = read_call(call, where)
    check_name(target.name, name, f"{where}.function.name", *TOOL_NAME)
    made: Table = {"name": name, "args": arguments}
    return {"functionCall": made if is_made_here(known, made, number) else {"id": known, **made}}


def _result(target: Target, made: Conversation, message: Mapping[str, Any], where: str) -> None:
    asked = str(message["tool_call_id"])
    call = made.waiting[asked]
    response: Table = {"name": call.get("name"), "response": {}}
    if call.get("id"):
        response = {"id": call["id"], **response}
    content = message["content"]
    parts = encode_parts(target, content, where)
    texts = [str(part["text"]) for part in parts if "text" in part]
    media = [part for part in parts if "text" not in part]
    said = content if isinstance(content, str) else "".join(texts)
    response["response"] = _object(said, failed=bool(message.get("is_error")), empty=bool(media))
    if media and target.rules.media_in_results:
        response["parts"] = media
    elif media:
        made.media += media
    made.results[asked] = {"functionResponse": response}


def _object(said: str, *, failed: bool, empty: bool) -> Table:
    """A result as the object that the service wants: JSON objects as they are, others under `output` or `error`."""
    if not said and empty:
        return {}
    value: Any = said
    try:
        value = json.loads(said, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        value = said
    if isinstance(value, dict) and not failed:
        return cast("Table", value)
    return {"error" if failed else "output": value}


def _finite(text: str) -> float:
    """A number that JSON can say; Python reads `NaN` and numbers without bounds, which the service would refuse."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _flush(made: Conversation) -> None:
    """The results of one turn, in the order of its calls, and then their media."""
    if not made.results:
        return
    made.turns.append({"role": "user", "parts": [made.results[name] for name in made.waiting if name in made.results]})
    if made.media:
        made.turns.append({"role": "user", "parts": made.media})
    made.results, made.media, made.waiting = {}, [], {}
