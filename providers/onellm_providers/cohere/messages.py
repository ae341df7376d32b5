"""A conversation in OpenAI's form as Cohere's messages; the caller's objects are never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError
from onellm.openai_compatible.messages import check_history
from onellm.translate.media import image_url
from onellm.translate.messages import SYSTEM, read_call, role_of
from onellm_providers.cohere.replay import replayed
from onellm_providers.cohere.target import Target

PARTS = {
    "system": ("text",),
    "user": ("text", "image_url"),
    "assistant": ("text", "refusal"),
    "tool": ("text", "document"),
}
"""The content parts that each role takes (cohere SDK 7.3.1)."""


def encode_messages(target: Target, messages: list[dict[str, Any]]) -> list[Table]:
    """The body's messages; system messages stay where they are.

    A turn of the assistant that says nothing is left out, and the turns of the user around it are one. Raises
    InvalidRequestError, and UnsupportedParameterError for what the service cannot take.
    """
    if not messages:
        raise InvalidRequestError("messages is empty; give at least one.", param="messages")
    check_history(messages)
    turns: list[Table] = []
    gap = False
    for index, message in enumerate(messages):
        turn = _turn(target, message, f"messages[{index}]")
        if turn is None:
            gap = True
            continue
        if gap and turns and turn["role"] == "user" == turns[-1]["role"]:
            turns[-1]["content"] = [*_parts(turns[-1]["content"]), *_parts(turn["content"])]
        else:
            turns.append(turn)
        gap = False
    if not turns:
        raise InvalidRequestError("messages hold only assistant turns that say nothing.", param="messages")
    return turns


def _turn(target: Target, message: Mapping[str, Any], where: str) -> Table | None:
    role = role_of(message, where)
    role = "system" if role in SYSTEM else role
    for name in ("name", "cache_control", "audio", "function_call"):
        if message.get(name) is not None and not (name == "name" and role == "tool"):
            target.losses.refuse(f"{where}.{name}", f"{target.name} does not take {name!r} on a message ({where}).")
    if role == "assistant":
        return _assistant(target, message, where)
    if message.get("content") is None:
        raise InvalidRequestError(f"{where} has no content.", param=f"{where}.content")
    turn: Table = {"role": role, "content": _content(target, role, message["content"], where)}
    if role == "tool":
        turn["tool_call_id"] = message["tool_call_id"]
    return turn


def _assistant(target: Target, message: Mapping[str, Any], where: str) -> Table | None:
    """A turn of the assistant: as the service said it, where it did and nothing was changed; else its text and calls.

    None where it says nothing.
    """
    turn: Table = {"role": "assistant"}
    said = message.get("content")
    content = _content(target, "assistant", said, where) if said is not None else None
    if content:
        turn["content"] = content
    asked = array(message.get("tool_calls"))
    calls = [_call(table(each), f"{where}.tool_calls[{index}]") for index, each in enumerate(asked)]
    if calls:
        turn["tool_calls"] = calls
    turn.update(replayed(message))
    return turn if len(turn) > 1 else None


def _call(call: Table, where: str) -> Table:
    """A call with its arguments as they were written; nothing is `{}`."""
    call_id, name, arguments = read_call(call, where)
    text = table(call.get("function")).get("arguments")
    if not isinstance(text, str) or not text.strip():
        text = json.dumps(arguments, ensure_ascii=False)
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": text}}


def _content(target: Target, role: str, content: Any, where: str) -> str | list[Table]:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise InvalidRequestError(f"{where}.content must be text or a list of parts.", param=f"{where}.content")
    parts = enumerate(array(cast("object", content)))
    found = (_part(target, role, part, f"{where}.content[{index}]") for index, part in parts)
    return [part for part in found if part is not None]


def _part(target: Target, role: str, part: Any, where: str) -> Table | None:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    known = table(part)
    kind = known.get("type")
    if not isinstance(kind, str):
        raise InvalidRequestError(f"{where} is no content part; a part is a dict with a type.", param=where)
    if kind not in PARTS[role]:
        more = " Give documents as documents=[…]." if kind == "file" else ""
        target.losses.refuse(
            where, f"{target} takes no content part of type {kind!r} in a {role} message ({where}).{more}"
        )
        return None
    if known.get("cache_control"):
        target.losses.refuse(f"{where}.cache_control", f"{target.name} takes no cache_control ({where}).")
    if kind == "document":
        return {"type": "document", "document": known.get("document")}
    if kind == "image_url":
        detail = table(known.get("image_url")).get("detail")
        url = {"url": image_url(known, where), **({"detail": detail} if detail else {})}
        return {"type": "image_url", "image_url": url}
    if not isinstance(known.get(kind), str):
        raise InvalidRequestError(f"{where} is a {kind} part without {kind}.", param=where)
    return {"type": "text", "text": known[kind]}


def _parts(content: str | list[Table]) -> list[Table]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content
