"""What Cohere said, kept so that it can go back word for word: `provider_state = {"cohere": …}`.

The state holds what the message in OpenAI's form does not say in full: content blocks with thoughts, the plan of a
tool call, citations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.translate.messages import calls_of, plain_text, state_of

STATE = "cohere"
KEPT = ("content", "tool_plan", "citations")


def make_state(message: Mapping[str, Any]) -> dict[str, Any] | None:
    """The state of an answer's message; None where text and calls are all there is."""
    blocks = array(message.get("content"))
    thinks = any(table(block).get("type") != "text" for block in blocks)
    if not (thinks or message.get("tool_plan") or message.get("citations")):
        return None
    kept: Table = {name: message[name] for name in KEPT if message.get(name)}
    return {STATE: {**kept, "calls": [_plain(table(call)) for call in array(message.get("tool_calls"))]}}


def replayed(message: Mapping[str, Any]) -> Table:
    """Content, plan and citations of a message that came from here and is unchanged; else nothing."""
    state = state_of(message, STATE)
    if not state or spoken(array(state.get("content"))) != plain_text(message.get("content")):
        return {}
    if [list(call) for call in calls_of(message)] != array(state.get("calls")):
        return {}
    return {name: state[name] for name in KEPT if state.get(name)}


def spoken(blocks: Sequence[Any]) -> str:
    """The text of all text blocks."""
    return "".join(str(table(block).get("text") or "") for block in blocks if table(block).get("type") == "text")


def _plain(call: Table) -> list[Any]:
    (found,) = calls_of({"tool_calls": [call]})
    return list(found)
