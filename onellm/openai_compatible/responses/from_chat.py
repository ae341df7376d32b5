"""A chat completion as a Responses request: the same conversation in the other format."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.openai_compatible.losses import Losses
from onellm.types.response import flat_tool

ITEMS = "response_items"
"""The field of an assistant message's `provider_state` that holds the items it was made of."""
RENAMED = {"max_completion_tokens": "max_output_tokens", "max_tokens": "max_output_tokens"}
PLACED = frozenset({
    "include", "logprobs", "messages", "model", "reasoning_effort", "response_format", "stream", "stream_options",
    "text", "tool_choice", "tools", "verbosity",
})  # fmt: skip
EMPTY = {"n": 1, "modalities": ["text"]}
"""Values that ask for nothing that a response is not anyway."""


def to_response_body(host: str, chat: Mapping[str, Any], losses: Losses, takes: frozenset[str]) -> dict[str, Any]:
    """The body of POST /responses for the body of a chat completion; `takes` are the parameters of the host's.

    What a response cannot be asked for raises UnsupportedParameterError, unless the caller asked to drop.
    """
    body: dict[str, Any] = {"model": chat["model"], "input": to_items(chat["messages"], losses, host)}
    for name, value in chat.items():
        if name in takes and name not in PLACED:
            body[name] = value
        elif name in RENAMED:
            body[RENAMED[name]] = value
        elif name not in PLACED and EMPTY.get(name, chat) != value:
            losses.refuse(name, f"{host} offers {chat['model']} through its Responses API, which takes no {name}.")
    if effort := chat.get("reasoning_effort"):
        body["reasoning"] = {**table(body.get("reasoning")), "effort": effort}
    text = _text(chat)
    if text:
        body["text"] = text
    if chat.get("tools"):
        body["tools"] = [flat_tool(tool) for tool in chat["tools"]]
    if choice := chat.get("tool_choice"):
        body["tool_choice"] = flat_tool(choice)
    include: list[str] = [*array(chat.get("include"))]
    if chat.get("logprobs"):
        include.append("message.output_text.logprobs")
    if "store" in takes:
        body.setdefault("store", False)  # a chat completion is not kept either
    if "include" in takes and body.get("store") is False:
        include.append("reasoning.encrypted_content")
    if include:
        body["include"] = list(dict.fromkeys(include))
    return body


def _text(chat: Mapping[str, Any]) -> Table:
    """The format, its schema beside its type, and the verbosity."""
    text: Table = dict(table(chat.get("text")))
    if asked := table(chat.get("response_format")):
        text["format"] = {"type": asked.get("type"), **table(asked.get("json_schema"))}
    if verbosity := chat.get("verbosity"):
        text["verbosity"] = verbosity
    return text


def to_items(messages: Sequence[Mapping[str, Any]], losses: Losses, host: str) -> list[dict[str, Any]]:
    """The input items of a conversation in chat's form."""
    items: list[dict[str, Any]] = []
    custom: set[str] = set()
    for index, message in enumerate(messages):
        role = message["role"]
        if role == "assistant":
            items += _assistant(message, custom)
        elif role == "tool":
            own = message["tool_call_id"] in custom
            output = _parts(message["content"], f"messages[{index}]", losses, host)
            kind = "custom_tool_call_output" if own else "function_call_output"
            items.append({"type": kind, "call_id": message["tool_call_id"], "output": output})
        else:
            content = _parts(message["content"], f"messages[{index}]", losses, host)
            items.append({"type": "message", "role": role, "content": content})
    return items


def _assistant(message: Mapping[str, Any], custom: set[str]) -> list[dict[str, Any]]:
    """The items that an assistant turn was made of, if it came from this service and is unchanged; else new ones.

    New ones hold plain text: parts of an assistant's message need the id of an item at the service.
    """
    calls = [table(call) for call in array(message.get("tool_calls"))]
    custom.update(str(call.get("id")) for call in calls if call.get("type") == "custom")
    kept = [dict(table(item)) for item in array(message.get(ITEMS))]
    if kept and _said(kept) == (_plain(message.get("content")), [str(call.get("id")) for call in calls]):
        return [_replayed(item) for item in kept]
    said = [_plain(message.get("content")), str(message.get("refusal") or "")]
    made = [{"type": "message", "role": "assistant", "content": text} for text in said if text]
    return [*made, *map(_call, calls)]


def _call(call: Table) -> dict[str, Any]:
    if call.get("type") == "custom":
        said = table(call.get("custom"))
        return {"type": "custom_tool_call", "call_id": call.get("id"), "name": said.get("name"), "input": said["input"]}
    function = table(call.get("function"))
    arguments = function.get("arguments")
    text = arguments if isinstance(arguments, str) else json.dumps(arguments or {})
    return {"type": "function_call", "call_id": call.get("id"), "name": function.get("name"), "arguments": text}


def _replayed(item: dict[str, Any]) -> dict[str, Any]:
    """An item as the service takes it back: nothing that is null."""
    return {name: value for name, value in item.items() if value is not None}


def _said(items: Sequence[Mapping[str, Any]]) -> tuple[str, list[str]]:
    texts = [
        str(table(part).get("text", ""))
        for item in items
        if item.get("type") == "message"
        for part in array(item.get("content"))
        if table(part).get("type") == "output_text"
    ]
    calls = [
        str(item.get("call_id")) for item in items if str(item.get("type")).endswith("_call") and "call_id" in item
    ]
    return "".join(texts), calls


def _plain(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text") or part.get("refusal") or "") for part in map(table, array(content)))


def _parts(content: Any, where: str, losses: Losses, host: str) -> Any:
    """What a user, a system message or a tool's result holds."""
    if isinstance(content, str):
        return content
    made: list[dict[str, Any]] = []
    for index, part in enumerate(map(table, array(content))):
        kind = part.get("type")
        if kind == "text":
            made.append({"type": "input_text", "text": part["text"]})
        elif kind == "image_url":
            image = table(part.get("image_url"))
            made.append({"type": "input_image", "image_url": image.get("url"), "detail": image.get("detail", "auto")})
        elif kind == "file":
            made.append({"type": "input_file", **table(part.get("file"))})
        else:
            at = f"{where}.content[{index}]"
            losses.refuse(at, f"{host}'s Responses API takes no content part of type {kind!r} ({at}).")
    return made
