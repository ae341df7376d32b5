"""A conversation in OpenAI's form as Converse's system prompt and turns; the caller's objects are never changed."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from onellm.decode.json import Table
from onellm.errors import InvalidRequestError
from onellm.translate.messages import SYSTEM, append_turn, fitting_id, read_call, role_of
from onellm.translate.tools import check_name
from onellm.translate.turns import Turns, calls_in, refuse_name
from onellm_providers.bedrock.blocks import IN_RESULT, NATIVE, cache_point, encode_content, settle_cache
from onellm_providers.bedrock.media import Names
from onellm_providers.bedrock.replay import is_own, replayed
from onellm_providers.bedrock.target import Target

TOOL_NAME = ("[a-zA-Z0-9_-]{1,64}", "up to 64 letters, digits, _ and -")
EMPTY = "(empty)"
"""What stands for a tool's empty result: the service wants a text that is not blank."""


@dataclass
class Conversation(Turns):
    """The body's `system` and `messages`, and what of them the parameters must know."""

    names: Names = field(default_factory=Names)


def encode_messages(target: Target, messages: list[dict[str, Any]]) -> Conversation:
    """The conversation as Converse takes it.

    The leading system messages become the system prompt. A later one stays where it is, as a block of the user's turn
    between `<system>` tags, so that the prompt before it stays the same and cached. Turns of one role are one turn.

    Raises InvalidRequestError, and UnsupportedParameterError for what the service cannot take.
    """
    made = Conversation()
    made.read(messages, functools.partial(_add, target, made), target.name)
    _settle(made)
    _check_end(target, made, f"messages[{len(messages) - 1}]")
    return made


def _add(target: Target, made: Conversation, message: dict[str, Any], where: str) -> None:
    role = role_of(message, where)
    refuse_name(message, role, where, target.losses, target.name)
    if role == "assistant":
        blocks = _assistant(target, made, message, where)
    elif message.get("content") is None:
        raise InvalidRequestError(f"{where} has no content.", param=f"{where}.content")
    elif role == "tool":
        blocks = _result(target, made, message, where)
    else:
        blocks = encode_content(target, made.names, message["content"], where)
        if not any("cachePoint" not in block for block in blocks) and not (blocks and made.turns):
            raise InvalidRequestError(f"{where} says nothing; {target.name} takes no blank text.", param=where)
    if not blocks:
        return
    if mark := message.get("cache_control"):
        blocks = [*blocks, *cache_point(target, mark, f"{where}.cache_control")]
    if role in SYSTEM and not made.turns:
        if any(not block.keys() & {"text", "cachePoint", "guardContent"} for block in blocks):
            raise InvalidRequestError(f"{where}: a system message is text only.", param=where)
        made.system += blocks
        return
    if role in SYSTEM:
        blocks = [{"text": f"<system>\n{block['text']}\n</system>"} if "text" in block else block for block in blocks]
    append_turn(made.turns, "assistant" if role == "assistant" else "user", blocks)


def _assistant(target: Target, made: Conversation, message: Mapping[str, Any], where: str) -> list[Table]:
    """The blocks that the turn was made of, if it came from this service and is unchanged; else new ones."""
    calls = calls_in(message, where, functools.partial(_tool_use, target), target.losses, target.name)
    blocks = replayed(message, target.model)
    if blocks is None:
        said = message.get("content")
        blocks = encode_content(target, made.names, said, where) if said is not None else []
        if isinstance(message.get("refusal"), str) and message["refusal"].strip():
            blocks.append({"text": message["refusal"]})
        blocks += calls
    names = [block["toolUse"]["name"] for block in blocks if "toolUse" in block and not is_own(block)]
    made.called.update(dict.fromkeys(names))
    made.note(where, calls=bool(calls), thinks=bool(blocks) and "reasoningContent" in blocks[0])
    return blocks


def _tool_use(target: Target, call: Mapping[str, Any], where: str) -> Table:
    call_id, name, arguments = read_call(call, where)
    check_name(target.name, name, f"{where}.function.name", *TOOL_NAME)
    return {"toolUse": {"toolUseId": tool_id(call_id), "name": name, "input": arguments}}


def tool_id(name: str) -> str:
    """An id of a tool call in the letters and the length that the service takes; the same for call and result."""
    return fitting_id(name, "a-zA-Z0-9_.:-", 64)


def _result(target: Target, made: Conversation, message: Mapping[str, Any], where: str) -> list[Table]:
    """A tool's result, and behind it the cache point of a mark inside it, where the service takes none."""
    kept: list[Table] = []
    points: list[Table] = []
    for block in encode_content(target, made.names, message["content"], where, NATIVE | IN_RESULT):
        if "cachePoint" in block:
            points = [block]
        elif block.keys() & IN_RESULT:
            kept.append(block)
        else:
            name = next(iter(block), "")
            target.losses.refuse(f"{where}.{name}", f"{target.name} takes no {name} in a tool's result ({where}).")
    result: Table = {"toolUseId": tool_id(str(message["tool_call_id"])), "content": kept or [{"text": EMPTY}]}
    if message.get("is_error") is not None:
        result["status"] = "error" if message["is_error"] else "success"
    return [{"toolResult": result}, *points]


def _settle(made: Conversation) -> None:
    """Cache points where they may stand, and a text beside documents, without which the service refuses them."""
    made.system = settle_cache(made.system)
    if made.system and "cachePoint" in made.system[0]:
        raise InvalidRequestError("A cache point has nothing before it (system).", param="cache_control")
    before: list[Table] = []
    for turn in list(made.turns):
        blocks = settle_cache(turn["content"])
        if blocks and "cachePoint" in blocks[0]:
            if not before:
                raise InvalidRequestError("A cache point has nothing before it (messages).", param="cache_control")
            if "cachePoint" not in before[-1]:
                before.append(blocks[0])
            blocks = blocks[1:]
        if not blocks:
            made.turns.remove(turn)
            continue
        turn["content"] = before = blocks
    for number, turn in enumerate(made.turns):
        if any("document" in block for block in turn["content"]) and not any(
            "text" in each for each in turn["content"]
        ):
            raise InvalidRequestError(
                f"A document needs a text in its turn (turn {number} of the conversation): say what to do with it.",
                param="messages",
            )


def _check_end(target: Target, made: Conversation, where: str) -> None:
    """What a last turn of the assistant means: it is the beginning of the answer."""
    turn = made.turns[-1]
    if turn["role"] != "assistant":
        if not any("toolResult" in block for block in turn["content"]):
            made.lost_thinking = ""
        return
    made.lost_thinking = ""
    made.prefill = True
    rules = target.family.claude
    if rules is not None and rules.prefill is False:
        raise InvalidRequestError(
            f"{target} does not go on with an answer that was begun for it ({where}); end with a user message.",
            param=where,
        )
    end = turn["content"][-1]
    if "text" in end:  # the service refuses a prefill that ends in white space
        turn["content"][-1] = {"text": end["text"].rstrip()}
