"""Which tool call each fragment of a stream belongs to, whatever the host does with indexes and ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from onellm.decode.json import table
from onellm.types.chat import ToolCall

if TYPE_CHECKING:
    from onellm.types.chunk import ToolCallDelta

ABSENT = -1
"""The index of a fragment to which the host gave none."""


class CallPlaces:
    """The tool calls of one choice, numbered without gaps in the order in which they begin.

    A host's index leads to its call. Where another id comes with a name under the same index, another call begins.
    Without an index the id leads, and without an id a fragment belongs to the last call, unless it brings a name and
    the last call has another one.
    """

    def __init__(self) -> None:
        self.size = 0
        """Characters of all arguments so far."""
        self._ids: list[str] = []
        self._names: list[str] = []
        self._at: dict[int, int] = {}
        self._by_id: dict[str, int] = {}

    def settle(self, fragments: Sequence[ToolCallDelta]) -> None:
        """Give each fragment of a chunk its call's number as index, and an id that no other call has."""
        begun = len(self._ids)
        for fragment in fragments:
            known = len(self._ids)
            number = fragment.index = self.number(fragment, begun)
            if fragment.id or number == known:
                fragment.id = self._ids[number]
            function = fragment.function
            self.size += len((function.arguments if function else _custom(fragment).get("input")) or "")

    def number(self, fragment: ToolCallDelta, begun: int) -> int:
        """The number of the fragment's call, which may begin with it. `begun`: how many had begun before its chunk."""
        name = (fragment.function.name if fragment.function else _custom(fragment).get("name")) or ""
        number = self._known(fragment, name, begun)
        if number is None:
            return self._begin(fragment, name)
        self._names[number] = self._names[number] or name
        return number

    def _known(self, fragment: ToolCallDelta, name: str, begun: int) -> int | None:
        by_id = self._by_id.get(fragment.id) if fragment.id else None
        if fragment.index != ABSENT:
            number = self._at.get(fragment.index)
            if number is None:  # an id of another index: the host repeats ids, unless this is only a later fragment
                return None if name else by_id
            if fragment.id and by_id != number and name:
                return by_id
            return number if by_id is None else by_id
        if fragment.id:
            return by_id
        last = len(self._ids) - 1
        begins = last < 0 or (name and (name != self._names[last] or last >= begun))
        return None if begins else last

    def _begin(self, fragment: ToolCallDelta, name: str) -> int:
        number = len(self._ids)
        call_id = fragment.id or f"call_{number}"
        if call_id in self._by_id:
            call_id = f"{call_id}_{number}"
        self._ids.append(call_id)
        self._names.append(name)
        self._by_id[call_id] = number
        if fragment.index != ABSENT:
            self._at[fragment.index] = number
        return number


def tell_apart(calls: Sequence[ToolCall]) -> None:
    """Give each call of a whole answer an id that no other one has: a host may repeat an id, or send an empty one."""
    seen: set[str] = set()
    for number, call in enumerate(calls):
        call.id = call.id or f"call_{number}"
        if call.id in seen:
            call.id = f"{call.id}_{number}"
        seen.add(call.id)


def _custom(fragment: ToolCallDelta) -> dict[str, str]:
    """The part of a custom tool's call."""
    return table((fragment.model_extra or {}).get("custom"))
