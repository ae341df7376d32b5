"""Messages as a host takes them, made anew: the caller's objects are never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from onellm.decode.json import array, table
from onellm.errors import InvalidRequestError
from onellm.openai_compatible.history import bare_id, one_call_a_turn, shorten_ids
from onellm.openai_compatible.losses import Losses
from onellm.openai_compatible.spec import Spec, applies

ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
PLAIN = frozenset({"system", "developer", "user"})
"""Roles whose messages hold nothing to check where they are one text."""
SILENT = frozenset({"role", "content", "reasoning_content", "reasoning"})
"""What an assistant turn that says nothing may have: it only thought."""


def encode_messages(
    spec: Spec, messages: list[dict[str, Any]], losses: Losses, model: str = ""
) -> list[dict[str, Any]]:
    """The body's messages. Raises InvalidRequestError, and UnsupportedParameterError for what the host cannot take."""
    if not messages:
        raise InvalidRequestError("messages is empty; give at least one.", param="messages")
    if not spec.loose_history:
        check_history(messages)
    encoded: list[dict[str, Any]] = []
    for index, message in enumerate(messages):
        role = message.get("role")
        if role not in ROLES or (role == "function" and not spec.takes("functions")):
            where = f"messages[{index}]"
            raise InvalidRequestError(
                f"{where}.role is {role!r}; it must be one of {', '.join(sorted(ROLES))}.", param=where
            )
        content = message.get("content")
        if len(message) == 2 and type(content) is str and role in PLAIN:  # nothing more in it, as in most
            encoded.append({"role": spec.roles.get(role, role), "content": content})
            continue
        where = f"messages[{index}]"
        if role == "assistant":
            if (turn := _assistant(spec, model, message, where, losses)) is not None:
                encoded.append(turn)
        else:
            encoded.append(_spoken(spec, role, message, where, losses))
    if not encoded:
        raise InvalidRequestError("messages hold only assistant turns that say nothing.", param="messages")
    if spec.tool_id_size is not None:
        shorten_ids(encoded, spec.tool_id_size)
    if spec.prefill is not None and encoded[-1]["role"] == "assistant" and "tool_calls" not in encoded[-1]:
        encoded[-1].setdefault(spec.prefill, True)
    return one_call_a_turn(encoded) if spec.one_call_a_turn else encoded


def check_history(messages: list[dict[str, Any]]) -> None:
    """Every tool result must answer a call, and every call must be answered before the talk goes on.

    Raises InvalidRequestError, which names the message and the id.
    """
    waiting: dict[str, int] = {}
    for index, message in enumerate(messages):
        if message.get("role") == "tool":
            call_id = message.get("tool_call_id")
            if call_id not in waiting:
                raise InvalidRequestError(
                    f"messages[{index}] is a tool result for {call_id!r}, but no assistant message just before it made "
                    "that call.",
                    param=f"messages[{index}].tool_call_id",
                )
            del waiting[call_id]
            continue
        if waiting:
            _check_answered(waiting)
        if message.get("role") == "assistant":
            waiting = {str(table(call).get("id")): index for call in array(message.get("tool_calls"))}
    _check_answered(waiting)


def _check_answered(waiting: dict[str, int]) -> None:
    for call_id, index in waiting.items():
        raise InvalidRequestError(
            f"The tool call {call_id!r} of messages[{index}] has no result; "
            f'add {{"role": "tool", "tool_call_id": {call_id!r}, "content": …}} right after it.',
            param=f"messages[{index}].tool_calls",
        )


