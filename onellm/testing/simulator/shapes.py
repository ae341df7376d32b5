"""Answers in OpenAI's format, bent into shapes that hosts were seen to send. Other formats stay as they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeAlias, cast

from onellm.decode.json import array, table
from onellm.testing.simulator.plan import Plan
from onellm.testing.simulator.values import dump, sse

Value: TypeAlias = dict[str, Any]
MEGABYTE = 1_000_000
_DATA = b"data: "


def tool_calls(shape: str) -> Callable[[Plan], Plan]:
    """What gives an answer's tool calls that shape. Raises ValueError for one that has no name."""
    if shape not in SHAPES:
        raise ValueError(f"there is no shape {shape!r}; there are: {', '.join(SHAPES)}")

    def bend(plan: Plan) -> Plan:
        values = _values(plan)
        SHAPES[shape](list(_calls(values)))
        return _with_values(plan, [value for value in values if not _is_spent(value)])

    return bend


def finish_twice(plan: Plan) -> Plan:
    """The chunk with the finish reason again, as a bare `stop`."""
    values = _values(plan)
    at = next((place for place, value in enumerate(values) if _finish(value)), None)
    if not plan.streams or at is None:
        return plan
    again = {**table(values[at]), "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}]}
    return _with_values(plan, [*values[: at + 1], again, *values[at + 1 :]])


def finish_with(plan: Plan, reason: str) -> Plan:
    """Another finish reason than the model's."""
    values = _values(plan)
    for value in values:
        for choice in array(table(value).get("choices")):
            if choice.get("finish_reason"):
                choice["finish_reason"] = reason
    return _with_values(plan, values)


def long_arguments(plan: Plan, megabytes: int) -> Plan:
    """So many megabytes more in the first call's arguments, in pieces."""
    values = _values(plan)
    for at, value in enumerate(values):
        for call in _calls([value]):
            more = "0" * MEGABYTE
            if not plan.streams:
                call["function"]["arguments"] += more * megabytes
                return _with_values(plan, values)
            piece = {"index": call.get("index", 0), "function": {"arguments": more}}
            chunk = {**table(value), "choices": [{"index": 0, "delta": {"tool_calls": [piece]}}]}
            return _with_values(plan, [*values[: at + 1], *([chunk] * megabytes), *values[at + 1 :]])
    return plan


def deep(plan: Plan, levels: int) -> Plan:
    """A field of the answer, or of the first event, nested so deep."""
    nested = b'{"deep":' + b"[" * levels + b"]" * levels + b","
    first, *rest = plan.events
    start = first.find(b"{")
    events = (first[:start] + nested + first[start + 1 :], *rest)
    return replace(plan, events=events, length=None if plan.streams else sum(map(len, events)))


def _values(plan: Plan) -> list[Any]:
    """The JSON of the events, or of the whole body; what is none stays bytes."""
    return [_value(event.removeprefix(_DATA) if plan.streams else event) or event for event in plan.events]


def _value(data: bytes) -> Value | None:
    try:
        value: object = json.loads(data)
    except ValueError:
        return None
    return cast("Value", value) if isinstance(value, dict) else None


def _with_values(plan: Plan, values: list[Any]) -> Plan:
    encode: Callable[[Any], bytes] = sse if plan.streams else dump
    events = tuple(value if isinstance(value, bytes) else encode(value) for value in values)
    return replace(plan, events=events, length=None if plan.streams else sum(map(len, events)))


def _finish(value: Any) -> bool:
    return any(choice.get("finish_reason") for choice in array(table(value).get("choices")))


def _calls(values: list[Any]) -> Iterator[Value]:
    """Every tool call, or fragment of one, in order."""
    for value in values:
        for choice in array(table(value).get("choices")):
            yield from array(table(choice.get("delta") or choice.get("message")).get("tool_calls"))


def _is_spent(value: Any) -> bool:
    """Whether a chunk holds nothing but fragments that were joined to others."""
    calls = list(_calls([value]))
    return bool(calls) and not any(calls)


def _each(change: Callable[[Value], object]) -> Callable[[list[Value]], None]:
    def bend(calls: list[Value]) -> None:
        for call in calls:
            change(call)

    return bend


def _shared_id(call: Value) -> None:
    if call.get("id"):
        call["id"] = "call_same"


def _named(calls: list[Value]) -> None:
    first: dict[Any, Value] = {}
    for call in calls:
        begun = first.setdefault(call.get("index"), call)
        call.update(id=begun["id"], type=begun["type"])
        call["function"]["name"] = begun["function"]["name"]


def _joined(calls: list[Value]) -> None:
    first: dict[Any, Value] = {}
    for place, call in enumerate(calls):
        begun = first.setdefault(call.get("index", place), call)
        if begun is not call:
            begun["function"]["arguments"] += call["function"]["arguments"]
            call.clear()


def _objects(calls: list[Value]) -> None:
    _joined(calls)
    for call in filter(None, calls):
        call["function"]["arguments"] = json.loads(call["function"]["arguments"] or "{}")


SHAPES: dict[str, Callable[[list[Value]], None]] = {
    "no_index": _each(lambda call: call.pop("index", None)),
    "null_index": _each(lambda call: call.update(index=None)),
    "same_index": _each(lambda call: call.update(index=0)),
    "index_gap": _each(lambda call: call.update(index=2 * call.get("index", 0) + 1)),
    "no_id": _each(lambda call: call.pop("id", None)),
    "duplicate_id": _each(_shared_id),
    "repeated": _named,
    "whole": _joined,
    "object_arguments": _objects,
}
"""`repeated`: id and name in each fragment. `whole`: each call in one fragment. `object_arguments`: JSON, no text."""
