"""What a model said, kept so that it can go back word for word: `provider_state = {"bedrock": …}`.

The state holds the blocks of an answer where the message does not say them in full: reasoning with its signature, what
the service's own tools did, citations, media. They go back to the model that made them; to another model they go
without the reasoning. Reasoning without a signature never goes back: models that do not sign refuse it (reports of
users: "User messages cannot contain reasoning content").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.translate.messages import calls_of, plain_text, state_of
from onellm_providers.bedrock.families import base_id

STATE = "bedrock"
SERVER = "server_tool_use"
"""The type of a call that the service runs by itself."""


def make_state(blocks: Sequence[Table], model: str) -> dict[str, Any] | None:
    """The state of an answer; None where its message says everything."""
    kinds = [next(iter(block), "") for block in blocks if block.get("text") != ""]
    calls = kinds[1:] if kinds[:1] == ["text"] else kinds
    if all(kind == "toolUse" for kind in calls) and not any(is_own(block) for block in blocks):
        return None
    return {STATE: {"model": model, "content": list(blocks)}}


def replayed(message: Mapping[str, Any], model: str) -> list[Table] | None:
    """The blocks that an unchanged message was made of; None where it has none, or says something else."""
    state = state_of(message, STATE)
    blocks = [table(block) for block in array(state.get("content"))]
    if not blocks or spoken(blocks) != plain_text(message.get("content")) or _calls_in(blocks) != calls_of(message):
        return None
    same = base_id(str(state.get("model"))) == base_id(model)
    done = {table(block.get("toolResult")).get("toolUseId") for block in blocks}
    return [
        _sent(block)
        for block in blocks
        if ("reasoningContent" not in block or (same and _is_signed(block)))
        and not ("text" in block and not str(block["text"]).strip())
        and not (is_own(block) and table(block["toolUse"]).get("toolUseId") not in done)
    ]


def spoken(blocks: Sequence[Table]) -> str:
    """The text of all blocks that are text or cited text."""
    return "".join(text_of(block) for block in blocks)


def text_of(block: Mapping[str, Any]) -> str:
    """The text of one block; empty where it is another."""
    if "citationsContent" in block:
        parts = array(table(block["citationsContent"]).get("content"))
        return "".join(str(table(part).get("text") or "") for part in parts)
    return str(block.get("text") or "")


def is_own(block: Mapping[str, Any]) -> bool:
    """Whether a block is a call that the service runs by itself."""
    return table(block.get("toolUse")).get("type") == SERVER


def _is_signed(block: Mapping[str, Any]) -> bool:
    """Whether a block of reasoning can be checked by the service, or is hidden as a whole."""
    reasoning = table(block.get("reasoningContent"))
    return bool(reasoning.get("redactedContent") or table(reasoning.get("reasoningText")).get("signature"))


def _sent(block: Table) -> Table:
    """A block as requests have it: the type of a usual call is left out."""
    call = table(block.get("toolUse"))
    if call and call.get("type") == "tool_use":
        return {"toolUse": {name: value for name, value in call.items() if name != "type"}}
    return block


def _calls_in(blocks: Sequence[Table]) -> list[tuple[Any, Any, Any]]:
    calls = [table(block["toolUse"]) for block in blocks if "toolUse" in block and not is_own(block)]
    return [(call.get("toolUseId"), call.get("name"), call.get("input")) for call in calls]