def _spoken(spec: Spec, role: str, message: Mapping[str, Any], where: str, losses: Losses) -> dict[str, Any]:
    """A system, developer, user, tool or function message."""
    turn: dict[str, Any] = {"role": spec.roles.get(role, role)}
    for name, value in message.items():
        if value is None or name in ("role", "provider_state"):
            continue
        if name == "content":
            turn["content"] = _content(spec, role, value, where, losses)
            if role == "tool" and spec.tool_text_only and isinstance(turn["content"], list):
                turn["content"] = _one_text(spec, cast("list[dict[str, Any]]", turn["content"]), where, losses)
            turn["content"] = _joined(spec, turn["content"])
        elif name == "name" and role == "tool":
            if spec.tool_name:
                turn["name"] = value
        elif name == "tool_call_id" or (name == "name" and (spec.message_name or role == "function")):
            turn[name] = value
        elif name != "cache_control":
            losses.refuse(f"{where}.{name}", f"{spec.name} does not take {name!r} on a {role} message ({where}).")
    if "content" not in turn:
        raise InvalidRequestError(f"{where} has no content.", param=f"{where}.content")
    _mark(spec, role, message, turn, where, losses)
    return turn


def _mark(spec: Spec, role: str, message: Mapping[str, Any], turn: dict[str, Any], where: str, losses: Losses) -> None:
    """A message's own cache_control goes on its last part."""
    mark, content = message.get("cache_control"), turn["content"]
    if not mark:
        return
    if not content or not spec.cache_control or (role == "tool" and spec.tool_text_only):
        losses.refuse(f"{where}.cache_control", f"{spec.name} takes no cache_control on this {role} message ({where}).")
    elif isinstance(content, str):
        turn["content"] = [{"type": "text", "text": content, "cache_control": mark}]
    else:
        turn["content"] = [*content[:-1], {**content[-1], "cache_control": mark}]


def _content(spec: Spec, role: str, content: Any, where: str, losses: Losses) -> Any:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise InvalidRequestError(f"{where}.content must be text or a list of parts.", param=f"{where}.content")
    parts = (
        _part(spec, role, part, f"{where}.content[{index}]", losses)
        for index, part in enumerate(cast("list[Any]", content))
    )
    return [part for part in parts if part is not None]


def _joined(spec: Spec, content: Any) -> Any:
    """One text where the content is texts alone and the host takes no list of them."""
    parts = array(content)
    if not spec.join_texts or not parts or any(part["type"] != "text" for part in parts):
        return content
    return "\n".join(part["text"] for part in parts)


def _one_text(spec: Spec, parts: list[dict[str, Any]], where: str, losses: Losses) -> str:
    for index, part in enumerate(parts):
        if part["type"] != "text":
            losses.refuse(f"{where}.content[{index}]", f"{spec.name} takes only text as a tool's result ({where}).")
        elif part.get("cache_control"):
            losses.refuse(f"{where}.content[{index}].cache_control", f"{spec.name} takes none in a tool's result.")
    return "\n".join(str(part["text"]) for part in parts if part["type"] == "text")


def _part(spec: Spec, role: str, part: Any, where: str, losses: Losses) -> dict[str, Any] | None:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if not isinstance(part, dict) or not isinstance(cast("dict[str, Any]", part).get("type"), str):
        raise InvalidRequestError(f"{where} is no content part; a part is a dict with a type.", param=where)
    known = cast("dict[str, Any]", part)
    kind = known["type"]
    if kind not in spec.parts or (role in spec.text_roles and kind not in ("text", "refusal")):
        losses.refuse(where, f"{spec.name} takes no content part of type {kind!r} in a {role} message ({where}).")
        return None
    if kind == "text" and not isinstance(known.get("text"), str):
        raise InvalidRequestError(f"{where} is a text part without text.", param=where)
    if kind == "text" and not known["text"] and not spec.empty_text:
        return None
    encoded = dict(known)
    if kind in ("image_url", "video_url") and isinstance(known.get(kind), str):
        encoded[kind] = {"url": known[kind]}
    if kind == "file" and (id := table(known.get(kind)).get("file_id")):
        encoded[kind] = {**known[kind], "file_id": bare_id(spec.name, str(id))}
    if kind == "input_audio" and spec.audio_as_uri:
        encoded[kind] = _audio_as_uri(table(known.get(kind)))
    if "cache_control" in encoded and not spec.cache_control:
        losses.refuse(f"{where}.cache_control", f"{spec.name} takes no cache_control ({where}).")
        del encoded["cache_control"]
    return encoded


