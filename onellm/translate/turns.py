"""What services share that take a system prompt and turns of two roles, the user's first: Messages and Converse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from onellm.decode.json import Table, array, table
from onellm.errors import InvalidRequestError
from onellm.openai_compatible.losses import Losses
from onellm.openai_compatible.messages import check_history


@dataclass
class Turns:
    """The body's `system` and `messages`, and what of them the parameters must know."""

    system: list[Table] = field(default_factory=list[Table])
    turns: list[Table] = field(default_factory=list[Table])
    prefill: bool = False
    """The last turn is the beginning of the answer."""
    lost_thinking: str = ""
    """The open turn with tool calls that has no thinking before them, as the caller knows it."""
    thinking: bool = False
    """Some turn has thinking."""
    called: dict[str, None] = field(default_factory=dict[str, None])
    """The tools that the turns call."""

    def read(self, messages: list[dict[str, Any]], add: Callable[[dict[str, Any], str], None], name: str) -> None:
        """Read the messages one by one with `add`. Raises InvalidRequestError where they make no conversation."""
        if not messages:
            raise InvalidRequestError("messages is empty; give at least one.", param="messages")
        check_history(messages)
        for index, message in enumerate(messages):
            add(message, f"messages[{index}]")
        if not self.turns:
            raise InvalidRequestError("messages hold no turn of the user.", param="messages")
        if self.turns[0]["role"] != "user":
            raise InvalidRequestError(f"{name} wants the user to speak first (messages[0]).", param="messages")

    def note(self, where: str, *, calls: bool, thinks: bool) -> None:
        """Note of a turn of the assistant whether it thinks, and thought before its calls."""
        self.thinking = self.thinking or thinks
        self.lost_thinking = where if calls and not thinks else ""


def calls_in(
    message: Mapping[str, Any], where: str, encode: Callable[[Mapping[str, Any], str], Table], losses: Losses, name: str
) -> list[Table]:
    """The calls of a turn of the assistant, encoded. What such a turn holds beside and nobody takes is refused."""
    for key in ("audio", "function_call"):
        if message.get(key) is not None:
            losses.refuse(f"{where}.{key}", f"{name} does not take {key!r} ({where}).")
    calls = array(message.get("tool_calls"))
    return [encode(table(call), f"{where}.tool_calls[{index}]") for index, call in enumerate(calls)]


def refuse_name(message: Mapping[str, Any], role: str, where: str, losses: Losses, name: str) -> None:
    """Refuse a name on a message that is no tool's result."""
    if message.get("name") is not None and role != "tool":
        losses.refuse(f"{where}.name", f"{name} does not take 'name' on a {role} message ({where}).")
