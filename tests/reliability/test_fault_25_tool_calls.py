"""Fault 25: tool calls with missing or double ids, gaps between indexes, two finish reasons. All read the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from onellm.testing.simulator import Simulator, faults
from tests.reliability.ways import Client, tell, ways

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "parameters": {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]},
        },
    }
    for name in ("weather", "time_of_day", "population")
]
ASK: dict[str, Any] = {"messages": [{"role": "user", "content": "weather, time_of_day, population"}], "tools": TOOLS}
WHOLE = ("no_id", "duplicate_id", "object_arguments")
STREAMED = (*WHOLE, "no_index", "null_index", "index_gap", "repeated", "whole")


def calls(answer: Any) -> list[tuple[str, Any]]:
    """Name and arguments of each call; ids must be there and differ."""
    (choice,) = answer.choices
    assert choice.finish_reason == "tool_calls"
    found = choice.message.tool_calls
    assert len({call.id for call in found}) == len(found)
    assert all(call.id for call in found)
    return [(call.function.name, json.loads(call.function.arguments)) for call in found]


async def stream(client: Client) -> tuple[list[Any], Any]:
    opened = await client.chat(stream=True, **ASK)
    chunks = list(opened) if client.blocking else [chunk async for chunk in opened]
    return chunks, await client.do(opened.final)


def joined(chunks: list[Any]) -> list[tuple[str, Any]]:
    """The calls as a caller joins them: a new one where an index is new, which is the next number."""
    found: list[list[str]] = []
    for chunk in chunks:
        for choice in chunk.choices:
            for call in choice.delta.tool_calls or ():
                if call.index == len(found):
                    found.append([call.id, call.function.name, ""])
                found[call.index][2] += call.function.arguments or ""
    assert len({call_id for call_id, *_ in found}) == len(found)
    return [(name, json.loads(arguments)) for _, name, arguments in found]


@ways
@pytest.mark.parametrize("shape", WHOLE)
def test_fault_25_a_whole_answer(sim: Simulator, way: str, shape: str) -> None:
    async def tale(client: Client) -> Any:
        plain = await client.chat(**ASK)
        sim.inject(faults.odd_tool_calls(shape))
        return plain, await client.chat(**ASK)

    plain, odd = tell(way, tale, sim.providers)
    assert len(calls(plain)) == 3
    assert calls(odd) == calls(plain)


@ways
@pytest.mark.parametrize("shape", STREAMED)
def test_fault_25_a_stream(sim: Simulator, way: str, shape: str) -> None:
    """The chunks, the whole answer made of them, and the answer without a fault have the same calls."""

    async def tale(client: Client) -> Any:
        plain = await client.chat(**ASK)
        sim.inject(faults.odd_tool_calls(shape))
        return plain, *await stream(client)

    plain, chunks, final = tell(way, tale, sim.providers)
    assert joined(chunks) == calls(final) == calls(plain)


@ways
def test_fault_25_one_index_for_all(sim: Simulator, way: str) -> None:
    """Another id with a name begins another call, though the index is the same."""

    async def tale(client: Client) -> Any:
        plain = await client.chat(**ASK)
        sim.inject(faults.odd_tool_calls("same_index"))
        return plain, *await stream(client)

    plain, chunks, final = tell(way, tale, sim.providers)
    assert joined(chunks) == calls(final) == calls(plain)


@ways
def test_fault_25_two_finish_reasons(sim: Simulator, way: str) -> None:
    """The choice ends once, with the first, which still brings the usage."""

    async def tale(client: Client) -> Any:
        sim.inject(faults.finish_twice())
        return await stream(client)

    chunks, final = tell(way, tale, sim.providers)
    ends = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
    assert ends == ["tool_calls"]
    assert chunks[-1].choices[0].finish_reason == "tool_calls"
    assert chunks[-1].usage == final.usage != None  # noqa: E711 - both are something
    assert len(calls(final)) == 3
