"""What Claude said, kept so that it can go back word for word: `provider_state = {"anthropic": …}`.

The state holds the blocks of an answer where the message does not say them in full: thinking with its signature, what
the service's own tools did, citations. They go back to the model that made them; to another model they go without the
thinking, which is bound to its model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from onellm.decode.json import Table, array, given, table
from onellm.translate.messages import calls_of, plain_text, state_of
from onellm_providers.anthropic.rules import same_model

STATE = "anthropic"
THINKING = frozenset({"thinking", "redacted_thinking"})


def make_state(
    blocks: Sequence[Table], model: str, asked: str, stop_reason: str | None, container: str | None
) -> dict[str, Any] | None:
    """The state of an answer by `model` to a request for `asked`; None where its message says everything."""
    paused = stop_reason == "pause_turn"
    if not paused and _is_plain(blocks):
        return None
    state: Table = {"model": model, "content": list(blocks)}
    if not same_model(model, asked) and not any(block.get("type") == "fallback" for block in blocks):
        state["asked"] = asked  # a gateway's own name for the model
    if paused:
        state["paused"] = True
    if container and (paused or any(_called_from_code(block) for block in blocks)):
        state["container"] = container
    return {STATE: state}


def state_in(message: Mapping[str, Any]) -> Table:
    """Our state of a message; empty where it has none."""
    return state_of(message, STATE)


def replayed(message: Mapping[str, Any], model: str) -> list[Table] | None:
    """The blocks that an unchanged message was made of; None where it has none, or says something else."""
    state = state_in(message)
    blocks = [table(block) for block in array(state.get("content"))]
    if not blocks or spoken(blocks) != plain_text(message.get("content")) or _calls_in(blocks) != calls_of(message):
        return None
    if not any(same_model(str(state.get(name)), model) for name in ("model", "asked")):
        blocks = [block for block in blocks if block.get("type") not in THINKING]
    done = {block.get("tool_use_id") for block in blocks}
    return [
        given(block) if block.get("type") in ("text", "tool_use") else block
        for block in blocks
        if not (block.get("type") == "text" and not block.get("text"))
        and (block.get("type") != "server_tool_use" or block.get("id") in done or state.get("paused"))
    ]


def spoken(blocks: Sequence[Table]) -> str:
    """The text of all text blocks."""
    return "".join(str(block.get("text") or "") for block in blocks if block.get("type") == "text")


def _is_plain(blocks: Sequence[Table]) -> bool:
    """Whether a text and tool calls after it are all there is."""
    kinds = [block.get("type") for block in blocks if block.get("type") != "text" or block.get("text")]
    calls = kinds[1:] if kinds[:1] == ["text"] else kinds
    return all(kind == "tool_use" for kind in calls) and not any(
        block.get("citations") or _called_from_code(block) for block in blocks
    )


def _called_from_code(block: Table) -> bool:
    """Whether code that runs at the service made this call."""
    return bool(table(block.get("caller")).get("type", "direct") != "direct")


def _calls_in(blocks: Sequence[Table]) -> list[tuple[Any, Any, Any]]:
    return [(block.get("id"), block.get("name"), block.get("input")) for block in blocks if block["type"] == "tool_use"]
