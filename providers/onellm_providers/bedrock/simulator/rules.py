"""What the service refuses beside wrong types: blocks it does not know, and turns that do not fit together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.testing.simulator.values import ServiceError
from onellm_providers.bedrock.families import family_of
from onellm_providers.bedrock.simulator.answers import sign

BLOCKS = frozenset({
    "audio", "cachePoint", "citationsContent", "document", "guardContent", "image", "reasoningContent", "searchResult",
    "text", "toolResult", "toolUse", "video",
})  # fmt: skip


def check(model: str, body: Table) -> None:
    """Raise ServiceError for the first thing that the service would refuse."""
    for message in (*_turns(body["messages"]), *_rest(model, body)):
        raise ServiceError(400, message)


def blocks_of(turn: Table) -> list[Table]:
    return [table(each) for each in array(turn.get("content"))]


def _rest(model: str, body: Table) -> Iterator[str]:
    blocks = [block for turn in body["messages"] for block in blocks_of(turn)]
    tools = [table(each) for each in array(table(body.get("toolConfig")).get("tools"))]
    if any(block.keys() & {"toolUse", "toolResult"} for block in blocks) and not tools:
        yield "The toolConfig field must be defined when using toolUse and toolResult content blocks."
    family = family_of(model)
    marks = sum("cachePoint" in each for each in (*tools, *map(table, array(body.get("system"))), *blocks))
    if marks > 4:
        yield f"Too many cache points: {marks}, at most 4"
    if marks and family.caching is False:
        yield "You invoked an unsupported model or your request did not allow prompt caching."
    for tool in tools:
        if table(tool.get("toolSpec")).get("description") == "":
            yield "Invalid length for parameter toolConfig.tools.member.toolSpec.description, value: 0, valid min: 1"
    if "textFormat" in table(body.get("outputConfig")) and family.json_schema is False:
        yield "This model doesn't support the outputConfig.textFormat field."


def _turns(turns: list[Table]) -> Iterator[str]:
    """Roles in turn, blocks of one key, no blank text, a result for each call, signatures as they were given."""
    if turns[0]["role"] != "user":
        yield "A conversation must start with a user message."
    waiting: list[Any] = []
    for index, turn in enumerate(turns):
        if index and turn["role"] == turns[index - 1]["role"]:
            yield f"messages.{index}: roles must alternate between user and assistant."
        blocks = blocks_of(turn)
        if "cachePoint" in blocks[0]:
            yield f"messages.{index}.content.0: a cache point needs content before it."
        results = [block["toolResult"] for block in blocks if "toolResult" in block and turn["role"] == "user"]
        if sorted(str(each.get("toolUseId")) for each in results) != sorted(map(str, waiting)):
            yield f"messages.{index}: the toolResult blocks must match the toolUse blocks of the turn before."
        for at, block in enumerate(blocks):
            yield from _block(block, f"messages.{index}.content.{at}")
        if any("document" in block for block in blocks) and not any("text" in block for block in blocks):
            yield f"messages.{index}: a message with a document needs a text block."
        waiting = [
            use.get("toolUseId")
            for use in (table(block.get("toolUse")) for block in blocks)
            if use and use.get("type") != "server_tool_use"
        ]
    if waiting:
        yield f"messages.{len(turns) - 1}: toolUse blocks without toolResult blocks."


def _block(block: Table, where: str) -> Iterator[str]:
    if len(block) != 1 or not block.keys() <= BLOCKS:
        yield f"{where}: exactly one known key must be set."
    if "text" in block and not str(block["text"]).strip():
        yield f"{where}: the text field in the ContentBlock object is blank."
    if "toolResult" in block and not table(block["toolResult"]).get("content"):
        yield f"{where}: toolResult.content is empty."
    text = table(table(block.get("reasoningContent")).get("reasoningText"))
    if text and text.get("signature") != sign(str(text.get("text"))):
        yield f"{where}: Invalid `signature` in the reasoning."