def _audio_as_uri(audio: Mapping[str, Any]) -> dict[str, Any]:
    data = str(audio.get("data", ""))
    kind = {"mp3": "mpeg"}.get(str(audio.get("format")), audio.get("format"))
    return {**audio, "data": data if data.startswith("data:") else f"data:audio/{kind};base64,{data}"}


def _assistant(spec: Spec, model: str, message: Mapping[str, Any], where: str, losses: Losses) -> dict[str, Any] | None:
    """An assistant message: what a request may hold, and of an answer's other fields only those the host wants back.

    A turn that says nothing and calls nothing is left out: hosts refuse it.
    """
    turn: dict[str, Any] = {"role": "assistant", "content": None}
    content = message.get("content")
    if content is not None:
        turn["content"] = _joined(spec, _content(spec, "assistant", content, where, losses))
    _mark(spec, "assistant", message, turn, where, losses)
    if message.get("name") is not None:
        if spec.message_name:
            turn["name"] = message["name"]
        else:
            losses.refuse(f"{where}.name", f"{spec.name} does not take 'name' on an assistant message ({where}).")
    for name in ("refusal", "function_call"):
        if message.get(name) is not None:
            turn[name] = message[name]
    if message.get("audio") is not None:
        turn["audio"] = {"id": table(message["audio"]).get("id")}
    calls = array(message.get("tool_calls"))
    if calls:
        turn["tool_calls"] = [
            _tool_call(spec, call, f"{where}.tool_calls[{index}]") for index, call in enumerate(calls)
        ]
    own = table(table(message.get("provider_state")).get(spec.name)) if message.get("provider_state") else message
    if calls or not spec.replay_calls_only:
        turn.update({name: own[name] for name in spec.replay if own.get(name) is not None})
    flags = spec.assistant_fields | ({spec.prefill} if spec.prefill else set[str]())
    turn.update({name: message[name] for name in flags if message.get(name) is not None})
    if turn["content"] is None and not turn.keys() - SILENT:
        return None
    _tag_thoughts(spec, model, own, turn)
    return turn


def _tag_thoughts(spec: Spec, model: str, own: Mapping[str, Any], turn: dict[str, Any]) -> None:
    """The thoughts in think tags before the content, where the model wants them back so."""
    thoughts, content = own.get("reasoning_content"), turn["content"]
    if not isinstance(thoughts, str) or not thoughts or not applies(spec.thoughts_as_tags, model):
        return
    if "reasoning_details" in turn:
        return  # they are all it wants, and hold the same thoughts
    for name in ("reasoning_content", "reasoning"):
        turn.pop(name, None)
    tagged = f"<think>{thoughts}</think>"
    turn["content"] = tagged + content if isinstance(content, str) else tagged
    if isinstance(content, list):
        turn["content"] = [{"type": "text", "text": tagged}, *cast("list[Any]", content)]


def _tool_call(spec: Spec, call: Mapping[str, Any], where: str) -> dict[str, Any]:
    """A call as OpenAI takes it: no index, arguments as JSON text, `{}` where there are none."""
    kind = call.get("type") or "function"
    if kind == "custom":
        custom = table(call.get("custom"))
        return {
            "id": call.get("id"),
            "type": "custom",
            "custom": {"name": custom.get("name"), "input": custom.get("input", "")},
        }
    fields = table(call.get("function"))
    if not fields or not call.get("id"):
        raise InvalidRequestError(f"{where} needs an id and a function with a name.", param=where)
    arguments = fields.get("arguments")
    text = arguments if isinstance(arguments, str) else json.dumps(arguments or {}, ensure_ascii=False)
    own = {name: call[name] for name in spec.call_fields if call.get(name) is not None}
    return {"id": call["id"], "type": kind, "function": {"name": fields.get("name"), "arguments": text or "{}"}, **own}
