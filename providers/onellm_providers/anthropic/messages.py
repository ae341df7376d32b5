"""A conversation in OpenAI's form as Anthropic's system prompt and turns; the caller's objects are never changed."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from onellm.decode.json import Table
from onellm.errors import InvalidRequestError
from onellm.translate.messages import SYSTEM, append_turn, fitting_id, read_call, role_of
from onellm.translate.tools import check_name
from onellm.translate.turns import Turns, calls_in, refuse_name
from onellm_providers.anthropic.blocks import encode_content
from onellm_providers.anthropic.replay import THINKING, replayed, state_in
from onellm_providers.anthropic.target import Target

TOOL_NAME = ("[a-zA-Z0-9_-]{1,128}", "up to 128 letters, digits, _ and -")


@dataclass
class Conversation(Turns):
    """The body's `system` and `messages`, and what of them the parameters must know."""

    container: str | None = None
    """The container in which the open turn goes on."""


def encode_messages(target: Target, messages: list[dict[str, Any]]) -> Conversation:
    """The conversation as Anthropic takes it.

    The leading system messages become the system prompt. A later one stays where it is, as a block of the user's turn
    between `<system>` tags, so that the prompt before it stays the same and cached. Turns of one role are one turn; the
    results of tools come first in it.

    Raises InvalidRequestError, and UnsupportedParameterError for what the service cannot take.
    """
    made = Conversation()
    made.read(messages, functools.partial(_add, target, made), target.name)
    _check_end(target, made, messages[-1], f"messages[{len(messages) - 1}]")
    return made


def _add(target: Target, made: Conversation, message: dict[str, Any], where: str) -> None:
    role = role_of(message, where)
    refuse_name(message, role, where, target.losses, target.name)
    if role == "assistant":
        blocks = _assistant(target, made, message, where)
    elif message.get("content") is None:
        raise InvalidRequestError(f"{where} has no content.", param=f"{where}.content")
    elif role == "tool":
        blocks = [_result(target, message, where)]
    else:
        blocks = encode_content(target, message["content"], where)
        if not any(block["type"] != "text" or block["text"].strip() for block in blocks):
            raise InvalidRequestError(f"{where} says nothing; {target.name} takes no empty text.", param=where)
    if not blocks:
        return
    if role in SYSTEM and any(block["type"] != "text" for block in blocks):
        raise InvalidRequestError(f"{where}: a system message is text only.", param=where)
    if role != "tool":
        _mark(message, blocks)
    if role in SYSTEM and not made.turns:
        made.system += blocks
        return
    if role in SYSTEM:
        blocks = [{**block, "text": f"<system>\n{block['text']}\n</system>"} for block in blocks]
    append_turn(made.turns, "assistant" if role == "assistant" else "user", blocks)


def _mark(message: Mapping[str, Any], blocks: list[Table]) -> None:
    """A message's own cache_control goes on its last block that may carry one."""
    if mark := message.get("cache_control"):
        last = next((index for index in reversed(range(len(blocks))) if blocks[index]["type"] not in THINKING), None)
        if last is not None:
            blocks[last] = {**blocks[last], "cache_control": mark}


def _assistant(target: Target, made: Conversation, message: Mapping[str, Any], where: str) -> list[Table]:
    """The blocks that the turn was made of, if it came from this service and is unchanged; else new ones."""
    calls = calls_in(message, where, functools.partial(_tool_use, target), target.losses, target.name)
    blocks = replayed(message, target.model)
    if blocks is None:
        said = message.get("content")
        blocks = encode_content(target, said, where) if said is not None else []
        if isinstance(message.get("refusal"), str) and message["refusal"]:
            blocks.append({"type": "text", "text": message["refusal"]})
        blocks = [block for block in blocks if block["type"] != "text" or block["text"].strip()] + calls
        made.container = None
    else:
        made.container = state_in(message).get("container")
    made.called.update(dict.fromkeys(block["name"] for block in calls))
    made.note(where, calls=bool(calls), thinks=bool(blocks) and blocks[0]["type"] in THINKING)
    return blocks


def _tool_use(target: Target, call: Mapping[str, Any], where: str) -> Table:
    call_id, name, arguments = read_call(call, where)
    check_name(target.name, name, f"{where}.function.name", *TOOL_NAME)
    return {"type": "tool_use", "id": tool_id(call_id), "name": name, "input": arguments}


def tool_id(name: str) -> str:
    """An id of a tool call in the letters that the service takes; the same for the call and its result."""
    return fitting_id(name, "a-zA-Z0-9_-")


def _result(target: Target, message: Mapping[str, Any], where: str) -> Table:
    content = message["content"]
    block: Table = {"type": "tool_result", "tool_use_id": tool_id(str(message["tool_call_id"]))}
    if isinstance(content, str):
        if content:
            block["content"] = content
    elif blocks := encode_content(target, content, where):
        block["content"] = blocks
    if message.get("is_error") is not None:
        block["is_error"] = bool(message["is_error"])
    if message.get("cache_control"):
        block["cache_control"] = message["cache_control"]
    return block


def _check_end(target: Target, made: Conversation, last: Mapping[str, Any], where: str) -> None:
    """What a last turn of the assistant means: an answer that was paused goes on, else it is a prefill."""
    turn = made.turns[-1]
    if turn["role"] != "assistant":
        if not any(block["type"] == "tool_result" for block in turn["content"]):
            made.container, made.lost_thinking = None, ""
        return
    made.lost_thinking = ""
    if state_in(last).get("paused"):
        return
    made.container = None
    made.prefill = True
    if target.rules.prefill is False:
        raise InvalidRequestError(
            f"{target} does not go on with an answer that was begun for it ({where}); end with a user message.",
            param=where,
        )
    end = turn["content"][-1]
    if end["type"] == "text":  # the service refuses a prefill that ends in white space
        turn["content"][-1] = {**end, "text": end["text"].rstrip()}
